/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bus that was reset comes back from the top down, function by function. */
#include <errno.h>
#include <linux/pci_regs.h>

#include "engine_bus.h"

/* How long the end of a reset is tried. */
#define RELEASE_US  100000
/* drivers/pci/pci.c, pcie_wait_for_link_delay(): a link is not looked at before. */
#define TRAINING_US 20000

/* Of a function that had a reset of its own: that outcome stays. */
static void end_other(struct pcireset_outcome *outcome, const struct pcireset_outcome *o)
{
	outcome->since.reset = o->reset;
	outcome->since.observed = o->observed;
	if (o->restored < 0 || outcome->restored < 0)
		outcome->restored = o->restored;
	else
		outcome->restored += o->restored;
}

void pcireset_bus_end(const struct pcireset_bus_wave *w, const struct pcireset_bus *bus,
		      struct pcireset_bus_member *m, int error)
{
	struct pcireset_journal_entry *entry = pcireset_bus_entry(w, m);
	struct pcireset_outcome *o = &w->task->outcomes[m->i];

	m->phase = PCIRESET_BUS_OVER;
	if (error < 0 && bus->state == PCIRESET_BUS_RUNS && entry->in_use)
		entry->late = true;
	/* What an earlier reset came to stays where this one was not begun. */
	if (!m->counts || (o->tried && bus->state != PCIRESET_BUS_RUNS)) {
		o->since.was_made |= bus->state == PCIRESET_BUS_RUNS;
		o->since.error = error;
		return;
	}
	o->reset_error = error;
	o->reset_us = o->tried ? pcireset_bus_now_us(w) - bus->started_us : 0;
}

/* By its bridge nobody can reach it. */
static void end_below(const struct pcireset_bus_wave *w, const struct pcireset_bus *bus,
		      const struct pcireset_bus_member *bridge, int error)
{
	for (size_t k = 1; k < bus->n; k++)
		if (bus->members[k].phase != PCIRESET_BUS_OVER &&
		    pcireset_below(w->task->machine, bus->members[k].i, bridge->i))
			pcireset_bus_end(w, bus, &bus->members[k], error);
}

static void give_up(const struct pcireset_bus_wave *w, const struct pcireset_bus *bus,
		    struct pcireset_bus_member *m, int error)
{
	/* Of the bridge above nothing is lost but what it was told of. */
	if (m == bus->members)
		m->phase = PCIRESET_BUS_OVER;
	else
		pcireset_bus_end(w, bus, m, error);
	end_below(w, bus, m, error);
}

/* What cannot be asked in time is left to those who look after what is late. */
static void settle(const struct pcireset_bus_wave *w, const struct pcireset_bus *bus,
		   struct pcireset_bus_member *m)
{
	m->phase = PCIRESET_BUS_SETTLING;
	m->due_us = pcireset_bus_now_us(w) + pcireset_bus_entry(w, m)->below.settle_us;
	if (m->due_us < w->task->limits.deadline_us)
		return;
	for (size_t k = 1; k < bus->n; k++)
		if (pcireset_below(w->task->machine, bus->members[k].i, m->i))
			pcireset_bus_entry(w, &bus->members[k])->quiet_until_us = m->due_us;
	m->phase = PCIRESET_BUS_OVER;
	end_below(w, bus, m, -ETIMEDOUT);
}

/* Its bus is free again, and it knows the way there. */
static void lead_on(const struct pcireset_bus_wave *w, const struct pcireset_bus *bus,
		    struct pcireset_bus_member *m)
{
	const struct pcireset_below *below = &pcireset_bus_entry(w, m)->below;

	/* Behind an empty slot there is nobody to wait for. */
	if (!below->settle_us) {
		m->phase = PCIRESET_BUS_OVER;
		return;
	}
	if (!below->link) {
		settle(w, bus, m);
		return;
	}
	m->phase = PCIRESET_BUS_TRAINING;
	m->due_us = pcireset_bus_now_us(w) + TRAINING_US;
	m->deadline_us = m->due_us + PCIRESET_LINK_US;
	m->pause_us = PCIRESET_ASK_FIRST_US;
}

static void release(const struct pcireset_bus_wave *w, const struct pcireset_bus *bus,
		    struct pcireset_bus_member *m)
{
	const uint64_t end_us = bus->started_us + PCIRESET_HOLD_US + RELEASE_US;
	struct pcireset_journal_entry *entry = pcireset_bus_entry(w, m);
	const uint64_t asked_us = pcireset_bus_now_us(w);
	int r;

	r = pcireset_journal_release(w->io, entry);
	if (r == 0) {
		lead_on(w, bus, m);
		return;
	}
	if (asked_us >= end_us) {
		entry->late = true;
		give_up(w, bus, m, r);
		return;
	}
	if (!m->pause_us)
		m->pause_us = PCIRESET_ASK_FIRST_US;
	m->due_us = pcireset_ask_again_us(pcireset_bus_now_us(w), end_us,
					  pcireset_bus_now_us(w) - asked_us, &m->pause_us);
}

static void look_at_link(const struct pcireset_bus_wave *w, const struct pcireset_bus *bus,
			 struct pcireset_bus_member *m)
{
	const struct pcireset_below *below = &pcireset_bus_entry(w, m)->below;
	const uint64_t asked_us = pcireset_bus_now_us(w);
	uint64_t end_us = m->deadline_us;

