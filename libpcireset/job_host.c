/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Jobs in threads of their own. A write to reset may block for a minute and
 * cannot be interrupted, so each job gets a thread that nobody ever joins; it
 * tells a pipe when it is over. Nothing else is shared.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>

#include "internal.h"

#define STACK_BYTES (64 * 1024)

struct thread_start {
	int root_fd;
	int pipe_fd;
	struct pcireset_job *job;
};

int pcireset_file_write(int root_fd, const char *path, const char *text)
{
	_cleanup_close_ int fd = -1;
	size_t bytes = strlen(text);
	ssize_t n;

	/* O_TRUNC means nothing to sysfs; it keeps a copy of one exact. */
	fd = openat(root_fd, path, O_WRONLY | O_TRUNC | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;

	n = write(fd, text, bytes);
	if (n < 0)
		return -errno;
	return (size_t)n == bytes ? 0 : -EIO;
}

static int write_below(void *data, const char *path, const char *text)
{
	return pcireset_file_write(*(const int *)data, path, text);
}

static void *thread_main(void *data)
{
	struct thread_start start = *(struct thread_start *)data;

	free(data);
	pcireset_job_run(start.job, write_below, &start.root_fd);
	/* A pointer is far below PIPE_BUF: written whole or not at all. */
	(void)!write(start.pipe_fd, &start.job, sizeof(start.job));
	return NULL;
}

int pcireset_jobs_open(int ret_pipe[2])
{
	return pipe2(ret_pipe, O_CLOEXEC) < 0 ? -errno : 0;
}

int pcireset_jobs_start(int root_fd, int pipe_fd, struct pcireset_job *job)
{
	_cleanup_free_ struct thread_start *start = NULL;
	pthread_attr_t attr;
	pthread_t thread;
	int r;

	start = malloc(sizeof(*start));
	if (!start)
		return -ENOMEM;

	*start = (struct thread_start){ root_fd, pipe_fd, job };
	r = pthread_attr_init(&attr);
	if (r != 0)
		return -r;

	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	(void)pthread_attr_setstacksize(&attr, STACK_BYTES);
	r = pthread_create(&thread, &attr, thread_main, start);
	(void)pthread_attr_destroy(&attr);
	if (r != 0)
		return -r;

	start = NULL; /* the thread's now */
	return 0;
}

int pcireset_jobs_wait(int pipe_fd, uint64_t wait_us, struct pcireset_job **ret_job)
{
	struct pollfd poll_fd = { .fd = pipe_fd, .events = POLLIN };
	/* Rounded up: a deadline is never missed by being early. */
	uint64_t wait_ms = wait_us / 1000 + (wait_us % 1000 != 0);
	struct pcireset_job *job;
	ssize_t n;
	int r;

	r = poll(&poll_fd, 1, wait_ms < INT_MAX ? (int)wait_ms : INT_MAX);
	if (r < 0)
		return -errno;
	if (r == 0)
		return -ETIMEDOUT;

	n = read(pipe_fd, &job, sizeof(job));
	if (n < 0)
		return -errno;
	if (n != sizeof(job))
		return -EIO;

	*ret_job = job;
	return 0;
}
