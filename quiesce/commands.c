/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands that people type. */
#include <cJSON.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"

const struct quiesce_log quiesce_to_stderr = { .kmsg_fd = -1, .stderr_max = QUIESCE_INFO };

static const char *root_path(const struct quiesce_options *options)
{
	return options->root[0] ? options->root : "/";
}

int quiesce_fail(const char *what, int r)
{
	quiesce_log(&quiesce_to_stderr, QUIESCE_ERR, "%s: %s", what, strerror(-r));
	return QUIESCE_BAD_FUNCTIONS;
}

#define DUMP_BYTES_MAX (64u * 1024 * 1024)

static int open_dump(const char *name, struct pcireset_io **ret_io)
{
	struct pcireset_dump_problem problem;
	_cleanup_free_ char *text = NULL;
	int r;

	r = quiesce_file_read(name[0] == '/' ? "" : ".", name, DUMP_BYTES_MAX, &text);
	if (r < 0) {
		quiesce_log(&quiesce_to_stderr, QUIESCE_ERR, "%s: %s", name,
			    quiesce_file_problem(r));
		return QUIESCE_BAD_USAGE;
	}
	r = pcireset_io_open_dump(text, &problem, ret_io);
	if (r == 0)
		return QUIESCE_OK;
	if (r != -EBADMSG)
		return quiesce_fail(name, r);
	if (problem.line)
		quiesce_log(&quiesce_to_stderr, QUIESCE_ERR, "%s:%u: %s", name, problem.line,
			    problem.words);
	else
		quiesce_log(&quiesce_to_stderr, QUIESCE_ERR, "%s: %s", name, problem.words);
	return QUIESCE_BAD_USAGE;
}

int quiesce_door_open(const struct quiesce_options *options, struct pcireset_io **ret_io)
{
	int r;

	if (options->dump)
		return open_dump(options->dump, ret_io);
	r = pcireset_io_open(root_path(options), ret_io);
	return r < 0 ? quiesce_fail(root_path(options), r) : QUIESCE_OK;
}

int quiesce_command_list(const struct quiesce_options *options)
{
	struct pcireset_machine machine = { 0 };
	struct pcireset_io *io;
	int r, code;

	code = quiesce_door_open(options, &io);
	if (code != QUIESCE_OK)
		return code;

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
	return r < 0 ? quiesce_fail("cannot read PCI functions", r) : QUIESCE_OK;
}

static int show_plan(const struct quiesce_run *run, const struct quiesce_options *options)
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

bool quiesce_config_is_good(const struct quiesce_run *run,
			    const struct quiesce_options *options)
{
	return run->config.n_errors == 0 || quiesce_is_kdump(options->root);
}

int quiesce_with_output(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	(void)fputs("pci-quiesce: cannot write the output\n", stderr);
	return code == QUIESCE_OK ? QUIESCE_BAD_FUNCTIONS : code;
}

static int plan(struct quiesce_run *run, const struct quiesce_options *options)
{
	struct pcireset_io *io;
	int r, code;

	code = quiesce_door_open(options, &io);
	if (code != QUIESCE_OK)
		return code;

	run->io = io;
	r = quiesce_pipeline_run(run);
	if (r == 0)
		r = show_plan(run, options);
	pcireset_io_close(io);
	return r < 0 ? quiesce_fail("stopped", r) : QUIESCE_OK;
}

int quiesce_command_plan(const struct quiesce_options *options)
{
	struct quiesce_run run = {
		.root = options->root,
		.log = &quiesce_to_stderr,
		.dry_run = true,
	};
	int code = QUIESCE_BAD_USAGE;

	(void)quiesce_run_prepare(&run, options->config);
	if (quiesce_config_is_good(&run, options))
		code = plan(&run, options);
	quiesce_run_free(&run);
	return code;
}

/* The status that run had, or would have had at its end. */
static int status_of(const struct cJSON *report)
{
	const struct cJSON *device;

	if (!quiesce_report_is_complete(report))
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

	if (!quiesce_report_is_complete(report))
		(void)puts("The run did not come to its end.");
	quiesce_show_heading(stdout);
	cJSON_ArrayForEach(device, cJSON_GetObjectItemCaseSensitive(report, "devices"))
		quiesce_show_device(device, stdout);
}

int quiesce_show_report(const struct quiesce_options *options, const char *none)
{
	_cleanup_free_ char *text = NULL;
	struct cJSON *report;
	int r, code;

	r = quiesce_report_read(options->root, &text, &report);
	if (r == -ENOENT || r == -EBADMSG)
		quiesce_log(&quiesce_to_stderr, QUIESCE_ERR, "%s",
			    r == -ENOENT ? none : "/" QUIESCE_REPORT ": not a report");
	else if (r < 0)
		(void)quiesce_fail("/" QUIESCE_REPORT, r);
	if (r < 0)
		return QUIESCE_BAD_FUNCTIONS;

	if (options->json)
		(void)fputs(text, stdout);
	else
		show_report(report);

	code = status_of(report);
	cJSON_Delete(report);
	return code;
}

int quiesce_command_report(const struct quiesce_options *options)
{
	return quiesce_show_report(options, "no report: nothing ran in this kernel yet");
}

int quiesce_command_check(const struct quiesce_options *options)
{
	const struct quiesce_complaint complaint = quiesce_complaint_to(&quiesce_to_stderr);
	struct quiesce_config config;
	int code = QUIESCE_OK, r;

	/* The file alone: this kernel's command line is not the crash kernel's. */
	quiesce_config_defaults(&config);
	r = quiesce_config_load(&config, options->root, options->config, &complaint);
	if (r == 1 && !options->print)
		quiesce_log(&quiesce_to_stderr, QUIESCE_NOTICE,
			    "no configuration file: the built-in defaults apply");
	if (config.n_errors || r < 0) {
		code = QUIESCE_BAD_USAGE;
	} else if (options->print && quiesce_config_print(&config, options->print, stdout) < 0) {
		quiesce_log(&quiesce_to_stderr, QUIESCE_ERR, "no key \"%s\"", options->print);
		code = QUIESCE_BAD_USAGE;
	}
	quiesce_config_free(&config);
	return code;
}

bool quiesce_may_touch(const struct quiesce_options *options)
{
	if (options->force || quiesce_is_kdump(options->root))
		return true;
	quiesce_log(&quiesce_to_stderr, QUIESCE_ERR,
		    "not a kdump kernel (no %s/proc/vmcore): nothing is touched", options->root);
	return false;
}
