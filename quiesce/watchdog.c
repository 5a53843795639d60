/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A watchdog that somebody in this kernel has opened fires unless it is fed, and
 * sysfs tells when. One that the crashed kernel left running is fed by its driver
 * until then; without its driver nobody knows of it: deadline_ms and drivers_ms
 * have to be set for such a machine.
 * Source: Documentation/ABI/testing/sysfs-class-watchdog.
 */
#include <dirent.h>
#include <string.h>

#include "supervise.h"

#define CLASS "sys/class/watchdog"

static bool read_attr(const char *root, const char *name, const char *attr, char **ret_text)
{
	char path[320];

	(void)snprintf(path, sizeof(path), CLASS "/%s/%s", name, attr);
	return quiesce_file_read(root, path, 64, ret_text) == 0;
}

/* Seconds, or -1. */
static long read_seconds(const char *root, const char *name, const char *attr)
{
	_cleanup_free_ char *text = NULL;
	char *end;
	long seconds;

	if (!read_attr(root, name, attr, &text))
		return -1;
	seconds = strtol(text, &end, 10);
	return end == text || seconds < 0 || seconds > 1000000 ? -1 : seconds;
}

static uint32_t left_ms(const char *root, const char *name)
{
	_cleanup_free_ char *state = NULL;
	long seconds;

	if (!read_attr(root, name, "state", &state) || strncmp(state, "active", 6) != 0)
		return UINT32_MAX;
	seconds = read_seconds(root, name, "timeleft");
	if (seconds <= 0)
		seconds = read_seconds(root, name, "timeout");
	return seconds < 0 ? UINT32_MAX : (uint32_t)seconds * 1000;
}

uint32_t quiesce_watchdog_ms(const char *root)
{
	uint32_t first_ms = UINT32_MAX;
	const struct dirent *entry;
	char path[512];
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/" CLASS, root);
	dir = opendir(path);
	if (!dir)
		return first_ms;

	while ((entry = readdir(dir))) {
		uint32_t ms = entry->d_name[0] == '.' ? UINT32_MAX : left_ms(root, entry->d_name);

		if (ms < first_ms)
			first_ms = ms;
	}
	(void)closedir(dir);
	return first_ms;
}
