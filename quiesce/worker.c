/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The worker that is supervised: configuration and pipeline, warnings only. */
#include <errno.h>
#include <string.h>

#include "report.h"
#include "supervise.h"

#define VERIFY_MS 1300

/* Serial consoles are slow. */
#define COMPLAINTS_LOGGED_MAX 20

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

struct complaints {
	const struct quiesce_log *log;
	size_t n;
};

static void warn_at_first(void *data, const char *file, unsigned int line, const char *problem)
{
	struct complaints *complaints = data;

	if (complaints->n++ < COMPLAINTS_LOGGED_MAX)
		warn((void *)complaints->log, file, line, problem);
}

static enum quiesce_switch read_cmdline(struct quiesce_run *run,
					const struct quiesce_complaint *complaint)
{
	_cleanup_free_ char *cmdline = NULL;
	int r;

	r = quiesce_file_read(run->root, "proc/cmdline", QUIESCE_CMDLINE_BYTES_MAX, &cmdline);
	if (r == 0)
		return quiesce_parameters_parse(cmdline, &run->config, complaint);
	if (r != -ENOENT)
		quiesce_log(run->log, QUIESCE_WARNING, "/proc/cmdline: not read: %s",
			    quiesce_file_problem(r));
	return QUIESCE_ON;
}

enum quiesce_switch quiesce_run_prepare(struct quiesce_run *run, const char *path)
{
	struct complaints complaints = { run->log, 0 };
	const struct quiesce_complaint complaint = { warn_at_first, &complaints };
	enum quiesce_switch wanted;

	quiesce_modules_before_read(run);
	quiesce_config_defaults(&run->config);
	(void)quiesce_config_load(&run->config, run->root, path, &complaint);
	wanted = read_cmdline(run, &complaint);
	if (complaints.n > COMPLAINTS_LOGGED_MAX)
		quiesce_log(run->log, QUIESCE_WARNING, "and %zu more: see pci-quiesce check",
			    complaints.n - COMPLAINTS_LOGGED_MAX);
	return wanted;
}

void quiesce_tell(int tell_fd, enum quiesce_tell what)
{
	unsigned char byte = (unsigned char)what;

	(void)!write(tell_fd, &byte, 1);
}

void quiesce_tell_quiesced(struct quiesce_run *run, int tell_fd)
{
	/* The supervisor waits a little longer. */
	run->drivers_deadline_us =
		run->io->now_us(run->io->data) + run->config.drivers_ms * 600ull;
	quiesce_tell(tell_fd, QUIESCE_TELL_QUIESCED);
}

/* The run's own on_stage is called behind ours. */
struct work {
	struct quiesce_run *run;
	int tell_fd;
	void (*on_stage)(void *data, enum quiesce_stage stage);
	void *on_stage_data;
};

static void on_stage(void *data, enum quiesce_stage stage)
{
	const struct work *work = data;

	if (stage == QUIESCE_STAGE_VERIFY)
		quiesce_tell_quiesced(work->run, work->tell_fd);
	if (work->on_stage)
		work->on_stage(work->on_stage_data, stage);
}

/* The rest is for reading back: a function may need a second more to answer. */
uint32_t quiesce_resets_end_ms(uint32_t deadline_ms)
{
	if (deadline_ms / 10 > VERIFY_MS)
		return deadline_ms - deadline_ms / 10;
	return deadline_ms - (deadline_ms / 2 < VERIFY_MS ? deadline_ms / 2 : VERIFY_MS);
}

/* The watchdog is stronger than what is configured. */
static void take_deadlines(struct quiesce_run *run, struct quiesce_shared *shared)
{
	struct quiesce_config *config = &run->config;
	uint32_t wanted_ms = config->deadline_ms;

	quiesce_deadlines_fit(&config->deadline_ms, &config->drivers_ms, shared->watchdog_ms);
	if (config->deadline_ms < wanted_ms)
		quiesce_log(run->log, QUIESCE_NOTICE,
			    "because of a watchdog: %u ms for fence and resets, %u ms for drivers",
			    config->deadline_ms, config->drivers_ms);
	run->deadline_us =
		run->started_us + quiesce_resets_end_ms(config->deadline_ms) * 1000ull;
	shared->deadline_ms = config->deadline_ms;
	shared->drivers_ms = config->drivers_ms;
}

/* It is a precaution: drivers bind while functions are reset only if somebody loads them. */
static void turn_autoprobe_off(const struct quiesce_run *run, struct quiesce_shared *shared)
{
	int r = quiesce_autoprobe_off(shared);

	if (r < 0 && r != -ENOENT)
		quiesce_log(run->log, QUIESCE_WARNING, "drivers_autoprobe stays on: %s",
			    strerror(-r));
}

static void log_stop(const struct quiesce_run *run, int error)
{
	if (run->machine.functions)
		quiesce_log(run->log, QUIESCE_ERR, "stopped: %s", strerror(-error));
	else if (error == -ENOENT)
		quiesce_log(run->log, QUIESCE_NOTICE, "no PCI: nothing is done");
	else
		quiesce_log(run->log, QUIESCE_ERR, "cannot read PCI functions: %s",
			    strerror(-error));
}

int quiesce_work(struct quiesce_run *run, struct quiesce_shared *shared, uint64_t started_us,
		 int tell_fd)
{
	struct work work = { run, tell_fd, run->on_stage, run->on_stage_data };
	struct pcireset_io *io = NULL;
	int r = 0;

	run->started_us = started_us;
	run->journal = shared->journal;
	run->on_stage = on_stage;
	run->on_stage_data = &work;
	take_deadlines(run, shared);
	quiesce_tell(tell_fd, QUIESCE_TELL_CONFIG);
	/* Planning and observing change nothing. */
	if (!run->dry_run) {
		quiesce_platform_take(run);
		if (run->config.level > QUIESCE_LEVEL_OBSERVE && !run->untouchable)
			turn_autoprobe_off(run, shared);
	}

	if (!run->io) {
		r = pcireset_io_open(run->root[0] ? run->root : "/", &io);
		run->io = io;
	}
	if (r == 0)
		r = quiesce_pipeline_run(run);
	shared->left_behind = run->left_behind;
	if (r < 0)
		log_stop(run, r);
	/* An abandoned reset may still use it; so does the process end with it. */
	return r;
}

/* Nobody is there to read what plan would print. */
int quiesce_leave_plan(const struct quiesce_run *run)
{
	int r = quiesce_report_write(run);

	if (r < 0)
		quiesce_log(run->log, QUIESCE_WARNING, "cannot write the report: %s",
			    strerror(-r));
	else
		quiesce_log(run->log, QUIESCE_NOTICE,
			    "dry-run: the plan is in /" QUIESCE_REPORT);
	return r;
}

void quiesce_worker_init(struct quiesce_shared *shared, uint64_t started_us, int tell_fd,
			 void *data)
{
	struct quiesce_log log = { .kmsg_fd = -1, .stderr_max = -1 };
	struct quiesce_run run = { .root = "", .log = &log };
	int r;

	(void)data;
	quiesce_log_open_kmsg(&log, run.root);
	run.dry_run = quiesce_run_prepare(&run, NULL) == QUIESCE_DRY_RUN;

	r = quiesce_work(&run, shared, started_us, tell_fd);
	if (r == 0 && run.dry_run)
		r = quiesce_leave_plan(&run);
	shared->exit_code = r < 0 || run.n_bad > 0 ? QUIESCE_BAD_FUNCTIONS : QUIESCE_OK;
	quiesce_tell(tell_fd, QUIESCE_TELL_DONE);
}
