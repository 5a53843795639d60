/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check: findings, one a line as a compiler has them, then a summary. */
#include <cJSON.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "check.h"
#include "report.h"
#include "rules.h"

static const char *const severity_words[] = {
	[QUIESCE_IS_ERROR] = "error",
	[QUIESCE_IS_WARNING] = "warning",
	[QUIESCE_IS_NOTE] = "note",
};

/* Where it stands: of one file by line. */
static int place_of(const struct quiesce_check *check, const char *file, unsigned int line)
{
	const struct cJSON *finding;
	int at = 0;

	cJSON_ArrayForEach(finding, check->findings) {
		const char *other = cJSON_GetStringValue(cJSON_GetObjectItem(finding, "file"));
		const struct cJSON *number = cJSON_GetObjectItem(finding, "line");

		if (file && other && strcmp(file, other) == 0 && cJSON_IsNumber(number) &&
		    number->valuedouble > line)
			break;
		at++;
	}
	return at;
}

/*
 * cJSON_InsertItemInArray() of 1.7.17, and of older ones that have its mending of
 * CVE-2023-50471, inserts nothing in the middle.
 */
static void insert(struct cJSON *array, int at, struct cJSON *item)
{
	int n_behind = cJSON_GetArraySize(array) - at;

	(void)cJSON_AddItemToArray(array, item);
	for (; n_behind > 0; n_behind--)
		(void)cJSON_AddItemToArray(array, cJSON_DetachItemFromArray(array, at));
}

