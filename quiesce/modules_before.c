/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which modules somebody loaded before us: a measure of how early we were. */
#include <string.h>

#include "quiesce.h"

#define MODULES_BYTES_MAX (256 * 1024)
/* Of the names in one record of the log; the report has all of them. */
#define LOGGED_BYTES 600

void quiesce_modules_before_read(struct quiesce_run *run)
{
	char *text, *line, *rest;
	size_t used = 0;

	/* A kernel without modules has no such file: then none was loaded. */
	if (quiesce_file_read(run->root, "proc/modules", MODULES_BYTES_MAX, &text) < 0)
		return;

	/* "NAME SIZE USERS ..." a line, the newest first; the names move forward. */
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		size_t length = strcspn(line, " ");

		if (length == 0)
			continue;
		(void)memmove(text + used, line, length);
		used += length;
		text[used++] = ' ';
		run->n_modules_before++;
	}
	text[used ? used - 1 : 0] = '\0';
	run->modules_before = text;
}

void quiesce_modules_before_log(const struct quiesce_run *run)
{
	const char *names = run->modules_before ? run->modules_before : "";
	const bool all = strlen(names) <= LOGGED_BYTES;

	if (run->n_modules_before == 0)
		quiesce_log(run->log, QUIESCE_INFO, "no modules were loaded before");
	else
		quiesce_log(run->log, QUIESCE_INFO, "%zu modules were loaded before: %.*s%s",
			    run->n_modules_before, LOGGED_BYTES, names, all ? "" : "...");
}

void quiesce_modules_before_print(const struct quiesce_run *run, FILE *out)
{
	const char *name = run->modules_before;
	const char *separator = "";

	/* The kernel's names have no character that JSON would escape. */
	(void)fputs("\"modules_before\":[", out);
	while (name && *name) {
		size_t length = strcspn(name, " ");

		(void)fprintf(out, "%s\"%.*s\"", separator, (int)length, name);
		name += length + strspn(name + length, " ");
		separator = ",";
	}
	(void)fputs("],", out);
}
