/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Function-level resets by our own writes: all are started, then waited for
 * together. Whatever one function does, the others lose no time.
 */
#include <errno.h>

#include "engine_direct.h"

/* Between what the journal says and the write, somebody else may have the processor. */
#define SLACK_US 100000

static void over(struct pcireset_direct_wave *w, struct pcireset_direct_item *item, int error)
{
	struct pcireset_outcome *o = &w->task->outcomes[item->i];

	o->reset_error = error;
	o->reset_us = o->tried ? now_us(w) - item->started_us : 0;
	w->under_way[item->i] = false;
	item->phase = PCIRESET_DIRECT_OVER;
}

/* It is as it was: what was closed is opened again, and nothing has to be put back. */
static void give_up(struct pcireset_direct_wave *w, struct pcireset_direct_item *item, int error)
{
	const uint16_t command = item->command & ~PCI_COMMAND_MASTER;
	struct pcireset_journal_entry *entry = entry_of(w, item);

	/* Of one that has gone each access may cost a timeout. */
	if (error != -ENODEV && command != closed(item))
		(void)pcireset_write16(w->io, function_of(w, item), PCI_COMMAND, command);
	entry->quiet_until_us = 0;
	entry->saved.n = 0;
	entry->in_use = false;
	over(w, item, error);
}

static void start(struct pcireset_direct_wave *w, struct pcireset_direct_item *item)
{
	const struct pcireset_limits *limits = &w->task->limits;
	const uint32_t wait_us = item->window_us;
	struct pcireset_journal_entry *entry = entry_of(w, item);
	uint64_t budget_us = limits->function_ms * 1000ull;
	int r;

	if (pcireset_direct_is_too_late(w, item)) {
		give_up(w, item, -ETIMEDOUT);
		return;
	}
	entry->quiet_until_us = now_us(w) + wait_us + SLACK_US;
	r = pcireset_direct_write_reset(w, item);
	item->started_us = now_us(w);
	if (r < 0) {
		give_up(w, item, r);
		return;
	}
	entry->quiet_until_us = item->started_us + wait_us;
	w->task->outcomes[item->i].tried = true;
	/* The other half went to the drain. */
	if (item->phase == PCIRESET_DIRECT_DRAINING)
		budget_us /= 2;
	item->phase = PCIRESET_DIRECT_RESETTING;
	item->due_us = item->started_us + wait_us;
	item->deadline_us = item->started_us + budget_us + wait_us;
	if (item->deadline_us > limits->deadline_us)
		item->deadline_us = limits->deadline_us;
	item->pause_us = PCIRESET_ASK_FIRST_US;
}

/*
 * A completion that comes late must not meet a function that has forgotten its
 * request: PCI Express Base Specification 6.0, 6.6.2.
 */
static void begin_drain(struct pcireset_direct_wave *w, struct pcireset_direct_item *item)
{
	const uint64_t half_us = w->task->limits.function_ms * 500ull;
	const struct pcireset_function *f = function_of(w, item);
	uint64_t wait_us;

	/* A VF has that of its PF. */
	if (f->physical != PCIRESET_NONE)
		f = &w->task->machine->functions[f->physical];
	wait_us = pcireset_completion_timeout_us(w->io, f);

	item->phase = PCIRESET_DIRECT_DRAINING;
	item->drained_by_us = now_us(w) + (wait_us < half_us ? wait_us : half_us);
	if (item->drained_by_us > w->task->limits.deadline_us)
		item->drained_by_us = w->task->limits.deadline_us;
	item->pause_us = PCIRESET_ASK_FIRST_US;
}

static void pause_until(struct pcireset_direct_wave *w, struct pcireset_direct_item *item,
			uint64_t end_us, uint64_t took_us)
{
	item->due_us = pcireset_ask_again_us(now_us(w), end_us, took_us, &item->pause_us);
}

