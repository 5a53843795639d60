/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's log, record by record. */
#include <errno.h>
#include <string.h>

#include "kmsg.h"

/* A record and its properties: kernel/printk/printk.c, PRINTKRB_RECORD_MAX. */
#define RECORD_BYTES 8192
/* A log buffer of 2 MiB holds fewer. */
#define RECORDS_MAX 50000

/*
 * "PRIORITY,SEQUENCE,TIME,FLAGS;TEXT", the facility above the three bits of the
 * level: user space cannot write with the kernel's.
 */
bool quiesce_kmsg_is_kernels(const char *line)
{
	char *end;
	unsigned long priority = strtoul(line, &end, 10);

	return end != line && *end == ',' && priority < 8;
}

const char *quiesce_kmsg_after(const char *line, const char *sentence)
{
	const char *found = strstr(line, sentence);

	return found ? found + strlen(sentence) : NULL;
}

int quiesce_kmsg_read(int fd, void (*take)(void *data, char *record), void *data)
{
	char record[RECORD_BYTES];
	int result = 0;

	for (size_t n = 0; n < RECORDS_MAX; n++) {
		ssize_t bytes = read(fd, record, sizeof(record) - 1);

		if (bytes < 0 && errno == EPIPE) { /* overwritten before we came to it */
			result = -EPIPE;
			continue;
		}
		if (bytes < 0 && errno == EINTR)
			continue;
		if (bytes <= 0)
			return bytes == 0 || errno == EAGAIN ? result : -errno;

		record[bytes] = '\0';
		take(data, record);
	}
	return -E2BIG;
}
