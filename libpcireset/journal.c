/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is about to be changed of a function, and undoing it. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "pcireset_contain.h"

/* PCI Express Base Specification 6.0, 6.6.2 and 6.6.1: then it may be called broken. */
#define READY_US 1000000
#define POLL_US	 16000

int pcireset_journal_begin(const struct pcireset_io *io, const struct pcireset_function *function,
			   struct pcireset_journal_entry *entry)
{
	/* Not put back yet, or stuck. */
	if (entry->in_use && (entry->stuck || entry->overridden || entry->method_before[0]))
		return -EBUSY;
	/* What was saved before an earlier reset counts: that may have erased it. */
	if (entry->in_use)
		return 0;

	*entry = (struct pcireset_journal_entry){ .address = function->address };
	return pcireset_saved_take(io, function, &entry->saved);
}

void pcireset_journal_forget_writes(struct pcireset_journal_entry *entry)
{
	if (entry->stuck)
		return;
	entry->method_before[0] = '\0';
	entry->overridden = false;
}

/* A probe that was under way when probing was turned off may bind since the scan. */
bool pcireset_got_driver(const struct pcireset_io *io, const struct pcireset_function *f)
{
	char path[PCIRESET_PATH_BYTES], driver[32];

	return io->link_read(io->data, pcireset_attr_path(f->address, "driver", path), driver,
			     sizeof(driver)) != -ENOENT;
}

bool pcireset_journal_bars(const struct pcireset_journal *journal, struct pcireset_address address)
{
	for (size_t i = 0; i < journal->n; i++) {
		const struct pcireset_journal_entry *entry = &journal->entries[i];

		if (entry->in_use &&
		    (entry->overridden || entry->stuck || entry->quiet_until_us) &&
		    pcireset_address_compare(entry->address, address) == 0)
			return true;
	}
	return false;
}

/* A function that is gone needs nothing put back. */
static int write_attr(const struct pcireset_io *io, const struct pcireset_journal_entry *entry,
		      const char *name, const char *text)
{
	char path[PCIRESET_PATH_BYTES];
	int r;

	r = io->attr_write(io->data, pcireset_attr_path(entry->address, name, path), text);
	return r == -ENOENT ? 0 : r;
}

bool pcireset_may_override(const struct pcireset_io *io, struct pcireset_address address)
{
	char path[PCIRESET_PATH_BYTES], text[32];

	return io->attr_read(io->data, pcireset_attr_path(address, "driver_override", path), text,
			     sizeof(text)) == 0 &&
	       (text[0] == '\0' || strcmp(text, "(null)") == 0);
}

void pcireset_journal_override(const struct pcireset_io *io, struct pcireset_journal *journal)
{
	for (size_t i = 0; i < journal->n && i < journal->capacity; i++) {
		struct pcireset_journal_entry *entry = &journal->entries[i];

		if (!entry->in_use || !entry->quiet_until_us ||
		    !pcireset_may_override(io, entry->address))
			continue;
		entry->overridden = true;
		(void)write_attr(io, entry, "driver_override", PCIRESET_OVERRIDE);
	}
}

int pcireset_journal_bar(const struct pcireset_io *io, const struct pcireset_function *f,
			 struct pcireset_journal_entry *entry, enum pcireset_contain way)
{
	int r;

	/* Somebody else's driver_override names a driver that would still get it. */
	if ((entry->in_use && (entry->stuck || entry->overridden || entry->method_before[0])) ||
	    !pcireset_may_override(io, f->address))
		return -EBUSY;
	/* One that is late has registers to be restored, should this not work. */
	if (!entry->in_use)
		*entry = (struct pcireset_journal_entry){ .address = f->address };
	entry->isolation.way = way;
	entry->overridden = true;
	/* Whoever restores must see all of it, or nothing. */
	__atomic_store_n(&entry->in_use, true, __ATOMIC_RELEASE);
	r = pcireset_attr_write(io, f, "driver_override", PCIRESET_OVERRIDE);
	if (r == 0 && pcireset_got_driver(io, f))
		r = -EBUSY;
	return r;
}

/* Whoever reset it may have died in the middle. All wait against about the same end. */
static void wait_for_reset(const struct pcireset_io *io, const struct pcireset_journal_entry *entry)
{
	const uint64_t end_us = entry->quiet_until_us + READY_US;
	uint64_t now_us = io->now_us(io->data);

	if (!entry->quiet_until_us || entry->late)
		return;
	if (now_us < entry->quiet_until_us)
		io->sleep_us(io->data, entry->quiet_until_us - now_us);
	while (!pcireset_is_ready(io, entry->address, entry->saved.id) &&
	       io->now_us(io->data) < end_us)
		io->sleep_us(io->data, POLL_US);
}

