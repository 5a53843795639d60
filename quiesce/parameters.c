/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rd.pci_quiesce on the kernel's command line. */
#include <errno.h>
#include <string.h>

#include "quiesce.h"

#define PREFIX "rd.pci_quiesce"
#define ORIGIN "kernel command line"

static void complain(struct quiesce_config *config, const struct quiesce_complaint *complaint,
		     const char *word)
{
	char problem[160];

	if (config)
		config->n_errors++;
	(void)snprintf(problem, sizeof(problem), "not understood: %s", word);
	if (complaint)
		complaint->say(complaint->data, ORIGIN, 0, problem);
}

static bool take_switch(const char *value, enum quiesce_switch *wanted)
{
	if (strcmp(value, "1") == 0)
		*wanted = QUIESCE_ON;
	else if (strcmp(value, "dry-run") == 0 || strcmp(value, "dry_run") == 0)
		*wanted = QUIESCE_DRY_RUN;
	else if (strcmp(value, "shell") == 0)
		*wanted = QUIESCE_SHELL;
	else
		*wanted = QUIESCE_OFF; /* "off", "no": whoever writes it wants less */
	return *wanted != QUIESCE_OFF || strcmp(value, "0") == 0;
}

/* The kernel takes - and _ for the same. */
static char as_underscore(char c)
{
	return c == '-' ? '_' : c;
}

static bool has_prefix(const char *word)
{
	for (const char *p = PREFIX; *p; p++, word++)
		if (as_underscore(*word) != *p)
			return false;
	return true;
}

/* Load lines replace those of the file, as any other key does. */
static bool take_key(char *key, struct quiesce_config *config, bool *loads_are_ours)
{
	char *value = strchr(key, '=');

	if (!value)
		return false;

	*value++ = '\0';
	for (char *c = key; *c; c++)
		*c = as_underscore(*c);
	if (config && strcmp(key, "load") == 0 && !*loads_are_ours) {
		quiesce_config_forget_loads(config);
		*loads_are_ours = true;
	}
	return !config || quiesce_config_set(config, key, value, ORIGIN) == 0;
}

enum quiesce_switch quiesce_parameters_parse(const char *cmdline, struct quiesce_config *config,
					     const struct quiesce_complaint *complaint)
{
	enum quiesce_switch wanted = QUIESCE_ON;
	const size_t length = strlen(PREFIX);
	_cleanup_free_ char *copy = NULL;
	bool loads_are_ours = false;
	char *rest, *word;

	copy = strdup(cmdline);
	if (!copy)
		return wanted;

	rest = copy;
	while ((word = strsep(&rest, " \t\n"))) {
		_cleanup_free_ char *as_given = NULL;
		bool good;

		if (!has_prefix(word) || (word[length] != '=' && word[length] != '.'))
			continue;

		as_given = strdup(word);
		good = word[length] == '=' ? take_switch(word + length + 1, &wanted) :
					     take_key(word + length + 1, config, &loads_are_ours);
		if (!good && as_given)
			complain(config, complaint, as_given);
	}
	return wanted;
}
