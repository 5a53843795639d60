/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What will happen to the functions of this machine, its dump target and its console. */
#include <cJSON.h>
#include <errno.h>
#include <string.h>

#include "check.h"
#include "report.h"
#include "rules.h"
#include "target.h"

#define SPARES ": contain spares whatever a driver of the image takes"

/* As Linux is configured: a driver with a module is one; others bind at boot. */
static bool is_built_in(const struct pcireset_io *io, const char *driver)
{
	char path[PCIRESET_PATH_BYTES], module[64];

	(void)snprintf(path, sizeof(path), "sys/bus/pci/drivers/%s/module", driver);
	return io->link_read(io->data, path, module, sizeof(module)) < 0;
}

/* Of the element of @kinds that has both words, which is made where it is missing. */
static struct cJSON *addresses_of(struct cJSON *kinds, const char *key, const char *words,
				  const char *other, const char *other_words)
{
	struct cJSON *kind;

	cJSON_ArrayForEach(kind, kinds)
		if (quiesce_json_is(kind, key, words) &&
		    (!other || quiesce_json_is(kind, other, other_words)))
			return cJSON_GetObjectItemCaseSensitive(kind, "addresses");
	kind = cJSON_CreateObject();
	quiesce_json_string(kind, key, words);
	if (other)
		quiesce_json_string(kind, other, other_words);
	(void)cJSON_AddItemToArray(kinds, kind);
	return cJSON_AddArrayToObject(kind, "addresses");
}

static void add_address(struct cJSON *addresses, const struct quiesce_run *run, size_t i)
{
	char address[PCIRESET_ADDRESS_BYTES];

	(void)cJSON_AddItemToArray(
		addresses, cJSON_CreateString(pcireset_address_format(
				   run->machine.functions[i].address, address)));
}

/* An element for each class and reason. */
static void add_fenced(struct cJSON *kinds, const struct quiesce_run *run, size_t i)
{
	char class[8], words[QUIESCE_PROBLEM_BYTES];

	(void)snprintf(class, sizeof(class), "%04x", run->machine.functions[i].class_code >> 8);
	add_address(addresses_of(kinds, "class", class, "reason", quiesce_reason(run, i, words)),
		    run, i);
}

static void add_contained(struct cJSON *kinds, const struct quiesce_run *run, size_t i)
{
	add_address(addresses_of(kinds, "contain",
				 pcireset_contain_word(run->containments[i].way), NULL, NULL),
		    run, i);
}

/* VFs have a number of their own: the crash kernel lists none, and they fall with their PF. */
static void add_verdicts(struct cJSON *object, const struct quiesce_run *run)
{
	struct cJSON *expected, *fenced, *contained;
	size_t count[PCIRESET_VERDICTS] = { 0 }, n_virtual = 0;

	for (size_t i = 0; i < run->machine.n; i++)
		n_virtual += run->machine.functions[i].is_virtual;
	(void)cJSON_AddNumberToObject(object, "functions", (double)(run->machine.n - n_virtual));
	(void)cJSON_AddNumberToObject(object, "virtual_functions", (double)n_virtual);
	expected = cJSON_AddObjectToObject(object, "expected");
	fenced = cJSON_AddArrayToObject(object, "fenced_only");
	contained = cJSON_AddArrayToObject(object, "contained");
	for (size_t i = 0; i < run->machine.n; i++) {
		if (run->machine.functions[i].is_virtual)
			continue;
		count[run->steps[i].expected]++;
		if (run->steps[i].expected == PCIRESET_CONTAINED)
			add_contained(contained, run, i);
		else if (run->steps[i].action == PCIRESET_FENCE)
			add_fenced(fenced, run, i);
	}
	for (unsigned int v = PCIRESET_VERDICT_NONE + 1; v < PCIRESET_VERDICTS; v++)
		(void)cJSON_AddNumberToObject(expected, pcireset_verdict_word(v),
					      (double)count[v]);
}

