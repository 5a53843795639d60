/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine of flat_io.h, alive on a model clock: an access costs 1 us a dword,
 * resets work and take their time, and those by the kernel do so side by side, as
 * in the threads of the real door. Nothing really sleeps.
 */
#ifndef FLAT_LIVE_H
#define FLAT_LIVE_H

#include "flat_io.h"

#define FLAT_ACCESS_US	     1
#define FLAT_FLR_US	     100000
/* Secondary bus resets: 2 ms and the wait of PCI Express, or that of conventional PCI. */
#define FLAT_HOLD_US	     2000
#define FLAT_BUS_US	     102000
#define FLAT_CONVENTIONAL_US 1000000

#define FLAT_PHASES 8
#define FLAT_DWORDS (FLAT_CONFIG_BYTES / 4)

/** struct flat_accesses - how often a dword of any endpoint was accessed */
struct flat_accesses {
	size_t reads;
	size_t writes;
};

/** struct flat_job - a reset by the kernel, and when it is over */
struct flat_job {
	struct pcireset_job *job;
	uint64_t end_us;
};

/**
 * struct flat_live - zeroed by its maker, who adds functions to @flat
 * @flat: the machine
 * @phase: index into @accesses, for the caller to change
 * @accesses: by phase and dword; of endpoints only
 * @n_early: accesses of functions whose own reset was under way: they read as ones
 */
struct flat_live {
	struct pcireset_io io;
	struct flat flat;
	const struct pcireset_io *still;
	uint64_t now_us;
	struct flat_job jobs[PCIRESET_JOBS_MAX];
	size_t n_jobs;
	unsigned int phase;
	struct flat_accesses accesses[FLAT_PHASES][FLAT_DWORDS];
	size_t n_early;
};

/** flat_live_open() - as flat_open(); writes that no reset needs abort */
const struct pcireset_io *flat_live_open(struct flat_live *live);
/** flat_erases() - a reset gives the dword at @reg this value */
void flat_erases(struct flat_function *function, uint16_t reg, uint32_t value);

#endif
