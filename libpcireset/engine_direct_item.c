/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A function-level reset by our own writes, step by step, of one function. */
#include <errno.h>

#include "engine_direct.h"

bool pcireset_direct_is_too_late(const struct pcireset_direct_wave *w,
				 const struct pcireset_direct_item *item)
{
	return now_us(w) + item->window_us >= w->task->limits.deadline_us;
}

/* One read is enough for a function that has gone: it may cost a completion timeout. */
int pcireset_direct_prepare(const struct pcireset_direct_wave *w, struct pcireset_direct_item *item)
{
	const struct pcireset_observer *observer = w->task->observer;
	struct pcireset_journal_entry *entry = entry_of(w, item);
	const struct pcireset_function *f = function_of(w, item);
	const uint16_t bar = pcireset_bar_in_use(f);
	int r;

	if (pcireset_direct_is_too_late(w, item))
		return -ETIMEDOUT;
	if (pcireset_got_driver(w->io, f)) {
		w->task->outcomes[item->i].bound = true;
		return -EBUSY;
	}
	r = pcireset_read16_alive(w->io, f, PCI_COMMAND, &item->command);
	if (r < 0)
		return r;
	item->window_us = pcireset_window_us(w->io, f);
	if (pcireset_direct_is_too_late(w, item))
		return -ETIMEDOUT;
	if (bar)
		r = pcireset_read32(w->io, f, bar, &item->bar);
	if (r == 0 && item->bar == UINT32_MAX)
		r = -ENODEV;
	if (r == 0)
		r = pcireset_journal_begin(w->io, f, entry);
	if (r < 0)
		return r;
	/* Of one that went meanwhile not even Device Control is saved. */
	if (f->express && entry->saved.n == 0)
		return -ENODEV;
	/* Bus Master, memory and I/O stay off: a driver turns them on by itself. */
	pcireset_saved_add(&entry->saved, PCI_COMMAND, 2, closed(item));
	entry->in_use = true;
	if (observer && observer->reset_starts)
		observer->reset_starts(observer->data, item->i, w->task->steps[item->i].method);
	return 0;
}

int pcireset_direct_close_doors(const struct pcireset_direct_wave *w,
				const struct pcireset_direct_item *item)
{
	if (item->command == closed(item))
		return 0;
	return pcireset_write16(w->io, function_of(w, item), PCI_COMMAND, closed(item));
}

int pcireset_direct_write_reset(const struct pcireset_direct_wave *w,
				const struct pcireset_direct_item *item)
{
	const struct pcireset_function *f = function_of(w, item);
	const uint16_t devctl = f->express + PCI_EXP_DEVCTL;

	if (w->task->steps[item->i].method == PCIRESET_METHOD_AF)
		return w->io->config_write(w->io->data, f->address, f->af + PCI_AF_CTRL,
					   PCI_AF_CTRL_FLR, 1);
	return pcireset_write16(w->io, f, devctl,
				(uint16_t)pcireset_saved_find(&entry_of(w, item)->saved, devctl) |
					PCI_EXP_DEVCTL_BCR_FLR);
}

bool pcireset_look_and_restore(const struct pcireset_task *task, size_t i, uint16_t command,
			       uint32_t bar, struct pcireset_outcome *o,
			       uint64_t *ret_answered_us, int *ret_error)
{
	const struct pcireset_function *f = &task->machine->functions[i];
	struct pcireset_journal_entry *entry = &task->journal->entries[i];
	const struct pcireset_io *io = task->io;
	const uint64_t answered_us = io->now_us(io->data);
	enum pcireset_known was_reset;
	int r;

	r = pcireset_observe(io, f, command, bar, &o->observed, &was_reset);
	if (r == -ENODEV)
		return false;
	if (r == 0 && was_reset != PCIRESET_NO)
		o->reset =
			was_reset == PCIRESET_YES ? PCIRESET_SEEN_OBSERVED : PCIRESET_SEEN_REPORTED;
	else if (r == 0)
		r = -EOPNOTSUPP; /* it answers, but its registers say that nothing happened */

	o->restored =
		pcireset_saved_write_back(io, f->address, &entry->saved, PCIRESET_HEADER_BYTES);
	if (o->restored >= 0) {
		entry->saved.n = 0;
		entry->quiet_until_us = 0;
		entry->late = false;
		entry->in_use = false;
	}
	o->restore_us = io->now_us(io->data) - answered_us;
	*ret_answered_us = answered_us;
	*ret_error = r;
	return true;
}
