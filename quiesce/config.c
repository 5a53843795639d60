/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration: [quiesce] with keys, [rules] with ACTION = MATCH lines.
 * The parser takes text and complains through a callback; whether a complaint
 * is a warning or an error is the caller's business.
 */
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <string.h>

#include "quiesce.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define PROBLEM_BYTES 320
#define RULES_MAX 4096

static const char *const sections[] = { "quiesce", "rules" };

/*
 * @text: what is left of it
 * @line: number of the line that was read last, from 1
 */
struct parser {
	struct quiesce_config *config;
	const char *name;
	const struct quiesce_complaint *complaint;
	const char *text;
	unsigned int line;
	int error;
};

static void __attribute__((format(printf, 2, 3)))
complain(struct parser *parser, const char *format, ...)
{
	char problem[PROBLEM_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(problem, sizeof(problem), format, args);
	va_end(args);
	parser->config->n_errors++;
	parser->complaint->say(parser->complaint->data, parser->name, parser->line, problem);
}

/* It grows by doubling: at each power of two. */
static int make_room(struct quiesce_config *config)
{
	const size_t n = config->n_rules;
	struct quiesce_rule *rules;

	if (n & (n - 1))
		return 0;
	rules = reallocarray(config->rules, n ? 2 * n : 1, sizeof(*rules));
	if (!rules)
		return -ENOMEM;
	config->rules = rules;
	return 0;
}

static int take_rule(struct parser *parser, const char *action, const char *text)
{
	struct quiesce_config *config = parser->config;
	struct quiesce_rule rule;
	char problem[PROBLEM_BYTES], *origin = NULL;
	int r;

	r = quiesce_rule_parse(action, text, &rule, problem, sizeof(problem));
	if (problem[0])
		complain(parser, "%s", problem);
	if (r < 0)
		return r == -EINVAL ? 0 : r;

	if (make_room(config) < 0 || asprintf(&origin, "%s:%u", parser->name, parser->line) < 0) {
		free((char *)rule.pattern);
		return -ENOMEM;
	}
	rule.origin = origin;
	rule.is_told = problem[0];
	config->rules[config->n_rules++] = rule;
	return 0;
}

static int take_key(struct parser *parser, const char *key, const char *value)
{
	char origin[QUIESCE_ORIGIN_BYTES], problem[PROBLEM_BYTES];
	int r;

	(void)snprintf(origin, sizeof(origin), "%s:%u", parser->name, parser->line);
	r = quiesce_config_set(parser->config, key, value, origin);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		complain(parser, "%s", quiesce_config_explain(r, key, value, problem,
							      sizeof(problem)));
	return 0;
}

static int take_line(void *data, const char *section, const char *name, const char *value)
{
	struct parser *parser = data;
	struct quiesce_config *config = parser->config;
	int r = 0;

	if (config->n_rules + config->n_loads >= RULES_MAX) {
		complain(parser, "more than %u rules and load lines: " QUIESCE_CONFIG_CUT, RULES_MAX);
		config->is_cut = true;
	} else if (strcmp(section, "rules") == 0)
		r = take_rule(parser, name, value);
	else if (strcmp(section, "quiesce") == 0)
		r = take_key(parser, name, value);
	else if (!section[0])
		complain(parser, "before any section: [quiesce] or [rules]");
	/* Of the lines of others it is enough to name their header. */
	if (r < 0)
		parser->error = r;
	return 1;
}

/*
 * Of a line without blanks in front and comments behind: what is wrong, or NULL.
 * inih takes ":" for "=".
 */
static const char *problem_of(const char *line, size_t length)
{
	const char *equals = memchr(line, '=', length), *colon = memchr(line, ':', length);

	if (length > 0 && line[0] == '[')
		return memchr(line, ']', length) ? NULL : "neither [section] nor key = value";
	if (length == 0 || (equals && (!colon || equals < colon)))
		return NULL;
	return "\"=\" is missing: KEY = VALUE or ACTION = MATCH";
}

/* Of a line that begins a section. */
static void check_section(struct parser *parser, const char *line)
{
	const size_t length = strcspn(line + 1, "]");

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (length == strlen(sections[i]) && memcmp(line + 1, sections[i], length) == 0)
			return;
	complain(parser, "unknown section \"[%.*s]\": quiesce or rules", (int)length, line + 1);
}

/*
 * Lines for inih, made equal for every way that it can be built: no
 * indentation, which may continue the line before; no comments, whose signs
 * differ; nothing that it cannot read, of which it would tell the first. It
 * keeps no line number that every build tells.
 */
static char *read_line(char *buffer, int bytes, void *stream)
{
	struct parser *parser = stream;
	const char *line = parser->text, *problem;
	size_t length = strcspn(line, "\n"), used, blank;

	if (!*line || parser->config->is_cut)
		return NULL;
	parser->text += length + (line[length] == '\n');
	parser->line++;

	blank = strspn(line, " \t\r");
	line += blank < length ? blank : length;
	length -= blank < length ? blank : length;
	for (used = 0; used < length; used++)
		if (strchr("#;", line[used]) && (used == 0 || strchr(" \t", line[used - 1])))
			break;
	if (used + 2 > (size_t)bytes) {
		complain(parser, "longer than %d characters", bytes - 2);
		used = 0;
	}
	problem = problem_of(line, used);
	if (problem) {
		complain(parser, "%s", problem);
		used = 0;
	} else if (used > 0 && line[0] == '[') {
		check_section(parser, line);
	}
	(void)snprintf(buffer, (size_t)bytes, "%.*s\n", (int)used, line);
	return buffer;
}

int quiesce_config_parse(struct quiesce_config *config, const char *name, const char *text,
			 const struct quiesce_complaint *complaint)
{
	struct parser parser = {
		.config = config, .name = name, .complaint = complaint, .text = text
	};

	if (strncmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
		parser.text += strlen(BYTE_ORDER_MARK);
	return ini_parse_stream(read_line, &parser, take_line, &parser) < 0 ? -ENOMEM :
									      parser.error;
}

void quiesce_config_forget_loads(struct quiesce_config *config)
{
	for (size_t i = 0; i < config->n_loads; i++) {
		free(config->loads[i].name);
		free(config->loads[i].origin);
	}
	free(config->loads);
	config->loads = NULL;
	config->n_loads = 0;
}

void quiesce_config_free(struct quiesce_config *config)
{
	for (size_t i = 0; i < config->n_rules; i++) {
		free((char *)config->rules[i].pattern);
		free((char *)config->rules[i].origin);
	}
	free(config->rules);
	config->rules = NULL;
	config->n_rules = 0;
	quiesce_config_forget_loads(config);
}
