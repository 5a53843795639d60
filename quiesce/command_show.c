/* SPDX-License-Identifier: GPL-2.0-or-later */
/* show DEV: all that is known of one function, what run would do to it, and why. */
#include <cJSON.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "commands.h"

/* Buses between the root and a function; more cannot be nested. */
#define DEPTH_MAX 256

/*
 * @function: what the scan and the topology know
 * @plan: what run would do, as the report has it
 * @report: the last report, or NULL
 * @reported: the function's part of it, or NULL
 */
struct view {
	struct cJSON *function;
	struct cJSON *plan;
	struct cJSON *report;
	const struct cJSON *reported;
};

static const struct cJSON *item(const struct cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static const char *word(const struct cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(item(object, key));

	return text ? text : "-";
}

static const char *answer(const struct cJSON *object, const char *key)
{
	const struct cJSON *value = item(object, key);

	return cJSON_IsTrue(value) ? "yes" : cJSON_IsFalse(value) ? "no" : "not known";
}

/* "a, b", cut where it does not fit; @none for no element. */
static const char *joined(const struct cJSON *array, const char *none, char *buffer, size_t bytes)
{
	const struct cJSON *element;
	size_t used = 0;

	(void)snprintf(buffer, bytes, "%s", none);
	cJSON_ArrayForEach(element, array)
		if (used < bytes)
			used += (size_t)snprintf(buffer + used, bytes - used, "%s%s",
						 used ? ", " : "", element->valuestring);
	return buffer;
}

static void show_function(const struct cJSON *f, FILE *out)
{
	const struct cJSON *group = item(f, "iommu_group"), *port;
	char text[128];

	(void)fprintf(out, "%s\n", word(f, "address"));
	(void)fprintf(out, "  id           %s:%s, subsystem %s:%s\n", word(f, "vendor"),
		      word(f, "device"), word(f, "subsystem_vendor"), word(f, "subsystem_device"));
	(void)fprintf(out, "  class        %s\n", word(f, "class"));
	if (!cJSON_IsTrue(item(f, "answers"))) {
		(void)fputs("  registers    does not answer\n", out);
	} else {
		(void)fprintf(out, "  header       type %d%s\n", item(f, "header_type")->valueint,
			      cJSON_IsTrue(item(f, "bridge")) ? ", a bridge" : "");
		(void)fprintf(out, "  command      %s, Bus Master %s\n", word(f, "command"),
			      cJSON_IsTrue(item(f, "bus_master")) ? "on" : "off");
	}
	(void)fprintf(out, "  driver       %s\n", word(f, "driver"));
	if (cJSON_IsNumber(group))
		(void)fprintf(out, "  IOMMU group  %d\n", group->valueint);
	else
		(void)fputs("  IOMMU group  -\n", out);
	(void)fprintf(out, "  path         %s\n",
		      cJSON_GetArraySize(item(f, "path")) ? "from the root:" : "on a root bus");
	cJSON_ArrayForEach(port, item(f, "path"))
		(void)fprintf(out, "               %s\n", port->valuestring);
	(void)fprintf(out, "  advertises   %s\n",
		      joined(item(f, "advertises"), "-", text, sizeof(text)));
	(void)fprintf(out, "  kernel       %s\n",
		      cJSON_IsArray(item(f, "offers")) ?
			      joined(item(f, "offers"), "offers no reset", text, sizeof(text)) :
			      "does not tell which resets it has");
}

static void show_plan(const struct cJSON *plan, FILE *out)
{
	(void)fprintf(out, "  decision     %s by %s\n", word(plan, "action"), word(plan, "rule"));
	(void)fprintf(out, "  reason       %s\n", word(plan, "reason"));
	if (cJSON_IsNull(item(plan, "method")))
		return;
	(void)fprintf(out, "  step         %s by the %s%s%s\n", word(plan, "method"),
		      word(plan, "engine"), cJSON_IsNull(item(plan, "via")) ? "" : " through ",
		      cJSON_IsNull(item(plan, "via")) ? "" : word(plan, "via"));
}

static void show_reported(const struct view *view, FILE *out)
{
	const struct cJSON *evidence = item(view->reported, "evidence");
	const struct cJSON *ms = item(item(view->reported, "ms"), "reset");

	if (!view->report) {
		(void)fputs("  report       none yet\n", out);
		return;
	}
	(void)fprintf(out, "  report       of a %s%s\n", quiesce_report_mode(view->report),
		      quiesce_report_is_complete(view->report) ? "" : " that did not end");
	if (!view->reported) {
		(void)fputs("               does not have it\n", out);
		return;
	}
	(void)fprintf(out, "    action     %s %s by %s\n", word(view->reported, "action"),
		      word(view->reported, "method"), word(view->reported, "rule"));
	(void)fprintf(out, "    reason     %s\n", word(view->reported, "reason"));
	(void)fprintf(out, "    verdict    %s\n", word(view->reported, "verdict"));
	(void)fprintf(out, "    silent     %s\n", answer(evidence, "silent"));
	(void)fprintf(out, "    reset      %s", word(evidence, "reset"));
	if (cJSON_IsNumber(ms))
		(void)fprintf(out, ", %.1f ms", ms->valuedouble);
	(void)fprintf(out, "\n    ready      %s\n", answer(evidence, "ready"));
	(void)fprintf(out, "    before     id %s, command %s\n",
		      word(item(evidence, "before"), "id"),
		      word(item(evidence, "before"), "command"));
	(void)fprintf(out, "    after      id %s, command %s\n", word(item(evidence, "after"), "id"),
		      word(item(evidence, "after"), "command"));
}

static void add_methods(struct cJSON *object, const char *key, unsigned int mask)
{
	struct cJSON *array = cJSON_AddArrayToObject(object, key);

	for (unsigned int m = PCIRESET_METHOD_NONE + 1; m < PCIRESET_METHODS; m++)
		if (mask & PCIRESET_BIT(m))
			(void)cJSON_AddItemToArray(array,
						   cJSON_CreateString(pcireset_method_word(m)));
}

/* From the root down. */
static void add_path(struct cJSON *object, const struct pcireset_machine *machine, size_t i)
{
	struct cJSON *array = cJSON_AddArrayToObject(object, "path");
	char text[PCIRESET_ADDRESS_BYTES];
	size_t depth = 0;

	for (size_t up = machine->functions[i].parent; up != PCIRESET_NONE && depth < DEPTH_MAX;
	     up = machine->functions[up].parent, depth++)
		(void)cJSON_InsertItemInArray(array, 0,
					      cJSON_CreateString(pcireset_address_format(
						      machine->functions[up].address, text)));
}

static struct cJSON *make_function(const struct pcireset_machine *machine, size_t i)
{
	const struct pcireset_function *f = &machine->functions[i];
	struct cJSON *object = quiesce_show_function_json(machine, i);

	quiesce_json_hex(object, "subsystem_vendor", f->subsystem_vendor, 4);
	quiesce_json_hex(object, "subsystem_device", f->subsystem_device, 4);
	(void)cJSON_AddNumberToObject(object, "header_type", f->header_type);
	if (f->answers)
		quiesce_json_hex(object, "command", f->command, 4);
	else
		(void)cJSON_AddNullToObject(object, "command");
	add_path(object, machine, i);
	add_methods(object, "advertises", f->advertises);
	if (f->has_reset_method)
		add_methods(object, "offers", f->offers);
	else
		(void)cJSON_AddNullToObject(object, "offers");
	return object;
}

static int print_json(const struct view *view, FILE *out)
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
	struct view view = { 0 };
	int r = 0;

	view.function = make_function(&run->machine, i);
	view.plan = quiesce_report_device(run, i);
	/* Having no report is no error. */
	if (quiesce_report_read(run->root, NULL, &view.report) == 0)
		view.reported = quiesce_report_find(view.report,
						    run->machine.functions[i].address);
	if (options->json) {
		r = print_json(&view, stdout);
	} else {
		show_function(view.function, stdout);
		show_plan(view.plan, stdout);
		show_reported(&view, stdout);
	}
	cJSON_Delete(view.function);
	cJSON_Delete(view.plan);
	cJSON_Delete(view.report);
	return r;
}

