/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two files of the direct engine share. */
#ifndef PCIRESET_ENGINE_DIRECT_H
#define PCIRESET_ENGINE_DIRECT_H

#include <linux/pci_regs.h>

#include "internal.h"

enum pcireset_direct_phase {
	PCIRESET_DIRECT_WAITING, /* nothing was written yet */
	/* requests were pending: until they are answered or have timed out */
	PCIRESET_DIRECT_DRAINING,
	PCIRESET_DIRECT_RESETTING,
	PCIRESET_DIRECT_OVER,
};

struct pcireset_direct_item {
	size_t i;
	enum pcireset_direct_phase phase;
	uint16_t command; /* as it was just before */
	uint32_t bar;	  /* pcireset_bar_in_use(), the same */
	bool was_asked;
	uint32_t window_us; /* from its start until it may be asked */
	uint64_t drained_by_us;
	uint64_t started_us;
	uint64_t due_us; /* not to be touched before */
	uint64_t deadline_us;
	uint64_t pause_us;
};

struct pcireset_direct_wave {
	const struct pcireset_task *task;
	const struct pcireset_io *io;
	bool *under_way;
	struct pcireset_direct_item *items;
	size_t n_items;
	bool started;
};

static inline const struct pcireset_function *function_of(const struct pcireset_direct_wave *w,
							  const struct pcireset_direct_item *item)
{
	return &w->task->machine->functions[item->i];
}

static inline struct pcireset_journal_entry *entry_of(const struct pcireset_direct_wave *w,
						      const struct pcireset_direct_item *item)
{
	return &w->task->journal->entries[item->i];
}

static inline uint64_t now_us(const struct pcireset_direct_wave *w)
{
	return w->io->now_us(w->io->data);
}

/* COMMAND with nothing that could come in or go out. */
static inline uint16_t closed(const struct pcireset_direct_item *item)
{
	return (uint16_t)(item->command &
			  ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER));
}

/* One that is given up half way is lost: it had better not begin. */
bool pcireset_direct_is_too_late(const struct pcireset_direct_wave *w,
				 const struct pcireset_direct_item *item);
/*
 * What the reset erases is remembered before the first write. -ETIMEDOUT where it could
 * not end in time, -ENODEV where the function has gone.
 */
int pcireset_direct_prepare(const struct pcireset_direct_wave *w,
			    struct pcireset_direct_item *item);
/* Nothing may come in while it forgets where it is; Bus Master is off already. */
int pcireset_direct_close_doors(const struct pcireset_direct_wave *w,
				const struct pcireset_direct_item *item);
int pcireset_direct_write_reset(const struct pcireset_direct_wave *w,
				const struct pcireset_direct_item *item);

#endif
