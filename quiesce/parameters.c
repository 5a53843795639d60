/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rd.pci_quiesce on the kernel's command line. */
#include <errno.h>
#include <string.h>

#include "quiesce.h"

#define PREFIX "rd.pci_quiesce"
#define ORIGIN "kernel command line"

static void complain(struct quiesce_config *config, const struct quiesce_complaint *complaint,
		     const char *word, const char *why)
{
	char problem[512];

	if (config)
		config->n_errors++;
	(void)snprintf(problem, sizeof(problem), "not understood: %.128s: %s", word, why);
	if (complaint)
		complaint->say(complaint->data, ORIGIN, 0, problem);
}

static const char *switch_name(size_t i)
{
	static const char *const switches[] = { "0", "1", "dry-run", "shell", NULL };

	return switches[i];
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

bool quiesce_parameter_is_ours(const char *word)
{
	for (const char *p = PREFIX; *p; p++, word++)
		if (as_underscore(*word) != *p)
			return false;
	return *word == '=' || *word == '.';
}

/* Load lines replace those of the file, as any other key does. True, or @why not. */
static bool take_key(char *key, struct quiesce_config *config, bool *loads_are_ours, char *why,
		     size_t bytes)
{
	char *value = strchr(key, '=');
	int r;

	if (!value) {
		(void)snprintf(why, bytes, "no value");
		return false;
	}
	*value++ = '\0';
	for (char *c = key; *c; c++)
		*c = as_underscore(*c);
	if (!config)
		return true;
	if (strcmp(key, "load") == 0 && !*loads_are_ours) {
		quiesce_config_forget_loads(config);
		*loads_are_ours = true;
	}
	r = quiesce_config_set(config, key, value, ORIGIN);
	if (r < 0)
		(void)quiesce_config_explain(r, key, value, why, bytes);
	return r == 0;
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
		char why[320];
		bool good;

		if (!quiesce_parameter_is_ours(word))
			continue;

		as_given = strdup(word);
		if (word[length] == '.') {
			good = take_key(word + length + 1, config, &loads_are_ours, why,
					sizeof(why));
		} else {
			good = take_switch(word + length + 1, &wanted);
			quiesce_words_hint(switch_name, word + length + 1, why, sizeof(why));
		}
		if (!good && as_given)
			complain(config, complaint, as_given, why);
	}
	return wanted;
}
