/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole buses, by our own writes, side by side: on one loop with everything else, and
 * nobody waits for anybody's link but what is below it.
 */
#include <errno.h>

#include "engine_bus.h"

static void end_all(const struct pcireset_bus_wave *w, struct pcireset_bus *bus, int error)
{
	for (size_t k = 0; k < bus->n; k++)
		pcireset_bus_end(w, bus, &bus->members[k], error);
	bus->state = PCIRESET_BUS_ENDED;
}

/* Whoever would be given up half way had better not begin. */
static bool is_too_late(const struct pcireset_bus_wave *w, const struct pcireset_bus *bus)
{
	return pcireset_bus_now_us(w) + bus->estimate_ms * 1000ull >= w->task->limits.deadline_us;
}

/* What was silenced is told again, but not of what we did. */
static void finish(const struct pcireset_bus_wave *w, struct pcireset_bus *bus)
{
	struct pcireset_bus_member *bridge = &bus->members[0];
	struct pcireset_journal_entry *entry = pcireset_bus_entry(w, bridge);
	int r;

	bus->state = PCIRESET_BUS_ENDED;
	if (entry->holds_bus)
		return;
	pcireset_below_enable_ltr(w->io, entry);
	r = pcireset_saved_restore(w->io, entry->address, &entry->saved);
	entry->late = r == -ENODEV;
	entry->in_use = r < 0;
	/* Whoever finds it again has to restore it. */
	if (r < 0)
		return;
	entry->quiet_until_us = 0;
	bus->state = PCIRESET_BUS_COMPLETES;
	bus->due_us = pcireset_bus_now_us(w);
	bus->end_us = bus->due_us + PCIRESET_COMMAND_US;
	if (bus->end_us > w->task->limits.deadline_us)
		bus->end_us = w->task->limits.deadline_us;
	bus->pause_us = PCIRESET_ASK_FIRST_US;
}

static void look_at_slot(const struct pcireset_bus_wave *w, struct pcireset_bus *bus)
{
	const uint64_t asked_us = pcireset_bus_now_us(w);

	if (pcireset_below_completed(w->io, pcireset_bus_entry(w, &bus->members[0])) ||
	    asked_us >= bus->end_us)
		bus->state = PCIRESET_BUS_ENDED;
	else
		bus->due_us = pcireset_ask_again_us(pcireset_bus_now_us(w), bus->end_us,
						    pcireset_bus_now_us(w) - asked_us,
						    &bus->pause_us);
}

static void save(const struct pcireset_bus_wave *w, struct pcireset_bus *bus)
{
	const size_t bridge = bus->members[0].i;
	const bool late = is_too_late(w, bus);
	int r;

	if (!late && pcireset_bus_must_wait(w->task->machine, w->under_way, bridge, &bus->n_free))
		return;
	r = late				  ? -ETIMEDOUT
	    : w->task->journal->dies_with_writer ? -ENOTRECOVERABLE
	    : pcireset_bus_has_to_stay(w->task, bridge, false) ? -EBUSY : 0;
	if (r == 0)
		r = pcireset_bus_save(w, bus);
	if (r < 0)
		end_all(w, bus, r);
	else
		bus->state = PCIRESET_BUS_SAVED;
}

static void hold(const struct pcireset_bus_wave *w, struct pcireset_bus *bus)
{
	int r = pcireset_bus_hold(w, bus);

	if (r < 0)
		end_all(w, bus, r);
	else
		bus->state = PCIRESET_BUS_RUNS;
}

/* By index a bridge comes before what is below: one pass is enough. */
static void advance_bus(const struct pcireset_bus_wave *w, struct pcireset_bus *bus)
{
	bool is_over = true;

	for (size_t k = 0; bus->state == PCIRESET_BUS_RUNS && k < bus->n; k++) {
		struct pcireset_bus_member *m = &bus->members[k];

		if (m->phase != PCIRESET_BUS_HIDDEN && m->phase != PCIRESET_BUS_OVER &&
		    m->due_us <= pcireset_bus_now_us(w))
			pcireset_bus_advance(w, bus, m);
		is_over &= m->phase == PCIRESET_BUS_OVER;
	}
	if (bus->state == PCIRESET_BUS_RUNS && is_over)
		finish(w, bus);
	if (bus->state == PCIRESET_BUS_COMPLETES && bus->due_us <= pcireset_bus_now_us(w))
		look_at_slot(w, bus);
}

