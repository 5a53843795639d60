/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where keys were set. */
#include <string.h>

#include "check.h"

static size_t number_of(const char *name)
{
	size_t i = 0;

	while (i < QUIESCE_CHECK_KEYS && quiesce_key_name(i) && strcmp(quiesce_key_name(i), name) != 0)
		i++;
	return i;
}

/* Of the command line the words have places; of files the origin is one. */
static void take_place(void *data, const char *name, const char *origin)
{
	struct quiesce_check *check = data;
	const size_t i = number_of(name);
	const char *colon = strrchr(origin, ':');

	if (i == QUIESCE_CHECK_KEYS || (!check->file && !colon))
		return;
	free(check->keys[i].file);
	check->keys[i].file = check->file ? strdup(check->file) :
					    strndup(origin, (size_t)(colon - origin));
	check->keys[i].line = check->file ? check->line : (unsigned int)strtoul(colon + 1, NULL, 10);
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
