/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The worker that PID 1 starts: configuration and pipeline, warnings only. */
#include <errno.h>
#include <string.h>

#include "pid1.h"

static void warn(void *data, const char *file, unsigned int line, const char *problem)
{
	const struct quiesce_log *log = data;

	if (line)
		quiesce_log(log, QUIESCE_WARNING, "%s:%u: %s", file, line, problem);
	else
		quiesce_log(log, QUIESCE_WARNING, "%s: %s", file, problem);
}

struct quiesce_complaint quiesce_complaint_to(const struct quiesce_log *log)
{
	return (struct quiesce_complaint){ warn, (void *)log };
}

enum quiesce_switch quiesce_run_prepare(struct quiesce_run *run, const char *path)
{
	const struct quiesce_complaint complaint = quiesce_complaint_to(run->log);
	_cleanup_free_ char *cmdline = NULL;

	quiesce_config_defaults(&run->config);
	(void)quiesce_config_load(&run->config, run->root, path, &complaint);
	if (quiesce_file_read(run->root, "proc/cmdline", QUIESCE_CMDLINE_BYTES_MAX, &cmdline) < 0)
		return QUIESCE_ON;
	return quiesce_parameters_parse(cmdline, &run->config, &complaint);
}

static void tell(int fd, enum quiesce_tell what)
{
	unsigned char byte = (unsigned char)what;

	(void)!write(fd, &byte, 1);
}

static void on_stage(void *data, enum quiesce_stage stage)
{
	if (stage == QUIESCE_STAGE_VERIFY)
		tell(*(const int *)data, QUIESCE_TELL_QUIESCED);
}

/* Nobody is there to read what plan would print. */
static int report_plan(const struct quiesce_run *run)
{
	quiesce_log(run->log, QUIESCE_NOTICE, "dry-run: the plan is in /" QUIESCE_REPORT);
	return quiesce_report_write(run);
}

int quiesce_worker_main(struct quiesce_shared *shared, uint64_t started_us, int tell_fd)
{
	struct quiesce_log log = { .kmsg_fd = -1, .stderr_max = -1 };
	struct quiesce_run run = {
		.root = "",
		.log = &log,
		.started_us = started_us,
		.on_stage = on_stage,
		.on_stage_data = &tell_fd,
	};
	struct pcireset_io *io;
	int r;

	quiesce_log_open_kmsg(&log, run.root);
	run.dry_run = quiesce_run_prepare(&run, NULL) == QUIESCE_DRY_RUN;
	run.journal = shared->journal;
	/* A tenth is left for reading back and for the report. */
	run.deadline_us = started_us + run.config.deadline_ms * 900ull;
	shared->deadline_ms = run.config.deadline_ms;
	shared->drivers_ms = run.config.drivers_ms;
	tell(tell_fd, QUIESCE_TELL_CONFIG);

	r = pcireset_io_open("/", &io);
	if (r == 0) {
		run.io = io;
		r = quiesce_pipeline_run(&run);
		if (r == 0 && run.dry_run)
			r = report_plan(&run);
	}
	if (r < 0)
		quiesce_log(&log, QUIESCE_ERR, "stopped: %s", strerror(-r));
	tell(tell_fd, QUIESCE_TELL_DONE);
	return r < 0 || run.n_bad > 0 ? QUIESCE_BAD_FUNCTIONS : QUIESCE_OK;
}
