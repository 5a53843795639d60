/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A worker and its supervisor. The supervisor waits with a deadline, puts back
 * what drivers need, and goes on, whatever happened to the worker.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "supervise.h"

/* Whatever the worker wrote there: nobody waits longer. */
#define DEADLINE_MS_MAX 120000

/* Of the time for drivers, the worker has so much. Putting back needs the rest. */
#define WORKER_PERCENT 70

/* Of the time until a watchdog fires: the next init has to reach it, too. */
#define WATCHDOG_PERCENT 75

void quiesce_deadlines_fit(uint32_t *deadline_ms, uint32_t *drivers_ms, uint32_t limit_ms)
{
	uint64_t total_ms = (uint64_t)*deadline_ms + *drivers_ms;

	if (total_ms <= limit_ms)
		return;
	*deadline_ms = (uint32_t)(*deadline_ms * (uint64_t)limit_ms / total_ms);
	*drivers_ms = (uint32_t)(*drivers_ms * (uint64_t)limit_ms / total_ms);
}

static struct quiesce_shared *share(const struct quiesce_supervision *s)
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
	shared->journal->entries = (struct pcireset_journal_entry *)(shared->journal + 1);
	shared->journal->capacity = QUIESCE_JOURNAL_CAPACITY;
	shared->deadline_ms = s->config->deadline_ms;
	shared->drivers_ms = s->config->drivers_ms;
	shared->watchdog_ms = quiesce_watchdog_ms(s->root);
	shared->autoprobe_fd = quiesce_autoprobe_open(s->root);
	shared->exit_code = QUIESCE_BAD_FUNCTIONS;

	if (shared->watchdog_ms != UINT32_MAX) {
		quiesce_log(s->log, QUIESCE_NOTICE, "a watchdog fires in %u s",
			    shared->watchdog_ms / 1000);
		shared->watchdog_ms = (uint32_t)(shared->watchdog_ms * (uint64_t)WATCHDOG_PERCENT /
						 100);
	}
	return shared;
}

static void unshare(struct quiesce_shared *shared)
{
	if (shared->autoprobe_fd >= 0)
		(void)close(shared->autoprobe_fd);
	/* A child that is left behind has its own mapping. */
	(void)munmap(shared, sizeof(*shared) + sizeof(struct pcireset_journal) +
				     QUIESCE_JOURNAL_CAPACITY *
					     sizeof(struct pcireset_journal_entry));
}

/* What the worker wrote is not believed beyond its limits. */
static void deadlines(const struct quiesce_shared *shared, uint32_t *deadline_ms,
		      uint32_t *drivers_ms)
{
	*deadline_ms = shared->deadline_ms < DEADLINE_MS_MAX ? shared->deadline_ms :
							       DEADLINE_MS_MAX;
	*drivers_ms = shared->drivers_ms < DEADLINE_MS_MAX ? shared->drivers_ms :
							     DEADLINE_MS_MAX;
	quiesce_deadlines_fit(deadline_ms, drivers_ms, shared->watchdog_ms);
}

static uint64_t quiesce_end_us(const struct quiesce_shared *shared, uint64_t started_us)
{
	uint32_t deadline_ms, drivers_ms;

	deadlines(shared, &deadline_ms, &drivers_ms);
	return started_us + deadline_ms * 1000ull;
}

static uint64_t drivers_end_us(const struct quiesce_shared *shared, uint64_t from_us,
			       uint32_t percent)
{
	uint32_t deadline_ms, drivers_ms;

	deadlines(shared, &deadline_ms, &drivers_ms);
	return from_us + drivers_ms * 10ull * percent;
}

static void log_end(const struct quiesce_log *log, int heard, bool ended, int status)
{
	if (heard == -ETIMEDOUT)
		quiesce_log(log, QUIESCE_ERR, "the worker missed its deadline%s",
			    ended ? "" : " and cannot be killed");
	else if (heard == -EINTR)
		quiesce_log(log, QUIESCE_WARNING, "interrupted: the worker is stopped%s",
			    ended ? "" : " but cannot be killed");
	else if (heard != QUIESCE_TELL_DONE && ended && WIFSIGNALED(status))
		quiesce_log(log, QUIESCE_ERR, "the worker died of signal %d", WTERMSIG(status));
	else if (heard != QUIESCE_TELL_DONE)
		quiesce_log(log, QUIESCE_WARNING, "the worker went before it was done");
}

