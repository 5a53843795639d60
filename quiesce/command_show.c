/* SPDX-License-Identifier: GPL-2.0-or-later */
/* show DEV: all that is known of a function, what run would do to it, and why. */
#include <cJSON.h>
#include <errno.h>
#include <string.h>

#include "commands.h"
#include "manifest.h"
#include "report.h"

static void add_unused(struct cJSON *object, const struct quiesce_run *run, size_t i)
{
	struct cJSON *array = cJSON_AddArrayToObject(object, "unused");
	char words[128];

	for (unsigned int m = PCIRESET_METHOD_NONE + 1; m < PCIRESET_METHODS; m++) {
		struct cJSON *unused;

		if (!quiesce_unused_why(run, i, m, words, sizeof(words)))
			continue;
		unused = cJSON_CreateObject();
		quiesce_json_string(unused, "method", pcireset_method_word(m));
		quiesce_json_string(unused, "why", words);
		(void)cJSON_AddItemToArray(array, unused);
	}
}

static struct cJSON *make_function(const struct quiesce_run *run, size_t i)
{
	const struct pcireset_machine *machine = &run->machine;
	const struct pcireset_function *f = &machine->functions[i];
	struct cJSON *object = quiesce_function_json(machine, i, run->io->is_dump);
	char path[QUIESCE_PATH_BYTES_MAX];

	quiesce_json_hex(object, "subsystem_vendor", f->subsystem_vendor, 4);
	quiesce_json_hex(object, "subsystem_device", f->subsystem_device, 4);
	quiesce_json_string(object, "type", quiesce_class_word(f->class_code));
	(void)cJSON_AddNumberToObject(object, "header_type", f->header_type);
	if (f->answers)
		quiesce_json_hex(object, "command", f->command, 4);
	else
		(void)cJSON_AddNullToObject(object, "command");
	quiesce_json_string(object, "path", quiesce_path_format(machine, i, path));
	quiesce_json_methods(object, "advertises", f->advertises);
	if (f->has_reset_method)
		quiesce_json_methods(object, "offers", f->offers);
	else
		(void)cJSON_AddNullToObject(object, "offers");
	add_unused(object, run, i);
	return object;
}

static int print_json(const struct quiesce_view *view, FILE *out)
{
	_cleanup_free_ char *function = cJSON_PrintUnformatted(view->function);
	_cleanup_free_ char *plan = cJSON_PrintUnformatted(view->plan);
	_cleanup_free_ char *reported =
		view->reported ? cJSON_PrintUnformatted(view->reported) : strdup("null");

	if (!function || !plan || !reported)
		return -ENOMEM;
	(void)fprintf(out, "{\"schema\":1,\n\"function\":%s,\n\"plan\":%s,\n\"report\":%s}\n",
		      function, plan, reported);
	return 0;
}

static int print(const struct quiesce_run *run, size_t i, const struct cJSON *report,
		 const char *no_report, bool json)
{
	struct quiesce_view view = {
		.function = make_function(run, i),
		.plan = quiesce_report_device(run, i),
		.report = report,
		.no_report = no_report,
	};
	int r = 0;

	if (report)
		view.reported = quiesce_report_find(report, run->machine.functions[i].address);
	if (json) {
		r = print_json(&view, stdout);
	} else {
		quiesce_plan_strip(view.plan);
		quiesce_view_tell(&view, stdout);
	}
	cJSON_Delete(view.function);
	cJSON_Delete(view.plan);
	return r;
}

static int print_all(const struct quiesce_run *run, const size_t *rows, size_t n,
		     const struct quiesce_options *options)
{
	const char *no_report = "none yet";
	struct cJSON *report = NULL;
	int r = -ENOENT;

	/* Having no report is no error; of a dump there is none. */
	if (!options->dump)
		r = quiesce_report_read(run->root, NULL, &report);
	if (r < 0 && r != -ENOENT)
		no_report = quiesce_report_problem(r);
	r = 0;
	for (size_t k = 0; k < n && r == 0; k++) {
		if (k > 0 && !options->json)
			(void)fputs("\n", stdout);
		r = print(run, rows[k], report, no_report, options->json);
	}
	cJSON_Delete(report);
	return r;
}

static int show(struct quiesce_run *run, const struct pcireset_filter *filter,
		const struct quiesce_options *options)
{
	_cleanup_free_ size_t *rows = NULL;
	size_t n;
	int r;

	r = quiesce_plan_make(run, options);
	if (r == 0)
		r = quiesce_filter_apply(filter, &run->machine, &rows, &n);
	if (r < 0)
		return quiesce_fail("cannot read PCI functions", r);
	if (n == 0) {
		quiesce_log(&quiesce_to_stderr, QUIESCE_ERR, "no function %s; \"list\" shows them",
			    options->slot ? options->slot : options->ids);
		return QUIESCE_BAD_USAGE;
	}
	r = print_all(run, rows, n, options);
	return r < 0 ? quiesce_fail("cannot show it", r) : QUIESCE_OK;
}

static int open_and_show(const struct quiesce_options *options)
{
	struct quiesce_run run = { .root = options->root,
				   .log = &quiesce_to_stderr,
				   .dry_run = true };
	_cleanup_free_ struct pcireset_filter *filter = NULL;
	struct pcireset_io *io;
	int code;

	code = quiesce_filter_take(options, &filter);
	if (code == QUIESCE_OK)
		code = quiesce_door_open(options, &io);
	if (code != QUIESCE_OK)
		return code;

	/* Bad lines are warnings here: showing does no harm. */
	quiesce_plan_prepare(&run, options);
	run.io = io;
	run.started_us = io->now_us(io->data);
	code = show(&run, filter, options);
	quiesce_run_free(&run);
	pcireset_io_close(io);
	return code;
}

int quiesce_command_show(const struct quiesce_options *options)
{
	struct quiesce_options wanted = *options;

	/* DEV is a -s. */
	if (options->n_operands)
		wanted.slot = options->operands[0];
	if (wanted.slot != options->slot && (options->slot || options->ids))
		(void)fputs("pci-quiesce: show takes DEV, or -s and -d\n", stderr);
	else if (!wanted.slot && !wanted.ids)
		(void)fputs("pci-quiesce: show needs a DEV, or -s or -d\n", stderr);
	else
		return open_and_show(&wanted);
	return QUIESCE_BAD_USAGE;
}
