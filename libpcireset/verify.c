/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of each function after its reset, and the word for it. */
#include <errno.h>
#include <linux/pci_regs.h>

#include "internal.h"

/*
 * How long after a reset, before a function may be called broken: 1 s and Tpvrh on a
 * conventional bus (the kernel does not wait below a PCIe to PCI bridge), 1 s
 * on PCI Express (PCIe Base Specification, "Conventional Reset", 6.6.1).
 */
#define READY_MS 1100
#define POLL_FIRST_US 1000
#define POLL_MAX_US 32000

static const struct pcireset_registers nothing_read = { PCIRESET_UNREAD, PCIRESET_UNREAD,
							PCIRESET_UNREAD, PCIRESET_UNREAD };

static struct pcireset_registers read_registers(const struct pcireset_io *io,
						const struct pcireset_function *function)
{
	struct pcireset_registers registers = nothing_read;
	uint16_t word;
	uint32_t id = UINT32_MAX;

	if (pcireset_read32(io, function, PCI_VENDOR_ID, &id) == 0)
		registers.id = id;
	/* Each further read may cost a completion timeout; a VF has no id. */
	if (id == UINT32_MAX && !function->is_virtual)
		return registers;
	if (pcireset_read16(io, function, PCI_COMMAND, &word) == 0)
		registers.command = word;
	if (function->express &&
	    pcireset_read16(io, function, function->express + PCI_EXP_DEVSTA, &word) == 0)
		registers.devsta = word;
	if (pcireset_has_link(function) &&
	    pcireset_read16(io, function, function->express + PCI_EXP_LNKSTA, &word) == 0)
		registers.link = word;
	return registers;
}

static bool answers_as_before(const struct pcireset_function *function,
			      const struct pcireset_registers *registers)
{
	if (registers->id == PCIRESET_UNREAD || registers->command == PCIRESET_UNREAD ||
	    registers->command == 0xffff)
		return false;
	/* A VF reads ffff there by specification, alive or not. */
	if (function->is_virtual)
		return true;
	return registers->id == (int64_t)((uint32_t)function->device << 16 | function->vendor);
}

/* Until nobody has to keep away from it, where that is before all have to be ready. */
static bool may_be_touched(const struct pcireset_io *io,
			   const struct pcireset_journal_entry *entry, uint64_t end_us)
{
	if (!entry || !pcireset_journal_is_quiet(io, entry))
		return true;
	if (entry->quiet_until_us > end_us)
		return false;
	io->sleep_us(io->data, entry->quiet_until_us - io->now_us(io->data));
	return true;
}

/* All wait against the same end: many that are slow cost no more than one. */
static struct pcireset_registers
read_when_ready(const struct pcireset_io *io, const struct pcireset_function *function,
		const struct pcireset_journal_entry *entry, bool was_reset, uint64_t end_us)
{
	struct pcireset_registers now = nothing_read;
	uint64_t pause_us = POLL_FIRST_US;

	if (!may_be_touched(io, entry, end_us))
		return now;
	now = read_registers(io, function);
	while (was_reset && !answers_as_before(function, &now) &&
	       io->now_us(io->data) < end_us) {
		io->sleep_us(io->data, pause_us);
		pause_us = pause_us * 2 < POLL_MAX_US ? pause_us * 2 : POLL_MAX_US;
		now = read_registers(io, function);
	}
	return now;
}

/* What the reset erased for good; the kernel restores more, but not always in time. */
static void restore(const struct pcireset_io *io, struct pcireset_journal_entry *entry,
		    uint64_t end_us, struct pcireset_outcome *outcome)
{
	int n;

	if (!entry || !entry->in_use || entry->stuck || entry->holds_bus ||
	    !may_be_touched(io, entry, end_us))
		return;

	n = pcireset_saved_restore(io, entry->address, &entry->saved);
	/* Of a reset of its own, before its bus was reset, there is a count already. */
	outcome->restored = n < 0 || outcome->restored < 0 ? n : outcome->restored + n;
	/* It has gone anew: whoever finds it again needs them. */
	if (n == -ENODEV && entry->quiet_until_us)
		return;
	entry->saved.n = 0;
	entry->quiet_until_us = 0;
	entry->late = false;
	if (!entry->overridden && !entry->method_before[0])
		entry->in_use = false;
}

static void judge(struct pcireset_outcome *outcome)
{
	if (outcome->ready == PCIRESET_NO)
		outcome->verdict = PCIRESET_LOST;
	else if (outcome->silent == PCIRESET_NO)
		outcome->verdict = PCIRESET_FAILED;
	else if (outcome->reset == PCIRESET_SEEN_OBSERVED)
		outcome->verdict = PCIRESET_VERIFIED;
	else if (outcome->reset == PCIRESET_SEEN_REPORTED)
		outcome->verdict = PCIRESET_COMPLETED;
	else
		outcome->verdict = PCIRESET_FENCED;
}

/*
 * The direct engine has waited for as long as that may take, or there is no time left, or
 * what leads to it does not.
 */
static bool never_came_back(const struct pcireset_step *step,
			    const struct pcireset_outcome *outcome,
			    const struct pcireset_journal_entry *entry, bool is_late)
{
	if (step->whole_bus && entry && entry->late && outcome->reset_error != -ETIMEDOUT)
		return true;
	return step->engine == PCIRESET_ENGINE_DIRECT && outcome->tried &&
	       outcome->reset_error == -ETIMEDOUT &&
	       (is_late || outcome->reset_us >= READY_MS * 1000);
}

