/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where keys were set, and which of them have no effect beside others. */
#include <string.h>

#include "check.h"

static size_t number_of(const char *name)
{
	size_t i = 0;

	for (; i < QUIESCE_CHECK_KEYS && quiesce_key_name(i); i++)
		if (strcmp(quiesce_key_name(i), name) == 0)
			return i;
	return QUIESCE_CHECK_KEYS;
}

/* Of the command line the words have places; of files the origin is one. */
static void take_place(void *data, const char *name, const char *origin)
{
	struct quiesce_check *check = data;
	const size_t i = number_of(name);
	const char *colon = strrchr(origin, ':');

	if (check->file && strcmp(name, "mode") == 0)
		quiesce_check_say(check, QUIESCE_IS_NOTE, check->file, check->line,
				  "mode has no effect on the kernel command line: the image is "
				  "built with it");
	if (i == QUIESCE_CHECK_KEYS || (!check->file && !colon))
		return;
	free(check->keys[i].file);
	check->keys[i].file = check->file ? strdup(check->file) :
					    strndup(origin, (size_t)(colon - origin));
	check->keys[i].line = check->file ? check->line :
					    (unsigned int)strtoul(colon + 1, NULL, 10);
}

void quiesce_check_watch_keys(struct quiesce_check *check)
{
	check->run.config.on_set = take_place;
	check->run.config.on_set_data = check;
}

const struct quiesce_check_key *quiesce_check_key(const struct quiesce_check *check,
						  const char *name)
{
	static const struct quiesce_check_key nowhere;
	const size_t i = number_of(name);

	return i < QUIESCE_CHECK_KEYS ? &check->keys[i] : &nowhere;
}

void quiesce_check_forget_keys(struct quiesce_check *check)
{
	for (size_t i = 0; i < QUIESCE_CHECK_KEYS; i++)
		free(check->keys[i].file);
}

void quiesce_check_keys(struct quiesce_check *check)
{
	const struct quiesce_config *config = &check->run.config;
	const struct quiesce_check_key *contain = quiesce_check_key(check, "contain");
	const struct quiesce_check_key *window = quiesce_check_key(check, "window_ms");
	const struct quiesce_check_key *reset = quiesce_check_key(check, "reset_ms");
	const uint32_t end_ms = quiesce_resets_end_ms(config->deadline_ms);

	if (config->contain[0] && config->level == QUIESCE_LEVEL_OBSERVE)
		quiesce_check_say(check, QUIESCE_IS_NOTE, contain->file, contain->line,
				  "contain has no effect at level = observe");
	if (config->window_ms && config->level < QUIESCE_LEVEL_IOMMU)
		quiesce_check_say(check, QUIESCE_IS_NOTE, window->file, window->line,
				  "window_ms has no effect below level = iommu");
	else if (config->window_ms > config->drivers_ms / 2)
		quiesce_check_say(check, QUIESCE_IS_NOTE, window->file, window->line,
				  "window_ms gets less than half of drivers_ms, %u",
				  config->drivers_ms);
	/* The default is for the default. */
	if (reset->file && config->reset_ms > end_ms)
		quiesce_check_say(check, QUIESCE_IS_NOTE, reset->file, reset->line,
				  "reset_ms gets no more than %u: deadline_ms is %u", end_ms,
				  config->deadline_ms);
}
