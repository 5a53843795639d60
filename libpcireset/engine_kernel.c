/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resets through the kernel: one at a time below a port, ports side by side. */
#include <errno.h>
#include <string.h>

#include "engine_kernel.h"

/* Where others hold its locks: drivers/pci/pci.c, pci_bus_trylock(). */
#define AGAIN_FIRST_US 10000
#define AGAIN_MAX_US   160000

static bool counts_for(const struct pcireset_kernel_wave *w,
		       const struct pcireset_kernel_item *item, size_t i)
{
	return item->whole_bus ? pcireset_bus_counts_for(w->task, item->target, i) :
				 i == item->target;
}

/* The kernel waits for each bus that it restores, one after the other. */
static uint32_t budget_ms(const struct pcireset_kernel_wave *w,
			  const struct pcireset_kernel_item *item, size_t via)
{
	uint32_t ms = w->task->limits.function_ms;

	if (via == PCIRESET_NONE)
		return ms;

	ms += w->task->limits.bus_extra_ms;
	for (size_t i = 0; item->whole_bus && i < w->machine->n; i++) {
		const struct pcireset_function *f = &w->machine->functions[i];

		if (pcireset_is_bridge(f) && pcireset_below(w->machine, i, via))
			ms += pcireset_is_conventional(f) ? w->task->limits.bus_extra_ms
							  : w->task->limits.port_extra_ms;
	}
	return ms;
}

static void add_item(struct pcireset_kernel_wave *w, size_t i)
{
	const struct pcireset_step *step = &w->steps[i];
	size_t parent = w->machine->functions[i].parent;
	struct pcireset_kernel_item *item = &w->items[w->n_items];

	*item = (struct pcireset_kernel_item){
		.target = step->whole_bus ? step->via : i,
		.whole_bus = step->whole_bus,
		.method = step->method,
		.estimate_ms = step->estimate_ms,
		.pause_us = AGAIN_FIRST_US,
	};
	if (step->whole_bus)
		item->lock = step->via;
	else
		item->lock = parent != PCIRESET_NONE ? parent : w->machine->n + i;

	for (size_t k = 0; step->whole_bus && k < w->n_items; k++)
		if (w->items[k].whole_bus && w->items[k].target == item->target)
			return; /* a sibling brought it already */
	if (!item->whole_bus)
		w->under_way[i] = true;
	item->budget_ms = budget_ms(w, item, step->via);
	w->n_items++;
}

static void begin_journal(struct pcireset_kernel_wave *w, const struct pcireset_kernel_item *item)
{
	for (size_t i = 0; i < w->machine->n; i++)
		if (pcireset_kernel_is_reached(w, item, i))
			w->task->journal->entries[i].in_use = true;
}

/* What was written is put back. Registers are compared when all is over. */
static void forget_writes(struct pcireset_kernel_wave *w, const struct pcireset_kernel_item *item)
{
	for (size_t i = 0; i < w->machine->n; i++)
		if (pcireset_kernel_is_member(w, item, i))
			pcireset_journal_forget_writes(&w->task->journal->entries[i]);
}

/* How it ended, for every function that it was for. */
static void set_outcome(struct pcireset_kernel_wave *w, struct pcireset_kernel_item *item,
			bool tried, bool stuck, int error)
{
	uint64_t now_us = w->io->now_us(w->io->data);
	bool came_back = item->state == PCIRESET_KERNEL_ABANDONED;

	if (!item->whole_bus) {
		w->under_way[item->target] = false;
		w->has_freed = true;
	}
	item->state = stuck ? PCIRESET_KERNEL_ABANDONED : PCIRESET_KERNEL_OVER;
	for (size_t i = 0; i < w->machine->n; i++) {
		struct pcireset_outcome *o = &w->task->outcomes[i];

		/* Of a bridge below the bus, too, no register may be read. */
		if (pcireset_kernel_is_reached(w, item, i) && (stuck || came_back))
			w->task->journal->entries[i].stuck = stuck;
		if (pcireset_kernel_is_member(w, item, i) && (stuck || came_back))
			o->stuck = stuck;
		/* What an earlier reset came to stays where this one was not begun. */
		if (!counts_for(w, item, i) || (o->tried && !tried))
			continue;
		o->tried = tried;
		o->reset_error = error;
		o->reset_us = tried ? now_us - item->started_us : 0;
	}
}

