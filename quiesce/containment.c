/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is isolated, and how. Whoever is gets no driver any more: so nothing that the dump
 * may need, and nobody beside it who could still be of use.
 */
#include <errno.h>
#include <string.h>

#include "containment.h"
#include "report.h"
#include "rules.h"
#include "supervise.h"

/* Serial consoles are slow, and the report has all of them. */
#define LOGGED_MAX 20

/*
 * @image: NULL in a plan
 * @gets_driver: one per function: a driver of the image takes it
 * @target_known: so that all others are not the dump target
 */
struct court {
	struct quiesce_run *run;
	struct quiesce_scene scene;
	const struct quiesce_image *image;
	bool *gets_driver;
	bool target_known;
	bool usb_console;
	enum pcireset_known firmware_first;
};

static enum pcireset_verdict verdict_of(const struct court *court, size_t i)
{
	return court->image ? court->run->outcomes[i].verdict : court->run->steps[i].expected;
}

/* What does not answer could be asleep, for all that anybody knows: only its link is sure. */
static bool is_victim(const struct court *court, size_t i, enum pcireset_contain way)
{
	if (court->run->steps[i].action == PCIRESET_KEEP)
		return false;
	switch (verdict_of(court, i)) {
	case PCIRESET_FENCED:
	case PCIRESET_FAILED:
		return true;
	case PCIRESET_LOST:
		return way == PCIRESET_CONTAIN_LINK;
	default:
		return false;
	}
}

static bool is_named(const struct quiesce_config *config, const struct pcireset_function *f)
{
	for (size_t k = 0; k < config->n_loads; k++)
		if (config->loads[k].what == QUIESCE_LOAD_ADDRESS &&
		    pcireset_address_compare(config->loads[k].address, f->address) == 0)
			return true;
	return false;
}

/* Why a function must not be barred from drivers, or NULL. */
static const char *protection(const struct court *court, size_t i, enum pcireset_contain way)
{
	const struct quiesce_run *run = court->run;
	const struct pcireset_function *f = &run->machine.functions[i];

	if (run->outcomes[i].stuck)
		return "its reset is stuck";
	if (run->steps[i].action == PCIRESET_KEEP || f->driver[0] || run->outcomes[i].bound)
		return "it is kept";
	if (quiesce_is_boot_display(run->io, f, &court->scene) ||
	    quiesce_is_console(f, court->usb_console))
		return "it is a console";
	if (court->scene.dump_target[i])
		return "it is the dump target";
	if (is_named(&run->config, f))
		return "a load line names it";
	if (f->cxl & PCIRESET_CXL_MEMORY)
		return "its memory may be in the dump";
	if (run->steps[i].why == PCIRESET_WHY_PROVIDER)
		return "other functions sit behind it";
	/* The dump may need it, or at least a driver can work with it. */
	if (court->gets_driver[i] && !(court->target_known && is_victim(court, i, way)))
		return "a driver of the image takes it";
	return NULL;
}

/* Who is isolated together with function @i, by the same link or in the same group. */
static bool goes_with(const struct quiesce_run *run, size_t i, size_t other,
		      enum pcireset_contain way)
{
	const struct pcireset_function *f = &run->machine.functions[i];
	const struct pcireset_function *o = &run->machine.functions[other];

	if (pcireset_is_bridge(o))
		return false;
	return other == i || (way == PCIRESET_CONTAIN_LINK && o->parent == f->parent) ||
	       (way == PCIRESET_CONTAIN_IOMMU && o->iommu_group == f->iommu_group);
}

static const char *hindrance(const struct court *court, size_t i, enum pcireset_contain way)
{
	const struct quiesce_run *run = court->run;
	const struct pcireset_function *f = &run->machine.functions[i];

	/* A link that goes down, or a request that is blocked, may end in an NMI there. */
	if (way != PCIRESET_CONTAIN_D3HOT && court->firmware_first == PCIRESET_YES)
		return "firmware owns PCI error handling";
	if (way != PCIRESET_CONTAIN_D3HOT && court->firmware_first == PCIRESET_UNKNOWN)
		return "firmware may own PCI error handling, the kernel's log does not tell";
	if (way == PCIRESET_CONTAIN_IOMMU)
		return f->iommu_group < 0 ? "it has no IOMMU" : NULL;
	/* drivers/pci/quirks.c, quirk_no_ata_d3() */
	if (way == PCIRESET_CONTAIN_D3HOT && f->class_code >> 8 == 0x0101)
		return "IDE controllers may break of it";
	return pcireset_contain_hinders(run->io, &run->machine, i, way);
}

