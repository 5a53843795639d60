/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stages, in order: scan, fence, plan, reset, verify, drivers. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "drivers.h"
#include "iommu.h"
#include "manifest.h"
#include "report.h"
#include "rules.h"

/* Serial consoles are slow, and the report has all of them. */
#define VERDICTS_LOGGED_MAX 20

static const char *const stage_words[QUIESCE_STAGES] = {
	[QUIESCE_STAGE_FENCE] = "fence",
	[QUIESCE_STAGE_PLAN] = "plan",
	[QUIESCE_STAGE_RESET] = "reset",
	[QUIESCE_STAGE_VERIFY] = "verify",
	[QUIESCE_STAGE_IOMMU] = "iommu",
	[QUIESCE_STAGE_DRIVERS] = "drivers",
};

const char *quiesce_stage_word(enum quiesce_stage stage)
{
	return stage_words[stage];
}

static uint64_t since_start_us(const struct quiesce_run *run)
{
	return run->io->now_us(run->io->data) - run->started_us;
}

void quiesce_pipeline_report(struct quiesce_run *run)
{
	int r;

	if (run->dry_run || run->is_addition)
		return;
	r = quiesce_report_write(run);
	if (r < 0 && r != run->report_error)
		quiesce_log(run->log, QUIESCE_WARNING, "cannot write the report: %s",
			    strerror(-r));
	run->report_error = r;
}

static bool plans_resets(const struct quiesce_run *run)
{
	for (size_t i = 0; i < run->machine.n; i++)
		if (run->steps[i].action == PCIRESET_RESET)
			return true;
	return false;
}

/*
 * Whoever dies later leaves what was done on disk: each stage that has changed
 * something, or comes before one that takes long. A plan changes nothing: one with
 * resets is written while these are under way.
 */
static bool is_to_be_reported(const struct quiesce_run *run, enum quiesce_stage stage)
{
	switch (stage) {
	case QUIESCE_STAGE_FENCE:
		for (size_t i = 0; i < run->machine.n; i++)
			if (run->decisions[i].action == PCIRESET_FENCE ||
			    run->decisions[i].action == PCIRESET_RESET)
				return true;
		return false;
	case QUIESCE_STAGE_PLAN:
		return false;
	case QUIESCE_STAGE_RESET:
		return plans_resets(run);
	case QUIESCE_STAGE_VERIFY:
		return run->config.level == QUIESCE_LEVEL_IOMMU || quiesce_drivers_has_work(run);
	default:
		return true;
	}
}

static void stage_over(struct quiesce_run *run, enum quiesce_stage stage)
{
	if (is_to_be_reported(run, stage))
		quiesce_pipeline_report(run);
	if (run->on_stage)
		run->on_stage(run->on_stage_data, stage);
}

void quiesce_stage_begins(const struct quiesce_run *run, const char *what)
{
	quiesce_log(run->log, QUIESCE_DEBUG, "%s begins", what);
}

static int decide(struct quiesce_run *run)
{
	struct quiesce_scene scene;
	int r;

	run->decisions = calloc(run->machine.n + 1, sizeof(*run->decisions));
	run->grounds = calloc(run->machine.n + 1, sizeof(*run->grounds));
	run->outcomes = calloc(run->machine.n + 1, sizeof(*run->outcomes));
	if (!run->decisions || !run->grounds || !run->outcomes)
		return -ENOMEM;

	r = quiesce_scene_read(run, &scene);
	if (r < 0)
		return r;
	quiesce_rules_decide(run->io, &run->machine, &run->config, &scene, run->decisions,
			     run->grounds);
	quiesce_scene_free(&scene);
	return 0;
}

/* Gone at the fence: a further access may cost a completion timeout. */
static void forget_the_dead(struct quiesce_run *run)
{
	for (size_t i = 0; i < run->machine.n; i++) {
		if (run->outcomes[i].fence_error != -ENODEV)
			continue;
		run->machine.functions[i].answers = false;
		run->decisions[i].action = PCIRESET_KEEP;
		run->grounds[i].reason = "no longer answers";
	}
}

static void fence(struct quiesce_run *run)
{
	size_t n_failed, n_fenced = 0;
	uint64_t began_us;

	quiesce_stage_begins(run, "fence");
	began_us = since_start_us(run);
	n_failed = pcireset_fence(run->io, &run->machine, run->decisions, run->outcomes);
	run->silence_us = since_start_us(run);
	run->fence_us = run->silence_us - began_us;
	forget_the_dead(run);

	for (size_t i = 0; i < run->machine.n; i++)
		n_fenced += (run->decisions[i].action == PCIRESET_FENCE ||
			     run->decisions[i].action == PCIRESET_RESET) &&
			    run->outcomes[i].fence_error == 0;
	quiesce_log(run->log, n_failed ? QUIESCE_WARNING : QUIESCE_INFO,
		    "fenced %zu of %zu functions in %llu us, %zu refused", n_fenced,
		    run->machine.n, (unsigned long long)run->silence_us, n_failed);
	stage_over(run, QUIESCE_STAGE_FENCE);
}

