/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stage behind the verdicts: decide for each group, load vfio once, go on. */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "faults.h"
#include "supervise.h"

/* Serial consoles are slow, and the report has all of them. */
#define REFUSALS_LOGGED_MAX 20
/* Descriptors for all the rest of this process. */
#define OTHER_FDS 224

struct held {
	struct quiesce_vfio vfio;
	struct quiesce_group *group;
	const char *why;
	int error;
};

/*
 * @window_us: how long groups are to be held, or 0
 * @held: those that are, @n_held of at most @held_max; heap
 */
struct stage {
	struct quiesce_run *run;
	const struct quiesce_vfio_calls *calls;
	const struct quiesce_image *image;
	uint64_t end_us;
	uint64_t window_us;
	struct held *held;
	size_t n_held;
	size_t held_max;
	size_t count[QUIESCE_REINITS];
	size_t n_logged;
};

static uint64_t now_us(const struct stage *stage)
{
	return stage->run->io->now_us(stage->run->io->data);
}

static void set_answer(struct quiesce_group *group, enum quiesce_reinit reinit, const char *why,
		       int error)
{
	group->reinit = reinit;
	(void)snprintf(group->reason, sizeof(group->reason), "%s%s%s", why, error ? ": " : "",
		       error ? strerror(-error) : "");
}

static void end_claim(const struct stage *stage, struct quiesce_group *group, const char *why, int r)
{
	if (r < 0)
		set_answer(group, QUIESCE_REINIT_REFUSED, why, r);
	else
		set_answer(group, QUIESCE_REINIT_DONE, "claimed and released through vfio", 0);
	quiesce_keep_silent(stage->run, group->through);
}

static void decide_one(const struct stage *stage, struct quiesce_group *group, bool probe)
{
	const struct quiesce_run *run = stage->run;

	quiesce_reinit_decide(&run->machine, run->outcomes, run->iommu, probe, group);
}

/* Two descriptors each. */
static size_t held_max(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur <= OTHER_FDS)
		return 0;
	return ((files.rlim_cur < 1024 ? files.rlim_cur : 1024) - OTHER_FDS) / 2;
}

/* False where the window alone wanted it claimed. */
static bool is_wanted_without(const struct stage *stage, struct quiesce_group *group,
			      const char *why)
{
	if (!stage->held)
		return true;
	if (!group->no_window)
		group->no_window = why;
	decide_one(stage, group, false);
	return group->reinit == QUIESCE_REINIT_WANTED;
}

/* Released at once, unless it is held for a window. */
static void claim(struct stage *stage, struct quiesce_group *group)
{
	struct quiesce_run *run = stage->run;
	struct quiesce_vfio vfio = {
		.io = run->io,
		.log = run->log,
		.calls = stage->calls,
		.function = &run->machine.functions[group->through],
		.group = group->number,
		.entry = &run->journal->entries[group->through],
		.wants_empty = stage->held && !group->no_window,
	};
	const char *why = "";
	int r;

	r = quiesce_vfio_hold(&vfio, &why);
	/* One that was refused may have been bound for a while. */
	quiesce_keep_silent(run, group->through);
	if (r == 0 && vfio.wants_empty) {
		stage->held[stage->n_held++] = (struct held){ vfio, group, "", 0 };
		return;
	}
	if (r < 0 && !is_wanted_without(stage, group, why))
		return;
	if (r == 0)
		r = quiesce_vfio_release(&vfio, &why);
	end_claim(stage, group, why, r);
}

/* All groups at once, until nothing is left of the time. */
static void wait_for_faults(struct stage *stage, struct quiesce_faults *faults)
{
	const uint64_t now = now_us(stage), left = stage->end_us > now ? stage->end_us - now : 0;
	const uint64_t us = left < stage->window_us ? left : stage->window_us;
	const struct quiesce_run *run = stage->run;

	quiesce_log(run->log, QUIESCE_INFO, "holding %zu IOMMU groups for %llu ms", stage->n_held,
		    (unsigned long long)us / 1000);
	run->io->sleep_us(run->io->data, us);
	quiesce_faults_read(faults);
	for (size_t h = 0; h < stage->n_held; h++) {
		struct quiesce_group *group = stage->held[h].group;

		group->window_ms = (uint32_t)(us / 1000);
		group->observable = stage->held[h].vfio.is_empty &&
				    quiesce_faults_none_missing(faults, group);
	}
}

