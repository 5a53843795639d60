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
#define PROBLEM_BYTES 160

static const char *const levels[QUIESCE_LEVELS] = {
	[QUIESCE_LEVEL_OBSERVE] = "observe",
	[QUIESCE_LEVEL_FENCE] = "fence",
	[QUIESCE_LEVEL_FLR] = "flr",
	[QUIESCE_LEVEL_SBR] = "sbr",
	[QUIESCE_LEVEL_IOMMU] = "iommu",
};

static const char *const modes[QUIESCE_MODES] = {
	[QUIESCE_MODE_INIT] = "init",
	[QUIESCE_MODE_UNIT] = "unit",
	[QUIESCE_MODE_LATE] = "late",
};

static const char *const answers[] = { "no", "yes" };

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
	{ "module_ms", 5000, 100, 120000, offsetof(struct quiesce_config, module_ms) },
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
	*config = (struct quiesce_config){ .level = QUIESCE_LEVEL_IOMMU };
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

/* Return: which of the words, or -EINVAL. */
static int find_word(const char *value, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(value, words[i]) == 0)
			return (int)i;
	return -EINVAL;
}

/* Return: 0, -EINVAL bad value, -ENOMEM. */
static int add_load(struct quiesce_config *config, const char *value, const char *origin)
{
	struct quiesce_load load, *loads;
	int r;

	if (strcmp(value, "none") == 0) {
		quiesce_config_forget_loads(config);
		return 0;
	}
	r = quiesce_load_parse(value, &load);
	if (r < 0)
		return r;

	load.origin = strdup(origin);
	loads = reallocarray(config->loads, config->n_loads + 1, sizeof(*loads));
	if (loads)
		config->loads = loads;
	if (!loads || !load.origin) {
		free(load.name);
		free(load.origin);
		return -ENOMEM;
	}
	loads[config->n_loads++] = load;
	return 0;
}

int quiesce_config_set(struct quiesce_config *config, const char *key, const char *value,
		       const char *origin)
{
	int word = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (strcmp(key, numbers[i].key) == 0)
			return set_number(config, i, value);
	if (strcmp(key, "load") == 0)
		return add_load(config, value, origin);

	if (strcmp(key, "level") == 0) {
		word = find_word(value, levels, ARRAY_SIZE(levels));
		config->level = word < 0 ? config->level : (enum quiesce_level)word;
	} else if (strcmp(key, "mode") == 0) {
		word = find_word(value, modes, ARRAY_SIZE(modes));
		config->mode = word < 0 ? config->mode : (enum quiesce_mode)word;
	} else if (strcmp(key, "strict") == 0) {
		word = find_word(value, answers, ARRAY_SIZE(answers));
		config->strict = word < 0 ? config->strict : word == 1;
	}
	return word < 0 ? word : 0;
}

static void print_load(const struct quiesce_load *load, FILE *out)
{
	char address[PCIRESET_ADDRESS_BYTES];

	if (load->what == QUIESCE_LOAD_MODULE)
		(void)fprintf(out, "module %s\n", load->name);
	else if (load->what == QUIESCE_LOAD_ADDRESS)
		(void)fprintf(out, "%s\n", pcireset_address_format(load->address, address));
	else
		(void)fprintf(out, "%s\n", quiesce_load_word(load->what));
}

int quiesce_config_print(struct quiesce_config *config, const char *key, FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (strcmp(key, numbers[i].key) != 0)
			continue;
		(void)fprintf(out, "%u\n", *number_at(config, numbers[i].offset));
		return 0;
	}
	if (strcmp(key, "level") == 0)
		(void)fprintf(out, "%s\n", levels[config->level]);
	else if (strcmp(key, "mode") == 0)
		(void)fprintf(out, "%s\n", modes[config->mode]);
	else if (strcmp(key, "strict") == 0)
		(void)fprintf(out, "%s\n", answers[config->strict]);
	else if (strcmp(key, "load") == 0)
		for (size_t i = 0; i < config->n_loads; i++)
			print_load(&config->loads[i], out);
	else
		return -ENOENT;
	return 0;
}

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

static int take_rule(struct parser *parser, const char *action, const char *text)
{
	struct quiesce_config *config = parser->config;
	struct quiesce_rule rule, *rules;
	char problem[PROBLEM_BYTES], *origin = NULL;
	int r;

	r = quiesce_rule_parse(action, text, &rule, problem, sizeof(problem));
	if (problem[0])
		complain(parser, "%s", problem);
	if (r < 0)
		return r == -EINVAL ? 0 : r;

	rules = reallocarray(config->rules, config->n_rules + 1, sizeof(*rules));
	if (rules)
		config->rules = rules;
	if (!rules || asprintf(&origin, "%s:%u", parser->name, parser->line) < 0) {
		free((char *)rule.pattern);
		return -ENOMEM;
	}
	rule.origin = origin;
	rules[config->n_rules++] = rule;
	return 0;
}

static int take_key(struct parser *parser, const char *key, const char *value)
{
	char origin[256];
	int r;

	(void)snprintf(origin, sizeof(origin), "%s:%u", parser->name, parser->line);
	r = quiesce_config_set(parser->config, key, value, origin);
	if (r == -ENOMEM)
		return r;
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
		char problem[PROBLEM_BYTES];

		(void)snprintf(problem, sizeof(problem), "not read: %s", quiesce_file_problem(r));
		config->n_errors++;
		complaint->say(complaint->data, name, 0, problem);
		return r;
	}
	return quiesce_config_parse(config, name, text, complaint);
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