bool pcireset_journal_is_quiet(const struct pcireset_io *io,
			       const struct pcireset_journal_entry *entry)
{
	return entry->late && io->now_us(io->data) < entry->quiet_until_us;
}

int pcireset_journal_release(const struct pcireset_io *io, struct pcireset_journal_entry *entry)
{
	const struct pcireset_function bridge = { .address = entry->address };
	uint16_t control;
	int r;

	if (!entry->in_use || !entry->holds_bus)
		return 0;
	r = pcireset_write16(io, &bridge, PCI_BRIDGE_CONTROL,
			     (uint16_t)entry->saved.registers[0].value);
	if (r == 0)
		r = pcireset_read16_alive(io, &bridge, PCI_BRIDGE_CONTROL, &control);
	if (r == 0 && control & PCI_BRIDGE_CTL_BUS_RESET)
		r = -EIO;
	if (r < 0)
		return r;

	entry->holds_bus = false;
	entry->late = false;
	entry->quiet_until_us = io->now_us(io->data) + entry->below.settle_us;
	return 0;
}

static bool is_above(const struct pcireset_journal_entry *entry)
{
	return entry->saved.n > 0 && entry->saved.registers[0].reg == PCI_BRIDGE_CONTROL;
}

static void wait_until_active(const struct pcireset_io *io,
			      const struct pcireset_journal_entry *entry, uint64_t end_us)
{
	while (!pcireset_link_is_active(io, entry->address, entry->below.link) &&
	       io->now_us(io->data) < end_us)
		io->sleep_us(io->data, POLL_US);
}

/* Whoever waited before may have died at any time: so the whole of it. */
static void wait_for_link(const struct pcireset_io *io, const struct pcireset_journal_entry *entry)
{
	if (!entry->below.link)
		return;
	wait_until_active(io, entry, io->now_us(io->data) + PCIRESET_LINK_US);
	io->sleep_us(io->data, entry->below.settle_us);
}

bool pcireset_journal_is_above(const struct pcireset_journal_entry *entry)
{
	return entry->in_use && !entry->stuck && !entry->late && is_above(entry) &&
	       entry->below.settle_us;
}

void pcireset_journal_train(const struct pcireset_io *io, struct pcireset_journal_entry *entry,
			    uint64_t end_us)
{
	if (!pcireset_journal_is_above(entry) || entry->holds_bus || !entry->below.link)
		return;
	wait_until_active(io, entry, end_us);
	/* Nobody waits for it once more, and all settle at the same time. */
	entry->quiet_until_us = io->now_us(io->data) + entry->below.settle_us;
	entry->below.link = 0;
}

void pcireset_journal_lead(const struct pcireset_io *io, struct pcireset_journal_entry *entry)
{
	if (!pcireset_journal_is_above(entry) || pcireset_journal_release(io, entry) < 0)
		return;
	wait_for_reset(io, entry);
	wait_for_link(io, entry);
	entry->below.link = 0;
	pcireset_below_enable_ltr(io, entry);
}

static void wait_for_slot(const struct pcireset_io *io, const struct pcireset_journal_entry *entry)
{
	const uint64_t end_us = io->now_us(io->data) + PCIRESET_COMMAND_US;

	while (!pcireset_below_completed(io, entry) && io->now_us(io->data) < end_us)
		io->sleep_us(io->data, POLL_US);
}

/* Events of a bus stay masked until all is over; what is below a bridge needs the bridge. */
static int restore_bridge(const struct pcireset_io *io, struct pcireset_journal_entry *entry)
{
	const bool above = is_above(entry);
	int r;

	if (above) {
		wait_for_link(io, entry);
		pcireset_below_enable_ltr(io, entry);
	}
	r = pcireset_saved_restore(io, entry->address, &entry->saved);
	if (r >= 0 && above)
		wait_for_slot(io, entry);
	if (r < 0 || above)
		return r;
	wait_for_link(io, entry);
	if (!entry->below.link)
		io->sleep_us(io->data, entry->below.settle_us);
	pcireset_below_enable_ltr(io, entry);
	return r;
}

/* An endpoint: of a bridge that is the port driver, which is always there. */
static bool has_endpoints_driver(const struct pcireset_io *io,
				 const struct pcireset_journal_entry *entry)
{
	const struct pcireset_function f = { .address = entry->address };

	for (size_t i = 0; i < entry->saved.n; i++)
		if (entry->saved.registers[i].reg == PCI_BRIDGE_CONTROL)
			return false;
	return pcireset_got_driver(io, &f);
}

