/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PID 1 of the crash image: its children, what it puts back, the next init. */
#ifndef QUIESCE_PID1_H
#define QUIESCE_PID1_H

#include <sys/types.h>

#include "quiesce.h"

/* early.c */

/** quiesce_early_mounts() - /proc, /sys, /dev and /run where they are missing */
void quiesce_early_mounts(void);

/** Functions that PID 1 can put back; a larger machine gets a private journal. */
#define QUIESCE_JOURNAL_CAPACITY 8192

/**
 * struct quiesce_shared - memory of PID 1 and its children
 * @deadline_ms: how long fence and resets may take; the worker knows once it has
 *	its configuration
 * @drivers_ms: how long all that follows may take, PID 1's own part included
 * @next: what the child that puts things back is about to do
 * @turn: number of that child; an earlier one that comes to life again stops
 * @journal: what the worker changed; QUIESCE_JOURNAL_CAPACITY entries
 */
struct quiesce_shared {
	uint32_t deadline_ms;
	uint32_t drivers_ms;
	size_t next;
	uint32_t turn;
	struct pcireset_journal *journal;
};

/** What the worker tells PID 1 through its pipe, a byte each. */
enum quiesce_tell {
	QUIESCE_TELL_CONFIG = 'c',   /* deadline_ms and drivers_ms are set */
	QUIESCE_TELL_QUIESCED = 'q', /* fence and resets are over */
	QUIESCE_TELL_DONE = 'd',     /* PID 1 may go on, even if a thread is stuck */
};

/**
 * quiesce_worker - what PID 1 runs in its child
 * @shared: see above
 * @started_us: CLOCK_MONOTONIC at the fork
 * @tell_fd: takes enum quiesce_tell; closing it without QUIESCE_TELL_DONE is death
 *
 * Return: exit code.
 */
typedef int quiesce_worker(struct quiesce_shared *shared, uint64_t started_us, int tell_fd);

/* worker.c */
quiesce_worker quiesce_worker_main;

/* putback.c: what must be as it was before the next init starts */

/**
 * quiesce_autoprobe_off() - no driver binds by itself
 *
 * Return: a descriptor for quiesce_autoprobe_on(), or -1 where it was off
 * already or stays on.
 */
int quiesce_autoprobe_off(void);
/** quiesce_autoprobe_on() - needs no memory and takes no lock; closes @fd */
int quiesce_autoprobe_on(int fd);
/** quiesce_put_back_from() - from shared->next on: the journal, then drivers_probe */
int quiesce_put_back_from(const struct pcireset_io *io, struct quiesce_shared *shared);
/** quiesce_put_back() - journal and drivers_probe, by children with deadlines */
void quiesce_put_back(const struct quiesce_log *log, struct quiesce_shared *shared,
		      uint64_t end_us);

/* child.c: children of PID 1, watched with deadlines */

/**
 * struct quiesce_child - one child
 * @pid: its pid
 * @fd: read end of its pipe
 */
struct quiesce_child {
	pid_t pid;
	int fd;
};

/** quiesce_monotonic_us() - CLOCK_MONOTONIC */
uint64_t quiesce_monotonic_us(void);
/** quiesce_child_start() - fork; 0 in the child too, where pid is 0 and fd the write end */
int quiesce_child_start(struct quiesce_child *ret_child);
/**
 * quiesce_child_hear() - wait for a byte
 *
 * Return: the byte, -ETIMEDOUT, or -EPIPE when nobody can write any more.
 */
int quiesce_child_hear(const struct quiesce_child *child, uint64_t deadline_us);
/**
 * quiesce_child_end() - reap it, or leave it to the next init
 * @kill: SIGKILL first
 *
 * Return: true where it ended, with its status in @ret_status.
 */
bool quiesce_child_end(struct quiesce_child *child, bool kill, int *ret_status);

/**
 * quiesce_init() - the /init role: worker, restore, next init
 * @argv: passed on to the next init
 * @worker: what to run
 *
 * Return: only where no init could be executed; an exit code.
 */
int quiesce_init(char **argv, quiesce_worker *worker);
/** quiesce_handoff() - execute the first init there is; returns where none is */
void quiesce_handoff(const struct quiesce_log *log, char **argv);

#endif
