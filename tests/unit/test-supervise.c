/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A worker and its deadlines, and what is put back behind it. */
#include <signal.h>

#include "supervise_stage.h"

static void expect_all_put_back(void)
{
	expect("sys/bus/pci/drivers_autoprobe", "1\n");
	expect(NIC "driver_override", "\n");
	expect(NIC "reset_method", "flr pm");
	expect("sys/bus/pci/drivers_probe", "0000:00:01.0");
	expect("proc/sys/kernel/printk_devkmsg", "ratelimit\n");
	expect("proc/sys/kernel/hung_task_panic", "1\n");
}

static void a_worker_that_does_its_work_gives_its_exit_code(void **state)
{
	(void)state;
	assert_int_equal(supervise(does_its_work, -1), 0);
	expect_all_put_back();
}

static void dies(struct quiesce_shared *shared, uint64_t started_us, int tell_fd, void *data)
{
	change_things(shared);
	shared->exit_code = 0;
	(void)raise(SIGKILL);
}

static void what_a_dead_worker_left_is_put_back(void **state)
{
	(void)state;
	assert_int_equal(supervise(dies, -1), QUIESCE_BAD_FUNCTIONS);
	expect_all_put_back();
}

static void hangs(struct quiesce_shared *shared, uint64_t started_us, int tell_fd, void *data)
{
	change_things(shared);
	for (;;)
		(void)pause();
}

static void a_worker_that_hangs_is_killed_at_its_deadline(void **state)
{
	uint64_t started_us = quiesce_monotonic_us();

	(void)state;
	assert_int_equal(supervise(hangs, -1), QUIESCE_BAD_FUNCTIONS);
	assert_in_range(quiesce_monotonic_us() - started_us, 300000, 1300000);
	expect_all_put_back();
}

static void hangs_later(struct quiesce_shared *shared, uint64_t started_us, int tell_fd,
			void *data)
{
	change_things(shared);
	shared->drivers_ms = 600;
	quiesce_tell(tell_fd, QUIESCE_TELL_CONFIG);
	quiesce_tell(tell_fd, QUIESCE_TELL_QUIESCED);
	for (;;)
		(void)pause();
}

static void behind_the_resets_the_second_deadline_counts(void **state)
{
	uint64_t started_us = quiesce_monotonic_us();

	(void)state;
	config.deadline_ms = 20000;
	assert_int_equal(supervise(hangs_later, -1), QUIESCE_BAD_FUNCTIONS);
	/* It has seven tenths of that time; putting back has the rest. */
	assert_in_range(quiesce_monotonic_us() - started_us, 420000, 1500000);
	expect_all_put_back();
}

static void whoever_interrupts_gets_everything_back(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "!", 1), 1);
	config.deadline_ms = 20000;
	assert_int_equal(supervise(hangs, fds[0]), QUIESCE_BAD_FUNCTIONS);
	/* It may have been stopped before it changed anything. */
	expect("sys/bus/pci/drivers_autoprobe", "1\n");
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void a_running_watchdog_shortens_the_deadlines(void **state)
{
	uint64_t started_us = quiesce_monotonic_us();

	(void)state;
	make("sys/class/watchdog/watchdog0/state", "inactive\n");
	make("sys/class/watchdog/watchdog0/timeleft", "1\n");
	make("sys/class/watchdog/watchdog1/state", "active\n");
	make("sys/class/watchdog/watchdog1/timeout", "4\n");
	assert_int_equal(quiesce_watchdog_ms(root), 4000);
	make("sys/class/watchdog/watchdog1/timeleft", "2\n");
	assert_int_equal(quiesce_watchdog_ms(root), 2000);

	config.deadline_ms = 10000;
	config.drivers_ms = 15000;
	assert_int_equal(supervise(hangs, -1), QUIESCE_BAD_FUNCTIONS);
	/* Three quarters of two seconds, two fifths of which are the first deadline's. */
	assert_in_range(quiesce_monotonic_us() - started_us, 600000, 1500000);
	expect_all_put_back();
}

static void without_a_watchdog_nothing_is_shorter(void **state)
{
	uint32_t deadline_ms = 10000, drivers_ms = 15000;

	(void)state;
	assert_int_equal(quiesce_watchdog_ms(root), UINT32_MAX);
	quiesce_deadlines_fit(&deadline_ms, &drivers_ms, UINT32_MAX);
	assert_int_equal(deadline_ms, 10000);
	assert_int_equal(drivers_ms, 15000);
	quiesce_deadlines_fit(&deadline_ms, &drivers_ms, 5000);
	assert_int_equal(deadline_ms, 2000);
	assert_int_equal(drivers_ms, 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_worker_that_does_its_work_gives_its_exit_code),
		TEST(what_a_dead_worker_left_is_put_back),
		TEST(a_worker_that_hangs_is_killed_at_its_deadline),
		TEST(behind_the_resets_the_second_deadline_counts),
		TEST(whoever_interrupts_gets_everything_back),
		TEST(a_running_watchdog_shortens_the_deadlines),
		TEST(without_a_watchdog_nothing_is_shorter),
	};

	return cmocka_run_group_tests_name("supervise", tests, NULL, NULL);
}
