/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel settings that are different for a while. */
#include <fcntl.h>
#include <string.h>

#include "supervise.h"

static bool write_value(const char *root, const char *path, const char *value)
{
	_cleanup_close_ int fd = -1;
	char full[512];

	if (snprintf(full, sizeof(full), "%s/%s", root, path) >= (int)sizeof(full))
		return false;
	/* O_TRUNC means nothing to proc; it keeps a copy of one exact. */
	fd = open(full, O_WRONLY | O_TRUNC | O_CLOEXEC);
	return fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value);
}

void quiesce_sysctl_set(struct quiesce_sysctl *sysctl, const char *root)
{
	_cleanup_free_ char *now = NULL;
	size_t length;

	sysctl->before[0] = '\0';
	if (quiesce_file_read(root, sysctl->path, sizeof(sysctl->before), &now) < 0)
		return;
	length = strcspn(now, "\n");
	if (strlen(sysctl->value) == length && strncmp(now, sysctl->value, length) == 0)
		return;
	if (write_value(root, sysctl->path, sysctl->value))
		(void)snprintf(sysctl->before, sizeof(sysctl->before), "%s", now);
}

void quiesce_sysctl_restore(struct quiesce_sysctl *sysctl, const char *root)
{
	if (sysctl->before[0])
		(void)write_value(root, sysctl->path, sysctl->before);
	sysctl->before[0] = '\0';
}
