/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Children of a supervisor. But for the shell, nothing here waits without a deadline. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "supervise.h"

/* From the last close of the pipe to the zombie it is a few instructions, on a busy machine. */
#define REAP_MS 500
/* More than a worker ever has open. */
#define FDS_MAX 256

uint64_t quiesce_monotonic_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int quiesce_child_start(struct quiesce_child *ret_child)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;

	pid = fork();
	if (pid < 0) {
		int r = -errno;

		(void)close(fds[0]);
		(void)close(fds[1]);
		return r;
	}
	(void)close(fds[pid == 0 ? 0 : 1]);
	*ret_child = (struct quiesce_child){
		.pid = pid,
		.fd = fds[pid == 0 ? 1 : 0],
		.interrupt_fd = -1,
	};
	return 0;
}

int quiesce_child_hear(const struct quiesce_child *child, uint64_t deadline_us)
{
	/* A negative descriptor is passed over. */
	struct pollfd fds[] = {
		{ .fd = child->fd, .events = POLLIN },
		{ .fd = child->interrupt_fd, .events = POLLIN },
	};

	for (;;) {
		uint64_t now_us = quiesce_monotonic_us();
		unsigned char byte;
		int r;

		r = poll(fds, 2,
			 deadline_us > now_us ? (int)((deadline_us - now_us + 999) / 1000) : 0);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		if (r == 0)
			return -ETIMEDOUT;
		if (!fds[0].revents)
			return -EINTR;
		return read(child->fd, &byte, 1) == 1 ? byte : -EPIPE;
	}
}

void quiesce_child_leave(struct quiesce_child *child)
{
	(void)close(child->fd);
	child->fd = -1;
}

bool quiesce_child_end(struct quiesce_child *child, bool kill_it, int *ret_status)
{
	sigset_t wanted, before;
	uint64_t end_us;
	pid_t pid;

	(void)sigemptyset(&wanted);
	(void)sigaddset(&wanted, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &wanted, &before);

	if (kill_it)
		(void)kill(child->pid, SIGKILL);
	/* The signal may be that of another child, or have come before it was blocked. */
	end_us = quiesce_monotonic_us() + REAP_MS * 1000ull;
	while ((pid = waitpid(child->pid, ret_status, WNOHANG)) == 0) {
		uint64_t now_us = quiesce_monotonic_us();
		struct timespec patience;

		if (now_us >= end_us)
			break;
		patience = (struct timespec){ 0, (long)(end_us - now_us) * 1000 };
		(void)sigtimedwait(&wanted, NULL, &patience);
	}

	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	quiesce_child_leave(child);
	return pid == child->pid;
}

int quiesce_child_wait(pid_t wanted_pid, int *ret_status)
{
	sigset_t wanted, before;
	int status, r = 1;
	pid_t pid;

	/* Blocked before the first look: what ends after it stays pending. */
	(void)sigemptyset(&wanted);
	(void)sigaddset(&wanted, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &wanted, &before);

	while (r > 0) {
		pid = waitpid(-1, &status, WNOHANG);
		if (pid == wanted_pid)
			r = 0;
		else if (pid < 0)
			r = -errno;
		else if (pid == 0)
			(void)sigwaitinfo(&wanted, NULL);
	}

	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	if (r == 0)
		*ret_status = status;
	return r;
}

void quiesce_child_detach(int first_fd, int last_fd)
{
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = first_fd; fd <= last_fd; fd++)
		(void)(null_fd >= 0 ? dup2(null_fd, fd) : close(fd));
	if (null_fd > last_fd)
		(void)close(null_fd);
}

/* One that is left behind must not hold a pipe whose end somebody waits for. */
static void close_pipes(int but_fd)
{
	struct stat st;

	for (int fd = STDERR_FILENO + 1; fd < FDS_MAX; fd++)
		if (fd != but_fd && fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode))
			(void)close(fd);
}

int quiesce_child_do(int (*call)(const void *data), const void *data, uint64_t until_us)
{
	struct quiesce_child child;
	int status, r;

	r = quiesce_child_start(&child);
	if (r < 0)
		return r;
	if (child.pid == 0) {
		unsigned char error;

		close_pipes(child.fd);
		quiesce_child_detach(STDIN_FILENO, STDERR_FILENO);
		error = (unsigned char)-call(data);
		(void)!write(child.fd, &error, 1);
		_exit(0);
	}

	r = quiesce_child_hear(&child, until_us);
	if (r == -ETIMEDOUT)
		quiesce_child_leave(&child);
	else
		(void)quiesce_child_end(&child, false, &status);
	return r > 0 ? -r : r;
}