/* It said that it was silent, and the IOMMU says that it is not. */
static void judge(struct quiesce_run *run, size_t i)
{
	struct pcireset_outcome *o = &run->outcomes[i];
	char address[PCIRESET_ADDRESS_BYTES];
	uint32_t faults = 0;

	if (!quiesce_window_of(run, i, &faults) || faults == 0)
		return;
	quiesce_log(run->log, QUIESCE_WARNING, "%s: not silent: %u IOMMU faults",
		    pcireset_address_format(run->machine.functions[i].address, address), faults);
	quiesce_keep_silent(run, i);
	o->silent = PCIRESET_NO;
	(void)quiesce_condemn(run, i, PCIRESET_FAILED);
}

/*
 * Files first, of all groups: whatever an unbind waits for, no driver finds its group
 * held. What there is no time for stays in the journal, for whoever restores later.
 */
static void let_go(struct stage *stage)
{
	struct quiesce_run *run = stage->run;

	for (size_t h = 0; h < stage->n_held; h++)
		stage->held[h].error = quiesce_vfio_let_go(&stage->held[h].vfio,
							   &stage->held[h].why);
	for (size_t h = 0; h < stage->n_held; h++) {
		struct held *held = &stage->held[h];

		if (now_us(stage) < run->drivers_deadline_us)
			quiesce_vfio_unbind(&held->vfio);
		end_claim(stage, held->group, held->why, held->error);
	}
}

static void end_window(struct stage *stage, struct quiesce_faults *faults)
{
	if (stage->n_held)
		wait_for_faults(stage, faults);
	quiesce_faults_end(faults);
	/* While what they try is still blocked. */
	for (size_t h = 0; h < stage->n_held; h++)
		for (size_t i = stage->held[h].group->first; i != PCIRESET_NONE;
		     i = stage->run->iommu->members[i].next)
			judge(stage->run, i);
	let_go(stage);
}

static void log_refusal(struct stage *stage, const struct quiesce_group *group)
{
	if (stage->n_logged++ < REFUSALS_LOGGED_MAX)
		quiesce_log(stage->run->log, QUIESCE_INFO, "IOMMU group %u: %s: %s", group->number,
			    quiesce_reinit_word(group->reinit), group->reason);
}

/* Of groups that would not have been held anyway nothing is said. */
static void decide(struct stage *stage)
{
	const struct quiesce_iommu *iommu = stage->run->iommu;

	if (stage->window_us && quiesce_window_spare(stage->run))
		stage->held = calloc(iommu->n_groups + 1, sizeof(*stage->held));
	stage->held_max = held_max();
	for (size_t g = 0; g < iommu->n_groups; g++) {
		struct quiesce_group *group = &iommu->groups[g];

		decide_one(stage, group, stage->held != NULL);
		if (group->reinit != QUIESCE_REINIT_WANTED)
			group->no_window = NULL;
		else if (group->no_window)
			(void)is_wanted_without(stage, group, group->no_window);
	}
}

static bool any_wanted(const struct stage *stage)
{
	for (size_t g = 0; g < stage->run->iommu->n_groups; g++)
		if (stage->run->iommu->groups[g].reinit == QUIESCE_REINIT_WANTED)
			return true;
	return false;
}

/* NULL: vfio is ready. Loading it costs more than all groups do, and only once. */
static const char *load(const struct stage *stage)
{
	const struct quiesce_run *run = stage->run;
	const char *why = NULL;
	int r;

	quiesce_log(run->log, QUIESCE_DEBUG, "loading vfio");
	r = quiesce_vfio_load(run->io, stage->image, &why);
	if (r < 0)
		quiesce_log(run->log, QUIESCE_NOTICE,
			    "inherited translations stay: %s: %s", why, strerror(-r));
	return why;
}

/* NULL: what is silent then is silent by itself. */
static const char *hinders_window(const struct stage *stage)
{
	if (!stage->held || quiesce_vfio_keeps_awake(stage->run->io))
		return NULL;
	quiesce_log(stage->run->log, QUIESCE_NOTICE,
		    "no IOMMU window: vfio-pci is there without disable_idle_d3");
	return "vfio-pci may put it to sleep";
}