static void add_function(struct cJSON *functions, const struct quiesce_run *run, size_t i)
{
	struct cJSON *object = cJSON_CreateObject();
	char address[PCIRESET_ADDRESS_BYTES], words[QUIESCE_PROBLEM_BYTES];
	const struct pcireset_step *step = &run->steps[i];

	quiesce_json_string(object, "address",
			    pcireset_address_format(run->machine.functions[i].address, address));
	quiesce_json_string(object, "action", pcireset_action_word(step->action));
	quiesce_json_string(object, "method",
			    step->action == PCIRESET_RESET ? pcireset_method_word(step->method) :
							     NULL);
	quiesce_json_string(object, "reason", quiesce_reason(run, i, words));
	quiesce_json_string(object, "expected", pcireset_verdict_word(step->expected));
	(void)cJSON_AddItemToArray(functions, object);
}

static struct cJSON *add_way(struct cJSON *ways, const char *name)
{
	struct cJSON *way = cJSON_CreateObject();

	quiesce_json_string(way, "name", name);
	(void)cJSON_AddItemToArray(ways, way);
	return cJSON_AddArrayToObject(way, "functions");
}

static void add_source(struct cJSON *ways, const struct quiesce_run *run, const char *name,
		       const struct quiesce_target_source *source)
{
	struct cJSON *functions = add_way(ways, name);

	for (size_t f = 0; f < source->n; f++) {
		size_t i = quiesce_find(&run->machine, source->functions[f].address);

		if (i != PCIRESET_NONE)
			add_function(functions, run, i);
	}
}

static bool is_any_contained(const struct quiesce_run *run)
{
	for (size_t i = 0; i < run->machine.n; i++)
		if (run->steps[i].expected == PCIRESET_CONTAINED)
			return true;
	return false;
}

static void add_target(struct cJSON *object, struct quiesce_check *check,
		       const struct quiesce_target *target)
{
	struct cJSON *ways = cJSON_AddArrayToObject(object, "dump_target");

	if (!target->n)
		quiesce_check_say(check, is_any_contained(&check->run) ? QUIESCE_IS_WARNING :
									 QUIESCE_IS_NOTE,
				  NULL, 0,
				  "the dump target is not known: kdump's configuration names none, "
				  "or no way to it%s",
				  is_any_contained(&check->run) ? SPARES : "");
	for (size_t s = 0; s < target->n; s++) {
		const struct quiesce_target_source *source = &target->sources[s];

		add_source(ways, &check->run, source->name, source);
		if (!source->n)
			quiesce_check_say(check, QUIESCE_IS_WARNING, source->file, source->line,
					  "dump target: no PCI function is known to lead to %s%s",
					  source->name,
					  is_any_contained(&check->run) ? SPARES : "");
	}
}

/* ttyN and the like are the display's; of the others sysfs knows the device. */
static int add_console(struct cJSON *ways, const struct quiesce_run *run, const char *name)
{
	struct quiesce_target_source source;
	struct cJSON *functions;
	int r;

	if (strcmp(name, "tty") != 0 && strspn(name + 3, "0123456789") != strlen(name + 3)) {
		r = quiesce_functions_of_class(run->root, "tty", name, &source);
		if (r == 0)
			add_source(ways, run, name, &source);
		free(r == 0 ? source.functions : NULL);
		return r;
	}
	functions = add_way(ways, name);
	for (size_t i = 0; i < run->machine.n; i++)
		if (run->machine.functions[i].boot_vga)
			add_function(functions, run, i);
	return 0;
}

static int add_consoles(struct cJSON *object, const struct quiesce_check *check)
{
	struct cJSON *ways = cJSON_AddArrayToObject(object, "console");
	const char *at = check->cmdline ? check->cmdline : "";
	char name[32];
	int r = 0;

	for (; r == 0 && (at = strstr(at, "console=")); at++)
		if ((at == check->cmdline || at[-1] == ' ') &&
		    sscanf(at, "console=%31[^, ]", name) == 1 && strncmp(name, "tty", 3) == 0)
			r = add_console(ways, &check->run, name);
	if (r == 0 && !cJSON_GetArraySize(ways))
		r = add_console(ways, &check->run, "tty0");
	return r;
}

