/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What IOMMUs report of functions, as the kernel's log has it. */
#ifndef QUIESCE_FAULTS_H
#define QUIESCE_FAULTS_H

#include "iommu.h"

/**
 * struct quiesce_faults - faults from a moment on
 * @run: whose members they are counted for
 * @fd: the kernel's log, or -1
 * @interrupts: /proc/interrupts; heap, or NULL
 * @is_counting: that moment has come
 * @is_whole: nothing was overwritten before it was read
 * @is_noisy: an IOMMU had something to tell, the last time at @noise_us
 * @noise_us: on the log's clock
 * @now_us: of the last record
 * @began_us: when counting began
 */
struct quiesce_faults {
	struct quiesce_run *run;
	int fd;
	char *interrupts;
	bool is_counting;
	bool is_whole;
	bool is_noisy;
	uint64_t noise_us;
	uint64_t now_us;
	uint64_t began_us;
};

/** quiesce_faults_begin() - count from now on; quiesce_faults_end() */
void quiesce_faults_begin(struct quiesce_run *run, struct quiesce_faults *ret_faults);
/** quiesce_faults_read() - add to the members' faults what came since */
void quiesce_faults_read(struct quiesce_faults *faults);
void quiesce_faults_end(struct quiesce_faults *faults);
/**
 * quiesce_faults_none_missing() - would the log have a fault of this group's functions
 *
 * VT-d and AMD-Vi tell by an interrupt, and of many functions not of each; an SMMUv3
 * has no event queue in a kdump kernel, and others name no function.
 */
bool quiesce_faults_none_missing(const struct quiesce_faults *faults,
				 const struct quiesce_group *group);

#endif
