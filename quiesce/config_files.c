/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which files are the configuration: UAPI.6, Configuration Files Specification.
 * The first pci-quiesce.conf of /etc, /run and /usr/lib, then drop-ins of
 * pci-quiesce.conf.d in all three, by name; of one name the first counts.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "quiesce.h"

/* Of all files together: a crash kernel has little memory, and the fence waits. */
#define BYTES_MAX (256 * 1024)
#define DROPINS_MAX 256
#define NAME "pci-quiesce.conf"

static const char *const places[] = { "/etc", "/run", "/usr/lib" };

/* @bytes_left: how much may still be read */
struct reader {
	struct quiesce_config *config;
	const char *root;
	const struct quiesce_complaint *complaint;
	size_t bytes_left;
};

/* Sorted by name, which is heap. */
struct dropins {
	struct dropin {
		char *name;
		const char *place;
	} list[DROPINS_MAX];
	size_t n;
	bool is_cut;
};

static void say(const struct reader *reader, const char *name, const char *what, const char *why)
{
	char problem[160];

	(void)snprintf(problem, sizeof(problem), "%s: %s", what, why);
	reader->config->n_errors++;
	reader->complaint->say(reader->complaint->data, name, 0, problem);
}

static int cut(const struct reader *reader, const char *name, const char *what)
{
	say(reader, name, what, QUIESCE_CONFIG_CUT);
	reader->config->is_cut = true;
	return -EFBIG;
}

/* Below @root a link to /dev/null means the same, whether or not that is there. */
static bool is_masked(const char *root, const char *name)
{
	char path[512], target[16];
	ssize_t n;

	if (snprintf(path, sizeof(path), "%s%s", root, name) >= (int)sizeof(path))
		return false;
	n = readlink(path, target, sizeof(target));
	return n == sizeof("/dev/null") - 1 && memcmp(target, "/dev/null", (size_t)n) == 0;
}

static void reverse(struct quiesce_rule *rules, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		const struct quiesce_rule rule = rules[i];

		rules[i] = rules[n - 1 - i];
		rules[n - 1 - i] = rule;
	}
}

/* What was read last has the first word: its rules go to the front, in linear time. */
static void put_rules_first(struct quiesce_config *config, size_t n_before)
{
	if (config->n_rules == n_before)
		return;
	reverse(config->rules, n_before);
	reverse(config->rules + n_before, config->n_rules - n_before);
	reverse(config->rules, config->n_rules);
}

/* Return: 0, -ENOENT, -ENOMEM, or -errno that was complained about. */
static int load(struct reader *reader, const char *name)
{
	const size_t n_before = reader->config->n_rules;
	_cleanup_free_ char *text = NULL;
	int r;

	r = quiesce_file_read(reader->root, name, reader->bytes_left, &text);
	if (r == -ENOENT)
		return r;
	if (r == -EFBIG)
		return cut(reader, name, "more than 256 KiB of configuration");
	if (r < 0) {
		say(reader, name, "not read", quiesce_file_problem(r));
		return r;
	}
	reader->bytes_left -= strlen(text);
	r = quiesce_config_parse(reader->config, name, text, reader->complaint);
	put_rules_first(reader->config, n_before);
	return r == 0 && reader->config->is_cut ? -EFBIG : r;
}

/* Return: 0, 1 where there is none, or as load(). */
static int load_main(struct reader *reader)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		char name[64];
		int r;

		(void)snprintf(name, sizeof(name), "%s/" NAME, places[i]);
		if (is_masked(reader->root, name))
			return 0;
		r = load(reader, name);
		if (r != -ENOENT)
			return r;
	}
	return 1;
}

/* Hidden files are none: editors and package managers leave them. */
static int is_dropin(const struct dirent *entry)
{
	const size_t length = strlen(entry->d_name), suffix = sizeof(".conf") - 1;

	return entry->d_name[0] != '.' && length > suffix &&
	       strcmp(entry->d_name + length - suffix, ".conf") == 0;
}

/* Whatever the order in which they come, those that sort first stay. Return: 0 or -ENOMEM. */
static int add(struct dropins *dropins, const char *name, const char *place)
{
	struct dropin *at = dropins->list, *end = at + dropins->n;
	char *copy;

	while (at < end && strcmp(at->name, name) < 0)
		at++;
	if (at < end && strcmp(at->name, name) == 0)
		return 0;
	dropins->is_cut |= dropins->n == DROPINS_MAX;
	if (at == dropins->list + DROPINS_MAX)
		return 0;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;

	if (dropins->n == DROPINS_MAX) {
		free((--end)->name);
		dropins->n--;
	}
	memmove(at + 1, at, (size_t)(end - at) * sizeof(*at));
	*at = (struct dropin){ copy, place };
	dropins->n++;
	return 0;
}

/* Return: 0, or -errno with @path as what it is of. */
static int list(struct dropins *dropins, const char *root, const char *place, char *path,
		size_t bytes)
{
	const struct dirent *entry;
	int r = 0;
	DIR *dir;

	if (snprintf(path, bytes, "%s%s/" NAME ".d", root, place) >= (int)bytes)
		return -ENAMETOOLONG;
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while (r == 0 && (entry = readdir(dir)))
		if (is_dropin(entry))
			r = add(dropins, entry->d_name, place);
	(void)closedir(dir);
	return r;
}

static int load_dropins(struct reader *reader, const struct dropins *dropins)
{
	int result = 0;

	for (size_t i = 0; i < dropins->n && !reader->config->is_cut; i++) {
		char name[320];
		int r;

		(void)snprintf(name, sizeof(name), "%s/" NAME ".d/%s", dropins->list[i].place,
			       dropins->list[i].name);
		if (is_masked(reader->root, name))
			continue;
		r = load(reader, name);
		if (r < 0 && r != -ENOENT)
			result = r;
	}
	if (dropins->is_cut && !reader->config->is_cut)
		result = cut(reader, NAME ".d", "more than 256 files");
	return result;
}

static int load_all(struct reader *reader)
{
	struct dropins dropins = { .n = 0 };
	int result, r;

	result = load_main(reader);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		char path[512];

		r = list(&dropins, reader->root, places[i], path, sizeof(path));
		if (r < 0) {
			say(reader, path + strlen(reader->root), "not read", strerror(-r));
			result = r;
		}
	}
	r = load_dropins(reader, &dropins);
	if (r < 0 || (result == 1 && dropins.n > 0))
		result = r;
	for (size_t i = 0; i < dropins.n; i++)
		free(dropins.list[i].name);
	return result;
}

int quiesce_config_load(struct quiesce_config *config, const char *root, const char *path,
			const struct quiesce_complaint *complaint)
{
	struct reader reader = { config, root, complaint, BYTES_MAX };
	int r;

	if (path) {
		reader.root = path[0] == '/' ? "" : ".";
		r = load(&reader, path);
		if (r == -ENOENT)
			say(&reader, path, "not read", strerror(-r));
	} else {
		r = load_all(&reader);
	}
	/* It may have said "keep" of anything. */
	if (config->is_cut)
		config->level = QUIESCE_LEVEL_OBSERVE;
	return r;
}
