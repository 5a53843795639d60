/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration: [quiesce] with keys, [rules] with ACTION = MATCH lines.
 * The parser takes text and complains through a callback; whether a complaint
 * is a warning or an error is the caller's business.
 */
#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "quiesce.h"

#define CONFIG_BYTES_MAX (256 * 1024)
#define NAME "pci-quiesce.conf"

static const char *const levels[QUIESCE_LEVELS] = {
	[QUIESCE_LEVEL_OBSERVE] = "observe",
	[QUIESCE_LEVEL_FENCE] = "fence",
	[QUIESCE_LEVEL_FLR] = "flr",
	[QUIESCE_LEVEL_SBR] = "sbr",
};

static const struct {
	const char *word;
	const char *example;
} matches[QUIESCE_MATCHES] = {
	[QUIESCE_MATCH_ADDRESS] = { "address", "0000:01:00.0 or 0000:01:00.*" },
	[QUIESCE_MATCH_ID] = { "id", "8086:10d3 or 8086:10d3:103c:1234" },
	[QUIESCE_MATCH_CLASS] = { "class", "0c0330 or 0c03*" },
	[QUIESCE_MATCH_DRIVER] = { "driver", "e1000e" },
};

static const struct {
	const char *word;
	enum pcireset_action action;
	unsigned int methods;
} actions[] = {
	{ "keep", PCIRESET_KEEP, 0 },
	{ "fence", PCIRESET_FENCE, 0 },
	{ "reset", PCIRESET_RESET, PCIRESET_ANY_METHOD },
	{ "reset-flr", PCIRESET_RESET, PCIRESET_BIT(PCIRESET_METHOD_FLR) },
	{ "reset-af", PCIRESET_RESET, PCIRESET_BIT(PCIRESET_METHOD_AF) },
	{ "reset-sbr", PCIRESET_RESET, PCIRESET_BIT(PCIRESET_METHOD_SBR) },
	{ "reset-device_specific", PCIRESET_RESET,
	  PCIRESET_BIT(PCIRESET_METHOD_DEVICE_SPECIFIC) },
};

/* Milliseconds, all of them; conf/pci-quiesce.conf explains each. */
static const struct {
	const char *key;
	uint32_t dflt;
	uint32_t min;
	uint32_t max;
	size_t offset;
} numbers[] = {
	{ "drain_ms", 100, 0, 5000, offsetof(struct quiesce_config, drain_ms) },
	{ "reset_ms", 2000, 200, 60000, offsetof(struct quiesce_config, reset_ms) },
	{ "deadline_ms", 10000, 500, 120000, offsetof(struct quiesce_config, deadline_ms) },
	{ "drivers_ms", 15000, 500, 120000, offsetof(struct quiesce_config, drivers_ms) },
};

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

static uint32_t *number_at(struct quiesce_config *config, size_t offset)
{
	return (uint32_t *)((char *)config + offset);
}

void quiesce_config_defaults(struct quiesce_config *config)
{
	*config = (struct quiesce_config){ .level = QUIESCE_LEVEL_SBR };
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		*number_at(config, numbers[i].offset) = numbers[i].dflt;
}

const char *quiesce_level_word(enum quiesce_level level)
{
	return levels[level];
}

static int set_number(struct quiesce_config *config, size_t i, const char *value)
{
	unsigned long number;
	char *end;

	if (!isdigit((unsigned char)value[0]))
		return -EINVAL;
	errno = 0;
	number = strtoul(value, &end, 10);
	if (errno || *end || number < numbers[i].min || number > numbers[i].max)
		return -EINVAL;

	*number_at(config, numbers[i].offset) = (uint32_t)number;
	return 0;
}

int quiesce_config_set(struct quiesce_config *config, const char *key, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (strcmp(key, numbers[i].key) == 0)
			return set_number(config, i, value);
	if (strcmp(key, "level") != 0)
		return -ENOENT;

	for (int i = 0; i < QUIESCE_LEVELS; i++) {
		if (strcmp(value, levels[i]) != 0)
			continue;
		config->level = (enum quiesce_level)i;
		return 0;
	}
	return -EINVAL;
}

