/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages: the kernel's log, where they survive beside the dump, and stderr. */
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#include "quiesce.h"

/* A record of /dev/kmsg holds a little less than 1 KiB. */
#define RECORD_BYTES 900

void quiesce_log_open_kmsg(struct quiesce_log *log, const char *root)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/dev/kmsg", root);
	/* O_NONBLOCK: whatever is there in its place must not hold PID 1. */
	log->kmsg_fd = open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

void quiesce_log(const struct quiesce_log *log, enum quiesce_level_of_log level,
		 const char *format, ...)
{
	char record[RECORD_BYTES];
	va_list args;
	int head, n;

	head = snprintf(record, sizeof(record), "<%d>pci-quiesce: ", level);
	va_start(args, format);
	n = vsnprintf(record + head, sizeof(record) - (size_t)head - 1, format, args);
	va_end(args);
	if (n < 0)
		return;

	/* Names come from devices and files: nothing of theirs steers a terminal. */
	for (char *c = record + head; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	(void)strcat(record, "\n");
	/* One write a record; stdio would seek, which /dev/kmsg refuses. */
	if (log->kmsg_fd >= 0)
		(void)!write(log->kmsg_fd, record, strlen(record));
	if ((int)level <= log->stderr_max)
		(void)fputs(record + 3, stderr);
}
