/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands that people type. */
#include <cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "report.h"

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

int quiesce_door_open(const struct quiesce_options *options, struct pcireset_io **ret_io)
{
	int r;

	if (options->dump)
		return options->healthy->open_dump(options->dump, ret_io);
	r = pcireset_io_open(root_path(options), ret_io);
	return r < 0 ? quiesce_fail(root_path(options), r) : QUIESCE_OK;
}

/* The kernel shows others 64 bytes: drivers/pci/pci-sysfs.c, pci_read_config(). */
void quiesce_tell_unprivileged(const struct pcireset_io *io,
			       const struct pcireset_machine *machine)
{
	size_t n = 0;

	for (size_t i = 0; i < machine->n; i++)
		n += machine->functions[i].is_unknown &&
		     machine->functions[i].config_bytes == PCIRESET_HEADER_BYTES;
	if (n > 0 && !io->is_dump && geteuid() != 0)
		quiesce_log(&quiesce_to_stderr, QUIESCE_NOTICE,
			    "%zu of %zu functions are not fully known: run as root", n,
			    machine->n);
}

int quiesce_filter_take(const struct quiesce_options *options, struct pcireset_filter **ret_filter)
{
	struct pcireset_filter *slot = NULL;
	const char *problem, *bad = options->slot;
	int r;

	r = pcireset_filter_make(options->slot, options->ids, &problem, ret_filter);
	if (r != -EINVAL)
		return r < 0 ? quiesce_fail("filter", r) : QUIESCE_OK;
	if (pcireset_filter_make(options->slot, NULL, &problem, &slot) == 0)
		bad = options->ids;
	free(slot);
	quiesce_log(&quiesce_to_stderr, QUIESCE_ERR, "\"%s\": %s", bad, problem);
	return QUIESCE_BAD_USAGE;
}

bool quiesce_config_is_good(const struct quiesce_run *run,
			    const struct quiesce_options *options)
{
	return run->config.n_errors == 0 || quiesce_is_kdump(options->root);
}

int quiesce_with_output(int code)
{
	const int r = quiesce_flush(stdout);

	if (r == 0)
		return code;
	(void)quiesce_fail("cannot write the output", r);
	return code == QUIESCE_OK ? QUIESCE_BAD_FUNCTIONS : code;
}

int quiesce_filter_apply(const struct pcireset_filter *filter,
			 const struct pcireset_machine *machine, size_t **ret_rows, size_t *ret_n)
{
	size_t *rows = calloc(machine->n + 1, sizeof(*rows)), n = 0;

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < machine->n; i++)
		if (pcireset_filter_matches(filter, &machine->functions[i]))
			rows[n++] = i;
	*ret_rows = rows;
	*ret_n = n;
	return 0;
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

static int print_report(const struct cJSON *report, const char *color)
{
	const struct cJSON *devices = cJSON_GetObjectItemCaseSensitive(report, "devices");
	const struct cJSON *ms = cJSON_GetObjectItemCaseSensitive(report, "estimate_ms");
	const bool is_plan = strcmp(quiesce_report_mode(report), "plan") == 0;
	int r;

	if (!quiesce_report_is_complete(report))
		(void)puts("The run did not come to its end.");
	r = quiesce_show_devices(devices, is_plan, color);
	if (r < 0)
		return r;
	if (is_plan)
		quiesce_total_plan(devices, cJSON_IsNumber(ms) ? (unsigned int)ms->valueint : 0,
				   stdout);
	else
		quiesce_total_run(report, stdout);
	return 0;
}

int quiesce_show_report(const struct quiesce_options *options, const char *none)
{
	_cleanup_free_ char *text = NULL;
	struct cJSON *report;
	int r, code;

	r = quiesce_report_read(options->root, &text, &report);
	if (r == -ENOENT)
		quiesce_log(&quiesce_to_stderr, QUIESCE_ERR, "%s", none);
	else if (r < 0)
		quiesce_log(&quiesce_to_stderr, QUIESCE_ERR, "/" QUIESCE_REPORT ": %s",
			    quiesce_report_problem(r));
	if (r < 0)
		return QUIESCE_BAD_FUNCTIONS;

	if (options->json)
		(void)fputs(text, stdout);
	else
		r = print_report(report, options->color);

	code = r < 0 ? quiesce_fail("cannot show it", r) : status_of(report);
	cJSON_Delete(report);
	return code;
}

int quiesce_command_report(const struct quiesce_options *options)
{
	return quiesce_show_report(options, "no report: nothing ran in this kernel yet");
}

bool quiesce_may_touch(const struct quiesce_options *options)
{
	if (options->force || quiesce_is_kdump(options->root))
		return true;
	quiesce_log(&quiesce_to_stderr, QUIESCE_ERR,
		    "not a kdump kernel (no %s/proc/vmcore): nothing is touched", options->root);
	return false;
}