/* Return: did it end; until when what follows has to be over in @ret_end_us. */
static bool watch(const struct quiesce_supervision *s, struct quiesce_shared *shared,
		  uint64_t *ret_end_us)
{
	uint64_t started_us = quiesce_monotonic_us(), quiesced_us = 0;
	uint64_t deadline_us = quiesce_end_us(shared, started_us);
	struct quiesce_child child;
	int status = 0, heard, r;
	bool ended;

	r = quiesce_child_start(&child);
	if (r < 0) {
		quiesce_log(s->log, QUIESCE_ERR, "cannot start the worker: %s: nothing is done",
			    strerror(-r));
		*ret_end_us = drivers_end_us(shared, started_us, 100);
		return true;
	}
	if (child.pid == 0) {
		s->worker(shared, started_us, child.fd, s->data);
		_exit(shared->exit_code);
	}

	child.interrupt_fd = s->interrupt_fd;
	while ((heard = quiesce_child_hear(&child, deadline_us)) > 0 &&
	       heard != QUIESCE_TELL_DONE) {
		if (heard == QUIESCE_TELL_CONFIG)
			deadline_us = quiesce_end_us(shared, started_us);
		if (heard != QUIESCE_TELL_QUIESCED)
			continue;
		quiesced_us = quiesce_monotonic_us();
		deadline_us = drivers_end_us(shared, quiesced_us, WORKER_PERCENT);
	}
	ended = quiesce_child_end(&child, heard == -ETIMEDOUT || heard == -EINTR, &status);
	log_end(s->log, heard, ended, status);
	if (heard != QUIESCE_TELL_DONE)
		shared->exit_code = QUIESCE_BAD_FUNCTIONS;
	*ret_end_us = drivers_end_us(shared, quiesced_us ? quiesced_us : quiesce_monotonic_us(),
				     100);
	return ended;
}

static bool any_stuck(const struct pcireset_journal *journal)
{
	for (size_t i = 0; i < journal->n && i < QUIESCE_JOURNAL_CAPACITY; i++)
		if (journal->entries[i].stuck)
			return true;
	return false;
}

/* Return: nothing of ours waits in the kernel any more. */
static bool work_and_put_back(const struct quiesce_supervision *s,
			      struct quiesce_shared *shared)
{
	bool ended, stuck, all_ended;
	uint64_t end_us;
	int r;

	ended = watch(s, shared, &end_us);
	quiesce_bar_drivers(s, shared);
	r = quiesce_autoprobe_on(shared);
	if (r < 0)
		quiesce_log(s->log, QUIESCE_ERR, "drivers_autoprobe stays off: %s", strerror(-r));

	stuck = any_stuck(shared->journal);
	all_ended = quiesce_put_back(s, shared, end_us);
	quiesce_free_stuck(s, shared);
	return all_ended && ended && !stuck && !shared->left_behind;
}

int quiesce_supervise(const struct quiesce_supervision *s)
{
	/* Ten records in five seconds are not enough. */
	struct quiesce_sysctl devkmsg = { "proc/sys/kernel/printk_devkmsg", "on\n", "" };
	/* A reset that does not return must not end the kernel that makes the dump. */
	struct quiesce_sysctl hung_task = { "proc/sys/kernel/hung_task_panic", "0\n", "" };
	struct quiesce_shared *shared;
	int code;

	quiesce_sysctl_set(&devkmsg, s->root);
	shared = share(s);
	if (!shared) {
		quiesce_log(s->log, QUIESCE_ERR, "no memory: nothing is done");
		quiesce_sysctl_restore(&devkmsg, s->root);
		return QUIESCE_BAD_FUNCTIONS;
	}

	quiesce_sysctl_set(&hung_task, s->root);
	if (work_and_put_back(s, shared))
		quiesce_sysctl_restore(&hung_task, s->root);
	else if (hung_task.before[0])
		quiesce_log(s->log, QUIESCE_WARNING,
			    "hung_task_panic stays off: a write to the kernel did not return");
	quiesce_sysctl_restore(&devkmsg, s->root);

	code = shared->exit_code;
	unshare(shared);
	return code;
}
