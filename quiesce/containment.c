/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Isolating what no reset has stopped: forecast, stage, and what is told of it. */
#include <errno.h>
#include <string.h>

#include "containment.h"
#include "report.h"
#include "supervise.h"

/* Serial consoles are slow, and the report has all of them. */
#define LOGGED_MAX 20

/* Marks all that go the same way; what does not is told. Return: how many. */
static size_t choose(const struct quiesce_court *court, enum pcireset_contain way,
		     struct pcireset_contained *list)
{
	struct quiesce_run *run = court->run;
	size_t n = 0;

	memset(list, 0, run->machine.n * sizeof(*list));
	for (size_t i = 0; i < run->machine.n; i++) {
		struct quiesce_containment *c = &run->containments[i];

		if (c->way || !quiesce_court_is_victim(court, i, way))
			continue;
		c->tried = way;
		c->error = 0;
		c->why = quiesce_court_obstacle(court, i, way);
		for (size_t k = 0; !c->why && k < run->machine.n; k++)
			list[k].wanted |= quiesce_court_goes_with(run, i, k, way) && !run->containments[k].way;
		n += !c->why;
	}
	return n;
}

/*
 * In a plan there is no image to ask: whoever its drivers may take is spared, unless the
 * dump is known not to need it.
 */
static bool may_be_spared(const struct quiesce_court *court, size_t i, enum pcireset_contain way)
{
	for (size_t k = 0; k < court->run->machine.n; k++)
		if (quiesce_court_goes_with(court->run, i, k, way) &&
		    !(court->scene.dump_target_known && quiesce_court_is_victim(court, k, way)))
			return true;
	return false;
}

static bool is_asked(const struct quiesce_run *run)
{
	return run->config.contain[0] && run->config.level > QUIESCE_LEVEL_OBSERVE &&
	       !run->untouchable;
}

int quiesce_containment_plan(struct quiesce_run *run)
{
	_cleanup_free_ struct pcireset_contained *list = NULL;
	struct quiesce_court court;
	int r;

	if (!is_asked(run))
		return 0;
	list = calloc(run->machine.n + 1, sizeof(*list));
	r = list ? quiesce_court_convene(run, NULL, &court) : -ENOMEM;
	if (r < 0)
		return r;
	for (size_t k = 0; run->config.contain[k]; k++) {
		(void)choose(&court, run->config.contain[k], list);
		for (size_t i = 0; i < run->machine.n; i++)
			run->containments[i].may_be_spared |=
				list[i].wanted && may_be_spared(&court, i, run->config.contain[k]);
		for (size_t i = 0; i < run->machine.n; i++) {
			if (!list[i].wanted)
				continue;
			run->containments[i].way = run->config.contain[k];
			run->containments[i].instead_of = run->steps[i].expected;
			run->steps[i].expected = PCIRESET_CONTAINED;
		}
	}
	quiesce_court_adjourn(&court);
	return 0;
}

static bool is_bad(enum pcireset_verdict verdict)
{
	return verdict == PCIRESET_LOST || verdict == PCIRESET_FAILED;
}

static void change_verdict(struct quiesce_run *run, size_t i, enum pcireset_verdict verdict)
{
	run->n_bad += is_bad(verdict);
	run->n_bad -= is_bad(run->outcomes[i].verdict);
	run->outcomes[i].verdict = verdict;
}

const char *quiesce_containment_problem(const struct quiesce_containment *c,
					char words[QUIESCE_PROBLEM_BYTES])
{
	bool has_error;

	if (c->way || !c->tried)
		return NULL;
	/* That one has words of its own. */
	has_error = c->error && c->error != -ETIMEDOUT;
	(void)snprintf(words, QUIESCE_PROBLEM_BYTES, "not contained: %s: %s%s%s",
		       pcireset_contain_word(c->tried), c->why, has_error ? ": " : "",
		       has_error ? strerror(-c->error) : "");
	return words;
}