/* Where configuration space is locked down, only the kernel's own writes get through. */
static void choose_engines(struct quiesce_run *run)
{
	bool locked = run->locked_down || (run->dry_run && !run->io->is_dump &&
					   quiesce_is_locked_down(run->root));

	/* The fence has found out. */
	for (size_t i = 0; i < run->machine.n; i++)
		locked |= run->outcomes[i].locked;
	if (locked)
		quiesce_log(run->log, QUIESCE_NOTICE, QUIESCE_LOCKDOWN_WORDS);
	for (size_t i = 0; i < run->machine.n; i++) {
		run->decisions[i].engine = run->config.engine;
		run->decisions[i].locked = locked;
	}
}

/* What was asked for on top is no reason to leave out resets and drivers. */
static void go_on_without(const struct quiesce_run *run, const char *what, int r)
{
	if (r < 0)
		quiesce_log(run->log, QUIESCE_WARNING, "%s failed: %s", what, strerror(-r));
}

static int plan(struct quiesce_run *run)
{
	int r;

	quiesce_stage_begins(run, "reading capabilities");
	pcireset_topology_read(run->io, &run->machine);
	quiesce_rules_protect(&run->machine, run->decisions, run->grounds);
	if (!run->io->is_dump && quiesce_platform_take_log(run))
		quiesce_rules_lower(&run->machine, run->config.level, run->decisions,
				    run->grounds);
	if (!run->dry_run)
		pcireset_record(run->io, &run->machine, run->outcomes);
	choose_engines(run);
	r = pcireset_plan_make(&run->machine, run->decisions, &run->steps);
	if (r == 0)
		r = pcireset_reach_make(&run->machine, run->steps, &run->reach);
	if (r < 0)
		return r;

	run->estimate_ms = pcireset_plan_estimate_ms(&run->machine, run->steps);
	go_on_without(run, "planning containment", quiesce_containment_plan(run));
	stage_over(run, QUIESCE_STAGE_PLAN);
	return 0;
}

/* Since the scan: it is fenced no more, and nobody comes near it. */
static void leave_to_drivers(struct quiesce_run *run)
{
	for (size_t i = 0; i < run->machine.n; i++) {
		if (!run->outcomes[i].bound)
			continue;
		run->steps[i].action = PCIRESET_KEEP;
		run->steps[i].why = PCIRESET_WHY_DECISION;
		run->decisions[i].action = PCIRESET_KEEP;
		run->grounds[i].reason = "bound to a driver meanwhile";
	}
}

static int reset(struct quiesce_run *run)
{
	int r;

	r = quiesce_resets_make(run);
	if (r < 0)
		return r;

	stage_over(run, QUIESCE_STAGE_RESET);
	return 0;
}

static void log_verdict(const struct quiesce_run *run, size_t i)
{
	const struct pcireset_outcome *o = &run->outcomes[i];
	const char *method = pcireset_method_word(run->steps[i].method);
	char address[PCIRESET_ADDRESS_BYTES], words[QUIESCE_PROBLEM_BYTES] = "";

	(void)quiesce_problem(run, i, words);
	quiesce_log(run->log, QUIESCE_WARNING, "%s: %s%s%s: %s",
		    pcireset_address_format(run->machine.functions[i].address, address),
		    pcireset_verdict_word(o->verdict), method ? ", " : "", method ? method : "",
		    words);
}

static void log_restored(const struct quiesce_run *run)
{
	for (size_t i = 0; i < run->machine.n; i++) {
		const int restored = run->outcomes[i].restored;
		char address[PCIRESET_ADDRESS_BYTES];

		(void)pcireset_address_format(run->machine.functions[i].address, address);
		/* The direct engine leaves nothing of that to chance. */
		if (restored > 0 && run->steps[i].engine != PCIRESET_ENGINE_DIRECT)
			quiesce_log(run->log, QUIESCE_NOTICE,
				    "%s: %d registers that its reset erased are written back",
				    address, restored);
		else if (restored < 0)
			quiesce_log(run->log, QUIESCE_WARNING,
				    "%s: registers that its reset erased stay so: %s", address,
				    strerror(-restored));
	}
}

