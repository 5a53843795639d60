/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All resets: hidden VFs first, then until nothing is pending, then the plan, then once more. */
#include <errno.h>

#include "quiesce.h"
#include "report.h"

/*
 * A bus: 1 s and 100 ms for conventional devices, or a second wait for a link
 * that does not come up (drivers/pci/pci.c, pci_bridge_wait_for_secondary_bus()).
 */
#define BUS_EXTRA_MS	    1100
#define PORT_EXTRA_MS	    100
/* Serial consoles are slow, and the report has all of them. */
#define FAILURES_LOGGED_MAX 10

static void reset_starts(void *data, size_t i, enum pcireset_method method)
{
	const struct quiesce_run *run = data;
	char address[PCIRESET_ADDRESS_BYTES];

	quiesce_log(run->log, QUIESCE_DEBUG, "%s: %s begins",
		    pcireset_address_format(run->machine.functions[i].address, address),
		    pcireset_method_word(method));
}

/* Costs no time: the resets under way take longer. */
static void waits(void *data)
{
	quiesce_pipeline_report(data);
}

/* The one that is given may be too small for a very large machine. */
static int provide_journal(struct quiesce_run *run)
{
	if (run->journal && run->journal->capacity >= run->machine.n)
		return 0;

	run->own_journal = calloc(1, sizeof(*run->journal) +
					     run->machine.n * sizeof(run->journal->entries[0]));
	if (!run->own_journal)
		return -ENOMEM;

	run->own_journal->capacity = run->machine.n;
	run->own_journal->dies_with_writer = true;
	run->own_journal->entries = (struct pcireset_journal_entry *)(run->own_journal + 1);
	run->journal = run->own_journal;
	return 0;
}

static int make(struct quiesce_run *run, const struct pcireset_step *steps)
{
	const struct pcireset_observer observer = { reset_starts, waits, run };
	struct pcireset_task task = {
		.io = run->io,
		.machine = &run->machine,
		.steps = steps,
		.limits = {
			.function_ms = run->config.reset_ms,
			.bus_extra_ms = BUS_EXTRA_MS,
			.port_extra_ms = PORT_EXTRA_MS,
			.deadline_us = run->deadline_us,
		},
		.journal = run->journal,
		.observer = &observer,
		.outcomes = run->outcomes,
	};

	return pcireset_reset(&task);
}

static uint64_t left_us(const struct quiesce_run *run)
{
	const uint64_t now_us = run->io->now_us(run->io->data);

	return run->deadline_us > now_us ? run->deadline_us - now_us : 0;
}

/* VFs that this kernel does not list: the fence could not reach them. */
static void silence_vfs(struct quiesce_run *run)
{
	const uint64_t most_us = left_us(run);
	uint64_t wait_us = PCIRESET_VF_DISABLE_MS * 1000;
	size_t n, n_failed;

	n = pcireset_sriov_silence(run->io, &run->machine, run->steps, &n_failed);
	if (n_failed)
		quiesce_log(run->log, QUIESCE_WARNING,
			    "%zu functions have VFs that are not listed and cannot be disabled",
			    n_failed);
	if (n == 0)
		return;

	quiesce_log(run->log, QUIESCE_NOTICE,
		    "%zu functions had VFs that are not listed: VF Enable is cleared", n);
	if (wait_us > most_us)
		wait_us = most_us;
	run->io->sleep_us(run->io->data, wait_us);
}

/* Of what is left the resets get half at least. */
static void drain(struct quiesce_run *run)
{
	const uint64_t most_ms = left_us(run) / 2000;
	uint32_t limit_ms = run->config.drain_ms;
	size_t n_pending;

	quiesce_stage_begins(run, "drain");
	if (limit_ms > most_ms)
		limit_ms = (uint32_t)most_ms;
	n_pending = pcireset_drain(run->io, &run->machine, run->steps, limit_ms, run->outcomes);
	if (n_pending)
		quiesce_log(run->log, QUIESCE_WARNING,
			    "%zu function%s still waiting for answers to requests", n_pending,
			    n_pending == 1 ? " is" : "s are");
}

/* On the record before a reset erases it, or hangs the machine. */
static void name_suspects(const struct quiesce_run *run)
{
	struct quiesce_suspects suspects;

	quiesce_suspects_find(run, &suspects);
	quiesce_suspects_log(run, &suspects);
}

static void log_second_try(const struct quiesce_run *run, size_t i,
			   const struct pcireset_step *next, const char *when)
{
	char address[PCIRESET_ADDRESS_BYTES], words[QUIESCE_PROBLEM_BYTES];

	quiesce_problem_of(&run->machine.functions[i], &run->steps[i], &run->outcomes[i], words);
	quiesce_log(run->log, QUIESCE_WARNING, "%s: %s: %s by the %s %s",
		    pcireset_address_format(run->machine.functions[i].address, address), words,
		    pcireset_method_word(next->method), pcireset_engine_word(next->engine), when);
}

