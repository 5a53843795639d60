/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of [quiesce]: defaults, what they may be, words for both directions. */
#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "quiesce.h"

static const char *const levels[QUIESCE_LEVELS + 1] = {
	[QUIESCE_LEVEL_OBSERVE] = "observe",
	[QUIESCE_LEVEL_FENCE] = "fence",
	[QUIESCE_LEVEL_FLR] = "flr",
	[QUIESCE_LEVEL_SBR] = "sbr",
	[QUIESCE_LEVEL_IOMMU] = "iommu",
};

static const char *const modes[QUIESCE_MODES + 1] = {
	[QUIESCE_MODE_INIT] = "init",
	[QUIESCE_MODE_UNIT] = "unit",
	[QUIESCE_MODE_LATE] = "late",
};

static const char *const engines[] = {
	[PCIRESET_ENGINE_NONE] = "auto",
	[PCIRESET_ENGINE_DIRECT] = "direct",
	[PCIRESET_ENGINE_KERNEL] = "kernel",
	[PCIRESET_ENGINES] = NULL,
};

static const char *const answers[] = { "no", "yes", NULL };

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
	{ "window_ms", 0, 0, 5000, offsetof(struct quiesce_config, window_ms) },
};

/* Behind the numbers. */
static const char *const other_keys[] = { "contain", "engine", "level", "load",
					  "mode",    "strict", NULL };

const char *quiesce_key_name(size_t i)
{
	return i < ARRAY_SIZE(numbers) ? numbers[i].key : other_keys[i - ARRAY_SIZE(numbers)];
}

static const char *level_name(size_t i)
{
	return levels[i];
}

static const char *mode_name(size_t i)
{
	return modes[i];
}

static const char *engine_name(size_t i)
{
	return engines[i];
}

static const char *contain_name(size_t i)
{
	return i < PCIRESET_CONTAINS ? pcireset_contain_word((enum pcireset_contain)i) : NULL;
}

static const char *answer_name(size_t i)
{
	return answers[i];
}

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
static int find_word(const char *value, quiesce_words *words)
{
	for (size_t i = 0; words(i); i++)
		if (strcmp(value, words(i)) == 0)
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

/* None, or some ways with commas between them, each once. */
static int set_contain(struct quiesce_config *config, const char *value)
{
	enum pcireset_contain ways[PCIRESET_CONTAINS] = { PCIRESET_CONTAIN_NONE };
	char text[32], *rest = text;
	size_t n = 0;

	if (snprintf(text, sizeof(text), "%s", value) >= (int)sizeof(text))
		return -EINVAL;
	while (rest) {
		const char *part = strsep(&rest, ",");
		int word = find_word(part + strspn(part, " "), contain_name);

		if (word < 0 || (word == PCIRESET_CONTAIN_NONE && (n || rest)))
			return -EINVAL;
		for (size_t i = 0; i < n; i++)
			if (ways[i] == (enum pcireset_contain)word)
				return -EINVAL;
		ways[n++] = (enum pcireset_contain)word;
	}
	memcpy(config->contain, ways, sizeof(ways));
	return 0;
}

/* What a key may be, for people: "200 to 60000". */
static const char *values(const char *key, char *text, size_t bytes)
{
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (strcmp(key, numbers[i].key) != 0)
			continue;
		(void)snprintf(text, bytes, "%u to %u", numbers[i].min, numbers[i].max);
		return text;
	}
	if (strcmp(key, "level") == 0)
		return quiesce_words_list(level_name, text, bytes);
	if (strcmp(key, "engine") == 0)
		return quiesce_words_list(engine_name, text, bytes);
	if (strcmp(key, "contain") == 0)
		return quiesce_words_list(contain_name, text, bytes);
	if (strcmp(key, "mode") == 0)
		return quiesce_words_list(mode_name, text, bytes);
	if (strcmp(key, "strict") == 0)
		return quiesce_words_list(answer_name, text, bytes);
	return "dump-target, console, all, none, ADDRESS or module NAME";
}

