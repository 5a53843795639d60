/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The beginning of a bus's reset: until its first write nothing has happened. */
#include <errno.h>
#include <linux/pci_regs.h>

#include "engine_bus.h"

/* Between what the journal says and the write, somebody else may have the processor. */
#define SLACK_US 100000

/* A driver, of a machine that is in use, turns them on by itself. */
static uint16_t command_after(const struct pcireset_bus_wave *w,
			      const struct pcireset_bus_member *m, uint16_t command)
{
	if (w->task->steps[m->i].action != PCIRESET_RESET)
		return command;
	return (uint16_t)(command & ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER));
}

/* What does not answer was saved before the reset that it has not come back from. */
static bool is_away(const struct pcireset_bus_wave *w, const struct pcireset_bus_member *m)
{
	const struct pcireset_journal_entry *entry = pcireset_bus_entry(w, m);

	return entry->in_use && entry->late && entry->saved.n > 0;
}

static bool leads_somewhere(const struct pcireset_bus_wave *w, const struct pcireset_bus_member *m)
{
	const struct pcireset_machine *machine = w->task->machine;

	for (size_t i = m->i + 1; i < machine->n; i++)
		if (machine->functions[i].parent == m->i)
			return true;
	return false;
}

/* After a reset by the kernel only what that did not write back may be left: a mark. */
static bool is_free(const struct pcireset_bus_wave *w, struct pcireset_journal_entry *entry)
{
	return !entry->in_use ||
	       (!entry->stuck && !entry->late && !entry->overridden && !entry->method_before[0] &&
		!entry->bound_to[0] &&
		pcireset_saved_restore(w->io, entry->address, &entry->saved) >= 0);
}

static int save(const struct pcireset_bus_wave *w, struct pcireset_bus_member *m)
{
	const struct pcireset_function *f = pcireset_bus_function(w, m);
	struct pcireset_journal_entry *entry = pcireset_bus_entry(w, m);
	const uint16_t bar = pcireset_is_bridge(f) ? 0 : pcireset_bar_in_use(f);
	uint16_t command;
	int r = 0;

	m->was_away = is_away(w, m);
	/* The reset of its own was in vain, but for this one. */
	m->counts |= m->was_away;
	if (m->was_away)
		return 0;
	if (!is_free(w, entry))
		return -EBUSY;
	*entry = (struct pcireset_journal_entry){ .address = f->address };
	r = pcireset_read16_alive(w->io, f, PCI_COMMAND, &command);
	if (r == 0 && bar)
		r = pcireset_read32(w->io, f, bar, &m->bar);
	if (r < 0)
		return r;
	m->command = command_after(w, m, command);
	if (leads_somewhere(w, m))
		pcireset_below_read(w->io, f, &entry->below);
	return pcireset_saved_take_below(w->io, f, m->command, &entry->saved);
}

/* A probe that was under way when probing was turned off may bind since the scan. */
static int check_drivers(const struct pcireset_bus_wave *w, const struct pcireset_bus *bus)
{
	int r = 0;

	for (size_t k = 1; k < bus->n; k++) {
		const struct pcireset_bus_member *m = &bus->members[k];
		const struct pcireset_function *f = pcireset_bus_function(w, m);

		if (pcireset_is_bridge(f) || !pcireset_got_driver(w->io, f))
			continue;
		w->task->outcomes[m->i].bound = true;
		r = -EBUSY;
	}
	return r;
}

/* The longest way down: every bus waits for its own after that above. */
static uint64_t longest_us(const struct pcireset_bus_wave *w, const struct pcireset_bus *bus)
{
	const struct pcireset_machine *machine = w->task->machine;
	uint64_t longest = 0;

	for (size_t k = 0; k < bus->n; k++) {
		uint64_t us = 0;

		for (size_t i = bus->members[k].i; i != PCIRESET_NONE;
		     i = i == bus->members[0].i ? PCIRESET_NONE : machine->functions[i].parent)
			us += w->task->journal->entries[i].below.settle_us;
		if (us > longest)
			longest = us;
	}
	return PCIRESET_HOLD_US + longest;
}

