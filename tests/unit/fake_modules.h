/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A root with modules for the running kernel: make-modules.sh says which. */
#ifndef FAKE_MODULES_H
#define FAKE_MODULES_H

#include <stdio.h>
#include <stdlib.h>

/* Makes a directory below the working one; its name is written to @root. */
static inline int fake_modules_make(char root[static 64])
{
	const char *script = getenv("PQ_MAKE_MODULES");
	char command[512];

	(void)snprintf(root, 64, "test-modules.XXXXXX");
	if (!script || !mkdtemp(root))
		return -1;
	(void)snprintf(command, sizeof(command), "'%s' \"$PWD\"/'%s'", script, root);
	return system(command);
}

static inline int fake_modules_remove(const char *root)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

#endif
