/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whoever supervises: PID 1 or the command run. Children, deadlines, putting back. */
#ifndef QUIESCE_SUPERVISE_H
#define QUIESCE_SUPERVISE_H

#include <sys/types.h>

#include "quiesce.h"

/** Functions that can be put back; a larger machine gets a private journal. */
#define QUIESCE_JOURNAL_CAPACITY 8192

/**
 * struct quiesce_shared - memory of a supervisor and its children
 * @deadline_ms: how long fence and resets may take; the worker knows once it
 *	has its configuration
 * @drivers_ms: how long all that follows may take, the supervisor's part included
 * @watchdog_ms: when a hardware watchdog fires, or UINT32_MAX
 * @autoprobe_fd: drivers_autoprobe, open for writing, or -errno
 * @autoprobe_off: it was turned off; set before it is
 * @exit_code: of the worker, before it tells that it is done
 * @left_behind: a child of the worker's may wait in the kernel for ever
 * @next: what is to be put back next; each child takes one after the other
 * @journal: what the worker changed; QUIESCE_JOURNAL_CAPACITY entries
 */
struct quiesce_shared {
	uint32_t deadline_ms;
	uint32_t drivers_ms;
	uint32_t watchdog_ms;
	int autoprobe_fd;
	bool autoprobe_off;
	int exit_code;
	bool left_behind;
	size_t next;
	struct pcireset_journal *journal;
};

/** What the worker tells its supervisor through its pipe, a byte each. */
enum quiesce_tell {
	QUIESCE_TELL_CONFIG = 'c',   /* deadline_ms and drivers_ms are set */
	QUIESCE_TELL_QUIESCED = 'q', /* fence and resets are over */
	QUIESCE_TELL_DONE = 'd',     /* go on, even if a thread is stuck */
};

/**
 * quiesce_worker - what a supervisor runs in its child
 * @shared: see above
 * @started_us: CLOCK_MONOTONIC at the fork
 * @tell_fd: takes enum quiesce_tell; closing it without QUIESCE_TELL_DONE is death
 * @data: the supervisor's own
 */
typedef void quiesce_worker(struct quiesce_shared *shared, uint64_t started_us, int tell_fd,
			    void *data);

/* supervise.c */

/**
 * struct quiesce_supervision - a worker and its circumstances
 * @log: messages
 * @root: prefix of all paths
 * @config: deadlines until the worker has read its own
 * @interrupt_fd: readable when the worker is to be stopped, or -1
 * @worker: runs in a child
 * @data: for @worker
 */
struct quiesce_supervision {
	const struct quiesce_log *log;
	const char *root;
	const struct quiesce_config *config;
	int interrupt_fd;
	quiesce_worker *worker;
	void *data;
};

/**
 * quiesce_supervise() - run a worker, then put back what it left changed
 *
 * Whatever becomes of the worker: drivers_autoprobe, driver_override,
 * reset_method and registers are as a driver needs them afterwards, and every
 * function without a driver has been probed. Takes as long as the deadlines
 * say, and no longer.
 *
 * Return: the worker's exit code, or QUIESCE_BAD_FUNCTIONS where it has none.
 */
int quiesce_supervise(const struct quiesce_supervision *supervision);
/** quiesce_deadlines_fit() - shorten both in proportion, to @limit_ms together */
void quiesce_deadlines_fit(uint32_t *deadline_ms, uint32_t *drivers_ms, uint32_t limit_ms);

/* worker.c */

/**
 * quiesce_work() - the pipeline, as a supervised worker runs it
 * @run: root, log and config are set, dry_run and on_stage if wanted; io is
 *	opened where there is none
 *
 * Return: 0, or -errno, logged.
 */
int quiesce_work(struct quiesce_run *run, struct quiesce_shared *shared, uint64_t started_us,
		 int tell_fd);
/** quiesce_leave_plan() - a dry run's plan where the report would be; -errno, logged */
int quiesce_leave_plan(const struct quiesce_run *run);
void quiesce_tell(int tell_fd, enum quiesce_tell what);
/** quiesce_tell_quiesced() - from here on the second deadline counts */
void quiesce_tell_quiesced(struct quiesce_run *run, int tell_fd);
/** quiesce_worker_init - the worker of PID 1 */
quiesce_worker quiesce_worker_init;

struct quiesce_child;

/* putback.c: what must be as it was before anything else starts */

/** quiesce_autoprobe_open() - a descriptor for the two below, or -errno */
int quiesce_autoprobe_open(const char *root);
/** quiesce_autoprobe_off() - no driver binds by itself; 0 where that is so already; -errno */
int quiesce_autoprobe_off(struct quiesce_shared *shared);
/** quiesce_autoprobe_on() - where it was turned off; needs no memory and takes no lock */
int quiesce_autoprobe_on(struct quiesce_shared *shared);
/** quiesce_put_back_from() - what is left from shared->next on: the journal, then drivers_probe */
int quiesce_put_back_from(const struct pcireset_io *io, const struct quiesce_log *log,
			  struct quiesce_shared *shared);
