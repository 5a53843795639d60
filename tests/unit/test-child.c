/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Children of a supervisor, with real processes: what is heard and when. */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include "fake_io.h"
#include "supervise.h"

static uint64_t in_ms(uint32_t ms)
{
	return quiesce_monotonic_us() + ms * 1000ull;
}

static struct quiesce_child start(void (*body)(int fd))
{
	struct quiesce_child child;

	assert_int_equal(quiesce_child_start(&child), 0);
	if (child.pid == 0) {
		body(child.fd);
		_exit(7);
	}
	return child;
}

static void say_nothing(int fd)
{
	(void)fd;
}

static void say_done_and_stay(int fd)
{
	(void)!write(fd, "d", 1);
	for (;;)
		(void)pause();
}

static void stay(int fd)
{
	(void)fd;
	for (;;)
		(void)pause();
}

static void crash(int fd)
{
	(void)fd;
	(void)signal(SIGSEGV, SIG_DFL);
	(void)raise(SIGSEGV);
}

static void an_exit_is_heard_at_once_with_its_code(void **state)
{
	struct quiesce_child child = start(say_nothing);
	int status = 0;

	(void)state;
	assert_int_equal(quiesce_child_hear(&child, in_ms(10000)), -EPIPE);
	assert_true(quiesce_child_end(&child, false, &status));
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
}

static void a_death_is_heard_at_once_with_its_signal(void **state)
{
	struct quiesce_child child = start(crash);
	int status = 0;

	(void)state;
	assert_int_equal(quiesce_child_hear(&child, in_ms(10000)), -EPIPE);
	assert_true(quiesce_child_end(&child, false, &status));
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSEGV);
}

static void a_child_that_hangs_is_left_at_the_deadline_and_killed(void **state)
{
	struct quiesce_child child = start(stay);
	uint64_t before = quiesce_monotonic_us(), took;
	int status = 0;

	(void)state;
	assert_int_equal(quiesce_child_hear(&child, in_ms(50)), -ETIMEDOUT);
	took = quiesce_monotonic_us() - before;
	assert_true(took >= 50000);
	assert_true(quiesce_child_end(&child, true, &status));
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void a_child_that_is_done_but_does_not_end_is_left_behind(void **state)
{
	struct quiesce_child child = start(say_done_and_stay);
	pid_t pid = child.pid;
	int status = 0;

	(void)state;
	assert_int_equal(quiesce_child_hear(&child, in_ms(10000)), 'd');
	assert_false(quiesce_child_end(&child, false, &status));
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void a_deadline_in_the_past_is_over(void **state)
{
	struct quiesce_child child = start(stay);
	int status;

	(void)state;
	assert_int_equal(quiesce_child_hear(&child, 0), -ETIMEDOUT);
	(void)quiesce_child_end(&child, true, &status);
}

/* Until nothing is left of it, not even a zombie. */
static void outlast(pid_t pid)
{
	while (kill(pid, 0) == 0)
		(void)sched_yield();
}

static void waiting_for_one_child_reaps_the_others(void **state)
{
	pid_t other, wanted;
	int status = 0;

	(void)state;
	other = fork();
	if (other == 0)
		_exit(3);
	wanted = fork();
	if (wanted == 0) {
		outlast(other);
		_exit(7);
	}
	assert_int_equal(quiesce_child_wait(wanted, &status), 0);
	assert_int_equal(WEXITSTATUS(status), 7);
	assert_int_equal(waitpid(other, &status, WNOHANG), -1);
}

static void waiting_for_nobody_ends(void **state)
{
	int status = 0;

	(void)state;
	assert_int_equal(quiesce_child_wait(1, &status), -ECHILD);
}

static int say_busy(const void *data)
{
	(void)data;
	return -EBUSY;
}

static int hang(const void *data)
{
	(void)data;
	fake_hang();
}

static int die(const void *data)
{
	(void)data;
	_exit(0);
}

static void what_a_call_returns_is_returned(void **state)
{
	(void)state;
	assert_int_equal(quiesce_child_do(say_busy, NULL, in_ms(10000)), -EBUSY);
	assert_int_equal(quiesce_child_do(die, NULL, in_ms(10000)), -EPIPE);
}

static void a_call_that_is_late_holds_nobodys_pipe(void **state)
{
	struct pollfd end = { .events = POLLIN };
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	end.fd = fds[0];
	assert_int_equal(quiesce_child_do(hang, NULL, in_ms(50)), -ETIMEDOUT);
	(void)close(fds[1]);
	assert_int_equal(poll(&end, 1, 2000), 1);
	assert_int_equal(end.revents, POLLHUP);
	(void)close(fds[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_exit_is_heard_at_once_with_its_code),
		cmocka_unit_test(a_death_is_heard_at_once_with_its_signal),
		cmocka_unit_test(a_child_that_hangs_is_left_at_the_deadline_and_killed),
		cmocka_unit_test(a_child_that_is_done_but_does_not_end_is_left_behind),
		cmocka_unit_test(a_deadline_in_the_past_is_over),
		cmocka_unit_test(waiting_for_one_child_reaps_the_others),
		cmocka_unit_test(waiting_for_nobody_ends),
		cmocka_unit_test(what_a_call_returns_is_returned),
		cmocka_unit_test(a_call_that_is_late_holds_nobodys_pipe),
	};

	return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
