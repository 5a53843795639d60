/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run by hand or from a hook: the same worker as PID 1's, supervised in the same way. */
#include <sys/signalfd.h>

#include "commands_supervised.h"

static void work(struct quiesce_shared *shared, uint64_t started_us, int tell_fd, void *data)
{
	const struct quiesce_job *job = data;
	struct quiesce_run *run = job->run;
	int r;

	(void)sigprocmask(SIG_SETMASK, &job->signals_before, NULL);
	r = quiesce_work(run, shared, started_us, tell_fd);
	if (r == 0 && run->dry_run)
		r = quiesce_leave_plan(run);
	if (r == 0)
		r = quiesce_show_run(run, job->options);
	shared->exit_code = quiesce_with_output(
		r < 0 || run->n_bad > 0 || run->report_error ? QUIESCE_BAD_FUNCTIONS : QUIESCE_OK);
	quiesce_tell(tell_fd, QUIESCE_TELL_DONE);
}

/* Whoever interrupts us gets the drivers back all the same. */
int quiesce_job_supervise(struct quiesce_job *job, quiesce_worker *worker)
{
	_cleanup_close_ int interrupt_fd = -1;
	sigset_t signals;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGHUP);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &signals, &job->signals_before);
	interrupt_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);

	return quiesce_supervise(&(struct quiesce_supervision){
		.log = job->run->log,
		.root = job->run->root,
		.config = &job->run->config,
		.interrupt_fd = interrupt_fd,
		.worker = worker,
		.data = job,
	});
}

/* A hook of kdump's that fails may cost the dump; whoever switched it off wants that least. */
static int as_asked_for(int code, const struct quiesce_run *run)
{
	if (!quiesce_is_kdump(run->root))
		return code;
	return run->config.strict && code != QUIESCE_REFUSED ? code : QUIESCE_OK;
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
		quiesce_report_keep(run.root);
		code = quiesce_job_supervise(&job, work);
	}
	code = as_asked_for(code, &run);
	quiesce_run_free(&run);
	return code;
}