/* NULL: it may be tried. */
static const char *obstacle(const struct court *court, size_t i, enum pcireset_contain way)
{
	const struct quiesce_run *run = court->run;
	const char *why = protection(court, i, way);

	if (!why)
		why = hindrance(court, i, way);
	for (size_t k = 0; !why && k < run->machine.n; k++)
		if (k != i && goes_with(run, i, k, way) && protection(court, k, way))
			why = "one beside it is kept, or a driver takes it";
	return why;
}

/* Marks all that go the same way; what does not is told. Return: how many. */
static size_t choose(const struct court *court, enum pcireset_contain way,
		     struct pcireset_contained *list)
{
	struct quiesce_run *run = court->run;
	size_t n = 0;

	memset(list, 0, run->machine.n * sizeof(*list));
	for (size_t i = 0; i < run->machine.n; i++) {
		struct quiesce_containment *c = &run->containments[i];

		if (c->way || !is_victim(court, i, way))
			continue;
		c->tried = way;
		c->error = 0;
		c->why = obstacle(court, i, way);
		for (size_t k = 0; !c->why && k < run->machine.n; k++)
			list[k].wanted |= goes_with(run, i, k, way) && !run->containments[k].way;
		n += !c->why;
	}
	return n;
}

static int convene(struct quiesce_run *run, const struct quiesce_image *image,
		   struct court *ret_court)
{
	struct court court = { .run = run, .image = image };
	int r;

	r = quiesce_scene_read(run, &court.scene);
	if (r < 0)
		return r;
	court.gets_driver = calloc(run->machine.n + 1, sizeof(bool));
	if (!run->containments)
		run->containments = calloc(run->machine.n + 1, sizeof(*run->containments));
	if (!court.gets_driver || !run->containments) {
		quiesce_scene_free(&court.scene);
		free(court.gets_driver);
		return -ENOMEM;
	}
	court.usb_console = !run->io->is_dump && quiesce_has_usb_console(run->root);
	for (size_t i = 0; i < run->machine.n; i++) {
		court.target_known |= court.scene.dump_target[i];
		court.gets_driver[i] = image && run->steps[i].action != PCIRESET_KEEP &&
				       quiesce_gets_driver(run->io, image,
							   &run->machine.functions[i]);
	}
	for (size_t k = 0; run->config.contain[k]; k++)
		if (run->config.contain[k] != PCIRESET_CONTAIN_D3HOT) {
			court.firmware_first = quiesce_platform_firmware_first(run);
			break;
		}
	*ret_court = court;
	return 0;
}

static void adjourn(struct court *court)
{
	quiesce_scene_free(&court->scene);
	free(court->gets_driver);
}

static bool is_asked(const struct quiesce_run *run)
{
	return run->config.contain[0] && run->config.level > QUIESCE_LEVEL_OBSERVE &&
	       !run->untouchable;
}

int quiesce_containment_plan(struct quiesce_run *run)
{
	_cleanup_free_ struct pcireset_contained *list = NULL;
	struct court court;
	int r;

	if (!is_asked(run))
		return 0;
	list = calloc(run->machine.n + 1, sizeof(*list));
	r = list ? convene(run, NULL, &court) : -ENOMEM;
	if (r < 0)
		return r;
	for (size_t k = 0; run->config.contain[k]; k++) {
		(void)choose(&court, run->config.contain[k], list);
		for (size_t i = 0; i < run->machine.n; i++) {
			if (!list[i].wanted)
				continue;
			run->containments[i].way = run->config.contain[k];
			run->containments[i].instead_of = run->steps[i].expected;
			run->steps[i].expected = PCIRESET_CONTAINED;
		}
	}
	adjourn(&court);
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
		} else if (list[i].error == -ENODEV) {
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
	struct court court;
	int r;

	list = calloc(run->machine.n + 1, sizeof(*list));
	r = list ? convene(run, image, &court) : -ENOMEM;
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
	adjourn(&court);
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
