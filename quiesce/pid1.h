/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PID 1 of the crash image. */
#ifndef QUIESCE_PID1_H
#define QUIESCE_PID1_H

#include "supervise.h"

/* early.c */

/** quiesce_early_mounts() - /proc, /sys, /dev and /run where they are missing */
void quiesce_early_mounts(void);

/* init.c */

/**
 * quiesce_init() - the /init role: worker, put back, next init
 * @argv: passed on to the next init
 * @worker: what to run
 *
 * Return: only where no init could be executed; an exit code.
 */
int quiesce_init(char **argv, quiesce_worker *worker);

/* shell.c */

/**
 * quiesce_shell() - a shell on the console, until it ends
 * @root: prefix of console, shell and report
 *
 * Without console or shell: a line in the log, and back at once.
 *
 * Return: true where a complete run was made by hand in it.
 */
bool quiesce_shell(const struct quiesce_log *log, const char *root);

/* handoff.c */

/** quiesce_handoff() - execute the first init there is; returns where none is */
void quiesce_handoff(const struct quiesce_log *log, char **argv);
/** quiesce_handoff_shell() - become a shell with an environment of its own; -errno */
int quiesce_handoff_shell(const char *shell);

#endif
