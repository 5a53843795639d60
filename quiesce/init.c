/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The /init role. PID 1 starts a worker, waits with a deadline, puts back what
 * drivers need, and becomes the next init, whatever happened to the worker.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "pid1.h"

#define DEVKMSG_SWITCH "/proc/sys/kernel/printk_devkmsg"

/* Whatever the worker wrote there: PID 1 does not wait longer. */
#define DEADLINE_MS_MAX 120000

/* @config: what counts until the worker has read the file */
static struct quiesce_shared *share(const struct quiesce_config *config)
{
	const size_t journal_bytes =
		sizeof(struct pcireset_journal) +
		QUIESCE_JOURNAL_CAPACITY * sizeof(struct pcireset_journal_entry);
	struct quiesce_shared *shared;

	/* Pages are only taken when they are used. */
	shared = mmap(NULL, sizeof(*shared) + journal_bytes, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return NULL;

	shared->journal = (struct pcireset_journal *)(shared + 1);
	shared->journal->capacity = QUIESCE_JOURNAL_CAPACITY;
	shared->deadline_ms = config->deadline_ms;
	shared->drivers_ms = config->drivers_ms;
	return shared;
}

static void log_end(const struct quiesce_log *log, int heard, bool ended, int status)
{
	if (heard == -ETIMEDOUT)
		quiesce_log(log, QUIESCE_ERR, "the worker missed its deadline%s",
			    ended ? "" : " and cannot be killed");
	else if (ended && WIFSIGNALED(status))
		quiesce_log(log, QUIESCE_ERR, "the worker died of signal %d", WTERMSIG(status));
	else if (ended && WEXITSTATUS(status) != 0)
		quiesce_log(log, QUIESCE_WARNING, "the worker exited with %d",
			    WEXITSTATUS(status));
	else if (heard != QUIESCE_TELL_DONE)
		quiesce_log(log, QUIESCE_WARNING, "the worker went before it was done");
}

static uint64_t after_us(uint64_t from_us, uint32_t ms)
{
	return from_us + (ms < DEADLINE_MS_MAX ? ms : DEADLINE_MS_MAX) * 1000ull;
}

/* Return: until when what follows has to be over. */
static uint64_t supervise(const struct quiesce_log *log, struct quiesce_shared *shared,
			  quiesce_worker *worker)
{
	uint64_t started_us = quiesce_monotonic_us(), end_us = 0;
	uint64_t deadline_us = after_us(started_us, shared->deadline_ms);
	struct quiesce_child child;
	int status = 0, heard, r;
	bool ended;

	r = quiesce_child_start(&child);
	if (r < 0) {
		quiesce_log(log, QUIESCE_ERR, "cannot start the worker: %s", strerror(-r));
		return after_us(started_us, shared->drivers_ms);
	}
	if (child.pid == 0)
		_exit(worker(shared, started_us, child.fd));

	while ((heard = quiesce_child_hear(&child, deadline_us)) > 0 &&
	       heard != QUIESCE_TELL_DONE) {
		if (heard == QUIESCE_TELL_CONFIG)
			deadline_us = after_us(started_us, shared->deadline_ms);
		else if (heard == QUIESCE_TELL_QUIESCED)
			end_us = deadline_us = after_us(quiesce_monotonic_us(), shared->drivers_ms);
	}
	ended = quiesce_child_end(&child, heard == -ETIMEDOUT, &status);
	log_end(log, heard, ended, status);
	return end_us ? end_us : after_us(quiesce_monotonic_us(), shared->drivers_ms);
}

static void quiesce(const struct quiesce_log *log, struct quiesce_shared *shared,
		    quiesce_worker *worker)
{
	int autoprobe, r = 0;
	uint64_t end_us;

	autoprobe = quiesce_autoprobe_off();
	end_us = supervise(log, shared, worker);
	if (autoprobe >= 0)
		r = quiesce_autoprobe_on(autoprobe);
	if (r < 0)
		quiesce_log(log, QUIESCE_ERR, "drivers_autoprobe stays off: %s", strerror(-r));
	quiesce_put_back(log, shared, end_us);
}

static void act(const struct quiesce_log *log, quiesce_worker *worker)
{
	_cleanup_free_ char *cmdline = NULL;
	enum quiesce_switch wanted = QUIESCE_ON;
	struct quiesce_shared *shared;
	struct quiesce_config config;

	quiesce_config_defaults(&config);
	if (quiesce_file_read("", "proc/cmdline", QUIESCE_CMDLINE_BYTES_MAX, &cmdline) == 0)
		wanted = quiesce_parameters_parse(cmdline, &config, NULL);

	if (wanted == QUIESCE_OFF) {
		quiesce_log(log, QUIESCE_NOTICE, "rd.pci_quiesce=0: nothing is done");
		return;
	}
	shared = share(&config);
	if (!shared) {
		quiesce_log(log, QUIESCE_ERR, "no memory: nothing is done");
		return;
	}

	/* Planning and observing change nothing, drivers_autoprobe included. */
	if (wanted == QUIESCE_DRY_RUN || config.level == QUIESCE_LEVEL_OBSERVE)
		(void)supervise(log, shared, worker);
	else
		quiesce(log, shared, worker);
}

/* Ten records in five seconds are not enough. Return: what it was. */
static char *stop_rate_limit(void)
{
	char *before = NULL;
	_cleanup_close_ int fd = open(DEVKMSG_SWITCH, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || quiesce_file_read("", DEVKMSG_SWITCH, 64, &before) < 0)
		return NULL;
	(void)!write(fd, "on\n", 3);
	return before;
}

static void restore_rate_limit(const char *before)
{
	_cleanup_close_ int fd = open(DEVKMSG_SWITCH, O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && before)
		(void)!write(fd, before, strlen(before));
}

int quiesce_init(char **argv, quiesce_worker *worker)
{
	struct quiesce_log log = { .kmsg_fd = -1, .stderr_max = -1 };

	quiesce_early_mounts();
	quiesce_log_open_kmsg(&log, "");

	if (quiesce_is_kdump("")) {
		char *before = stop_rate_limit();

		act(&log, worker);
		restore_rate_limit(before);
	} else {
		quiesce_log(&log, QUIESCE_NOTICE, "not a kdump kernel: nothing is done");
	}

	quiesce_handoff(&log, argv);
	/* The kernel panics now, as it does without us where no init can be executed. */
	return QUIESCE_BAD_FUNCTIONS;
}
