/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stage behind the verdicts: decide for each group, load vfio once, go on. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "faults.h"
#include "supervise.h"

/* Serial consoles are slow, and the report has all of them. */
#define REFUSALS_LOGGED_MAX 20
/* Two descriptors each, of the 1024 that a process has; further ones are not probed. */
#define HELD_MAX 400

struct held {
	struct quiesce_vfio vfio;
	struct quiesce_group *group;
};

/*
 * @window_us: how long groups are to be held, or 0
 * @held: those that are; heap
 */
struct stage {
	struct quiesce_run *run;
	const struct quiesce_vfio_calls *calls;
	const struct quiesce_image *image;
	uint64_t end_us;
	uint64_t window_us;
	struct held *held;
	size_t n_held;
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

static void lose(struct quiesce_run *run, size_t i)
{
	char address[PCIRESET_ADDRESS_BYTES];

	run->outcomes[i].ready = PCIRESET_NO;
	run->outcomes[i].verdict = PCIRESET_LOST;
	run->n_bad++;
	quiesce_log(run->log, QUIESCE_WARNING, "%s: lost: it no longer answers after vfio",
		    pcireset_address_format(run->machine.functions[i].address, address));
}

/* vfio leaves Bus Master off; that is read back, not believed. */
void quiesce_keep_silent(struct quiesce_run *run, size_t i)
{
	const struct pcireset_io *io = run->io;
	struct pcireset_function f = run->machine.functions[i];
	const struct pcireset_decision fence = { .action = PCIRESET_FENCE,
						 .leave_intx = run->steps[i].leave_intx };
	struct pcireset_outcome again = { .fence_error = 0 };
	char address[PCIRESET_ADDRESS_BYTES];
	uint8_t command[2];

	if (io->config_read(io->data, f.address, PCI_COMMAND, command, sizeof(command)) < 0)
		return;
	f.command = (uint16_t)(command[0] | command[1] << 8);
	if (f.command == 0xffff) {
		lose(run, i);
		return;
	}
	if (!(f.command & PCI_COMMAND_MASTER))
		return;

	quiesce_log(run->log, QUIESCE_WARNING, "%s: Bus Master came back with vfio",
		    pcireset_address_format(f.address, address));
	(void)pcireset_fence(io, &(struct pcireset_machine){ &f, 1 }, &fence, &again);
	if (again.fence_error == 0)
		return;

	run->outcomes[i].fence_error = again.fence_error;
	run->outcomes[i].silent = PCIRESET_NO;
	run->outcomes[i].verdict = again.fence_error == -ENODEV ? PCIRESET_LOST : PCIRESET_FAILED;
	run->n_bad++;
}

static void end_claim(const struct stage *stage, struct quiesce_group *group, const char *why, int r)
{
	if (r < 0)
		set_answer(group, QUIESCE_REINIT_REFUSED, why, r);
	else
		set_answer(group, QUIESCE_REINIT_DONE, "claimed and released through vfio", 0);
	quiesce_keep_silent(stage->run, group->through);
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
		.wants_empty = stage->held && stage->n_held < HELD_MAX,
	};
	const char *why = "";
	int r;

	r = quiesce_vfio_hold(&vfio, &why);
	if (r == 0 && vfio.wants_empty) {
		stage->held[stage->n_held++] = (struct held){ vfio, group };
		return;
	}
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
	if (o->verdict == PCIRESET_LOST || o->verdict == PCIRESET_FAILED)
		return;
	o->verdict = PCIRESET_FAILED;
	run->n_bad++;
}

static void end_window(struct stage *stage, struct quiesce_faults *faults)
{
	if (stage->n_held)
		wait_for_faults(stage, faults);
	quiesce_faults_end(faults);
	for (size_t h = 0; h < stage->n_held; h++) {
		struct quiesce_group *group = stage->held[h].group;
		const char *why = "";
		int r = quiesce_vfio_release(&stage->held[h].vfio, &why);

		end_claim(stage, group, why, r);
		for (size_t i = group->first; i != PCIRESET_NONE;
		     i = stage->run->iommu->members[i].next)
			judge(stage->run, i);
	}
	free(stage->held);
}

static void log_refusal(struct stage *stage, const struct quiesce_group *group)
{
	if (stage->n_logged++ < REFUSALS_LOGGED_MAX)
		quiesce_log(stage->run->log, QUIESCE_INFO, "IOMMU group %u: %s: %s", group->number,
			    quiesce_reinit_word(group->reinit), group->reason);
}

static void decide(const struct stage *stage)
{
	const struct quiesce_run *run = stage->run;

	for (size_t g = 0; g < run->iommu->n_groups; g++)
		quiesce_reinit_decide(&run->machine, run->outcomes, run->iommu,
				      stage->window_us > 0, &run->iommu->groups[g]);
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

static void claim_all(struct stage *stage)
{
	const char *why = any_wanted(stage) ? load(stage) : NULL;
	const struct quiesce_iommu *iommu = stage->run->iommu;

	for (size_t g = 0; g < iommu->n_groups; g++) {
		struct quiesce_group *group = &iommu->groups[g];

		if (group->reinit != QUIESCE_REINIT_WANTED)
			continue;
		if (why)
			set_answer(group, QUIESCE_REINIT_NOT_POSSIBLE, why, 0);
		else if (now_us(stage) >= stage->end_us)
			set_answer(group, QUIESCE_REINIT_NOT_POSSIBLE, "no time left", 0);
		else
			claim(stage, group);
	}
}

static void go(struct stage *stage)
{
	struct quiesce_iommu *iommu = stage->run->iommu;
	struct quiesce_faults faults;

	/* Without memory, or for nothing, there is no window. */
	if (stage->window_us && any_wanted(stage))
		stage->held = calloc(iommu->n_groups, sizeof(*stage->held));
	if (stage->held)
		quiesce_faults_begin(stage->run, &faults);
	claim_all(stage);
	if (stage->held)
		end_window(stage, &faults);

	for (size_t g = 0; g < iommu->n_groups; g++) {
		const struct quiesce_group *group = &iommu->groups[g];

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
