/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands that people type. */
#include <cJSON.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"

#define REPORT_BYTES_MAX (16 * 1024 * 1024)

static const struct quiesce_log to_stderr = { .kmsg_fd = -1, .stderr_max = QUIESCE_INFO };

static const char *root_path(const struct quiesce_options *options)
{
	return options->root[0] ? options->root : "/";
}

static int fail(const char *what, int r)
{
	quiesce_log(&to_stderr, QUIESCE_ERR, "%s: %s", what, strerror(-r));
	return QUIESCE_BAD_FUNCTIONS;
}

int quiesce_command_list(const struct quiesce_options *options)
{
	struct pcireset_machine machine = { 0 };
	struct pcireset_io *io;
	int r;

	r = pcireset_io_open(root_path(options), &io);
	if (r < 0)
		return fail(root_path(options), r);

	r = pcireset_scan(io, &machine);
	if (r == 0) {
		pcireset_topology_read(io, &machine);
		if (options->json)
			r = quiesce_show_functions_json(&machine, stdout);
		else
			quiesce_show_functions(&machine, stdout);
	}
	pcireset_machine_free(&machine);
	pcireset_io_close(io);
	return r < 0 ? fail("cannot read PCI functions", r) : QUIESCE_OK;
}

static int show_run(const struct quiesce_run *run, const struct quiesce_options *options)
{
	if (options->json)
		return quiesce_report_print(run, stdout);

	quiesce_show_heading(stdout);
	for (size_t i = 0; i < run->machine.n; i++) {
		struct cJSON *device = quiesce_report_device(run, i);

		quiesce_show_device(device, stdout);
		cJSON_Delete(device);
	}
	return 0;
}

/* In a kdump kernel bad lines are warnings; anywhere else they are errors. */
static bool config_is_good(const struct quiesce_run *run, const struct quiesce_options *options)
{
	return run->config.n_errors == 0 || quiesce_is_kdump(options->root);
}

static int pass(struct quiesce_run *run, const struct quiesce_options *options)
{
	struct pcireset_io *io;
	int r;

	r = pcireset_io_open(root_path(options), &io);
	if (r < 0)
		return fail(root_path(options), r);

	run->io = io;
	run->started_us = io->now_us(io->data);
	run->deadline_us = run->started_us + run->config.deadline_ms * 900ull;
	r = quiesce_pipeline_run(run);
	if (r == 0)
		r = show_run(run, options);
	pcireset_io_close(io);
	if (r < 0)
		return fail("stopped", r);
	return run->n_bad > 0 || run->report_error ? QUIESCE_BAD_FUNCTIONS : QUIESCE_OK;
}

int quiesce_command_plan(const struct quiesce_options *options)
{
	struct quiesce_run run = { .root = options->root, .log = &to_stderr, .dry_run = true };
	int code = QUIESCE_BAD_USAGE;

	(void)quiesce_run_prepare(&run, options->config);
	if (config_is_good(&run, options))
		code = pass(&run, options);
	quiesce_run_free(&run);
	return code;
}

int quiesce_command_run(const struct quiesce_options *options)
{
	struct quiesce_log log = { .kmsg_fd = -1, .stderr_max = QUIESCE_NOTICE };
	struct quiesce_run run = { .root = options->root, .log = &log };
	enum quiesce_switch wanted;
	int code = QUIESCE_BAD_USAGE;

	if (!options->force && !quiesce_is_kdump(options->root)) {
		quiesce_log(&log, QUIESCE_ERR,
			    "not a kdump kernel (no %s/proc/vmcore): nothing is touched",
			    options->root);
		return QUIESCE_REFUSED;
	}

	wanted = quiesce_run_prepare(&run, options->config);
	if (wanted == QUIESCE_OFF && !options->force) {
		quiesce_log(&log, QUIESCE_ERR, "rd.pci_quiesce=0: nothing is touched");
		code = QUIESCE_REFUSED;
	} else if (config_is_good(&run, options)) {
		run.dry_run = wanted == QUIESCE_DRY_RUN;
		quiesce_log_open_kmsg(&log, run.root);
		code = pass(&run, options);
	}
	quiesce_run_free(&run);
	return code;
}

/* The status that run had, or would have had at its end. */
static int status_of(const struct cJSON *report)
{
	const struct cJSON *device;

	if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(report, "complete")))
		return QUIESCE_BAD_FUNCTIONS;
	cJSON_ArrayForEach(device, cJSON_GetObjectItemCaseSensitive(report, "devices")) {
		const char *verdict = cJSON_GetStringValue(
			cJSON_GetObjectItemCaseSensitive(device, "verdict"));

		if (verdict && (strcmp(verdict, pcireset_verdict_word(PCIRESET_LOST)) == 0 ||
				strcmp(verdict, pcireset_verdict_word(PCIRESET_FAILED)) == 0))
			return QUIESCE_BAD_FUNCTIONS;
	}
	return QUIESCE_OK;
}

static void show_report(const struct cJSON *report)
{
	const struct cJSON *device;

	if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(report, "complete")))
		(void)puts("The run did not come to its end.");
	quiesce_show_heading(stdout);
	cJSON_ArrayForEach(device, cJSON_GetObjectItemCaseSensitive(report, "devices"))
		quiesce_show_device(device, stdout);
}

int quiesce_command_report(const struct quiesce_options *options)
{
	_cleanup_free_ char *text = NULL;
	struct cJSON *report;
	int r, code;

	r = quiesce_file_read(options->root, QUIESCE_REPORT, REPORT_BYTES_MAX, &text);
	if (r < 0)
		return fail("/" QUIESCE_REPORT, r);

	report = cJSON_Parse(text);
	if (!cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(report, "devices"))) {
		cJSON_Delete(report);
		quiesce_log(&to_stderr, QUIESCE_ERR, "/" QUIESCE_REPORT ": not a report");
		return QUIESCE_BAD_FUNCTIONS;
	}
	if (options->json)
		(void)fputs(text, stdout);
	else
		show_report(report);

	code = status_of(report);
	cJSON_Delete(report);
	return code;
}

int quiesce_command_check(const struct quiesce_options *options)
{
	const struct quiesce_complaint complaint = quiesce_complaint_to(&to_stderr);
	struct quiesce_config config;
	size_t n_errors;

	/* The file alone: this kernel's command line is not the crash kernel's. */
	quiesce_config_defaults(&config);
	(void)quiesce_config_load(&config, options->root, options->config, &complaint);
	n_errors = config.n_errors;
	quiesce_config_free(&config);
	return n_errors ? QUIESCE_BAD_USAGE : QUIESCE_OK;
}