static void verify_silenced(const struct pcireset_io *io,
			    const struct pcireset_function *function,
			    const struct pcireset_step *step, uint64_t end_us,
			    struct pcireset_journal_entry *entry,
			    struct pcireset_outcome *outcome)
{
	struct pcireset_registers now = nothing_read;
	bool pending;

	if (!never_came_back(step, outcome, entry, io->now_us(io->data) >= end_us))
		now = read_when_ready(io, function, entry, outcome->tried, end_us);

	if (!answers_as_before(function, &now)) {
		outcome->after = now;
		outcome->ready = PCIRESET_NO;
		judge(outcome);
		return;
	}

	restore(io, entry, end_us, outcome);
	if (outcome->restored > 0 && step->engine != PCIRESET_ENGINE_DIRECT)
		now = read_registers(io, function);

	if (now.command & PCI_COMMAND_MASTER && !function->driver[0] &&
	    pcireset_got_driver(io, function)) {
		outcome->after = now;
		outcome->ready = PCIRESET_YES;
		outcome->bound = true;
		outcome->verdict = PCIRESET_KEPT;
		return;
	}

	/* A reset that was made with Bus Master on, or that turned it on again. */
	if (now.command & PCI_COMMAND_MASTER) {
		(void)pcireset_bus_master_off(io, function, (uint16_t)now.command,
					      step->leave_intx, &outcome->locked);
		now = read_registers(io, function);
	}

	/* PM is known to report success and do nothing. */
	if (outcome->tried && outcome->reset_error == 0 && step->method != PCIRESET_METHOD_PM &&
	    outcome->reset == PCIRESET_SEEN_NONE)
		outcome->reset = PCIRESET_SEEN_REPORTED;
	/* Asked again where that is cheap; a reset ends what the drain saw. */
	if (now.devsta != PCIRESET_UNREAD)
		pending = now.devsta & PCI_EXP_DEVSTA_TRPND;
	else
		pending = outcome->pending == PCIRESET_YES &&
			  outcome->reset == PCIRESET_SEEN_NONE;
	outcome->after = now;
	outcome->ready = answers_as_before(function, &now) ? PCIRESET_YES : PCIRESET_NO;
	outcome->silent = now.command & PCI_COMMAND_MASTER || pending ? PCIRESET_NO :
									PCIRESET_YES;
	judge(outcome);
}

/* Left alone, but perhaps reset together with its bus. */
static void verify_idle(const struct pcireset_io *io, const struct pcireset_function *function,
			uint64_t end_us, struct pcireset_journal_entry *entry,
			struct pcireset_outcome *outcome)
{
	outcome->verdict = PCIRESET_VERDICT_IDLE;
	if (!outcome->tried)
		return;

	outcome->after = read_when_ready(io, function, entry, true, end_us);
	outcome->reset = outcome->reset_error == 0 ? PCIRESET_SEEN_REPORTED : PCIRESET_SEEN_NONE;
	outcome->ready = PCIRESET_YES;
	if (!answers_as_before(function, &outcome->after)) {
		outcome->ready = PCIRESET_NO;
		outcome->verdict = PCIRESET_LOST;
		return;
	}
	restore(io, entry, end_us, outcome);
}

/* A VF that falls with its PF: how that one's reset ended. */
static void follow(const struct pcireset_step *step, const struct pcireset_outcome *pf,
		   struct pcireset_outcome *outcome)
{
	if (step->why != PCIRESET_WHY_WITH_PF || step->engine != PCIRESET_ENGINE_NONE)
		return;

	outcome->tried = pf->tried;
	outcome->stuck = pf->stuck;
	outcome->reset_error = pf->reset_error;
	outcome->reset_us = pf->reset_us;
}

size_t pcireset_verify(const struct pcireset_io *io, const struct pcireset_machine *machine,
		       const struct pcireset_step *steps, struct pcireset_journal *journal,
		       struct pcireset_outcome *outcomes)
{
	uint64_t end_us = io->now_us(io->data) + READY_MS * 1000ull;
	size_t bad = 0;

	for (size_t i = 0; i < machine->n; i++) {
		const struct pcireset_function *f = &machine->functions[i];
		struct pcireset_journal_entry *entry =
			journal && i < journal->n ? &journal->entries[i] : NULL;
		struct pcireset_outcome *o = &outcomes[i];

		o->after = nothing_read;
		if (f->physical != PCIRESET_NONE)
			follow(&steps[i], &outcomes[f->physical], o);
		if (!f->answers || o->stuck) {
			/* Each read may cost a completion timeout, or block with the reset. */
			o->ready = o->stuck ? PCIRESET_UNKNOWN : PCIRESET_NO;
			o->verdict = PCIRESET_LOST;
		} else if (steps[i].action == PCIRESET_KEEP || o->bound) {
			/* Bridges come before what is behind them. */
			restore(io, entry, end_us, o);
			o->verdict = PCIRESET_KEPT;
		} else if (steps[i].action == PCIRESET_IDLE) {
			verify_idle(io, f, end_us, entry, o);
		} else {
			verify_silenced(io, f, &steps[i], end_us, entry, o);
		}
		bad += o->verdict == PCIRESET_LOST || o->verdict == PCIRESET_FAILED;
	}
	return bad;
}