const char *quiesce_config_explain(int error, const char *key, const char *value, char *text,
				   size_t bytes)
{
	char hint[192];

	if (error == -ENOENT) {
		quiesce_words_hint(quiesce_key_name, key, hint, sizeof(hint));
		(void)snprintf(text, bytes, "unknown key \"%.64s\": %s", key, hint);
	} else if (strcmp(key, "contain") == 0) {
		(void)snprintf(text, bytes,
			       "bad value \"%.64s\" for contain: none, or some of d3hot, link and "
			       "iommu, each once, with commas between", value);
	} else {
		(void)snprintf(text, bytes, "bad value \"%.64s\" for %s: %s", value, key,
			       values(key, hint, sizeof(hint)));
	}
	return text;
}

static int set_key(struct quiesce_config *config, const char *key, const char *value,
		   const char *origin)
{
	int word = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (strcmp(key, numbers[i].key) == 0)
			return set_number(config, i, value);
	if (strcmp(key, "load") == 0)
		return add_load(config, value, origin);
	if (strcmp(key, "contain") == 0)
		return set_contain(config, value);

	if (strcmp(key, "level") == 0) {
		word = find_word(value, level_name);
		config->level = word < 0 ? config->level : (enum quiesce_level)word;
		config->level_is_set |= word >= 0;
	} else if (strcmp(key, "engine") == 0) {
		word = find_word(value, engine_name);
		config->engine = word < 0 ? config->engine : (enum pcireset_engine)word;
	} else if (strcmp(key, "mode") == 0) {
		word = find_word(value, mode_name);
		config->mode = word < 0 ? config->mode : (enum quiesce_mode)word;
	} else if (strcmp(key, "strict") == 0) {
		word = find_word(value, answer_name);
		config->strict = word < 0 ? config->strict : word == 1;
	}
	return word < 0 ? word : 0;
}

int quiesce_config_set(struct quiesce_config *config, const char *key, const char *value,
		       const char *origin)
{
	const int r = set_key(config, key, value, origin);

	if (r == 0 && config->on_set)
		config->on_set(config->on_set_data, key, origin);
	return r;
}

static void print_contain(const struct quiesce_config *config, FILE *out)
{
	size_t n = 0;

	do
		(void)fprintf(out, "%s%s", n ? "," : "", pcireset_contain_word(config->contain[n]));
	while (config->contain[n] && config->contain[++n]);
	(void)fputs("\n", out);
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

/* All that may be written, for whoever describes it: conf/, manual pages, completion. */
static void print_words(FILE *out)
{
	struct quiesce_config defaults;
	char text[128];

	quiesce_config_defaults(&defaults);
	for (size_t i = 0; quiesce_key_name(i); i++) {
		const char *key = quiesce_key_name(i);

		(void)fprintf(out, "key %s: %s\n", key, values(key, text, sizeof(text)));
		if (strcmp(key, "load") == 0)
			continue;
		(void)fprintf(out, "default %s = ", key);
		(void)quiesce_config_print(&defaults, key, out);
	}
	for (size_t i = 0; quiesce_action_name(i); i++)
		(void)fprintf(out, "action %s\n", quiesce_action_name(i));
	for (size_t i = 0; quiesce_match_name(i); i++)
		(void)fprintf(out, "match %s\n", quiesce_match_name(i));
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
	else if (strcmp(key, "engine") == 0)
		(void)fprintf(out, "%s\n", engines[config->engine]);
	else if (strcmp(key, "contain") == 0)
		print_contain(config, out);
	else if (strcmp(key, "mode") == 0)
		(void)fprintf(out, "%s\n", modes[config->mode]);
	else if (strcmp(key, "strict") == 0)
		(void)fprintf(out, "%s\n", answers[config->strict]);
	else if (strcmp(key, "load") == 0)
		for (size_t i = 0; i < config->n_loads; i++)
			print_load(&config->loads[i], out);
	else if (strcmp(key, "words") == 0)
		print_words(out);
	else
		return -ENOENT;
	return 0;
}
