/* SPDX-License-Identifier: GPL-2.0-or-later */
/* show DEV: all that is known of one function, what run would do to it, and why. */
#include <cJSON.h>
#include <errno.h>
#include <string.h>

#include "commands.h"
#include "manifest.h"

/* Functions that are named where more than one matches. */
#define MATCHES_NAMED_MAX 8

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
	struct cJSON *object = quiesce_function_json(machine, i);
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

static int print(const struct quiesce_run *run, size_t i, const struct quiesce_options *options)
{
	struct quiesce_view view = { .no_report = "none yet" };
	int r = -ENOENT;

	view.function = make_function(run, i);
	view.plan = quiesce_report_device(run, i);
	/* Having no report is no error; of a dump there is none. */
	if (!options->dump)
		r = quiesce_report_read(run->root, NULL, &view.report);
	if (r == 0)
		view.reported = quiesce_report_find(view.report, run->machine.functions[i].address);
	else if (r != -ENOENT)
		view.no_report = quiesce_report_problem(r);
	r = 0;
	if (options->json) {
		r = print_json(&view, stdout);
	} else {
		quiesce_plan_strip(view.plan);
		quiesce_view_tell(&view, stdout);
	}
	cJSON_Delete(view.function);
	cJSON_Delete(view.plan);
	cJSON_Delete(view.report);
	return r;
}

/* The one that matches, or PCIRESET_NONE; says why. */
static size_t find(const struct pcireset_machine *machine, const struct pcireset_filter *filter,
		   const char *wanted)
{
	char names[MATCHES_NAMED_MAX * PCIRESET_ADDRESS_BYTES] = "", text[PCIRESET_ADDRESS_BYTES];
	size_t found = PCIRESET_NONE, n = 0;

	for (size_t i = 0; i < machine->n; i++) {
		if (!pcireset_filter_matches(filter, &machine->functions[i]))
			continue;
		found = i;
		if (n++ >= MATCHES_NAMED_MAX)
			continue;
		(void)strcat(names, n > 1 ? " " : "");
		(void)strcat(names, pcireset_address_format(machine->functions[i].address, text));
	}
	if (n == 1)
		return found;
	if (n == 0)
		quiesce_log(&quiesce_to_stderr, QUIESCE_ERR, "no function %s; \"list\" shows them",
			    wanted);
	else
		quiesce_log(&quiesce_to_stderr, QUIESCE_ERR, "\"%s\": %zu functions, which? %s%s",
			    wanted, n, names, n > MATCHES_NAMED_MAX ? " ..." : "");
	return PCIRESET_NONE;
}

static int show(struct quiesce_run *run, const struct pcireset_filter *filter,
		const struct quiesce_options *options)
{
	size_t i;
	int r;

	r = quiesce_plan_make(run, options);
	if (r < 0)
		return quiesce_fail("cannot read PCI functions", r);

	i = find(&run->machine, filter, options->slot ? options->slot : options->ids);
	if (i == PCIRESET_NONE)
		return QUIESCE_BAD_USAGE;
	r = print(run, i, options);
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