/**
 * quiesce_put_back() - journal and drivers_probe, by children with deadlines
 *
 * Return: true where none of them is left behind.
 */
bool quiesce_put_back(const struct quiesce_supervision *supervision,
		      struct quiesce_shared *shared, uint64_t end_us);
/** quiesce_put_back_start() - a child that nobody has to wait for; true: it is the child */
bool quiesce_put_back_start(const struct quiesce_supervision *supervision,
			    struct quiesce_child *ret_child);
/** quiesce_wait_for_lock() - that of a function whose reset may be under way */
void quiesce_wait_for_lock(const struct pcireset_io *io,
			   const struct pcireset_journal_entry *entry);
/** quiesce_probe() - where it has no driver and nothing bars it */
void quiesce_probe(const struct pcireset_io *io, const struct quiesce_log *log,
		   const struct quiesce_shared *shared, struct pcireset_address address);

/* putback_late.c: what nobody waits for */

/**
 * quiesce_bar_drivers() - driver_override where a direct reset may have erased registers
 *
 * Before drivers_autoprobe is on again: a driver must not find a function that has not
 * come back, or without its addresses. What is put back loses it again.
 */
void quiesce_bar_drivers(const struct quiesce_supervision *supervision,
			 struct quiesce_shared *shared);
/**
 * quiesce_free_stuck() - have each function put back once its reset returns, or itself
 *
 * By children that nobody waits for: a function that is only slow gets its driver
 * after all. One that does not answer after its own reset is looked at for a minute.
 */
void quiesce_free_stuck(const struct quiesce_supervision *supervision,
			struct quiesce_shared *shared);

/* child.c: children, watched with deadlines */

/**
 * struct quiesce_child - one child
 * @pid: its pid
 * @fd: read end of its pipe
 * @interrupt_fd: ends the hearing when it is readable, or -1
 */
struct quiesce_child {
	pid_t pid;
	int fd;
	int interrupt_fd;
};

/** quiesce_monotonic_us() - CLOCK_MONOTONIC */
uint64_t quiesce_monotonic_us(void);
/** quiesce_child_start() - fork; 0 in the child too, where pid is 0 and fd the write end */
int quiesce_child_start(struct quiesce_child *ret_child);
/**
 * quiesce_child_hear() - wait for a byte
 *
 * Return: the byte, -ETIMEDOUT, -EINTR where interrupt_fd is readable, or -EPIPE
 * when nobody can write any more.
 */
int quiesce_child_hear(const struct quiesce_child *child, uint64_t deadline_us);
/**
 * quiesce_child_end() - reap it, or leave it behind
 * @kill: SIGKILL first
 *
 * Return: true where it ended, with its status in @ret_status.
 */
bool quiesce_child_end(struct quiesce_child *child, bool kill, int *ret_status);
/**
 * quiesce_child_wait() - wait for a child without a deadline, and reap all others
 * @pid: one that a person ends, the shell
 *
 * Return: 0, or -ECHILD where there is no such child.
 */
int quiesce_child_wait(pid_t pid, int *ret_status);

/**
 * quiesce_child_do() - call something that may never return
 * @call: runs in a child, with the memory that this process has now
 * @data: its argument
 * @until_us: on CLOCK_MONOTONIC
 *
 * A child that is late is not killed, but left behind: what it waits for in the
 * kernel may still come to its end.
 *
 * Return: 0 or the -errno that @call returns, -ETIMEDOUT where it is late, -EPIPE
 * where it died, or -errno of the fork.
 */
int quiesce_child_do(int (*call)(const void *data), const void *data, uint64_t until_us);
/** quiesce_child_detach() - /dev/null from @first_fd to @last_fd, for whom others may wait */
void quiesce_child_detach(int first_fd, int last_fd);
/** quiesce_child_leave() - let it go on, and listen to it no longer */
void quiesce_child_leave(struct quiesce_child *child);

/* watchdog.c */

/** quiesce_watchdog_ms() - when the first running watchdog fires, or UINT32_MAX */
uint32_t quiesce_watchdog_ms(const char *root);

/* sysctl.c */

/**
 * struct quiesce_sysctl - a kernel setting that is different for a while
 * @path: below the root
 * @value: what it is to be
 * @before: what it was; "" where it was not changed
 */
struct quiesce_sysctl {
	const char *path;
	const char *value;
	char before[32];
};

void quiesce_sysctl_set(struct quiesce_sysctl *sysctl, const char *root);
void quiesce_sysctl_restore(struct quiesce_sysctl *sysctl, const char *root);

#endif