static void drain(struct pcireset_direct_wave *w, struct pcireset_direct_item *item)
{
	const uint64_t asked_us = now_us(w);
	bool is_pending = false;
	int r;

	r = pcireset_pending(w->io, function_of(w, item), &is_pending);
	if (r == 0 && is_pending)
		w->task->outcomes[item->i].pending = PCIRESET_YES;
	if (r == -ENODEV)
		give_up(w, item, r);
	else if (r == 0 && is_pending && asked_us < item->drained_by_us)
		pause_until(w, item, item->drained_by_us, now_us(w) - asked_us);
	else
		start(w, item);
}

static void start_all(struct pcireset_direct_wave *w)
{
	for (size_t k = 0; k < w->n_items; k++) {
		struct pcireset_direct_item *item = &w->items[k];
		int r = pcireset_direct_prepare(w, item);

		if (r < 0)
			over(w, item, r);
	}
	/* Each wave of writes by itself: the wait begins for all at nearly the same time. */
	for (size_t k = 0; k < w->n_items; k++) {
		struct pcireset_direct_item *item = &w->items[k];
		int r = item->phase == PCIRESET_DIRECT_WAITING
				? pcireset_direct_close_doors(w, item)
				: 0;

		if (r < 0)
			give_up(w, item, r);
	}
	for (size_t k = 0; k < w->n_items; k++) {
		struct pcireset_direct_item *item = &w->items[k];
		const struct pcireset_outcome *o;

		if (item->phase != PCIRESET_DIRECT_WAITING)
			continue;
		/* Whom the fence could not stop nobody has drained. */
		o = &w->task->outcomes[item->i];
		if (o->pending == PCIRESET_YES || o->fence_error < 0)
			begin_drain(w, item);
		else
			start(w, item);
	}
}

/* Every function is asked at least once, however long the others took. */
static void poll(struct pcireset_direct_wave *w, struct pcireset_direct_item *item)
{
	const uint64_t asked_us = now_us(w);
	uint64_t answered_us;
	int r;

	if (asked_us < w->task->limits.deadline_us &&
	    (!item->was_asked || asked_us < item->deadline_us) &&
	    pcireset_ask(w->io, function_of(w, item)->address, entry_of(w, item)->saved.id,
			 &w->task->outcomes[item->i].last_id) &&
	    pcireset_look_and_restore(w->task, item->i, closed(item), item->bar,
				      &w->task->outcomes[item->i], &answered_us, &r)) {
		over(w, item, r);
		w->task->outcomes[item->i].reset_us = answered_us - item->started_us;
		return;
	}
	item->was_asked = true;
	if (now_us(w) >= item->deadline_us) {
		entry_of(w, item)->late = true;
		over(w, item, -ETIMEDOUT);
		return;
	}
	pause_until(w, item, item->deadline_us, now_us(w) - asked_us);
}

static bool is_under_way(const struct pcireset_direct_item *item)
{
	return item->phase == PCIRESET_DIRECT_DRAINING || item->phase == PCIRESET_DIRECT_RESETTING;
}

static uint64_t next_due_us(const struct pcireset_direct_wave *w)
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
	struct pcireset_direct_wave *w = state;

	if (!w->started) {
		w->started = true;
		start_all(w);
	}
	for (size_t k = 0; k < w->n_items; k++) {
		struct pcireset_direct_item *item = &w->items[k];

		if (!is_under_way(item) || item->due_us > now_us(w))
			continue;
		if (item->phase == PCIRESET_DIRECT_DRAINING)
			drain(w, item);
		else
			poll(w, item);
	}
	return next_due_us(w);
}

static void end(void *state)
{
	struct pcireset_direct_wave *w = state;

	free(w->items);
	free(w);
}

static int begin(const struct pcireset_task *task, bool *under_way, void **ret_state)
{
	struct pcireset_direct_wave *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;

	*w = (struct pcireset_direct_wave){
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
		    task->steps[i].engine == PCIRESET_ENGINE_DIRECT && !task->steps[i].whole_bus) {
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