/* A kernel that is locked down writes config space by itself only, and turns INTx on. */
static void log_intx(const struct quiesce_run *run)
{
	size_t n = 0;

	for (size_t i = 0; i < run->machine.n; i++)
		n += quiesce_intx_stays(run, i);
	if (n)
		quiesce_log(run->log, QUIESCE_NOTICE,
			    "INTx stays enabled on %zu silenced functions", n);
}

static void log_bad_verdicts(const struct quiesce_run *run)
{
	size_t n = 0;

	for (size_t i = 0; i < run->machine.n; i++) {
		const struct pcireset_outcome *o = &run->outcomes[i];

		if (o->verdict != PCIRESET_LOST && o->verdict != PCIRESET_FAILED &&
		    !o->fence_error && !o->reset_error)
			continue;
		if (n++ < VERDICTS_LOGGED_MAX)
			log_verdict(run, i);
	}
	if (n > VERDICTS_LOGGED_MAX)
		quiesce_log(run->log, QUIESCE_WARNING, "and %zu more: see the report",
			    n - VERDICTS_LOGGED_MAX);
}

static void verify(struct quiesce_run *run)
{
	size_t count[PCIRESET_VERDICTS] = { 0 };

	quiesce_stage_begins(run, "verification");
	run->n_bad = pcireset_verify(run->io, &run->machine, run->steps, run->journal,
				     run->outcomes);
	leave_to_drivers(run);
	run->total_us = since_start_us(run);
	stage_over(run, QUIESCE_STAGE_VERIFY);

	for (size_t i = 0; i < run->machine.n; i++)
		count[run->outcomes[i].verdict]++;
	log_restored(run);
	log_intx(run);
	log_bad_verdicts(run);
	quiesce_log(run->log, run->n_bad ? QUIESCE_WARNING : QUIESCE_NOTICE,
		    "%zu functions in %llu ms: %zu verified, %zu completed, %zu fenced, "
		    "%zu kept, %zu idle, %zu lost, %zu failed",
		    run->machine.n, (unsigned long long)run->total_us / 1000,
		    count[PCIRESET_VERIFIED], count[PCIRESET_COMPLETED],
		    count[PCIRESET_FENCED], count[PCIRESET_KEPT],
		    count[PCIRESET_VERDICT_IDLE], count[PCIRESET_LOST], count[PCIRESET_FAILED]);
}

int quiesce_pipeline_silence(struct quiesce_run *run)
{
	int r;

	r = decide(run);
	if (r < 0)
		return r;

	if (!run->dry_run) {
		fence(run);
		if (!run->is_addition)
			quiesce_modules_before_log(run);
	}
	r = plan(run);
	if (r < 0 || run->dry_run)
		return r;

	r = reset(run);
	if (r < 0)
		return r;

	verify(run);
	go_on_without(run, "containment", quiesce_containment_stage(run));
	return 0;
}

int quiesce_pipeline_run(struct quiesce_run *run)
{
	int r;

	/* The worker knows it by now, and a dump may be another machine's. */
	if (run->dry_run && !run->io->is_dump)
		quiesce_platform_take(run);
	quiesce_stage_begins(run, "scan");
	r = pcireset_scan(run->io, &run->machine);
	if (r < 0)
		return r;

	r = quiesce_pipeline_silence(run);
	if (r < 0 || run->dry_run)
		return r;
	if (run->untouchable) {
		run->complete = true;
		stage_over(run, QUIESCE_STAGE_DRIVERS);
		return 0;
	}

	quiesce_manifest_stage(run);
	r = quiesce_iommu_stage(run);
	if (r < 0)
		return r;
	if (run->iommu)
		stage_over(run, QUIESCE_STAGE_IOMMU);

	quiesce_stage_begins(run, "loading of drivers");
	r = quiesce_drivers_stage(run);
	if (r < 0)
		return r;
	run->complete = true;
	stage_over(run, QUIESCE_STAGE_DRIVERS);
	return 0;
}

void quiesce_run_free(struct quiesce_run *run)
{
	if (run->iommu)
		quiesce_iommu_free(run->iommu);
	free(run->iommu);
	quiesce_comparison_free(run->comparison);
	pcireset_machine_free(&run->machine);
	free(run->decisions);
	free(run->grounds);
	free(run->steps);
	pcireset_reach_free(&run->reach);
	free(run->outcomes);
	free(run->earlier);
	free(run->containments);
	free(run->own_journal);
	free(run->modules_before);
	quiesce_config_free(&run->config);
}
