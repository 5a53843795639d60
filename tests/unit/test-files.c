/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole files as text. */
#include <signal.h>
#include <string.h>
#include <sys/time.h>

#include "fake_io.h"
#include "quiesce.h"

static int write_end = -1;

/* The reader waits by now: what it waits for comes behind the signal. */
static void write_late(int signal)
{
	(void)signal;
	if (write_end < 0)
		return;
	(void)!write(write_end, "late\n", 5);
	(void)close(write_end);
	write_end = -1;
}

static void a_signal_does_not_end_a_read(void **state)
{
	const struct sigaction action = { .sa_handler = write_late }; /* no SA_RESTART */
	const struct itimerval soon = { .it_value.tv_usec = 50000 };
	_cleanup_free_ char *text = NULL;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	write_end = ends[1];
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	assert_int_equal(quiesce_fd_read(ends[0], 100, &text), 0);
	assert_string_equal(text, "late\n");
	(void)close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_does_not_end_a_read),
	};

	return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
