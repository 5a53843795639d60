/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Isolating what no reset has stopped: D3hot, and a link that is disabled.
 *
 * Drivers are kept away first, since one of them would wake the function up or wait for
 * it, and for good where the isolation stands. The write that isolates is the last one
 * before it is looked at, and it is made or not made: whoever dies before or after it
 * leaves a register that tells which. So nothing has to be undone but what did not work.
 */
#include <errno.h>
#include <linux/pci_regs.h>

#include "internal.h"
#include "pcireset_contain.h"

/* The way to the LTSSM state Disabled has timeouts of 2 ms: this is many times that. */
#define LINK_DOWN_US 100000
#define LINK_POLL_US 1000
/* Nobody asks a function so soon after its link came up: PCIe Base Specification, 6.6.1. */
#define LINK_UP_US   100000

struct work {
	const struct pcireset_io *io;
	const struct pcireset_machine *machine;
	struct pcireset_journal *journal;
	struct pcireset_contained *list;
};

static void refuse(struct pcireset_contained *c, int error, const char *why)
{
	c->error = error;
	c->why = why;
}

/* Said of a function that was asked itself. */
static void lose(struct pcireset_contained *c, const char *why)
{
	refuse(c, -ENODEV, why);
	c->gone = true;
}

static bool is_downstream_port(const struct pcireset_function *f)
{
	return f->answers && f->express &&
	       (f->port_type == PCI_EXP_TYPE_ROOT_PORT || f->port_type == PCI_EXP_TYPE_DOWNSTREAM);
}

static bool has_bridge_below(const struct pcireset_machine *machine, size_t port)
{
	for (size_t i = 0; i < machine->n; i++)
		if (machine->functions[i].parent == port &&
		    pcireset_is_bridge(&machine->functions[i]))
			return true;
	return false;
}

static bool reports_link(const struct pcireset_io *io, const struct pcireset_function *port)
{
	uint32_t cap;

	return pcireset_read32(io, port, port->express + PCI_EXP_LNKCAP, &cap) == 0 &&
	       cap != UINT32_MAX && cap & PCI_EXP_LNKCAP_DLLLARC;
}

const char *pcireset_contain_hinders(const struct pcireset_io *io,
				     const struct pcireset_machine *machine, size_t i,
				     enum pcireset_contain way)
{
	const struct pcireset_function *f = &machine->functions[i], *port;

	if (way == PCIRESET_CONTAIN_D3HOT) {
		if (!f->power || pcireset_is_bridge(f))
			return "it has no Power Management";
		return f->vfs ? "its VFs would go on" : NULL;
	}
	port = f->parent == PCIRESET_NONE ? NULL : &machine->functions[f->parent];
	if (!port || !is_downstream_port(port))
		return "no port is right above it";
	/* Without pciehp, firmware or a later kernel would see it removed. */
	if (port->hotplug_bound || port->hotplug_capable)
		return "its slot is hot-plug capable";
	if (has_bridge_below(machine, f->parent))
		return "a bridge is below that port";
	return reports_link(io, port) ? NULL : "its port does not report its link";
}

/* Nothing of it was changed but driver_override, and what it was given to restore. */
static void give_up(const struct work *work, size_t i)
{
	struct pcireset_journal_entry *entry = &work->journal->entries[i];

	entry->isolation.bits = 0;
	entry->isolation.way = PCIRESET_CONTAIN_NONE;
	if (pcireset_journal_restore(work->io, entry) == -EAGAIN)
		lose(&work->list[i], "it has not come back after its link was disabled");
}

/* Bar and give up are a pair: one that was not barred has an entry of somebody else's. */
static bool bar_or_refuse(const struct work *work, size_t i, enum pcireset_contain way)
{
	int r = pcireset_journal_bar(work->io, &work->machine->functions[i],
				     &work->journal->entries[i], way);

	if (r < 0)
		refuse(&work->list[i], r, "drivers cannot be kept away");
	if (r < 0 && work->journal->entries[i].isolation.way == way)
		give_up(work, i);
	return r == 0;
}

