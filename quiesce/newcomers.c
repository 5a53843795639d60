/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions behind a driver that was loaded by us: the same for them, before their own drivers. */
#include <errno.h>
#include <string.h>

#include "quiesce.h"

static void add(size_t *index, size_t n)
{
	if (*index != PCIRESET_NONE)
		*index += n;
}

/* Indexes of @more become those behind run's @n. */
static void shift(struct quiesce_run *more, size_t n)
{
	for (size_t i = 0; i < more->machine.n; i++) {
		struct pcireset_function *f = &more->machine.functions[i];

		add(&f->parent, n);
		add(&f->physical, n);
		add(&f->behind, n);
		add(&more->steps[i].via, n);
		if (more->earlier)
			add(&more->earlier[i].again_via, n);
	}
}

static void *joined(void *array, size_t n, const void *more, size_t n_more, size_t bytes)
{
	void *bigger = realloc(array, (n + n_more + 1) * bytes);

	if (bigger)
		memcpy((char *)bigger + n * bytes, more, n_more * bytes);
	return bigger;
}

/* 0 or -ENOMEM; the array is good in both cases. */
#define APPEND(run, array, more)                                                     \
	({                                                                           \
		void *bigger = joined((run)->array, (run)->machine.n, (more)->array, \
				      (more)->machine.n, sizeof((run)->array[0]));   \
                                                                                     \
		if (bigger)                                                          \
			(run)->array = bigger;                                       \
		bigger ? 0 : -ENOMEM;                                                \
	})

/* None of a run is contained where that stage had no need, or no memory. */
static int provide_containments(struct quiesce_run *run)
{
	if (!run->containments)
		run->containments = calloc(run->machine.n + 1, sizeof(*run->containments));
	return run->containments ? 0 : -ENOMEM;
}

static int adopt(struct quiesce_run *run, struct quiesce_run *more)
{
	int r;

	shift(more, run->machine.n);
	r = APPEND(run, machine.functions, more);
	if (r == 0)
		r = APPEND(run, decisions, more);
	if (r == 0)
		r = APPEND(run, grounds, more);
	if (r == 0)
		r = APPEND(run, steps, more);
	if (r == 0)
		r = APPEND(run, outcomes, more);
	if (r == 0 && (run->earlier || more->earlier)) {
		r = quiesce_earlier_provide(run);
		if (r == 0)
			r = quiesce_earlier_provide(more);
		if (r == 0)
			r = APPEND(run, earlier, more);
	}
	if (r == 0 && (run->containments || more->containments)) {
		r = provide_containments(run);
		if (r == 0)
			r = provide_containments(more);
		if (r == 0)
			r = APPEND(run, containments, more);
	}
	if (r < 0)
		return r;

	run->machine.n += more->machine.n;
	run->n_bad += more->n_bad;
	pcireset_reach_free(&run->reach);
	return pcireset_reach_make(&run->machine, run->steps, &run->reach);
}

/* What is left of the journal, known to whoever puts things back. */
static void share_journal(const struct quiesce_run *run, size_t n_more,
			  struct pcireset_journal *rest)
{
	struct pcireset_journal *journal = run->journal;
	const size_t n = run->machine.n;

	*rest = (struct pcireset_journal){ 0 };
	if (!journal || journal->capacity < n + n_more)
		return;
	rest->entries = journal->entries + n;
	rest->capacity = n_more;
	journal->n = n + n_more;
}

int quiesce_newcomers_silence(struct quiesce_run *run)
{
	struct pcireset_journal rest;
	struct quiesce_run more = {
		.root = run->root,
		.io = run->io,
		.log = run->log,
		.config = run->config,
		.is_addition = true,
		.started_us = run->io->now_us(run->io->data),
		.deadline_us = run->drivers_deadline_us,
		.drivers_deadline_us = run->drivers_deadline_us,
		.journal = &rest,
	};
	int r;

	r = pcireset_scan_more(run->io, &run->machine, &more.machine);
	if (r < 0)
		return r;

	if (more.machine.n > 0) {
		quiesce_log(run->log, QUIESCE_NOTICE, "%zu functions have appeared",
			    more.machine.n);
		share_journal(run, more.machine.n, &rest);
		r = quiesce_pipeline_silence(&more);
		run->left_behind |= more.left_behind;
		if (r == 0)
			r = adopt(run, &more);
	}
	/* Its strings are those of run. */
	more.config = (struct quiesce_config){ 0 };
	quiesce_run_free(&more);
	return r;
}
