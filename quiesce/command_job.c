/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What run and load share: a supervised worker that a signal can end early. */
#include <sys/signalfd.h>

#include "commands_supervised.h"

void quiesce_job_begin(const struct quiesce_job *job)
{
	(void)sigprocmask(SIG_SETMASK, &job->signals_before, NULL);
	quiesce_child_detach(STDIN_FILENO, STDOUT_FILENO);
}

void quiesce_job_end(int tell_fd)
{
	quiesce_child_detach(STDERR_FILENO, STDERR_FILENO);
	quiesce_tell(tell_fd, QUIESCE_TELL_DONE);
}

/* It was answered: what follows may be interrupted as ever. */
static void forget_signals(int interrupt_fd, const sigset_t *before)
{
	struct signalfd_siginfo info;

	while (read(interrupt_fd, &info, sizeof(info)) > 0)
		;
	(void)sigprocmask(SIG_SETMASK, before, NULL);
}

/* Whoever interrupts us gets the drivers back all the same. */
int quiesce_job_supervise(struct quiesce_job *job, quiesce_worker *worker)
{
	_cleanup_close_ int interrupt_fd = -1;
	sigset_t signals;
	int code;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGHUP);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &signals, &job->signals_before);
	interrupt_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);

	code = quiesce_supervise(&(struct quiesce_supervision){
		.log = job->run->log,
		.root = job->run->root,
		.config = &job->run->config,
		.interrupt_fd = interrupt_fd,
		.worker = worker,
		.data = job,
	});
	forget_signals(interrupt_fd, &job->signals_before);
	return code;
}

/* A hook of kdump's that fails may cost the dump; whoever switched it off wants that least. */
int quiesce_job_code(const struct quiesce_run *run, int code)
{
	if (!quiesce_is_kdump(run->root))
		return code;
	return run->config.strict && code != QUIESCE_REFUSED ? code : QUIESCE_OK;
}