/* -EAGAIN: not now. */
static int start(struct pcireset_kernel_wave *w, size_t k)
{
	const struct pcireset_observer *observer = w->task->observer;
	struct pcireset_kernel_item *item = &w->items[k];
	struct pcireset_job *job;
	int r;

	if (w->n_running >= PCIRESET_AT_A_TIME)
		return -EAGAIN;

	job = calloc(1, sizeof(*job));
	if (!job)
		return -ENOMEM;

	job->engine = PCIRESET_ENGINE_KERNEL;
	job->owner = k;
	r = pcireset_kernel_job_build(w, item, job);
	if (r == 0) {
		const uint64_t now_us = w->io->now_us(w->io->data);

		begin_journal(w, item);
		if (!item->deadline_us) {
			item->started_us = now_us;
			pcireset_kernel_mark(w, item);
			if (observer && observer->reset_starts)
				observer->reset_starts(observer->data, item->target, item->method);
		}
		item->deadline_us = now_us + item->budget_ms * 1000ull;
		if (item->deadline_us > w->task->limits.deadline_us)
			item->deadline_us = w->task->limits.deadline_us;
		r = w->io->job_start(w->io->data, job);
	}
	if (r < 0) {
		if (r != -EBUSY)
			forget_writes(w, item);
		pcireset_job_free(job);
		return r;
	}

	item->state = PCIRESET_KERNEL_RUNNING;
	item->job = job;
	w->locked[item->lock] = true;
	w->n_running++;
	return 0;
}

/* One that is given up half way holds its locks for good: it had better not begin. */
static bool is_too_late(const struct pcireset_kernel_wave *w,
			const struct pcireset_kernel_item *item, uint64_t now_us)
{
	return now_us >= w->task->limits.deadline_us ||
	       w->task->limits.deadline_us - now_us < item->estimate_ms * 1000ull;
}

static bool must_wait(const struct pcireset_kernel_wave *w, struct pcireset_kernel_item *item)
{
	return w->locked[item->lock] ||
	       (item->whole_bus && pcireset_bus_must_wait(w->machine, w->under_way, item->target,
							  &item->n_free));
}

static bool has_to_stay(const struct pcireset_kernel_wave *w,
			const struct pcireset_kernel_item *item)
{
	for (size_t i = 0; i < w->machine->n; i++) {
		const struct pcireset_function *f = &w->machine->functions[i];
		struct pcireset_outcome *o = &w->task->outcomes[i];

		if (!pcireset_kernel_is_member(w, item, i))
			continue;
		/* Who held its lock, too, may have been the probe of its driver. */
		if (!f->driver[0] && pcireset_got_driver(w->io, f))
			o->bound = true;
		if (o->bound)
			return true;
	}
	return item->whole_bus && pcireset_bus_has_to_stay(w->task, item->target, true);
}

/* False where no more can be under way at a time. */
static bool start_those(struct pcireset_kernel_wave *w, bool whole_buses)
{
	uint64_t now_us = w->io->now_us(w->io->data);

	for (size_t k = 0; k < w->n_items; k++) {
		struct pcireset_kernel_item *item = &w->items[k];
		bool late = is_too_late(w, item, now_us);
		int r;

		if (item->state != PCIRESET_KERNEL_WAITING || item->whole_bus != whole_buses ||
		    item->again_us > now_us || (!late && must_wait(w, item)))
			continue;
		r = late ? -ETIMEDOUT : has_to_stay(w, item) ? -EBUSY : start(w, k);
		if (r == -EAGAIN && w->n_running > 0)
			return false; /* tried again when one has ended */
		if (r < 0)
			set_outcome(w, item, false, false, r);
	}
	return true;
}

/* The kernel only tried its locks, and nothing was reset. */
static bool is_to_be_tried_again(const struct pcireset_kernel_wave *w,
				 struct pcireset_kernel_item *item,
				 const struct pcireset_job *job)
{
	const uint64_t again_us = w->io->now_us(w->io->data) + item->pause_us;

	if (item->state != PCIRESET_KERNEL_RUNNING || job->result != -EAGAIN ||
	    job->restore_result < 0 || is_too_late(w, item, again_us) ||
	    again_us > item->started_us + item->budget_ms * 1000ull)
		return false;
	item->again_us = again_us;
	item->pause_us =
		item->pause_us * 2 < AGAIN_MAX_US ? item->pause_us * 2 : AGAIN_MAX_US;
	return true;
}

