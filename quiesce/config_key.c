/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of [quiesce]: defaults, what they may be, words for both directions. */
#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "quiesce.h"

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

void quiesce_alternative_add(char *text, size_t bytes, const char *word, size_t i, size_t n)
{
	size_t used = strlen(text);

	(void)snprintf(text + used, bytes - used, "%s%s",
		       i == 0	  ? "" :
		       i == n - 1 ? " or " :
				    ", ",
		       word);
}

static const char *alternatives(const char *const *words, size_t n, char *text, size_t bytes)
{
	text[0] = '\0';
	for (size_t i = 0; i < n; i++)
		quiesce_alternative_add(text, bytes, words[i], i, n);
	return text;
}

const char *quiesce_config_values(const char *key, char *text, size_t bytes)
{
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (strcmp(key, numbers[i].key) != 0)
			continue;
		(void)snprintf(text, bytes, "%u to %u", numbers[i].min, numbers[i].max);
		return text;
	}
	if (strcmp(key, "level") == 0)
		return alternatives(levels, ARRAY_SIZE(levels), text, bytes);
	if (strcmp(key, "mode") == 0)
		return alternatives(modes, ARRAY_SIZE(modes), text, bytes);
	if (strcmp(key, "strict") == 0)
		return alternatives(answers, ARRAY_SIZE(answers), text, bytes);
	if (strcmp(key, "load") == 0)
		return "dump-target, console, all, none, ADDRESS or module NAME";
	return NULL;
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