static int show(struct quiesce_run *run, struct pcireset_address address,
		const struct quiesce_options *options)
{
	char text[PCIRESET_ADDRESS_BYTES];
	size_t i = 0;
	int r;

	r = quiesce_pipeline_run(run);
	if (r < 0)
		return quiesce_fail("cannot read PCI functions", r);

	while (i < run->machine.n &&
	       pcireset_address_compare(run->machine.functions[i].address, address) != 0)
		i++;
	if (i == run->machine.n) {
		quiesce_log(&quiesce_to_stderr, QUIESCE_ERR, "no function %s; \"list\" shows them",
			    pcireset_address_format(address, text));
		return QUIESCE_BAD_USAGE;
	}
	r = print(run, i, options);
	return r < 0 ? quiesce_fail("cannot show it", r) : QUIESCE_OK;
}

int quiesce_command_show(const struct quiesce_options *options)
{
	struct quiesce_run run = { .root = options->root, .log = &quiesce_to_stderr, .dry_run = true };
	struct pcireset_address address;
	struct pcireset_io *io;
	int code;

	if (pcireset_address_parse(options->operands[0], &address) < 0) {
		quiesce_log(&quiesce_to_stderr, QUIESCE_ERR, "\"%s\" is no address such as 0000:01:00.0",
			    options->operands[0]);
		return QUIESCE_BAD_USAGE;
	}
	code = quiesce_door_open(options, &io);
	if (code != QUIESCE_OK)
		return code;

	/* Bad lines are warnings here: showing does no harm. */
	(void)quiesce_run_prepare(&run, options->config);
	run.io = io;
	run.started_us = io->now_us(io->data);
	code = show(&run, address, options);
	quiesce_run_free(&run);
	pcireset_io_close(io);
	return code;
}