static void __attribute__((format(printf, 2, 3)))
complain(struct parser *parser, const char *format, ...)
{
	char problem[160];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(problem, sizeof(problem), format, args);
	va_end(args);
	parser->config->n_errors++;
	parser->complaint->say(parser->complaint->data, parser->name, parser->line, problem);
}

static bool fits(char c, char shape)
{
	switch (shape) {
	case 'x':
		return c == '?' || isxdigit((unsigned char)c);
	case 'b':
		return c == '?' || c == '0' || c == '1';
	case 'o':
		return c == '?' || (c >= '0' && c <= '7');
	default:
		return c && c == shape;
	}
}

/*
 * @shape is a template: x stands for a hexadecimal digit, b for a binary and o
 * for an octal one, anything else for itself. A * in the pattern stands for the
 * rest of one field.
 */
static bool has_shape(const char *pattern, const char *shape)
{
	while (*pattern) {
		if (*pattern == '*') {
			pattern++;
			while (*shape && strchr("xbo", *shape))
				shape++;
			if (*pattern == '\0')
				return true;
		} else if (fits(*pattern, *shape)) {
			pattern++;
			shape++;
		} else {
			return false;
		}
	}
	return *shape == '\0';
}

/* Domains have four digits, or as many as they need. */
static bool has_long_shape(const char *pattern)
{
	static const char *const address = "xxxxxxxx:xx:bx.o";

	if (has_shape(pattern, address + 4))
		return true;
	for (size_t spare = 0; spare < 4 && pattern[0] != '0'; spare++)
		if (has_shape(pattern, address + spare))
			return true;
	return false;
}

