/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drivers that are loaded before the next init starts. */
#ifndef QUIESCE_DRIVERS_H
#define QUIESCE_DRIVERS_H

#include "loader.h"

/* wanted.c: whom a load line is about */

/**
 * quiesce_wanted_mark() - functions that one load line asks for
 * @load: the line
 * @say: warn of what is not there
 * @wanted: one per function of run's machine; set where it is meant
 *
 * Return: how many functions it names that are not there.
 */
size_t quiesce_wanted_mark(const struct quiesce_run *run, const struct quiesce_load *load, bool say,
			   bool *wanted);

/* drivers.c */

/**
 * quiesce_drivers_stage() - load what the configuration asks for
 * @run: quiesced; functions that appear meanwhile are added and quiesced, too
 *
 * Drivers do not probe by themselves meanwhile: only drivers of IOMMUs and of
 * host bridges are bound here, and all others when things are put back.
 *
 * In this order: drivers of IOMMUs, always; drivers that functions are behind,
 * where what is asked for may be there; all that the load lines name. What a
 * module or a function refuses is a line in the log.
 *
 * Return: 0 or -ENOMEM.
 */
int quiesce_drivers_stage(struct quiesce_run *run);
/** quiesce_drivers_has_work() - is there anything that the stage would load */
bool quiesce_drivers_has_work(const struct quiesce_run *run);

/** quiesce_drivers_load() - the same with a loader of the caller's */
int quiesce_drivers_load(struct quiesce_run *run, struct quiesce_loader *loader);

#endif