static int restore_registers(const struct pcireset_io *io, struct pcireset_journal_entry *entry)
{
	int r;

	if (entry->saved.n == 0)
		return 0;
	/* By somebody else's driver_override: addresses and COMMAND are that driver's now. */
	if (entry->late && has_endpoints_driver(io, entry)) {
		entry->saved.n = 0;
		entry->quiet_until_us = 0;
		entry->late = false;
		return 0;
	}
	if (pcireset_journal_release(io, entry) < 0) {
		entry->late = true;
		return -EAGAIN;
	}
	if (pcireset_journal_is_quiet(io, entry))
		return -EAGAIN;
	wait_for_reset(io, entry);
	r = entry->below.settle_us ? restore_bridge(io, entry)
				   : pcireset_saved_restore(io, entry->address, &entry->saved);
	/* It may need longer, and a driver would find it without addresses. */
	if (r == -ENODEV && entry->quiet_until_us) {
		entry->late = true;
		return -EAGAIN;
	}
	entry->quiet_until_us = 0;
	entry->late = false;
	/* One that is gone needs nothing put back. */
	if (r < 0 && r != -ENODEV)
		return r;
	entry->saved.n = 0;
	return 0;
}

static int unbind(const struct pcireset_io *io, struct pcireset_journal_entry *entry)
{
	char path[PCIRESET_PATH_BYTES], address[PCIRESET_ADDRESS_BYTES];
	int r;

	if (!entry->bound_to[0])
		return 0;
	(void)snprintf(path, sizeof(path), "sys/bus/pci/drivers/%s/unbind", entry->bound_to);
	r = io->attr_write(io->data, path, pcireset_address_format(entry->address, address));
	/* ENODEV: it is not bound to that driver. */
	if (r < 0 && r != -ENODEV && r != -ENOENT)
		return r;

	entry->bound_to[0] = '\0';
	return 0;
}

static int restore_method(const struct pcireset_io *io, struct pcireset_journal_entry *entry)
{
	int r;

	if (!entry->method_before[0])
		return 0;
	r = write_attr(io, entry, "reset_method", entry->method_before);
	if (r == -EINVAL)
		r = write_attr(io, entry, "reset_method", PCIRESET_METHODS_DEFAULT);
	if (r == 0)
		entry->method_before[0] = '\0';
	return r;
}

static int restore_override(const struct pcireset_io *io, struct pcireset_journal_entry *entry)
{
	int r;

	if (!entry->overridden)
		return 0;
	r = write_attr(io, entry, "driver_override", "\n");
	if (r == 0)
		entry->overridden = false;
	return r;
}

/* From now on only drivers are kept away: nothing of it is written any more. */
void pcireset_journal_contained(struct pcireset_journal_entry *entry)
{
	entry->isolation.stands = true;
	entry->saved.n = 0;
	entry->quiet_until_us = 0;
	entry->late = false;
}

/*
 * Whoever isolated it may have died: the last write before that was made, or was not.
 * What it is isolated by may need 10 ms: PCI Power Management Specification 1.2, 5.6.1.
 */
static bool is_contained(const struct pcireset_io *io, struct pcireset_journal_entry *entry)
{
	uint32_t value;

	if (entry->isolation.stands || !entry->isolation.way || !entry->isolation.bits)
		return entry->isolation.stands;
	io->sleep_us(io->data, PCIRESET_D3HOT_US);
	if (pcireset_read_register(io, entry->isolation.at, entry->isolation.reg, 2, &value) < 0)
		return false;
	if (value != 0xffff && (value & entry->isolation.bits) == entry->isolation.bits)
		pcireset_journal_contained(entry);
	return entry->isolation.stands;
}

int pcireset_journal_restore(const struct pcireset_io *io, struct pcireset_journal_entry *entry)
{
	static int (*const undo[])(const struct pcireset_io *io,
				   struct pcireset_journal_entry *entry) = {
		restore_registers,
		unbind,
		restore_method,
		restore_override,
	};
	int first = 0;

	if (!entry->in_use)
		return 0;
	if (entry->stuck)
		return -EBUSY;
	if (is_contained(io, entry))
		return 0;
	entry->isolation.way = PCIRESET_CONTAIN_NONE;

	for (size_t i = 0; i < ARRAY_SIZE(undo); i++) {
		int r = undo[i](io, entry);

		if (r == -EAGAIN)
			return r;
		if (first == 0)
			first = r;
	}
	if (first == 0)
		entry->in_use = false;
	return first;
}
