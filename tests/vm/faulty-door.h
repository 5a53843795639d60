/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A door to the machine that kills whoever uses it at its N-th write or in a sleep, or lies. */
#ifndef FAULTY_DOOR_H
#define FAULTY_DOOR_H

#include "quiesce.h"

/**
 * struct faulty_door - a door in front of another one
 * @io: what to use; its data is this structure
 * @behind: the real one
 * @log: told before the end
 * @left: writes until then; a job counts as one, and is under way then; 0: never
 * @last_sleep_us: nor does anybody survive the middle of a sleep of so long; 0: all do
 * @liar: with @lies, Bus Master of this one reads as off and is written as on
 * @lies: it does
 */
struct faulty_door {
	struct pcireset_io io;
	const struct pcireset_io *behind;
	const struct quiesce_log *log;
	long left;
	uint64_t last_sleep_us;
	struct pcireset_address liar;
	bool lies;
};

void faulty_door_open(struct faulty_door *door, const struct pcireset_io *behind,
		      const struct quiesce_log *log, long n);

#endif
