/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Function-level resets by our own writes: all are started, then waited for
 * together. Whatever one function does, the others lose no time.
 */
#include <errno.h>
#include <linux/pci_regs.h>

#include "internal.h"

#define POLL_FIRST_US 1000
#define POLL_MAX_US   32000
/* Whoever takes long to answer is asked seldom: a share of 1/16 of the time at most. */
#define SLOW_PAUSES   16
/* Between what the journal says and the write, somebody else may have the processor. */
#define SLACK_US      100000

enum phase {
	WAITING,  /* nothing was written yet */
	DRAINING, /* requests were pending: until they are answered or have timed out */
	RESETTING,
	OVER,
};

struct item {
	size_t i;
	enum phase phase;
	uint16_t command; /* as it was just before */
	bool was_asked;
	uint32_t window_us; /* from its start until it may be asked */
	uint64_t drained_by_us;
	uint64_t started_us;
	uint64_t due_us; /* not to be touched before */
	uint64_t deadline_us;
	uint64_t pause_us;
};

struct wave {
	const struct pcireset_task *task;
	const struct pcireset_io *io;
	bool *under_way;
	struct item *items;
	size_t n_items;
	bool started;
};

static const struct pcireset_function *function_of(const struct wave *w, const struct item *item)
{
	return &w->task->machine->functions[item->i];
}

static struct pcireset_journal_entry *entry_of(const struct wave *w, const struct item *item)
{
	return &w->task->journal->entries[item->i];
}

static uint64_t now_us(const struct wave *w)
{
	return w->io->now_us(w->io->data);
}

static void over(struct wave *w, struct item *item, int error)
{
	struct pcireset_outcome *o = &w->task->outcomes[item->i];

	o->reset_error = error;
	o->reset_us = o->tried ? now_us(w) - item->started_us : 0;
	w->under_way[item->i] = false;
	item->phase = OVER;
}

/* COMMAND with nothing that could come in or go out. */
static uint16_t closed(const struct item *item)
{
	return (uint16_t)(item->command &
			  ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER));
}

/* One that is given up half way is lost: it had better not begin. */
static bool is_too_late(const struct wave *w, const struct item *item)
{
	return now_us(w) + item->window_us >= w->task->limits.deadline_us;
}

/* It is as it was: what was closed is opened again, and nothing has to be put back. */
static void give_up(struct wave *w, struct item *item, int error)
{
	const uint16_t command = item->command & ~PCI_COMMAND_MASTER;
	struct pcireset_journal_entry *entry = entry_of(w, item);

	if (command != closed(item))
		(void)pcireset_write16(w->io, function_of(w, item), PCI_COMMAND, command);
	entry->quiet_until_us = 0;
	entry->saved.n = 0;
	entry->in_use = false;
	over(w, item, error);
}

/*
 * What the reset erases is remembered before the first write. One read is enough for
 * a function that has gone: it may cost a completion timeout.
 */
