/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Modules into the kernel, each once, each with a deadline. */
#ifndef QUIESCE_LOADER_H
#define QUIESCE_LOADER_H

#include "modules.h"

/**
 * struct quiesce_loader - inserts modules
 * @modules: where they are looked up
 * @log: a line before each insertion and for each that fails
 * @insert: run in a child; quiesce_modules_insert() but for tests
 * @module_ms: how long one insertion may take
 * @end_us: no insertion goes on after this, on CLOCK_MONOTONIC
 * @is_over: that time has come, and was said
 * @n_inserted: modules that are in the kernel now and were not before
 * @n_failed: modules that were wanted and are not
 * @n_late: of these, whose insertion did not return
 */
struct quiesce_loader {
	struct quiesce_modules *modules;
	const struct quiesce_log *log;
	int (*insert)(const struct quiesce_module *module);
	uint32_t module_ms;
	uint64_t end_us;
	bool is_over;
	size_t n_inserted;
	size_t n_failed;
	size_t n_late;
};

/**
 * quiesce_loader_load() - insert what an alias or a name stands for
 * @name: see quiesce_modules_find()
 * @is_explicit: the same
 *
 * A module whose init does not return is left to itself; what depends on it is
 * not inserted, now or later, and all others are.
 *
 * Return: 0 where all that was found is in the kernel, -EIO where some is not
 * (the log says why), or an error of quiesce_modules_find(), of which nothing
 * was said.
 */
int quiesce_loader_load(struct quiesce_loader *loader, const char *name, bool is_explicit);

/**
 * quiesce_loader_load_with() - insert a module with options of the caller's
 * @name: of a module; blacklists do not count
 * @options: for it and for nothing else; those of modprobe.d and the kernel
 *	command line count neither for it nor for what it needs
 *
 * Return: as quiesce_loader_load().
 */
int quiesce_loader_load_with(struct quiesce_loader *loader, const char *name, const char *options);

#endif
