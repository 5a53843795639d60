/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was changed of functions, and putting it back; pcireset.h includes it. */
#ifndef PCIRESET_JOURNAL_H
#define PCIRESET_JOURNAL_H

#include "pcireset_isolation.h"

struct pcireset_function;

/** Registers that are saved of one function at most. */
#define PCIRESET_SAVED_MAX 44
/** In a register's width: it holds events, and those that are not in its value are cleared. */
#define PCIRESET_SAVED_EVENTS 0x80

/**
 * struct pcireset_saved - registers that a reset may erase
 * @id: the first dword of the function that they are of; ones: a VF
 * @is_cut: there were more than fit
 * @n: how many
 * @registers: in the order of their restoration
 * @registers.reg: offset in configuration space
 * @registers.bytes: width: 1, 2 or 4; PCIRESET_SAVED_EVENTS
 * @registers.value: what it was
 */
struct pcireset_saved {
	uint32_t id;
	bool is_cut;
	uint8_t n;
	struct {
		uint16_t reg;
		uint8_t bytes;
		uint32_t value;
	} __attribute__((packed)) registers[PCIRESET_SAVED_MAX];
};

/**
 * pcireset_saved_take() - remember what a driver needs to find as it was
 * @io: the machine
 * @function: with its header as scanned and its capabilities
 * @ret_saved: base addresses or bridge windows and bus numbers, cache line
 *	size, interrupt line, and the control registers of PCI Express, PCI-X and
 *	extended capabilities; of an endpoint's header not what holds 0. Nothing
 *	where one of them reads as ones
 *
 * COMMAND is not among them: of an endpoint it is the fence, and that of a
 * bridge is not ours to write.
 *
 * Source: PCI Express Base Specification, 7.5.1.2 and 7.5.1.3 (headers), 7.5.3;
 * drivers/pci/pci.c, pci_save_state().
 *
 * Return: 0, or -errno of a read.
 */
int pcireset_saved_take(const struct pcireset_io *io, const struct pcireset_function *function,
			struct pcireset_saved *ret_saved);

/**
 * pcireset_saved_restore() - write back what differs, and nothing else
 * @io: the machine
 * @address: the function
 * @saved: from pcireset_saved_take()
 *
 * Return: how many registers were written, -ENODEV where it does not answer, or
 * not with its id, -EIO where one does not hold its value, or -errno of an access.
 * All are tried, until it no longer answers.
 */
int pcireset_saved_restore(const struct pcireset_io *io, struct pcireset_address address,
			   const struct pcireset_saved *saved);

/**
 * struct pcireset_below - when what is below a bridge may be touched again
 * @settle_us: so long after the end of its bus's reset, or after the bridge itself was
 *	restored; 0: nobody has to wait
 * @link: offset of Link Status: that time begins when it reports an active link; or 0
 * @ltr: offset of Device Control 2, where LTR was enabled: a port forgets that when its
 *	link goes down, and nothing below may send such a message before; or 0
 * @slot: offset of Slot Status, where Command Completed follows the restoration of Slot
 *	Control and was not set before; or 0
 */
struct pcireset_below {
	uint32_t settle_us;
	uint16_t link;
	uint16_t ltr;
	uint16_t slot;
};

/**
 * struct pcireset_journal_entry - what was changed of one function
 * @address: the function
 * @in_use: the entry counts; set before the change, cleared after its undoing
 * @stuck: its reset did not return and holds its lock: leave it alone
 * @late: its own reset was given what time there was, and has not brought it back; no
 *	register of it may be touched before @quiet_until_us
 * @overridden: driver_override was set
 * @holds_bus: of a bridge: its secondary bus is in reset; Bridge Control is the first
 *	of @saved, and the others are what was masked meanwhile
 * @below: of a bridge whose bus was reset, or that is itself on one
 * @bound_to: a driver that it was bound to only meanwhile, or ""
 * @method_before: reset_method before it was pinned, or ""
 * @quiet_until_us: on the clock of the door: its own reset is under way, and no
 *	register of it may be touched before; or 0: what it erased is written back
 * @isolation: where it stands, nothing of this is undone any more
 * @saved: registers that a reset under way may erase; none: n is 0
 */
