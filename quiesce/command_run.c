/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run by hand or from a hook: the same worker as PID 1's, supervised in the same way. */
#include <stdio_ext.h>

#include "commands_supervised.h"
#include "report.h"

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