static void claim_all(struct stage *stage)
{
	const char *why = any_wanted(stage) ? load(stage) : NULL;
	const struct quiesce_iommu *iommu = stage->run->iommu;
	const char *hindrance = NULL;

	if (any_wanted(stage) && !why)
		hindrance = hinders_window(stage);

	for (size_t g = 0; g < iommu->n_groups; g++) {
		struct quiesce_group *group = &iommu->groups[g];

		if (group->reinit != QUIESCE_REINIT_WANTED)
			continue;
		if (now_us(stage) >= stage->end_us)
			why = "no time left";
		if (why && is_wanted_without(stage, group, why))
			set_answer(group, QUIESCE_REINIT_NOT_POSSIBLE, why, 0);
		if (!hindrance && stage->n_held == stage->held_max)
			hindrance = "too many groups";
		if (!why && (!hindrance || is_wanted_without(stage, group, hindrance)))
			claim(stage, group);
	}
}

static void say_no_window(struct quiesce_group *group)
{
	const size_t used = strlen(group->reason);

	if (group->no_window &&
	    (group->reinit == QUIESCE_REINIT_DONE || group->reinit == QUIESCE_REINIT_NOT_NEEDED))
		(void)snprintf(group->reason + used, sizeof(group->reason) - used,
			       "; no window: %s", group->no_window);
}

static void go(struct stage *stage)
{
	struct quiesce_iommu *iommu = stage->run->iommu;
	struct quiesce_faults faults;
	const bool has_window = stage->held && any_wanted(stage);

	if (has_window)
		quiesce_faults_begin(stage->run, &faults);
	claim_all(stage);
	if (has_window)
		end_window(stage, &faults);
	free(stage->held);

	for (size_t g = 0; g < iommu->n_groups; g++) {
		struct quiesce_group *group = &iommu->groups[g];

		say_no_window(group);
		stage->count[group->reinit]++;
		if (group->reinit == QUIESCE_REINIT_REFUSED)
			log_refusal(stage, group);
	}
}

/* Half of what there is: the other half is the drivers'. */
static uint64_t time_left_us(const struct quiesce_run *run)
{
	const uint64_t now = run->io->now_us(run->io->data);

	return run->drivers_deadline_us > now ? (run->drivers_deadline_us - now) / 2 : 0;
}

int quiesce_iommu_stage_by(struct quiesce_run *run, const struct quiesce_vfio_calls *calls,
			   const struct quiesce_image *image)
{
	struct stage stage = { .run = run,
			       .calls = calls,
			       .image = image,
			       .window_us = run->config.window_ms * 1000ull };
	uint64_t started_us = now_us(&stage);
	int r;

	stage.end_us = started_us + time_left_us(run);
	quiesce_log(run->log, QUIESCE_DEBUG, "reading IOMMU groups begins");
	run->iommu = calloc(1, sizeof(*run->iommu));
	if (!run->iommu)
		return -ENOMEM;
	r = quiesce_iommu_read(run->root, run->io, &run->machine, run->outcomes, image,
			       run->iommu);
	if (r < 0) {
		free(run->iommu);
		run->iommu = NULL;
		return r;
	}

	decide(&stage);
	go(&stage);
	if (run->iommu->n_groups)
		quiesce_log(run->log, QUIESCE_INFO,
			    "%zu IOMMU groups in %llu ms: %zu re-initialised, %zu need nothing, "
			    "%zu refused, %zu not possible",
			    run->iommu->n_groups,
			    (unsigned long long)(now_us(&stage) - started_us) / 1000,
			    stage.count[QUIESCE_REINIT_DONE],
			    stage.count[QUIESCE_REINIT_NOT_NEEDED],
			    stage.count[QUIESCE_REINIT_REFUSED],
			    stage.count[QUIESCE_REINIT_NOT_POSSIBLE]);
	return 0;
}

int quiesce_iommu_stage(struct quiesce_run *run)
{
	const struct quiesce_vfio_calls calls = quiesce_vfio_calls_for(run->root);
	struct quiesce_image image;
	int r;

	if (run->config.level < QUIESCE_LEVEL_IOMMU)
		return 0;
	r = quiesce_image_open(run->root, run->log, &image);
	if (r < 0)
		return r;

	quiesce_image_limit(&image, run->config.module_ms,
			    quiesce_monotonic_us() + time_left_us(run));
	r = quiesce_iommu_stage_by(run, &calls, &image);
	run->left_behind |= quiesce_image_left_behind(&image);
	quiesce_image_close(&image);
	return r;
}