int quiesce_earlier_provide(struct quiesce_run *run)
{
	if (run->earlier)
		return 0;
	run->earlier = calloc(run->machine.n + 1, sizeof(*run->earlier));
	if (!run->earlier)
		return -ENOMEM;
	for (size_t i = 0; i < run->machine.n; i++)
		run->earlier[i].again_via = PCIRESET_NONE;
	return 0;
}

/* A second try has an outcome of its own, but the forecast is that of the first plan. */
static void adopt_one(struct quiesce_run *run, size_t i, const struct pcireset_step *next)
{
	struct pcireset_step *step = &run->steps[i];
	struct pcireset_outcome *o = &run->outcomes[i];
	const struct pcireset_step first = *step;

	/* Without memory for it the log alone has what failed. */
	if (quiesce_earlier_provide(run) == 0) {
		run->earlier[i].step = *step;
		run->earlier[i].outcome = *o;
	}
	*step = *next;
	step->expected = first.expected;
	step->estimate_ms = first.estimate_ms;
	o->tried = false;
	o->reset_error = 0;
	o->reset_us = 0;
	o->restore_us = 0;
	o->observed = (struct pcireset_observed){ 0 };
	o->restored = 0;
	o->last_id = 0;
	o->reset = PCIRESET_SEEN_NONE;
}

static void adopt(struct quiesce_run *run, const struct pcireset_step *next)
{
	size_t n = 0;

	for (size_t i = 0; i < run->machine.n; i++) {
		if (next[i].engine == PCIRESET_ENGINE_NONE)
			continue;
		if (n++ < FAILURES_LOGGED_MAX)
			log_second_try(run, i, &next[i], "follows");
		adopt_one(run, i, &next[i]);
	}
	if (n > FAILURES_LOGGED_MAX)
		quiesce_log(run->log, QUIESCE_WARNING, "and %zu more: see the report",
			    n - FAILURES_LOGGED_MAX);
}

/* The second try of some was made already, for the sake of others on their bus. */
static size_t adopt_buses(struct quiesce_run *run)
{
	size_t n = 0;

	for (size_t i = 0; i < run->machine.n; i++) {
		const size_t k = pcireset_bus_since(&run->machine, run->steps, run->outcomes, i);
		const struct pcireset_since since = run->outcomes[i].since;
		struct pcireset_step next;

		if (k == PCIRESET_NONE)
			continue;
		next = run->steps[k];
		next.leave_intx = run->steps[i].leave_intx;
		next.fence_late = run->steps[i].fence_late;
		if (n++ < FAILURES_LOGGED_MAX)
			log_second_try(run, i, &next, "followed");
		adopt_one(run, i, &next);
		run->outcomes[i].tried = true;
		run->outcomes[i].reset_error = run->outcomes[k].reset_error;
		run->outcomes[i].reset_us = run->outcomes[k].reset_us;
		if (!since.was_made)
			continue;
		/* Not what a neighbour's registers say, where its own were looked at. */
		run->outcomes[i].reset_error = since.error;
		run->outcomes[i].reset = since.reset;
		run->outcomes[i].observed = since.observed;
	}
	return n;
}

/* Was a function reset by itself, and is it now reset with others. */
static bool is_again(const struct quiesce_run *run, size_t i, size_t via)
{
	const struct pcireset_step *step = &run->steps[i];

	return step->action == PCIRESET_RESET && run->outcomes[i].tried && step->via != via &&
	       (!run->earlier || run->earlier[i].step.engine == PCIRESET_ENGINE_NONE);
}

/* Whoever had a reset of its own loses its bus later all the same, for the others' sake. */
static void note_again(struct quiesce_run *run)
{
	size_t noted = PCIRESET_NONE;

	for (size_t i = 0; i < run->machine.n; i++) {
		const size_t via = run->steps[i].via;
		const size_t *members;
		size_t n;

		if (run->steps[i].action != PCIRESET_RESET || !run->steps[i].whole_bus ||
		    !run->outcomes[i].tried || via == noted)
			continue;
		noted = via;
		n = pcireset_reach_of(&run->machine, run->steps, &run->reach, i, &members);
		for (size_t k = 0; k < n; k++)
			if (is_again(run, members[k], via) && quiesce_earlier_provide(run) == 0)
				run->earlier[members[k]].again_via = via;
	}
}

static int escalate(struct quiesce_run *run)
{
	_cleanup_free_ struct pcireset_step *next = NULL;
	const size_t n_made = adopt_buses(run);
	size_t n;
	int r;

	r = pcireset_escalate(&run->machine, run->decisions, run->steps, run->outcomes, &next, &n);
	if (r < 0 || n + n_made == 0)
		return r;

	adopt(run, next);
	pcireset_reach_free(&run->reach);
	r = pcireset_reach_make(&run->machine, run->steps, &run->reach);
	return r < 0 || n == 0 ? r : make(run, next);
}

int quiesce_resets_make(struct quiesce_run *run)
{
	int r;

	silence_vfs(run);
	drain(run);
	name_suspects(run);
	r = provide_journal(run);
	if (r == 0)
		r = make(run, run->steps);
	if (r == 0)
		r = escalate(run);
	note_again(run);
	return r;
}