void quiesce_check_say(struct quiesce_check *check, enum quiesce_severity severity,
		       const char *file, unsigned int line, const char *format, ...)
{
	struct cJSON *finding = cJSON_CreateObject();
	char message[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	quiesce_json_string(finding, "severity", severity_words[severity]);
	quiesce_json_string(finding, "file", file);
	if (line)
		(void)cJSON_AddNumberToObject(finding, "line", line);
	else
		(void)cJSON_AddNullToObject(finding, "line");
	quiesce_json_string(finding, "message", message);
	insert(check->findings, place_of(check, file, line), finding);
	check->n_errors += severity == QUIESCE_IS_ERROR;
}

static void say_error(void *data, const char *file, unsigned int line, const char *problem)
{
	struct quiesce_check *check = data;

	quiesce_check_say(check, QUIESCE_IS_ERROR, check->file ? check->file : file,
			  check->file ? check->line : line, "%s", problem);
}

struct quiesce_complaint quiesce_check_complaint(struct quiesce_check *check)
{
	return (struct quiesce_complaint){ say_error, check };
}

static const char *word(const struct cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

	return text ? text : "-";
}

/* "FILE:LINE: ", or as much of it as there is. */
static const char *place(const struct cJSON *finding, char *text, size_t bytes)
{
	const struct cJSON *file = cJSON_GetObjectItemCaseSensitive(finding, "file");
	const struct cJSON *line = cJSON_GetObjectItemCaseSensitive(finding, "line");

	text[0] = '\0';
	if (cJSON_IsString(file) && cJSON_IsNumber(line))
		(void)snprintf(text, bytes, "%s:%d: ", file->valuestring, line->valueint);
	else if (cJSON_IsString(file))
		(void)snprintf(text, bytes, "%s: ", file->valuestring);
	return text;
}

static void print_findings(const struct quiesce_check *check, FILE *out)
{
	char text[QUIESCE_ORIGIN_BYTES];
	const struct cJSON *finding;

	cJSON_ArrayForEach(finding, check->findings)
		(void)fprintf(out, "%s%s: %s\n", place(finding, text, sizeof(text)),
			      word(finding, "severity"), word(finding, "message"));
}

void quiesce_check_tell(const struct quiesce_check *check, const struct quiesce_log *log)
{
	char text[QUIESCE_ORIGIN_BYTES];
	const struct cJSON *finding;

	cJSON_ArrayForEach(finding, check->findings)
		if (!quiesce_json_is(finding, "severity", severity_words[QUIESCE_IS_NOTE]))
			quiesce_log(log, QUIESCE_WARNING, "%s%s",
				    place(finding, text, sizeof(text)), word(finding, "message"));
}

/* "20 completed, 3 fenced" */
static void print_counts(const struct cJSON *machine, FILE *out)
{
	const struct cJSON *n = cJSON_GetObjectItemCaseSensitive(machine, "virtual_functions");
	const struct cJSON *count;
	const char *before = "";

	cJSON_ArrayForEach(count, cJSON_GetObjectItemCaseSensitive(machine, "expected"))
		if (count->valueint) {
			(void)fprintf(out, "%s%d %s", before, count->valueint, count->string);
			before = ", ";
		}
	if (n->valueint)
		(void)fprintf(out, "; not counted: %d virtual, which fall with their physical ones",
			      n->valueint);
	(void)fputc('\n', out);
}

static void print_addresses(const struct cJSON *kind, FILE *out)
{
	const struct cJSON *address;

	cJSON_ArrayForEach(address, cJSON_GetObjectItemCaseSensitive(kind, "addresses"))
		(void)fprintf(out, " %s", address->valuestring);
	(void)fputc('\n', out);
}

/* What nothing but the fence silences, and what is isolated as well. */
static void print_kinds(const struct cJSON *machine, FILE *out)
{
	const struct cJSON *kind;

	cJSON_ArrayForEach(kind, cJSON_GetObjectItemCaseSensitive(machine, "fenced_only")) {
		(void)fprintf(out, "fenced only   class %s, %s:", word(kind, "class"),
			      word(kind, "reason"));
		print_addresses(kind, out);
	}
	cJSON_ArrayForEach(kind, cJSON_GetObjectItemCaseSensitive(machine, "contained")) {
		(void)fprintf(out, "contained     %s:", word(kind, "contain"));
		print_addresses(kind, out);
	}
}

static void print_ways(const char *title, const struct cJSON *ways, FILE *out)
{
	const struct cJSON *way, *functions, *f;

	cJSON_ArrayForEach(way, ways) {
		functions = cJSON_GetObjectItemCaseSensitive(way, "functions");
		(void)fprintf(out, "%-13s %s%s\n", title, word(way, "name"),
			      cJSON_GetArraySize(functions) ? "" : ": no PCI function is known");
		cJSON_ArrayForEach(f, functions)
			(void)fprintf(out, "              %s: %s, %s\n", word(f, "address"),
				      word(f, "action"), word(f, "reason"));
	}
}

static void print_machine(const struct cJSON *machine, FILE *out)
{
	const struct cJSON *estimate = cJSON_GetObjectItemCaseSensitive(machine, "estimate_ms");
	const struct cJSON *deadline = cJSON_GetObjectItemCaseSensitive(machine, "deadline_ms");

	if (!quiesce_json_is(machine, "switch", "1"))
		(void)fprintf(out, "switched      rd.pci_quiesce=%s: %s\n", word(machine, "switch"),
			      quiesce_json_is(machine, "switch", "shell") ?
				      "what follows waits for somebody at the console" :
				      "nothing of what follows happens");
	(void)fprintf(out, "level         %s", word(machine, "level"));
	if (cJSON_IsString(cJSON_GetObjectItemCaseSensitive(machine, "level_reason")))
		(void)fprintf(out, " (%s)", word(machine, "level_reason"));
	(void)fputs("\nexpected      ", out);
	print_counts(machine, out);
	(void)fprintf(out, "time          resets take %d ms of %d ms\n", estimate->valueint,
		      deadline->valueint);
	print_kinds(machine, out);
	print_ways("dump target", cJSON_GetObjectItemCaseSensitive(machine, "dump_target"), out);
	print_ways("console", cJSON_GetObjectItemCaseSensitive(machine, "console"), out);
}

static int print(const struct quiesce_check *check, bool json)
{
	const struct cJSON *machine = cJSON_GetObjectItemCaseSensitive(check->report, "machine");
	_cleanup_free_ char *text = NULL;

	if (json) {
		text = cJSON_PrintUnformatted(check->report);
		if (!text)
			return quiesce_fail("cannot print", -ENOMEM);
		(void)puts(text);
	} else {
		print_findings(check, stdout);
		if (machine)
			print_machine(machine, stdout);
	}
	return check->n_errors ? QUIESCE_BAD_USAGE : QUIESCE_OK;
}

static void check_config(struct quiesce_check *check, const char *path)
{
	const struct quiesce_complaint complaint = quiesce_check_complaint(check);
	struct quiesce_config *config = &check->run.config;

	quiesce_config_defaults(config);
	quiesce_check_watch_keys(check);
	if (quiesce_config_load(config, check->run.root, path, &complaint) == 1)
		quiesce_check_say(check, QUIESCE_IS_NOTE, NULL, 0,
				  "no configuration file: the built-in defaults apply");
	(void)quiesce_rules_unreachable(config, &complaint);
}

static void check_platform(struct quiesce_check *check)
{
	struct quiesce_platform platform;

	if (!check->run.locked_down && quiesce_is_locked_down(check->run.root))
		quiesce_check_say(check, QUIESCE_IS_NOTE, "/" QUIESCE_LOCKDOWN, 0, "%s",
				  QUIESCE_LOCKDOWN_WORDS);
	quiesce_platform_read(check->run.root, &platform);
	if (platform.untouchable)
		quiesce_check_say(check, QUIESCE_IS_WARNING, NULL, 0, "run does nothing here: %s",
				  platform.untouchable);
	quiesce_platform_take(&check->run);
}

/* An image that is being built has no machine: its configuration is all there is. */
static bool has_machine(const char *root)
{
	char path[512];

	return snprintf(path, sizeof(path), "%s/sys/bus/pci", root) < (int)sizeof(path) &&
	       access(path, F_OK) == 0;
}

static int check_host(struct quiesce_check *check, const struct quiesce_options *options)
{
	enum quiesce_level asked;
	struct pcireset_io *io;
	int r, code;

	quiesce_check_cmdline(check);
	asked = check->run.config.level;
	quiesce_check_keys(check);
	check_platform(check);
	if (check->run.config.level == QUIESCE_LEVEL_OBSERVE)
		quiesce_check_say(check, QUIESCE_IS_NOTE, NULL, 0,
				  "level is observe: nothing is silenced");
	code = quiesce_door_open(options, &io);
	if (code != QUIESCE_OK)
		return code;
	r = quiesce_check_machine(check, io);
	if (r == 0)
		quiesce_check_level(check, asked);
	pcireset_io_close(io);
	check->run.io = NULL;
	return r < 0 ? quiesce_fail("cannot read PCI functions", r) : QUIESCE_OK;
}

static int print_key(struct quiesce_check *check, const char *key)
{
	if (check->n_errors) {
		print_findings(check, stderr);
		return QUIESCE_BAD_USAGE;
	}
	if (quiesce_config_print(&check->run.config, key, stdout) == 0)
		return QUIESCE_OK;
	quiesce_log(&quiesce_to_stderr, QUIESCE_ERR, "no key \"%s\"", key);
	return QUIESCE_BAD_USAGE;
}

int quiesce_command_check(const struct quiesce_options *options)
{
	/* What planning says is in the findings. */
	static const struct quiesce_log silent = { .kmsg_fd = -1, .stderr_max = -1 };
	struct quiesce_check check = {
		.run = { .root = options->root, .log = &silent, .dry_run = true },
		.report = cJSON_CreateObject(),
		.fleet = options->fleet,
	};
	int code = QUIESCE_OK;

	(void)cJSON_AddNumberToObject(check.report, "schema", 1);
	check.findings = cJSON_AddArrayToObject(check.report, "findings");
	check_config(&check, options->config);
	if (options->print) {
		code = print_key(&check, options->print);
	} else {
		if (has_machine(options->root))
			code = check_host(&check, options);
		else if (options->json)
			(void)cJSON_AddNullToObject(check.report, "machine");
		if (code == QUIESCE_OK)
			code = print(&check, options->json);
	}
	cJSON_Delete(check.report);
	free(check.cmdline);
	quiesce_check_forget_keys(&check);
	quiesce_run_free(&check.run);
	return code;
}
