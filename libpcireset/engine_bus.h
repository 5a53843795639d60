/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the engine that resets whole buses by our own writes share. */
#ifndef PCIRESET_ENGINE_BUS_H
#define PCIRESET_ENGINE_BUS_H

#include "internal.h"

enum pcireset_bus_phase {
	PCIRESET_BUS_HIDDEN,   /* what leads to it is not there yet */
	PCIRESET_BUS_HELD,     /* of the first: its bus is in reset */
	PCIRESET_BUS_ASKED,    /* until it answers with its id */
	PCIRESET_BUS_TRAINING, /* a bridge: until the link below is active */
	PCIRESET_BUS_SETTLING, /* a bridge: what is below must be left alone */
	PCIRESET_BUS_OVER,
};

struct pcireset_bus_member {
	size_t i;
	enum pcireset_bus_phase phase;
	bool counts;   /* its outcome is that of this reset */
	bool was_away; /* nothing is known of it but what the journal has */
	bool was_asked;
	uint16_t command; /* as it was just before, and as it is to be */
	uint32_t bar;	  /* pcireset_bar_in_use(), the same */
	uint64_t due_us;
	uint64_t deadline_us;
	uint64_t pause_us;
};

/* One bus: its bridge is the first member, and each comes before what is below it. */
struct pcireset_bus {
	struct pcireset_bus_member *members;
	size_t n;
	size_t n_free; /* see pcireset_bus_must_wait() */
	enum {
		PCIRESET_BUS_WAITS,
		PCIRESET_BUS_SAVED,
		PCIRESET_BUS_RUNS,
		PCIRESET_BUS_COMPLETES, /* until its slot has told so */
		PCIRESET_BUS_ENDED,
	} state;
	uint32_t estimate_ms;
	uint64_t longest_us; /* until the last of its buses may be asked */
	uint64_t started_us;
	uint64_t due_us; /* of one that completes, and its end */
	uint64_t end_us;
	uint64_t pause_us;
};

struct pcireset_bus_wave {
	const struct pcireset_task *task;
	const struct pcireset_io *io;
	const bool *under_way;
	struct pcireset_bus_member *members;
	struct pcireset_bus *buses;
	size_t n_buses;
};

static inline const struct pcireset_function *
pcireset_bus_function(const struct pcireset_bus_wave *w, const struct pcireset_bus_member *m)
{
	return &w->task->machine->functions[m->i];
}

static inline struct pcireset_journal_entry *pcireset_bus_entry(const struct pcireset_bus_wave *w,
								const struct pcireset_bus_member *m)
{
	return &w->task->journal->entries[m->i];
}

static inline uint64_t pcireset_bus_now_us(const struct pcireset_bus_wave *w)
{
	return w->io->now_us(w->io->data);
}

/* engine_bus_begin.c: -EBUSY, -ETIMEDOUT, -ENODEV, -ENOSPC, ... where it may not begin */
int pcireset_bus_save(const struct pcireset_bus_wave *w, struct pcireset_bus *bus);
/*
 * What was saved is in the journal, events are silenced, and the bus is in reset. Where it
 * fails all is as it was.
 */
int pcireset_bus_hold(const struct pcireset_bus_wave *w, struct pcireset_bus *bus);

/* engine_bus_member.c: whatever is due of one member */
void pcireset_bus_advance(const struct pcireset_bus_wave *w, struct pcireset_bus *bus,
			  struct pcireset_bus_member *member);
/* A member's end, and its outcome where it counts. */
void pcireset_bus_end(const struct pcireset_bus_wave *w, const struct pcireset_bus *bus,
		      struct pcireset_bus_member *member, int error);

#endif