static int fall_asleep(const struct work *work, size_t i)
{
	const struct pcireset_function *f = &work->machine->functions[i];
	struct pcireset_journal_entry *entry = &work->journal->entries[i];
	const uint16_t reg = f->power + PCI_PM_CTRL;
	uint16_t command, control;
	int r;

	r = pcireset_read16_alive(work->io, f, PCI_COMMAND, &command);
	if (r == 0 && command & PCI_COMMAND_MASTER) {
		refuse(&work->list[i], -EBUSY, "Bus Master stays on");
		return -EBUSY;
	}
	if (r == 0)
		r = pcireset_read16_alive(work->io, f, reg, &control);
	if (r == 0) {
		entry->isolation.at = f->address;
		entry->isolation.reg = reg;
		entry->isolation.bits = PCI_PM_CTRL_STATE_MASK;
		/* Nobody wants to be told that it would like to wake up. */
		control &= (uint16_t)~(PCI_PM_CTRL_PME_ENABLE | PCI_PM_CTRL_PME_STATUS);
		r = pcireset_write16(work->io, f, reg, control | PCI_PM_CTRL_STATE_MASK);
	}
	if (r == -ENODEV)
		lose(&work->list[i], "it no longer answers");
	else if (r < 0)
		refuse(&work->list[i], r, "PMCSR cannot be written");
	return r;
}

static void look_at_sleeper(const struct work *work, size_t i)
{
	const struct pcireset_function *f = &work->machine->functions[i];
	uint16_t control;
	int r;

	r = pcireset_read16_alive(work->io, f, f->power + PCI_PM_CTRL, &control);
	if (r == 0 && (control & PCI_PM_CTRL_STATE_MASK) == PCI_PM_CTRL_STATE_MASK) {
		pcireset_journal_contained(&work->journal->entries[i]);
		work->list[i].stands = true;
		return;
	}
	if (r == -ENODEV)
		lose(&work->list[i], "it no longer answers");
	else
		refuse(&work->list[i], r == 0 ? -EIO : r, "it does not go there");
	give_up(work, i);
}

void pcireset_contain_d3hot(const struct pcireset_io *io, const struct pcireset_machine *machine,
			    struct pcireset_journal *journal, struct pcireset_contained *list)
{
	const struct work work = { io, machine, journal, list };
	size_t n = 0;

	for (size_t i = 0; i < machine->n; i++) {
		if (!list[i].wanted || !bar_or_refuse(&work, i, PCIRESET_CONTAIN_D3HOT))
			continue;
		if (fall_asleep(&work, i) < 0)
			give_up(&work, i);
		else
			n++;
	}
	if (n)
		io->sleep_us(io->data, PCIRESET_D3HOT_US);
	for (size_t i = 0; i < machine->n; i++)
		if (list[i].wanted && !list[i].error)
			look_at_sleeper(&work, i);
}

/* All that is behind @port: done with each, as long as @call does not fail. */
static int each_below(const struct work *work, size_t port,
		      int (*call)(const struct work *work, size_t i))
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < work->machine->n; i++)
		if (work->machine->functions[i].parent == port && work->list[i].wanted)
			r = call(work, i);
	return r;
}

/* With the link goes what its registers hold: in case that it comes back. */
static int begin_below(const struct work *work, size_t i)
{
	const struct pcireset_function *f = &work->machine->functions[i];
	const struct pcireset_function *port = &work->machine->functions[f->parent];
	struct pcireset_journal_entry *entry = &work->journal->entries[i];
	int r = 0;

	if (!bar_or_refuse(work, i, PCIRESET_CONTAIN_LINK))
		return work->list[i].error;
	if (f->answers && entry->saved.n == 0)
		r = pcireset_saved_take(work->io, f, &entry->saved);
	entry->isolation.at = port->address;
	entry->isolation.reg = port->express + PCI_EXP_LNKCTL;
	entry->isolation.bits = PCI_EXP_LNKCTL_LD;
	return r;
}

static int stand_below(const struct work *work, size_t i)
{
	pcireset_journal_contained(&work->journal->entries[i]);
	work->list[i].stands = true;
	return 0;
}

static int leave_alone_below(const struct work *work, size_t i)
{
	work->journal->entries[i].quiet_until_us = work->io->now_us(work->io->data) + LINK_UP_US;
	return 0;
}

static int give_up_below(const struct work *work, size_t i)
{
	if (work->journal->entries[i].isolation.way == PCIRESET_CONTAIN_LINK)
		give_up(work, i);
	return 0;
}

