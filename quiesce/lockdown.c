/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is the kernel locked down: then registers are its own to write. */
#include <string.h>

#include "quiesce.h"

bool quiesce_cmdline_locks_down(const char *cmdline)
{
	static const char *const words[] = { "lockdown=integrity", "lockdown=confidentiality" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		for (const char *at = cmdline; (at = strstr(at, words[i])); at++) {
			const char end = at[strlen(words[i])];

			if ((at == cmdline || strchr(" \t\n", at[-1])) && strchr(" \t\n", end))
				return true;
		}
	return false;
}

bool quiesce_is_locked_down(const char *root)
{
	_cleanup_free_ char *level = NULL, *cmdline = NULL;

	/* "none [integrity] confidentiality"; securityfs may not be mounted. */
	if (quiesce_file_read(root, QUIESCE_LOCKDOWN, 256, &level) == 0)
		return strchr(level, '[') && !strstr(level, "[none]");
	return quiesce_file_read(root, "proc/cmdline", QUIESCE_CMDLINE_BYTES_MAX, &cmdline) == 0 &&
	       quiesce_cmdline_locks_down(cmdline);
}
