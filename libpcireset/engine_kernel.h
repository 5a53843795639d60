/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two files of the kernel's engine share. */
#ifndef PCIRESET_ENGINE_KERNEL_H
#define PCIRESET_ENGINE_KERNEL_H

#include "internal.h"

enum pcireset_kernel_item_state {
	PCIRESET_KERNEL_WAITING,
	PCIRESET_KERNEL_RUNNING,
	PCIRESET_KERNEL_ABANDONED,
	PCIRESET_KERNEL_OVER,
};

/* One write to reset or reset_subordinate. */
struct pcireset_kernel_item {
	size_t target; /* the function, or the bridge of a whole bus */
	bool whole_bus;
	size_t lock; /* items with the same number exclude each other */
	enum pcireset_method method;
	uint32_t estimate_ms; /* if all goes well */
	uint32_t budget_ms;
	enum pcireset_kernel_item_state state;
	struct pcireset_job *job; /* while it is under way, also where it was abandoned */
	size_t n_free; /* of a whole bus: see pcireset_bus_must_wait() */
	uint64_t started_us;
	uint64_t deadline_us; /* of the latest try; 0 before the first */
	uint64_t again_us;    /* others held its locks: not before that */
	uint32_t pause_us;
	struct pcireset_canary canary;
};

struct pcireset_kernel_wave {
	const struct pcireset_task *task;
	const struct pcireset_io *io;
	const struct pcireset_machine *machine;
	const struct pcireset_step *steps;
	struct pcireset_kernel_item *items;
	size_t n_items;
	size_t n_running;
	bool has_freed; /* one of a function by itself is over: a bus may have waited for it */
	bool *under_way; /* resets of functions by themselves, whoever makes them */
	bool *locked;	 /* by item.lock; stays set where a reset was abandoned */
};

/* Whom it reaches. */
bool pcireset_kernel_is_member(const struct pcireset_kernel_wave *w,
			       const struct pcireset_kernel_item *item, size_t i);
/* Whose registers it may erase: bridges below the bus, too. */
bool pcireset_kernel_is_reached(const struct pcireset_kernel_wave *w,
				const struct pcireset_kernel_item *item, size_t i);
/* The writes of one item, in order; begins the journal entries of all that it reaches. */
int pcireset_kernel_job_build(struct pcireset_kernel_wave *w,
			      const struct pcireset_kernel_item *item, struct pcireset_job *job);
/* Before it is made; the journal entry is in use. */
void pcireset_kernel_mark(struct pcireset_kernel_wave *w, struct pcireset_kernel_item *item);
/* After it: @error, or -EOPNOTSUPP where the mark is still there; sets what was observed. */
int pcireset_kernel_look(struct pcireset_kernel_wave *w, const struct pcireset_kernel_item *item,
			 int error);

#endif