/* -ETIMEDOUT where it is still active, or the port does not hold the bit. */
static int wait_for_end(const struct pcireset_io *io, const struct pcireset_function *port)
{
	const uint64_t end_us = io->now_us(io->data) + LINK_DOWN_US;
	uint16_t control, status;
	int r;

	r = pcireset_read16_alive(io, port, port->express + PCI_EXP_LNKCTL, &control);
	if (r == 0 && !(control & PCI_EXP_LNKCTL_LD))
		return -ETIMEDOUT;
	while (r == 0) {
		r = pcireset_read16_alive(io, port, port->express + PCI_EXP_LNKSTA, &status);
		if (r < 0 || !(status & PCI_EXP_LNKSTA_DLLLA))
			break;
		if (io->now_us(io->data) >= end_us)
			return -ETIMEDOUT;
		io->sleep_us(io->data, LINK_POLL_US);
	}
	return r;
}

/* The link may come up again: until that is over, nobody is told. */
static int mask_events(const struct work *work, size_t port)
{
	const struct pcireset_function *f = &work->machine->functions[port];
	struct pcireset_journal_entry *entry = &work->journal->entries[port];
	int r;

	if (entry->in_use)
		return -EBUSY;
	*entry = (struct pcireset_journal_entry){ .address = f->address };
	r = pcireset_port_events_take(work->io, f, &entry->saved, &entry->below.slot);
	if (r < 0)
		return r;
	/* What is below comes first, whoever restores. */
	entry->below.settle_us = LINK_UP_US;
	/* Whoever restores must see all of it, or nothing. */
	__atomic_store_n(&entry->in_use, true, __ATOMIC_RELEASE);
	r = pcireset_port_events_mask(work->io, f, &entry->saved);
	if (r == 0)
		return 0;
	/* Slot Control is the last of them: it has had no command. */
	entry->below.slot = 0;
	(void)pcireset_journal_restore(work->io, entry);
	return r;
}

/* With its events masked. */
static int disable_link(const struct work *work, size_t port)
{
	const struct pcireset_function *f = &work->machine->functions[port];
	const uint16_t reg = f->express + PCI_EXP_LNKCTL;
	uint16_t control;
	int r;

	r = pcireset_read16_alive(work->io, f, reg, &control);
	if (r < 0)
		return r;
	r = pcireset_write16(work->io, f, reg, control | PCI_EXP_LNKCTL_LD);
	if (r == 0)
		r = wait_for_end(work->io, f);
	if (r == 0 || r == -ENODEV)
		return r;
	/* It may have gone down, and come up now. */
	(void)each_below(work, port, leave_alone_below);
	(void)pcireset_write16(work->io, f, reg, control & (uint16_t)~PCI_EXP_LNKCTL_RL);
	/* Nobody waits for those that are late, and the port is told of events again. */
	work->io->sleep_us(work->io->data, LINK_UP_US);
	return r;
}

static void refuse_below(const struct work *work, size_t port, int error, const char *why)
{
	for (size_t i = 0; i < work->machine->n; i++)
		if (work->machine->functions[i].parent == port && work->list[i].wanted &&
		    !work->list[i].error)
			refuse(&work->list[i], error, why);
	(void)each_below(work, port, give_up_below);
}

static void contain_below(const struct work *work, size_t port, bool is_late)
{
	const char *why = is_late ? "no time was left" : "what is behind its link is not free";
	int r = is_late ? -ETIMEDOUT : each_below(work, port, begin_below);
	bool is_masked = false;

	if (r == 0) {
		why = "its link did not go down";
		r = mask_events(work, port);
		is_masked = r == 0;
	}
	if (r == 0)
		r = disable_link(work, port);
	if (r == 0)
		(void)each_below(work, port, stand_below);
	else
		refuse_below(work, port, r, why);
	if (is_masked)
		(void)pcireset_journal_restore(work->io, &work->journal->entries[port]);
}

void pcireset_contain_link(const struct pcireset_io *io, const struct pcireset_machine *machine,
			   struct pcireset_journal *journal, uint64_t deadline_us,
			   struct pcireset_contained *list)
{
	const struct work work = { io, machine, journal, list };

	for (size_t i = 0; i < machine->n; i++)
		if (list[i].wanted && !list[i].stands && !list[i].error)
			contain_below(&work, machine->functions[i].parent,
				      io->now_us(io->data) >= deadline_us);
}
