/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run by hand or from a hook: the same worker as PID 1's, supervised in the same way. */
#include <stdio_ext.h>
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

static void work(struct quiesce_shared *shared, uint64_t started_us, int tell_fd, void *data)
{
	const struct quiesce_job *job = data;
	struct quiesce_run *run = job->run;
	int r;

	quiesce_job_begin(job);
	r = quiesce_work(run, shared, started_us, tell_fd);
	if (r == 0 && run->dry_run)
		r = quiesce_leave_plan(run);
	shared->exit_code = r < 0 || run->n_bad > 0 || run->report_error ? QUIESCE_BAD_FUNCTIONS
									 : QUIESCE_OK;
	quiesce_job_end(tell_fd);
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

/* Of an earlier run: it must not be taken for this one's. The first is kept. */
static void put_report_away(const char *root)
{
	char path[512];

	quiesce_report_keep(root);
	if (snprintf(path, sizeof(path), "%s/" QUIESCE_REPORT, root) < (int)sizeof(path))
		(void)unlink(path);
}

/* Drivers are back by now: whoever reads may take as long as they like. */
static int show(const struct quiesce_options *options, int code)
{
	int shown = quiesce_show_report(options, "no report: what was done is not known");

	return quiesce_with_output(code == QUIESCE_OK ? shown : code);
}

int quiesce_command_run(const struct quiesce_options *options)
{
	struct quiesce_log log = { .kmsg_fd = -1, .stderr_max = QUIESCE_NOTICE };
	struct quiesce_run run = { .root = options->root, .log = &log };
	struct quiesce_job job = { .options = options, .run = &run };
	enum quiesce_switch wanted;
	int code = QUIESCE_BAD_USAGE;

	if (!quiesce_may_touch(options))
		return QUIESCE_REFUSED;

	wanted = quiesce_run_prepare(&run, options->config);
	if (wanted == QUIESCE_OFF && !options->force) {
		quiesce_log(&log, QUIESCE_ERR, "rd.pci_quiesce=0: nothing is touched");
		code = QUIESCE_REFUSED;
	} else if (quiesce_config_is_good(&run, options)) {
		run.dry_run = wanted == QUIESCE_DRY_RUN;
		quiesce_log_open_kmsg(&log, run.root);
		put_report_away(run.root);
		code = show(options, quiesce_job_supervise(&job, work));
	}
	code = quiesce_job_code(&run, code);
	quiesce_run_free(&run);
	if (code == QUIESCE_OK) {
		/* What could not be written was said, and is not to count any more. */
		__fpurge(stdout);
		clearerr(stdout);
	}
	return code;
}