/* The pattern as rules.c compares it, or NULL where it can match nothing. */
static char *normal_pattern(enum quiesce_match match, const char *text)
{
	static const char *const short_address = "xx:bx.o", *const id = "xxxx:xxxx",
				 *const sub_id = "xxxx:xxxx:xxxx:xxxx", *const class_code = "xxxxxx";
	char *pattern = NULL;
	int r;

	if (match == QUIESCE_MATCH_ADDRESS && has_shape(text, short_address) &&
	    !has_long_shape(text))
		r = asprintf(&pattern, "0000:%s", text);
	else if (match == QUIESCE_MATCH_ID && has_shape(text, id))
		r = asprintf(&pattern, "%s:*", text);
	else if ((match == QUIESCE_MATCH_ADDRESS && has_long_shape(text)) ||
		 (match == QUIESCE_MATCH_ID && has_shape(text, sub_id)) ||
		 (match == QUIESCE_MATCH_CLASS && has_shape(text, class_code)) ||
		 (match == QUIESCE_MATCH_DRIVER && text[0] && !strpbrk(text, " \t/")))
		r = asprintf(&pattern, "%s", text);
	else
		return NULL;

	if (r < 0)
		return NULL;
	for (char *c = pattern; match != QUIESCE_MATCH_DRIVER && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return pattern;
}

static int add_rule(struct parser *parser, struct quiesce_rule rule)
{
	struct quiesce_config *config = parser->config;
	struct quiesce_rule *rules;
	char *origin;

	rules = reallocarray(config->rules, config->n_rules + 1, sizeof(*rules));
	if (!rules)
		return -ENOMEM;

	config->rules = rules;
	if (asprintf(&origin, "%s:%u", parser->name, parser->line) < 0)
		return -ENOMEM;

	rule.origin = origin;
	rule.reason = "rule";
	rules[config->n_rules++] = rule;
	return 0;
}

static int take_rule(struct parser *parser, const char *action, const char *text)
{
	struct quiesce_rule rule = { .action = PCIRESET_KEEP };
	char kind[16];
	size_t i, m, length = strcspn(text, " \t");
	char *pattern;
	int r;

	(void)snprintf(kind, sizeof(kind), "%.*s", (int)length, text);
	for (m = 0; m < QUIESCE_MATCHES && strcmp(kind, matches[m].word) != 0; m++)
		;
	if (m == QUIESCE_MATCHES) {
		complain(parser, "unknown match \"%s\": address, id, class or driver", kind);
		return 0;
	}

	text += length + strspn(text + length, " \t");
	pattern = normal_pattern((enum quiesce_match)m, text);
	if (!pattern) {
		complain(parser, "%s \"%s\" can match nothing: %s", matches[m].word, text,
			 matches[m].example);
		return 0;
	}
	rule.match = (enum quiesce_match)m;
	rule.pattern = pattern;

	for (i = 0; i < ARRAY_SIZE(actions) && strcmp(action, actions[i].word) != 0; i++)
		;
	if (i < ARRAY_SIZE(actions)) {
		rule.action = actions[i].action;
		rule.methods = actions[i].methods;
	} else {
		/* The machine that this was written for is known: leave it alone. */
		complain(parser, "unknown action \"%s\": keep, fence, reset or reset-METHOD",
			 action);
	}

	r = add_rule(parser, rule);
	if (r < 0)
		free(pattern);
	return r;
}

static int take_key(struct parser *parser, const char *key, const char *value)
{
	int r = quiesce_config_set(parser->config, key, value);

	if (r == -ENOENT)
		complain(parser, "unknown key \"%s\"", key);
	else if (r < 0)
		complain(parser, "bad value \"%s\" for %s", value, key);
	return 0;
}

static int take_line(void *data, const char *section, const char *name, const char *value)
{
	struct parser *parser = data;
	int r = 0;

	if (strcmp(section, "rules") == 0)
		r = take_rule(parser, name, value);
	else if (strcmp(section, "quiesce") == 0)
		r = take_key(parser, name, value);
	else
		complain(parser, "unknown section \"[%s]\": quiesce or rules", section);
	if (r < 0)
		parser->error = r;
	return 1;
}

/*
 * Lines for inih, made equal for every way that it can be built: no
 * indentation, which may continue the line before; no comments, whose signs
 * differ. It keeps no line number that every build tells.
 */
static char *read_line(char *buffer, int bytes, void *stream)
{
	struct parser *parser = stream;
	const char *line = parser->text;
	size_t length = strcspn(line, "\n"), used, blank;

	if (!*line)
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
	(void)snprintf(buffer, (size_t)bytes, "%.*s\n", (int)used, line);
	return buffer;
}

int quiesce_config_parse(struct quiesce_config *config, const char *name, const char *text,
			 const struct quiesce_complaint *complaint)
{
	struct parser parser = {
		.config = config, .name = name, .complaint = complaint, .text = text
	};
	int line;

	line = ini_parse_stream(read_line, &parser, take_line, &parser);
	if (line < 0)
		return -ENOMEM;
	/* inih goes on behind a line that it cannot read, and returns the first. */
	if (line > 0) {
		parser.line = (unsigned int)line;
		complain(&parser, "neither [section] nor key = value");
	}
	return parser.error;
}

int quiesce_config_load(struct quiesce_config *config, const char *root, const char *path,
			const struct quiesce_complaint *complaint)
{
	_cleanup_free_ char *text = NULL;
	const char *name = path;
	int r;

	if (path) {
		r = quiesce_file_read(path[0] == '/' ? "" : ".", path, CONFIG_BYTES_MAX, &text);
	} else {
		name = "/etc/" NAME;
		r = quiesce_file_read(root, name + 1, CONFIG_BYTES_MAX, &text);
		if (r == -ENOENT) {
			name = "/usr/lib/" NAME;
			r = quiesce_file_read(root, name + 1, CONFIG_BYTES_MAX, &text);
		}
		if (r == -ENOENT)
			return 0;
	}
	if (r < 0) {
		config->n_errors++;
		complaint->say(complaint->data, name, 0, strerror(-r));
		return r;
	}
	return quiesce_config_parse(config, name, text, complaint);
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
}
