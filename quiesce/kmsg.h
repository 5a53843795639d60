/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's log, for whoever looks for its sentences. */
#ifndef QUIESCE_KMSG_H
#define QUIESCE_KMSG_H

#include "quiesce.h"

/* kmsg.c */

/**
 * quiesce_kmsg_read() - what is there and was not read yet
 * @fd: /dev/kmsg, open with O_NONBLOCK
 * @take: gets each record, with its properties on lines of their own
 * @data: for @take
 *
 * Return: 0; -EPIPE where records were overwritten before they were read; or
 * another -errno where its end was not reached.
 */
int quiesce_kmsg_read(int fd, void (*take)(void *data, char *record), void *data);
/** quiesce_kmsg_is_kernels() - a line of the kernel's own, not of user space */
bool quiesce_kmsg_is_kernels(const char *line);
/** quiesce_kmsg_after() - what follows @sentence in @line, or NULL */
const char *quiesce_kmsg_after(const char *line, const char *sentence);

#endif