static bool is_too_late(const struct pcireset_bus_wave *w, const struct pcireset_bus *bus)
{
	return pcireset_bus_now_us(w) + bus->longest_us >= w->task->limits.deadline_us;
}

int pcireset_bus_save(const struct pcireset_bus_wave *w, struct pcireset_bus *bus)
{
	const struct pcireset_function *bridge = pcireset_bus_function(w, &bus->members[0]);
	struct pcireset_journal_entry *entry = pcireset_bus_entry(w, &bus->members[0]);
	uint16_t slot;
	int r;

	r = check_drivers(w, bus);
	if (r == 0 && !is_free(w, entry))
		r = -EBUSY;
	if (r < 0)
		return r;
	*entry = (struct pcireset_journal_entry){ .address = bridge->address };
	r = pcireset_port_events_take(w->io, bridge, &entry->saved, &slot);
	pcireset_below_read(w->io, bridge, &entry->below);
	entry->below.slot = slot;
	for (size_t k = 1; r == 0 && k < bus->n; k++)
		r = save(w, &bus->members[k]);
	if (r < 0)
		return r;
	bus->longest_us = longest_us(w, bus);
	return is_too_late(w, bus) ? -ETIMEDOUT : 0;
}

static void tell_journal(const struct pcireset_bus_wave *w, const struct pcireset_bus *bus,
			 uint64_t until_us)
{
	for (size_t k = 0; k < bus->n; k++) {
		struct pcireset_journal_entry *entry = pcireset_bus_entry(w, &bus->members[k]);

		entry->late = false;
		entry->quiet_until_us = until_us;
		entry->in_use = true;
	}
}

/* Nothing was reset: what was silenced is not any more, and nobody has to be waited for. */
static void give_up(const struct pcireset_bus_wave *w, const struct pcireset_bus *bus)
{
	struct pcireset_journal_entry *entry = pcireset_bus_entry(w, &bus->members[0]);

	if (entry->in_use)
		(void)pcireset_saved_restore(w->io, entry->address, &entry->saved);
	for (size_t k = 0; k < bus->n; k++) {
		entry = pcireset_bus_entry(w, &bus->members[k]);
		entry->late = bus->members[k].was_away;
		entry->in_use = entry->late;
		entry->holds_bus = false;
		if (!entry->late)
			entry->quiet_until_us = entry->saved.n = 0;
	}
}

int pcireset_bus_hold(const struct pcireset_bus_wave *w, struct pcireset_bus *bus)
{
	const struct pcireset_observer *observer = w->task->observer;
	struct pcireset_bus_member *bridge = &bus->members[0];
	const struct pcireset_function *f = pcireset_bus_function(w, bridge);
	struct pcireset_journal_entry *entry = pcireset_bus_entry(w, bridge);
	int r;

	/* Others were saved meanwhile, which takes long where somebody does not answer. */
	r = is_too_late(w, bus) ? -ETIMEDOUT : check_drivers(w, bus);
	if (r < 0) {
		give_up(w, bus);
		return r;
	}
	if (observer && observer->reset_starts)
		observer->reset_starts(observer->data, bridge->i, PCIRESET_METHOD_SBR);

	tell_journal(w, bus, pcireset_bus_now_us(w) + bus->longest_us + SLACK_US);
	entry->holds_bus = true;
	r = pcireset_port_events_mask(w->io, f, &entry->saved);
	if (r == 0)
		r = pcireset_write16(w->io, f, PCI_BRIDGE_CONTROL,
				     (uint16_t)entry->saved.registers[0].value |
					     PCI_BRIDGE_CTL_BUS_RESET);
	if (r < 0) {
		give_up(w, bus);
		return r;
	}
	bus->started_us = pcireset_bus_now_us(w);
	bridge->phase = PCIRESET_BUS_HELD;
	bridge->due_us = bus->started_us + PCIRESET_HOLD_US;
	for (size_t k = 1; k < bus->n; k++)
		if (bus->members[k].counts)
			w->task->outcomes[bus->members[k].i].tried = true;
	return 0;
}