static int prepare(struct wave *w, struct item *item)
{
	const struct pcireset_observer *observer = w->task->observer;
	struct pcireset_journal_entry *entry = entry_of(w, item);
	const struct pcireset_function *f = function_of(w, item);
	int r;

	if (is_too_late(w, item))
		return -ETIMEDOUT;
	r = pcireset_read16(w->io, f, PCI_COMMAND, &item->command);
	if (r < 0)
		return r;
	if (item->command == 0xffff)
		return -ENODEV;
	item->window_us = pcireset_window_us(w->io, f);
	if (is_too_late(w, item))
		return -ETIMEDOUT;
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

/* Nothing may come in while it forgets where it is; Bus Master is off already. */
static int close_doors(struct wave *w, const struct item *item)
{
	if (item->command == closed(item))
		return 0;
	return pcireset_write16(w->io, function_of(w, item), PCI_COMMAND, closed(item));
}

static int write_reset(struct wave *w, const struct item *item)
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

static void start(struct wave *w, struct item *item)
{
	const struct pcireset_limits *limits = &w->task->limits;
	const uint32_t wait_us = item->window_us;
	struct pcireset_journal_entry *entry = entry_of(w, item);
	uint64_t budget_us = limits->function_ms * 1000ull;
	int r;

	if (is_too_late(w, item)) {
		give_up(w, item, -ETIMEDOUT);
		return;
	}
	entry->quiet_until_us = now_us(w) + wait_us + SLACK_US;
	r = write_reset(w, item);
	item->started_us = now_us(w);
	if (r < 0) {
		give_up(w, item, r);
		return;
	}
	entry->quiet_until_us = item->started_us + wait_us;
	w->task->outcomes[item->i].tried = true;
	/* The other half went to the drain. */
	if (item->phase == DRAINING)
		budget_us /= 2;
	item->phase = RESETTING;
	item->due_us = item->started_us + wait_us;
	item->deadline_us = item->started_us + budget_us + wait_us;
	if (item->deadline_us > limits->deadline_us)
		item->deadline_us = limits->deadline_us;
	item->pause_us = POLL_FIRST_US;
}

/*
 * A completion that comes late must not meet a function that has forgotten its
 * request: PCI Express Base Specification 6.0, 6.6.2.
 */
static void begin_drain(struct wave *w, struct item *item)
{
	const uint64_t half_us = w->task->limits.function_ms * 500ull;
	const struct pcireset_function *f = function_of(w, item);
	uint64_t wait_us;

	/* A VF has that of its PF. */
	if (f->physical != PCIRESET_NONE)
		f = &w->task->machine->functions[f->physical];
	wait_us = pcireset_completion_timeout_us(w->io, f);

	item->phase = DRAINING;
	item->drained_by_us = now_us(w) + (wait_us < half_us ? wait_us : half_us);
	if (item->drained_by_us > w->task->limits.deadline_us)
		item->drained_by_us = w->task->limits.deadline_us;
	item->pause_us = POLL_FIRST_US;
}

static void pause_until(struct wave *w, struct item *item, uint64_t end_us, uint64_t took_us)
{
	uint64_t pause_us = item->pause_us;

	item->pause_us = pause_us * 2 < POLL_MAX_US ? pause_us * 2 : POLL_MAX_US;
	if (pause_us < took_us * SLOW_PAUSES)
		pause_us = took_us * SLOW_PAUSES;
	item->due_us = now_us(w) + pause_us;
	if (item->due_us > end_us)
		item->due_us = end_us;
}

static void drain(struct wave *w, struct item *item)
{
	const uint64_t asked_us = now_us(w);
	bool is_pending = false;

	if (asked_us < item->drained_by_us &&
	    pcireset_pending(w->io, function_of(w, item), &is_pending) == 0 && is_pending)
		pause_until(w, item, item->drained_by_us, now_us(w) - asked_us);
	else
		start(w, item);
}

static void start_all(struct wave *w)
{
	for (size_t k = 0; k < w->n_items; k++) {
		struct item *item = &w->items[k];
		int r = prepare(w, item);

		if (r < 0)
			over(w, item, r);
	}
	/* Each wave of writes by itself: the wait begins for all at nearly the same time. */
	for (size_t k = 0; k < w->n_items; k++) {
		struct item *item = &w->items[k];
		int r = item->phase == WAITING ? close_doors(w, item) : 0;

		if (r < 0)
			give_up(w, item, r);
	}
	for (size_t k = 0; k < w->n_items; k++) {
		struct item *item = &w->items[k];

		if (item->phase != WAITING)
			continue;
		if (w->task->outcomes[item->i].pending == PCIRESET_YES)
			begin_drain(w, item);
		else
			start(w, item);
	}
}

/*
 * What the reset did is looked at before anything is written back. False where it has
 * gone again meanwhile.
 */
static bool finish(struct wave *w, struct item *item)
{
	struct pcireset_outcome *o = &w->task->outcomes[item->i];
	struct pcireset_journal_entry *entry = entry_of(w, item);
	const struct pcireset_function *f = function_of(w, item);
	const uint64_t answered_us = now_us(w);
	enum pcireset_known was_reset;
	int r;

	r = pcireset_observe(w->io, f, closed(item), &o->observed, &was_reset);
	if (r == -ENODEV)
		return false;
	if (r == 0 && was_reset != PCIRESET_NO)
		o->reset =
			was_reset == PCIRESET_YES ? PCIRESET_SEEN_OBSERVED : PCIRESET_SEEN_REPORTED;
	else if (r == 0)
		r = -EOPNOTSUPP; /* it answers, but its registers say that nothing happened */

	o->restored = pcireset_saved_write_back(w->io, f->address, &entry->saved,
						PCIRESET_HEADER_BYTES);
	if (o->restored >= 0) {
		entry->saved.n = 0;
		entry->quiet_until_us = 0;
		entry->in_use = false;
	}
	over(w, item, r);
	o->reset_us = answered_us - item->started_us;
	o->restore_us = now_us(w) - answered_us;
	return true;
}

/* Every function is asked at least once, however long the others took. */
static void poll(struct wave *w, struct item *item)
{
	const uint64_t asked_us = now_us(w);

	if (asked_us < w->task->limits.deadline_us &&
	    (!item->was_asked || asked_us < item->deadline_us) &&
	    pcireset_is_ready(w->io, function_of(w, item)->address,
			      entry_of(w, item)->saved.id) &&
	    finish(w, item))
		return;
	item->was_asked = true;
	if (now_us(w) >= item->deadline_us)
		over(w, item, -ETIMEDOUT);
	else
		pause_until(w, item, item->deadline_us, now_us(w) - asked_us);
}

static bool is_under_way(const struct item *item)
{
	return item->phase == DRAINING || item->phase == RESETTING;
}

static uint64_t next_due_us(const struct wave *w)
{
	uint64_t next = UINT64_MAX;

	for (size_t k = 0; k < w->n_items; k++)
		if (is_under_way(&w->items[k]) && w->items[k].due_us < next)
			next = w->items[k].due_us;
	return next;
}

/* Each is asked once: a read of one that is dead may take long. */
static uint64_t advance(void *state)
{
	struct wave *w = state;

	if (!w->started) {
		w->started = true;
		start_all(w);
	}
	for (size_t k = 0; k < w->n_items; k++) {
		struct item *item = &w->items[k];

		if (!is_under_way(item) || item->due_us > now_us(w))
			continue;
		if (item->phase == DRAINING)
			drain(w, item);
		else
			poll(w, item);
	}
	return next_due_us(w);
}

static void end(void *state)
{
	struct wave *w = state;

	free(w->items);
	free(w);
}

static int begin(const struct pcireset_task *task, bool *under_way, void **ret_state)
{
	struct wave *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;

	*w = (struct wave){
		.task = task,
		.io = task->io,
		.under_way = under_way,
		.items = calloc(task->machine->n + 1, sizeof(*w->items)),
	};
	if (!w->items) {
		end(w);
		return -ENOMEM;
	}
	for (size_t i = 0; i < task->machine->n; i++)
		if (task->steps[i].action == PCIRESET_RESET &&
		    task->steps[i].engine == PCIRESET_ENGINE_DIRECT) {
			w->items[w->n_items++].i = i;
			under_way[i] = true;
		}

	*ret_state = w;
	return 0;
}

const struct pcireset_engine_ops pcireset_engine_direct = {
	.begin = begin,
	.advance = advance,
	.end = end,
};
