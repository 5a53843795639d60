/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line of the configuration: ACTION = MATCH, or load = WHAT. Pure. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "quiesce.h"

static const struct {
	const char *word;
	const char *example;
} matches[QUIESCE_MATCHES] = {
	[QUIESCE_MATCH_ADDRESS] = { "address", "0000:01:00.0 or 0000:01:00.*" },
	[QUIESCE_MATCH_ID] = { "id", "8086:10d3 or 8086:10d3:103c:1234" },
	[QUIESCE_MATCH_CLASS] = { "class", "0c0330 or 0c03*" },
	[QUIESCE_MATCH_DRIVER] = { "driver", "e1000e" },
	[QUIESCE_MATCH_PATH] = { "path", "0000:00:1c.0/00.0/02.0" },
	[QUIESCE_MATCH_CONSOLE] = { "console", NULL },
	[QUIESCE_MATCH_BOOT_VGA] = { "boot-vga", NULL },
	[QUIESCE_MATCH_DUMP_TARGET] = { "dump-target", NULL },
	[QUIESCE_MATCH_BOUND] = { "bound", NULL },
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
	{ "reset-cxl_bus", PCIRESET_RESET, PCIRESET_BIT(PCIRESET_METHOD_CXL_BUS) },
	{ "reset-acpi", PCIRESET_RESET, PCIRESET_BIT(PCIRESET_METHOD_ACPI) },
	{ "reset-pm", PCIRESET_RESET, PCIRESET_BIT(PCIRESET_METHOD_PM) },
};

const char *quiesce_action_name(size_t i)
{
	return i < ARRAY_SIZE(actions) ? actions[i].word : NULL;
}

const char *quiesce_match_name(size_t i)
{
	return i < ARRAY_SIZE(matches) ? matches[i].word : NULL;
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

/* An address, then device.function of each level: "0000:00:1c.0/00.0". */
static bool is_path(const char *text, size_t length)
{
	const char *rest = text + length;

	while (*rest) {
		char part[8];

		length = strcspn(++rest, "/");
		(void)snprintf(part, sizeof(part), "%.*s", (int)length, rest);
		if (length >= sizeof(part) || !has_shape(part, "bx.o"))
			return false;
		rest += length;
	}
	return true;
}

static char *normal_path(const char *text)
{
	const size_t length = strcspn(text, "/");
	char first[QUIESCE_PATH_PART_BYTES], *pattern = NULL;
	const char *domain;

	(void)snprintf(first, sizeof(first), "%.*s", (int)length, text);
	if (length >= sizeof(first) || !is_path(text, length))
		return NULL;
	if (has_long_shape(first))
		domain = "";
	else if (has_shape(first, "xx:bx.o"))
		domain = "0000:";
	else
		return NULL;
	return asprintf(&pattern, "%s%s", domain, text) < 0 ? NULL : pattern;
}

/* The pattern as rule_match.c compares it, or NULL where it can match nothing. */
static char *normal_pattern(enum quiesce_match match, const char *text)
{
	static const char *const short_address = "xx:bx.o", *const id = "xxxx:xxxx",
				 *const sub_id = "xxxx:xxxx:xxxx:xxxx", *const class_code = "xxxxxx";
	char *pattern = NULL;
	int r;

	if (match == QUIESCE_MATCH_PATH) {
		pattern = normal_path(text);
		r = pattern ? 0 : -EINVAL;
	} else if (match == QUIESCE_MATCH_ADDRESS && has_shape(text, short_address) &&
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

static int __attribute__((format(printf, 3, 4)))
explain(char *problem, size_t bytes, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(problem, bytes, format, args);
	va_end(args);
	return -EINVAL;
}

static int explain_unknown(char *problem, size_t bytes, const char *what, const char *word,
			   quiesce_words *words)
{
	char hint[192];

	quiesce_words_hint(words, word, hint, sizeof(hint));
	return explain(problem, bytes, "unknown %s \"%.64s\": %s", what, word, hint);
}

/* Return: 0, -EINVAL with a problem, -ENOMEM. */
static int take_pattern(struct quiesce_rule *rule, const char *text, char *problem, size_t bytes)
{
	const char *word = matches[rule->match].word, *example = matches[rule->match].example;

	if (!example)
		return text[0] ? explain(problem, bytes, "%s takes no \"%.64s\"", word, text) : 0;
	rule->pattern = normal_pattern(rule->match, text);
	if (!rule->pattern)
		return explain(problem, bytes, "%s \"%.64s\" can match nothing: %s", word, text,
			       example);
	return 0;
}

int quiesce_rule_parse(const char *action, const char *text, struct quiesce_rule *ret_rule,
		       char *problem, size_t bytes)
{
	struct quiesce_rule rule = { .action = PCIRESET_KEEP, .reason = "rule" };
	size_t i, m, length = strcspn(text, " \t");
	char kind[16];
	int r;

	problem[0] = '\0';
	(void)snprintf(kind, sizeof(kind), "%.*s", (int)length, text);
	for (m = 0; m < QUIESCE_MATCHES && strcmp(kind, matches[m].word) != 0; m++)
		;
	if (m == QUIESCE_MATCHES)
		return explain_unknown(problem, bytes, "match", kind, quiesce_match_name);

	text += length + strspn(text + length, " \t");
	rule.match = (enum quiesce_match)m;
	r = take_pattern(&rule, text, problem, bytes);
	if (r < 0)
		return r;

	for (i = 0; i < ARRAY_SIZE(actions) && strcmp(action, actions[i].word) != 0; i++)
		;
	if (i < ARRAY_SIZE(actions)) {
		rule.action = actions[i].action;
		rule.methods = actions[i].methods;
	} else {
		/* The machine that this was written for is known: leave it alone. */
		(void)explain_unknown(problem, bytes, "action", action, quiesce_action_name);
	}
	*ret_rule = rule;
	return 0;
}

/* The kernel's command line has no blanks inside a word: module:NAME is the same. */
static const char *module_name(const char *text)
{
	static const char word[] = "module";

	if (strncmp(text, word, sizeof(word) - 1) != 0 || !strchr(" \t:", text[sizeof(word) - 1]))
		return NULL;
	text += sizeof(word) - 1;
	text += strspn(text, " \t:");
	return text[0] && !strpbrk(text, " \t/") ? text : NULL;
}

static const struct {
	const char *word;
	enum quiesce_load_what what;
} load_words[] = {
	{ "dump-target", QUIESCE_LOAD_DUMP_TARGET },
	{ "console", QUIESCE_LOAD_CONSOLE },
	{ "all", QUIESCE_LOAD_ALL },
};

const char *quiesce_load_word(enum quiesce_load_what what)
{
	for (size_t i = 0; i < ARRAY_SIZE(load_words); i++)
		if (load_words[i].what == what)
			return load_words[i].word;
	return NULL;
}

int quiesce_load_parse(const char *text, struct quiesce_load *ret_load)
{
	struct quiesce_load load = { .what = QUIESCE_LOAD_MODULE };
	const char *name = module_name(text);

	if (name) {
		load.name = strdup(name);
		if (!load.name)
			return -ENOMEM;
		*ret_load = load;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(load_words); i++) {
		if (strcmp(text, load_words[i].word) != 0)
			continue;
		load.what = load_words[i].what;
		*ret_load = load;
		return 0;
	}
	load.what = QUIESCE_LOAD_ADDRESS;
	if (pcireset_address_parse(text, &load.address) < 0)
		return -EINVAL;
	*ret_load = load;
	return 0;
}
