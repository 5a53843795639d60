/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include "report.h"

#include <cJSON.h>
#include <string.h>

void fuzz_fail(const char *file, int line, const char *words)
{
	(void)fprintf(stderr, "%s:%d: %s\n", file, line, words);
	abort();
}

char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	fuzz_check(text, "out of memory");
	return text;
}

static void say_nothing(void *data, const char *file, unsigned int line, const char *problem)
{
	fuzz_check(strlen(file) > 0 && strlen(problem) > 0, "a complaint without words");
}

const struct quiesce_complaint fuzz_quiet = { .say = say_nothing };

static void check_json(const struct quiesce_run *run)
{
	_cleanup_free_ char *text = NULL;
	struct cJSON *report;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);

	fuzz_check(out && quiesce_report_print(run, out) == 0, "the report was not printed");
	(void)fclose(out);
	report = cJSON_Parse(text);
	fuzz_check(report, "the report is no JSON");
	fuzz_check((size_t)cJSON_GetArraySize(cJSON_GetObjectItem(report, "devices")) ==
			   run->machine.n,
		   "the report has not each function once");
	for (size_t i = 0; i < run->machine.n; i++)
		fuzz_check(quiesce_report_find(report, run->machine.functions[i].address),
			   "the report lacks a function");
	cJSON_Delete(report);
}

static void check_repeatable(const struct quiesce_run *run)
{
	_cleanup_free_ struct pcireset_step *again = NULL;

	fuzz_check(pcireset_plan_make(&run->machine, run->decisions, &again) == 0, "out of memory");
	for (size_t i = 0; i < run->machine.n; i++)
		fuzz_check(again[i].action == run->steps[i].action &&
				   again[i].method == run->steps[i].method &&
				   again[i].via == run->steps[i].via &&
				   again[i].why == run->steps[i].why,
			   "the same machine has another plan");
}

void fuzz_plan(const struct pcireset_io *io, const char *config)
{
	const struct quiesce_log log = { .kmsg_fd = -1, .stderr_max = -1 };
	/* Nothing of this machine. */
	struct quiesce_run run = { .root = "/proc/self/fdinfo", .io = io, .log = &log, .dry_run = true };

	quiesce_config_defaults(&run.config);
	fuzz_check(quiesce_config_parse(&run.config, "fuzz.conf", config, &fuzz_quiet) == 0,
		   "out of memory");
	if (quiesce_pipeline_run(&run) == 0) {
		fuzz_check_machine(&run.machine);
		fuzz_check_steps(&run.machine, run.decisions, run.steps);
		check_repeatable(&run);
		check_json(&run);
	}
	quiesce_run_free(&run);
}