	if (end_us > w->task->limits.deadline_us)
		end_us = w->task->limits.deadline_us;
	if (pcireset_link_is_active(w->io, pcireset_bus_function(w, m)->address, below->link)) {
		settle(w, bus, m);
	} else if (asked_us >= end_us) {
		m->phase = PCIRESET_BUS_OVER;
		end_below(w, bus, m, -ENOLINK);
	} else {
		m->due_us = pcireset_ask_again_us(pcireset_bus_now_us(w), end_us,
						  pcireset_bus_now_us(w) - asked_us, &m->pause_us);
	}
}

static void ask_those_below(const struct pcireset_bus_wave *w, const struct pcireset_bus *bus,
			    struct pcireset_bus_member *bridge)
{
	const uint64_t now_us = pcireset_bus_now_us(w);

	bridge->phase = PCIRESET_BUS_OVER;
	pcireset_below_enable_ltr(w->io, pcireset_bus_entry(w, bridge));
	for (size_t k = 1; k < bus->n; k++) {
		struct pcireset_bus_member *m = &bus->members[k];

		if (m->phase != PCIRESET_BUS_HIDDEN ||
		    pcireset_bus_function(w, m)->parent != bridge->i)
			continue;
		m->phase = PCIRESET_BUS_ASKED;
		m->due_us = now_us;
		m->deadline_us = now_us + w->task->limits.function_ms * 1000ull;
		m->pause_us = PCIRESET_ASK_FIRST_US;
	}
}

/* One that forgets where its buses are would send what is meant for them elsewhere. */
static bool knows_its_buses(const struct pcireset_bus_wave *w, const struct pcireset_bus_member *m)
{
	const struct pcireset_journal_entry *entry = pcireset_bus_entry(w, m);
	uint32_t now;

	return pcireset_read_register(w->io, entry->address, PCI_PRIMARY_BUS, 4, &now) == 0 &&
	       now == pcireset_saved_find(&entry->saved, PCI_PRIMARY_BUS);
}

/* False where it has gone again. */
static bool restore_bridge(const struct pcireset_bus_wave *w, const struct pcireset_bus *bus,
			   struct pcireset_bus_member *m)
{
	struct pcireset_journal_entry *entry = pcireset_bus_entry(w, m);
	struct pcireset_outcome *o = &w->task->outcomes[m->i];
	int r;

	r = pcireset_saved_write_back(w->io, entry->address, &entry->saved, PCIRESET_HEADER_BYTES);
	o->restored = r;
	if (r == -ENODEV)
		return false;
	if (r < 0 && !knows_its_buses(w, m)) {
		give_up(w, bus, m, r);
		return true;
	}
	lead_on(w, bus, m);
	entry->quiet_until_us = 0;
	entry->late = false;
	entry->in_use = r < 0;
	return true;
}

/* False where it has gone again. */
static bool restore(const struct pcireset_bus_wave *w, const struct pcireset_bus *bus,
		    struct pcireset_bus_member *m)
{
	struct pcireset_outcome *outcome = &w->task->outcomes[m->i];
	struct pcireset_outcome other = { 0 };
	uint64_t answered_us;
	int r;

	if (pcireset_is_bridge(pcireset_bus_function(w, m)))
		return restore_bridge(w, bus, m);
	if (!pcireset_look_and_restore(w->task, m->i, m->command, m->bar,
				       m->counts ? outcome : &other, &answered_us, &r))
		return false;
	if (!m->counts)
		end_other(outcome, &other);
	pcireset_bus_end(w, bus, m, r);
	outcome->reset_us = m->counts ? answered_us - bus->started_us : outcome->reset_us;
	return true;
}

/* Every function is asked at least once, however long the others took. */
static void ask(const struct pcireset_bus_wave *w, const struct pcireset_bus *bus,
		struct pcireset_bus_member *m)
{
	const struct pcireset_journal_entry *entry = pcireset_bus_entry(w, m);
	const uint64_t asked_us = pcireset_bus_now_us(w);
	uint64_t end_us = m->deadline_us;
	uint32_t id = 0;
	bool is_there;

	if (end_us > w->task->limits.deadline_us)
		end_us = w->task->limits.deadline_us;
	is_there = asked_us < w->task->limits.deadline_us && (!m->was_asked || asked_us < end_us) &&
		   pcireset_ask(w->io, entry->address, entry->saved.id, &id);
	if (m->counts && id)
		w->task->outcomes[m->i].last_id = id;
	m->was_asked = true;
	if (is_there && restore(w, bus, m))
		return;
	if (pcireset_bus_now_us(w) >= end_us) {
		give_up(w, bus, m, -ETIMEDOUT);
		return;
	}
	m->due_us = pcireset_ask_again_us(pcireset_bus_now_us(w), end_us,
					  pcireset_bus_now_us(w) - asked_us, &m->pause_us);
}

void pcireset_bus_advance(const struct pcireset_bus_wave *w, struct pcireset_bus *bus,
			  struct pcireset_bus_member *m)
{
	switch (m->phase) {
	case PCIRESET_BUS_HELD:
		release(w, bus, m);
		break;
	case PCIRESET_BUS_TRAINING:
		look_at_link(w, bus, m);
		break;
	case PCIRESET_BUS_SETTLING:
		ask_those_below(w, bus, m);
		break;
	case PCIRESET_BUS_ASKED:
		ask(w, bus, m);
		break;
	case PCIRESET_BUS_HIDDEN:
	case PCIRESET_BUS_OVER:
		break;
	}
}