/* The crash kernel lists no VFs: to disable them takes a second, and to drain at most drain_ms. */
static uint32_t left_for_resets_ms(const struct quiesce_run *run)
{
	const uint32_t end_ms = quiesce_resets_end_ms(run->config.deadline_ms);
	const uint32_t start_ms = run->config.drain_ms;

	return start_ms < end_ms ? end_ms - start_ms : 0;
}

static void check_time(struct quiesce_check *check, struct cJSON *object)
{
	const struct quiesce_run *run = &check->run;
	const uint32_t ms = pcireset_plan_estimate_ms(&run->machine, run->steps);
	const uint32_t left_ms = left_for_resets_ms(run);

	(void)cJSON_AddNumberToObject(object, "estimate_ms", ms);
	(void)cJSON_AddNumberToObject(object, "deadline_ms", run->config.deadline_ms);
	if (ms > left_ms)
		quiesce_check_say(check, QUIESCE_IS_WARNING, NULL, 0,
				  "resets take %u ms, and deadline_ms, %u, may leave them %u: what "
				  "is not reset by then stays fenced",
				  ms, run->config.deadline_ms, left_ms);
}

/* PCI Express Base Specification 6.0, 10.3.1: the answer to an invalidation is lost. */
static void check_ats(struct quiesce_check *check)
{
	const struct quiesce_run *run = &check->run;
	size_t n = 0;

	for (size_t i = 0; i < run->machine.n; i++)
		n += run->steps[i].engine == PCIRESET_ENGINE_DIRECT &&
		     run->machine.functions[i].ats &&
		     run->machine.functions[i].iommu_group >= 0;
	if (n)
		quiesce_check_say(check, QUIESCE_IS_WARNING, NULL, 0,
				  "engine = direct: resets of %zu function%s with ATS may leave the "
				  "IOMMU waiting for them",
				  n, n == 1 ? "" : "s");
}

/* Without it what is expected does not happen, or not by itself. */
static const char *const switches[] = {
	[QUIESCE_ON] = "1",
	[QUIESCE_OFF] = "0",
	[QUIESCE_DRY_RUN] = "dry-run",
	[QUIESCE_SHELL] = "shell",
};

static int check_machine(struct quiesce_check *check, const struct quiesce_target *target)
{
	struct cJSON *object = cJSON_AddObjectToObject(check->report, "machine");
	struct quiesce_run *run = &check->run;
	int r;

	r = quiesce_plan_toward(run, target);
	if (r < 0)
		return r;
	quiesce_json_string(object, "switch", switches[check->wanted]);
	add_verdicts(object, run);
	check_time(check, object);
	check_ats(check);
	add_target(object, check, target);
	return add_consoles(object, check);
}

static void say_note(void *data, const char *file, unsigned int line, const char *problem)
{
	quiesce_check_say(data, QUIESCE_IS_NOTE, file, line, "%s", problem);
}

int quiesce_check_machine(struct quiesce_check *check, const struct pcireset_io *io)
{
	const struct quiesce_complaint absent =
		check->fleet ? (struct quiesce_complaint){ say_note, check } :
			       quiesce_check_complaint(check);
	struct quiesce_run *run = &check->run;
	struct quiesce_target target;
	int r;

	run->io = io;
	run->started_us = io->now_us(io->data);
	r = pcireset_scan(io, &run->machine);
	if (r < 0)
		return r;
	(void)quiesce_rules_absent(&run->machine, &run->config, &absent);
	for (size_t i = 0; i < run->machine.n; i++) {
		struct pcireset_function *f = &run->machine.functions[i];

		if (f->driver[0] && !is_built_in(io, f->driver))
			f->driver[0] = '\0';
	}
	r = quiesce_target_read(run->root, NULL, 0, &target);
	if (r < 0)
		return r;
	r = check_machine(check, &target);
	quiesce_target_free(&target);
	return r;
}