static void job_over(void *state, struct pcireset_job *job)
{
	struct pcireset_kernel_wave *w = state;
	struct pcireset_kernel_item *item = &w->items[job->owner];
	const bool again = is_to_be_tried_again(w, item, job);

	/* One that was given up counts all the same when it does come back. */
	if (item->state == PCIRESET_KERNEL_RUNNING)
		w->n_running--;
	if (again)
		item->state = PCIRESET_KERNEL_WAITING;
	else
		set_outcome(w, item, true, false, pcireset_kernel_look(w, item, job->result));
	if (job->restore_result == 0)
		forget_writes(w, item);
	w->locked[item->lock] = false;
	item->job = NULL;
	pcireset_job_free(job);
}

/* The lock is never given back: whatever waits for it would block, too. */
static void abandon(struct pcireset_kernel_wave *w, struct pcireset_kernel_item *item)
{
	set_outcome(w, item, true, true, -ETIMEDOUT);
	w->n_running--;
	for (size_t k = 0; k < w->n_items; k++)
		if (w->items[k].state == PCIRESET_KERNEL_WAITING &&
		    w->items[k].lock == item->lock)
			set_outcome(w, &w->items[k], false, false, -EBUSY);
}

static void abandon_late(struct pcireset_kernel_wave *w, uint64_t now_us)
{
	for (size_t k = 0; k < w->n_items; k++)
		if (w->items[k].state == PCIRESET_KERNEL_RUNNING &&
		    w->items[k].deadline_us <= now_us)
			abandon(w, &w->items[k]);
}

static uint64_t next_due_us(const struct pcireset_kernel_wave *w, uint64_t now_us)
{
	uint64_t next = UINT64_MAX;

	for (size_t k = 0; k < w->n_items; k++) {
		const struct pcireset_kernel_item *item = &w->items[k];
		uint64_t due_us = UINT64_MAX;

		if (item->state == PCIRESET_KERNEL_RUNNING)
			due_us = item->deadline_us;
		else if (item->state == PCIRESET_KERNEL_WAITING && item->again_us > now_us)
			due_us = item->again_us;
		if (due_us < next)
			next = due_us;
	}
	return next;
}

static uint64_t advance(void *state)
{
	struct pcireset_kernel_wave *w = state;
	/* Read once: what was not due then is still waited for at the end. */
	const uint64_t now_us = w->io->now_us(w->io->data);

	abandon_late(w, now_us);
	/* What takes longest first: there are not more than so many at a time. */
	do {
		w->has_freed = false;
		if (start_those(w, true))
			(void)start_those(w, false);
	} while (w->has_freed);
	return next_due_us(w, now_us);
}

static void end(void *state)
{
	struct pcireset_kernel_wave *w = state;

	for (size_t k = 0; w->items && k < w->n_items; k++)
		if (w->items[k].job)
			w->items[k].job->is_orphan = true;
	free(w->items);
	free(w->locked);
	free(w);
}

static int begin(const struct pcireset_task *task, bool *under_way, void **ret_state)
{
	const size_t n = task->machine->n;
	struct pcireset_kernel_wave *w;

	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;

	*w = (struct pcireset_kernel_wave){
		.task = task,
		.io = task->io,
		.machine = task->machine,
		.steps = task->steps,
		.under_way = under_way,
		.items = calloc(n + 1, sizeof(*w->items)),
		.locked = calloc(n * 2 + 1, sizeof(*w->locked)),
	};
	if (!w->items || !w->locked) {
		end(w);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		if (w->steps[i].action == PCIRESET_RESET &&
		    w->steps[i].engine == PCIRESET_ENGINE_KERNEL)
			add_item(w, i);

	*ret_state = w;
	return 0;
}

const struct pcireset_engine_ops pcireset_engine_kernel = {
	.begin = begin,
	.advance = advance,
	.job_over = job_over,
	.end = end,
};