/* What was tried, and how it ended. */
static void take(struct quiesce_run *run, enum pcireset_contain way,
		 const struct pcireset_contained *list)
{
	for (size_t i = 0; i < run->machine.n; i++) {
		struct quiesce_containment *c = &run->containments[i];

		if (!list[i].wanted)
			continue;
		c->tried = way;
		c->error = list[i].error;
		c->why = list[i].why;
		c->instead_of = run->outcomes[i].verdict;
		if (list[i].stands) {
			c->way = way;
			change_verdict(run, i, PCIRESET_CONTAINED);
		} else if (list[i].gone) {
			run->outcomes[i].ready = PCIRESET_NO;
			change_verdict(run, i, PCIRESET_LOST);
		}
	}
}

static void log_end(const struct quiesce_run *run)
{
	size_t count[PCIRESET_CONTAINS] = { 0 }, n = 0;

	for (size_t i = 0; i < run->machine.n; i++) {
		const struct quiesce_containment *c = &run->containments[i];
		char address[PCIRESET_ADDRESS_BYTES], words[QUIESCE_PROBLEM_BYTES];

		count[c->way]++;
		if (!quiesce_containment_problem(c, words) || n++ >= LOGGED_MAX)
			continue;
		quiesce_log(run->log, QUIESCE_NOTICE, "%s: %s",
			    pcireset_address_format(run->machine.functions[i].address, address),
			    words);
	}
	quiesce_log(run->log, QUIESCE_NOTICE,
		    "contained: %zu by d3hot, %zu by link, %zu by iommu; %zu not",
		    count[PCIRESET_CONTAIN_D3HOT], count[PCIRESET_CONTAIN_LINK],
		    count[PCIRESET_CONTAIN_IOMMU], n);
}

/* A quarter of what there is: the others are for IOMMU and drivers. */
static uint64_t time_left_us(const struct quiesce_run *run)
{
	const uint64_t now_us = run->io->now_us(run->io->data);

	return run->drivers_deadline_us > now_us ? (run->drivers_deadline_us - now_us) / 4 : 0;
}

int quiesce_containment_stage_by(struct quiesce_run *run, const struct quiesce_vfio_calls *calls,
				 const struct quiesce_image *image)
{
	const uint64_t end_us = run->io->now_us(run->io->data) + time_left_us(run);
	_cleanup_free_ struct pcireset_contained *list = NULL;
	struct quiesce_court court;
	int r;

	list = calloc(run->machine.n + 1, sizeof(*list));
	r = list ? quiesce_court_convene(run, image, &court) : -ENOMEM;
	if (r < 0)
		return r;
	/* The plan's is a forecast. */
	memset(run->containments, 0, run->machine.n * sizeof(*run->containments));
	for (size_t k = 0; run->config.contain[k]; k++) {
		const enum pcireset_contain way = run->config.contain[k];

		if (choose(&court, way, list) == 0)
			continue;
		if (way == PCIRESET_CONTAIN_D3HOT)
			pcireset_contain_d3hot(run->io, &run->machine, run->journal, list);
		else if (way == PCIRESET_CONTAIN_LINK)
			pcireset_contain_link(run->io, &run->machine, run->journal, end_us, list);
		else
			quiesce_contain_iommu(run, calls, image, end_us, list);
		take(run, way, list);
	}
	quiesce_court_adjourn(&court);
	log_end(run);
	quiesce_pipeline_report(run);
	return 0;
}

static bool any_victim(const struct quiesce_run *run)
{
	for (size_t i = 0; i < run->machine.n; i++)
		if (run->outcomes[i].verdict == PCIRESET_FENCED ||
		    is_bad(run->outcomes[i].verdict))
			return true;
	return false;
}

int quiesce_containment_stage(struct quiesce_run *run)
{
	const struct quiesce_vfio_calls calls = quiesce_vfio_calls_for(run->root);
	struct quiesce_image image;
	int r;

	if (!is_asked(run) || !any_victim(run))
		return 0;
	quiesce_stage_begins(run, "containment");
	r = quiesce_image_open(run->root, run->log, &image);
	if (r < 0)
		return r;

	quiesce_image_limit(&image, run->config.module_ms,
			    quiesce_monotonic_us() + time_left_us(run));
	r = quiesce_containment_stage_by(run, &calls, &image);
	run->left_behind |= quiesce_image_left_behind(&image);
	quiesce_image_close(&image);
	return r;
}
