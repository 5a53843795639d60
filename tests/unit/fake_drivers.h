/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The drivers stage on a scripted machine, with a real module tree. Insertions
 * and probes are made by children: the machine is in memory that they share.
 */
#ifndef FAKE_DRIVERS_H
#define FAKE_DRIVERS_H

#include "drivers.h"
#include "fake_io.h"

#define PROBE "sys/bus/pci/drivers_probe"

extern struct fake *fake;
extern struct quiesce_run run;
extern struct quiesce_loader loader;
extern struct quiesce_load loads[4];

int group_setup(void **state);
int group_teardown(void **state);
int setup(void **state);
int teardown(void **state);

struct fake_function *function(const char *address, uint32_t id, uint32_t class_code,
			       const char *modalias);
struct fake_function *nic(const char *address);
struct fake_function *disk(const char *address);
struct fake_function *vmd(const char *address);
struct fake_function *virtio_iommu(const char *address);
void has_driver(struct fake_function *f, const char *driver);

/* The pipeline up to its verdicts; what was accessed and said is forgotten. */
void quiesce(void);
/* One more load line. */
void load(const char *text);
/* A file below the root, gone after the test. */
void write_file(const char *directory, const char *name, const char *text);
/* All messages; valid until the next call. */
const char *said(void);

#endif