static uint64_t next_due_us(const struct pcireset_bus *bus)
{
	uint64_t next = bus->state == PCIRESET_BUS_COMPLETES ? bus->due_us : UINT64_MAX;

	for (size_t k = 0; bus->state == PCIRESET_BUS_RUNS && k < bus->n; k++)
		if (bus->members[k].phase != PCIRESET_BUS_HIDDEN &&
		    bus->members[k].phase != PCIRESET_BUS_OVER && bus->members[k].due_us < next)
			next = bus->members[k].due_us;
	return next;
}

static uint64_t advance(void *state)
{
	struct pcireset_bus_wave *w = state;
	uint64_t next = UINT64_MAX;

	/* Each wave by itself: to save takes longer than a bus has to be held. */
	for (size_t k = 0; k < w->n_buses; k++)
		if (w->buses[k].state == PCIRESET_BUS_WAITS)
			save(w, &w->buses[k]);
	for (size_t k = 0; k < w->n_buses; k++)
		if (w->buses[k].state == PCIRESET_BUS_SAVED)
			hold(w, &w->buses[k]);
	for (size_t k = 0; k < w->n_buses; k++) {
		uint64_t us;

		advance_bus(w, &w->buses[k]);
		us = next_due_us(&w->buses[k]);
		if (us < next)
			next = us;
	}
	return next;
}

static bool is_ours(const struct pcireset_step *step)
{
	return step->action == PCIRESET_RESET && step->whole_bus &&
	       step->engine == PCIRESET_ENGINE_DIRECT;
}

static bool is_known(const struct pcireset_bus_wave *w, size_t bridge)
{
	for (size_t k = 0; k < w->n_buses; k++)
		if (w->buses[k].members[0].i == bridge)
			return true;
	return false;
}

static void add_bus(struct pcireset_bus_wave *w, const struct pcireset_step *step, size_t *used)
{
	const struct pcireset_machine *machine = w->task->machine;
	struct pcireset_bus *bus = &w->buses[w->n_buses++];

	bus->estimate_ms = step->estimate_ms;
	bus->members = &w->members[*used];
	bus->members[bus->n++].i = step->via;
	for (size_t i = 0; i < machine->n; i++)
		if (pcireset_below(machine, i, step->via))
			bus->members[bus->n++].i = i;
	for (size_t k = 0; k < bus->n; k++)
		bus->members[k].counts =
			pcireset_bus_counts_for(w->task, step->via, bus->members[k].i);
	*used += bus->n;
}

static void end(void *state)
{
	struct pcireset_bus_wave *w = state;

	free(w->members);
	free(w->buses);
	free(w);
}

static int begin(const struct pcireset_task *task, bool *under_way, void **ret_state)
{
	struct pcireset_bus_wave *w = calloc(1, sizeof(*w));
	size_t used = 0;

	if (!w)
		return -ENOMEM;

	*w = (struct pcireset_bus_wave){
		.task = task,
		.io = task->io,
		.under_way = under_way,
		/* Buses are apart, and each bridge is the member of one. */
		.members = calloc(task->machine->n + 1, sizeof(*w->members)),
		.buses = calloc(task->machine->n + 1, sizeof(*w->buses)),
	};
	if (!w->members || !w->buses) {
		end(w);
		return -ENOMEM;
	}
	for (size_t i = 0; i < task->machine->n; i++)
		if (is_ours(&task->steps[i]) && !is_known(w, task->steps[i].via))
			add_bus(w, &task->steps[i], &used);

	*ret_state = w;
	return 0;
}

const struct pcireset_engine_ops pcireset_engine_bus = {
	.begin = begin,
	.advance = advance,
	.end = end,
};