struct pcireset_journal_entry {
	struct pcireset_address address;
	bool in_use;
	bool stuck;
	bool late;
	bool overridden;
	bool holds_bus;
	struct pcireset_below below;
	char bound_to[16];
	char method_before[64];
	uint64_t quiet_until_us;
	struct pcireset_isolation isolation;
	struct pcireset_saved saved;
};

/**
 * struct pcireset_journal - a record that outlives a crash of its writer
 * @capacity: entries that fit
 * @n: entries that may be in use; set before the first is
 * @dies_with_writer: nobody else has it: no bus is reset by our own writes, as nobody would
 *	end that
 * @entries: entry i belongs to function i of the machine
 *
 * The caller provides the memory, shared with whoever has to put things back.
 * A journal of functions that appear later may be the rest of an earlier one.
 */
struct pcireset_journal {
	size_t capacity;
	size_t n;
	bool dies_with_writer;
	struct pcireset_journal_entry *entries;
};

/**
 * pcireset_journal_bars() - is a function to be left without a driver
 * @journal: what is still changed
 * @address: the function
 *
 * Return: true where driver_override is still set, a reset holds its lock, or it has
 * not come back from its own reset.
 */
bool pcireset_journal_bars(const struct pcireset_journal *journal,
			   struct pcireset_address address);

/**
 * pcireset_journal_override() - keep drivers from functions that their own resets erased
 * @io: the machine
 * @journal: overridden is set of those that nobody else's driver_override is set of
 *
 * Until pcireset_journal_restore() has written their registers back. May block.
 */
void pcireset_journal_override(const struct pcireset_io *io, struct pcireset_journal *journal);

/**
 * pcireset_journal_release() - end the reset of a bus that its writer left in reset
 * @io: the machine
 * @entry: of any function
 *
 * Comes before everything else, for all entries: what is below a bus in reset can do
 * nothing, and gets ready meanwhile.
 *
 * Source: PCI Express Base Specification 6.0, 7.5.1.3.13 (Bridge Control Register).
 *
 * Return: 0, also where there is none; -EIO where Secondary Bus Reset stays set, -ENODEV
 * where the bridge does not answer, or -errno of an access.
 */
int pcireset_journal_release(const struct pcireset_io *io,
			     struct pcireset_journal_entry *entry);

/** pcireset_journal_is_above() - does it lead to a bus whose reset its writer left */
bool pcireset_journal_is_above(const struct pcireset_journal_entry *entry);

/**
 * pcireset_journal_train() - wait for the link below it, which trains beside others
 * @io: the machine
 * @entry: of any function; released
 * @end_us: on the clock of the door: one that is not active then is not waited for any more
 */
void pcireset_journal_train(const struct pcireset_io *io, struct pcireset_journal_entry *entry,
			    uint64_t end_us);

/**
 * pcireset_journal_lead() - wait until what is below it may be restored
 * @io: the machine
 * @entry: of any function; what was masked stays masked until pcireset_journal_restore()
 *
 * Comes before what is below is restored. May block for as long as that bus needs.
 */
void pcireset_journal_lead(const struct pcireset_io *io, struct pcireset_journal_entry *entry);

/**
 * pcireset_journal_restore() - undo what one entry says
 * @io: the machine
 * @entry: cleared where all was undone
 *
 * Of a function that is isolated nothing is undone; whoever made that may have died, so
 * what shows it is looked at. Else registers first, where the function answers, for which it gets a second after a
 * reset of its own; then it is unbound, then comes
 * sysfs. Bridges come before what is behind them if entries are taken in their
 * order, and what is behind them is given the time that it needs. May block as long as a reset of that function does.
 *
 * Return: 0, -EBUSY where it is stuck (nothing is written), -EAGAIN where it has not come
 * back from its own reset, or may not be touched yet (the same; asked anew it is only looked
 * at once), or -errno of the first that failed; what succeeded is no longer in the entry.
 */
int pcireset_journal_restore(const struct pcireset_io *io,
			     struct pcireset_journal_entry *entry);

#endif
