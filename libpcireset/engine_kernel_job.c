/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The writes of one reset by the kernel: pin its method, bar drivers, mark, reset, undo. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine_kernel.h"

/* Whom it reaches. */
bool pcireset_kernel_is_member(const struct pcireset_kernel_wave *w,
			       const struct pcireset_kernel_item *item, size_t i)
{
	return item->whole_bus ? pcireset_bus_has(w->machine, item->target, i) : i == item->target;
}

/* Whose registers it may erase: bridges below the bus, too. */
bool pcireset_kernel_is_reached(const struct pcireset_kernel_wave *w,
				const struct pcireset_kernel_item *item, size_t i)
{
	return pcireset_kernel_is_member(w, item, i) ||
	       (item->whole_bus && pcireset_below(w->machine, i, item->target));
}

static int add_write(struct pcireset_job *job, const struct pcireset_function *function,
		     const char *name, const char *text, bool restores)
{
	char path[PCIRESET_PATH_BYTES];

	return pcireset_job_add(job, pcireset_attr_path(function->address, name, path), text,
				restores);
}

static int begin_member(struct pcireset_kernel_wave *w, const struct pcireset_kernel_item *item,
			size_t i, struct pcireset_job *job)
{
	const struct pcireset_function *f = &w->machine->functions[i];
	struct pcireset_journal_entry *entry = &w->task->journal->entries[i];
	int r = 0;

	entry->overridden = pcireset_may_override(w->io, f->address);
	if (!item->whole_bus) {
		/* No reset without a pin, nor one that could not be put back. */
		r = pcireset_attr_read(w->io, f, "reset_method", entry->method_before,
				       sizeof(entry->method_before));
		if (r < 0)
			return r;
		if (strlen(entry->method_before) == sizeof(entry->method_before) - 1)
			return -EOVERFLOW;
	}

	if (entry->overridden)
		r = add_write(job, f, "driver_override", PCIRESET_OVERRIDE, false);
	if (r == 0 && entry->method_before[0])
		r = add_write(job, f, "reset_method", pcireset_method_kernel_word(item->method),
			      false);
	return r;
}

static int end_member(struct pcireset_kernel_wave *w, size_t i, struct pcireset_job *job)
{
	const struct pcireset_function *f = &w->machine->functions[i];
	struct pcireset_journal_entry *entry = &w->task->journal->entries[i];
	int r = 0;

	if (entry->method_before[0])
		r = add_write(job, f, "reset_method", entry->method_before, true);
	if (r == 0 && entry->method_before[0])
		job->writes[job->n_writes - 1].otherwise = PCIRESET_METHODS_DEFAULT;
	if (r == 0 && entry->overridden)
		r = add_write(job, f, "driver_override", "\n", true);
	return r;
}

int pcireset_kernel_job_build(struct pcireset_kernel_wave *w,
			      const struct pcireset_kernel_item *item, struct pcireset_job *job)
{
	const struct pcireset_function *target = &w->machine->functions[item->target];
	int r = 0;

	for (size_t i = 0; r == 0 && i < w->machine->n; i++)
		if (pcireset_kernel_is_reached(w, item, i))
			r = pcireset_journal_begin(w->io, &w->machine->functions[i],
						   &w->task->journal->entries[i]);
	for (size_t i = 0; r == 0 && i < w->machine->n; i++)
		if (pcireset_kernel_is_member(w, item, i))
			r = begin_member(w, item, i, job);
	if (r == 0)
		r = add_write(job, target, item->whole_bus ? "reset_subordinate" : "reset", "1",
			      false);
	for (size_t i = 0; r == 0 && i < w->machine->n; i++)
		if (pcireset_kernel_is_member(w, item, i))
			r = end_member(w, i, job);
	return r;
}

/* PM is known to report success and do nothing: it has to show what it did. */
void pcireset_kernel_mark(struct pcireset_kernel_wave *w, struct pcireset_kernel_item *item)
{
	const struct pcireset_function *f = &w->machine->functions[item->target];

	if (item->method == PCIRESET_METHOD_PM && !f->driver[0])
		pcireset_canary_set(w->io, f, &w->task->journal->entries[item->target].saved,
				    &item->canary);
}

int pcireset_kernel_look(struct pcireset_kernel_wave *w, const struct pcireset_kernel_item *item,
			 int error)
{
	struct pcireset_outcome *o = &w->task->outcomes[item->target];
	struct pcireset_observed observed = { 0 };
	enum pcireset_known was_reset;

	/* One that failed has not erased the mark either, and proves nothing. */
	was_reset = pcireset_canary_look(w->io, &w->machine->functions[item->target],
					 &item->canary, &observed);
	if (error < 0)
		return error;
	if (was_reset != PCIRESET_UNKNOWN)
		o->observed = observed;
	if (was_reset == PCIRESET_YES)
		o->reset = PCIRESET_SEEN_OBSERVED;
	return was_reset == PCIRESET_NO ? -EOPNOTSUPP : 0;
}
