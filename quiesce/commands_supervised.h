/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that touch the machine, and so need a supervisor. */
#ifndef QUIESCE_COMMANDS_SUPERVISED_H
#define QUIESCE_COMMANDS_SUPERVISED_H

#include <signal.h>

#include "commands.h"
#include "supervise.h"

/**
 * struct quiesce_job - what a command's worker needs
 * @options: the command line
 * @run: root, log and config are set
 * @signals_before: for the worker; its supervisor blocks what interrupts it
 */
struct quiesce_job {
	const struct quiesce_options *options;
	struct quiesce_run *run;
	sigset_t signals_before;
};

/** quiesce_job_supervise() - quiesce_supervise(), ended early by a signal; exit code */
int quiesce_job_supervise(struct quiesce_job *job, quiesce_worker *worker);
/**
 * quiesce_job_begin() - first call of a worker
 *
 * It gets its signals, and gives up standard input and output: one that is left
 * behind must not hold a pipe whose end somebody waits for.
 */
void quiesce_job_begin(const struct quiesce_job *job);
/** quiesce_job_end() - last call of a worker: standard error is given up, too, and done told */
void quiesce_job_end(int tell_fd);
/** quiesce_job_code() - the exit code: in a kdump kernel 0 unless strict, and where refused */
int quiesce_job_code(const struct quiesce_run *run, int code);

#endif
