/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Buses that the kernel resets as a whole. */
#include "kernel_stage.h"

#define DEVICES "sys/bus/pci/devices/"

static void whole_buses_come_after_functions_and_leave_their_outcome(void **state)
{
	struct fake_function *port;

	(void)state;
	port = fake_port(&fake, "0000:00:03.0", 1, 1);
	fake_attr(&fake, port, "reset_subordinate", "")->write_error = -25;
	(void)fake_resets(&fake, endpoint("0000:01:00.0"), "flr");
	(void)fake_attr(&fake, endpoint("0000:01:00.1"), "driver_override", "(null)");
	read_machine();
	reset_by(1, PCIRESET_METHOD_FLR);
	reset_by(2, PCIRESET_METHOD_SBR);
	steps[2].whole_bus = true;
	run(2000, 10000);

	assert_string_equal(started, "0000:01:00.0 flr\n0000:00:03.0 sbr\n");
	assert_int_equal(outcomes[1].reset_error, 0);
	assert_int_equal(outcomes[2].reset_error, -25);
}

static void below_a_stuck_reset_no_bus_is_reset(void **state)
{
	struct fake_function *port;

	(void)state;
	port = fake_port(&fake, "0000:00:03.0", 1, 1);
	(void)fake_attr(&fake, port, "reset_subordinate", "");
	fake_resets(&fake, endpoint("0000:01:00.0"), "flr")->blocks_us = UINT64_MAX;
	(void)fake_attr(&fake, endpoint("0000:01:00.1"), "driver_override", "(null)");
	read_machine();
	reset_by(1, PCIRESET_METHOD_FLR);
	reset_by(2, PCIRESET_METHOD_SBR);
	steps[2].whole_bus = true;
	run(2000, 10000);

	assert_null(strstr(fake.log, "reset_subordinate"));
	assert_true(outcomes[1].stuck);
	assert_false(outcomes[2].tried);
	assert_int_equal(outcomes[2].reset_error, -16);
}

static void below_a_stuck_reset_no_bus_further_up_is_reset(void **state)
{
	struct fake_function *port;

	(void)state;
	port = fake_port(&fake, "0000:00:03.0", 1, 2);
	(void)fake_attr(&fake, port, "reset_subordinate", "");
	(void)fake_port(&fake, "0000:01:00.0", 2, 2);
	(void)fake_attr(&fake, endpoint("0000:01:01.0"), "driver_override", "(null)");
	fake_resets(&fake, endpoint("0000:02:00.0"), "flr")->blocks_us = UINT64_MAX;
	read_machine();
	reset_by(2, PCIRESET_METHOD_SBR);
	steps[2].whole_bus = true;
	steps[2].via = 0;
	reset_by(3, PCIRESET_METHOD_FLR);
	run(2000, 10000);

	assert_null(strstr(fake.log, "reset_subordinate"));
	assert_true(outcomes[3].stuck);
	assert_false(outcomes[2].tried);
	assert_int_equal(outcomes[2].reset_error, -16);
}

/* Its engine and how it ended, as the direct engine leaves it. */
static void below_one_that_does_not_answer(struct pcireset_outcome outcome)
{
	struct fake_function *port;

	port = fake_port(&fake, "0000:00:03.0", 1, 1);
	(void)fake_attr(&fake, port, "reset_subordinate", "");
	(void)endpoint("0000:01:00.0");
	(void)fake_attr(&fake, endpoint("0000:01:00.1"), "driver_override", "(null)");
	read_machine();
	reset_by(2, PCIRESET_METHOD_SBR);
	steps[2].whole_bus = true;
	steps[1].engine = PCIRESET_ENGINE_DIRECT;
	outcomes[1] = outcome;
	run(2000, 10000);

	assert_null(strstr(fake.log, "reset_subordinate"));
	assert_int_equal(outcomes[2].reset_error, -16);
	assert_int_equal(outcomes[1].reset_error, outcome.reset_error);
}

static void a_bus_with_one_that_does_not_answer_is_not_reset(void **state)
{
	(void)state;
	below_one_that_does_not_answer(
		(struct pcireset_outcome){ .tried = true, .reset_error = -110 });
}

static void nor_one_with_a_function_that_went_before_its_reset(void **state)
{
	(void)state;
	below_one_that_does_not_answer((struct pcireset_outcome){ .reset_error = -19 });
}

static void nor_one_with_a_function_that_got_a_driver(void **state)
{
	(void)state;
	below_one_that_does_not_answer(
		(struct pcireset_outcome){ .bound = true, .reset_error = -16 });
}

/* It belongs to nobody, and its number is another's. */
static void what_returns_while_others_are_reset_later_is_not_taken_for_theirs(void **state)
{
	struct fake_attr *slow;

	(void)state;
	slow = fake_resets(&fake, endpoint("0000:00:01.0"), "flr");
	(void)fake_resets(&fake, endpoint("0000:00:02.0"), "flr");
	(void)fake_resets(&fake, endpoint("0000:00:04.0"), "flr");
	slow->blocks_us = 2050000;
	read_machine();
	reset_by(0, PCIRESET_METHOD_FLR);
	run(2000, 10000);
	assert_true(outcomes[0].stuck);

	/* 100 ms each, from 2 s on; the slow one returns meanwhile. */
	steps[0].action = PCIRESET_KEEP;
	reset_by(1, PCIRESET_METHOD_FLR);
	reset_by(2, PCIRESET_METHOD_FLR);
	run(2000, 10000);

	assert_int_equal(fake.now_us, 2100000);
	assert_int_equal(outcomes[1].reset_us, 100000);
	assert_int_equal(outcomes[2].reset_us, 100000);
	assert_true(outcomes[0].stuck);
}

static void a_whole_bus_waits_only_for_those_that_are_on_it(void **state)
{
	struct fake_function *port;

	(void)state;
	port = fake_port(&fake, "0000:00:03.0", 1, 1);
	fake_attr(&fake, port, "reset_subordinate", "")->blocks_us = 1000000;
	(void)fake_attr(&fake, endpoint("0000:01:00.0"), "driver_override", "(null)");
	(void)fake_resets(&fake, endpoint("0000:00:04.0"), "flr");
	read_machine();
	reset_by(1, PCIRESET_METHOD_FLR);
	reset_by(2, PCIRESET_METHOD_SBR);
	steps[2].whole_bus = true;
	run(2000, 10000);

	assert_string_equal(started, "0000:00:03.0 sbr\n0000:00:04.0 flr\n");
	assert_int_equal(fake.now_us, 1000000);
}

static void a_whole_bus_is_one_write_that_counts_for_all_on_it(void **state)
{
	struct fake_function *port;

	(void)state;
	port = fake_port(&fake, "0000:00:03.0", 1, 1);
	fake_attr(&fake, port, "reset_subordinate", "")->blocks_us = 102000;
	(void)fake_attr(&fake, endpoint("0000:01:00.0"), "driver_override", "(null)");
	(void)fake_attr(&fake, endpoint("0000:01:00.1"), "driver_override", "(null)");
	read_machine();
	reset_by(1, PCIRESET_METHOD_SBR);
	reset_by(2, PCIRESET_METHOD_SBR);
	steps[1].whole_bus = true;
	steps[2].whole_bus = true;
	run(2000, 10000);

	assert_string_equal(fake.log, "a 01:00.0/driver_override pci-quiesce\n"
				      "a 01:00.1/driver_override pci-quiesce\n"
				      "a 00:03.0/reset_subordinate 1\n"
				      "a 01:00.0/driver_override \n"
				      "a 01:00.1/driver_override \n");
	assert_string_equal(started, "0000:00:03.0 sbr\n");
	assert_true(outcomes[1].tried && outcomes[2].tried);
	assert_int_equal(outcomes[2].reset_us, 102000);
	assert_false(outcomes[0].tried);
}

/* A probe somewhere below holds a lock that the kernel only tries to take. */
static struct fake_attr *busy_bus(unsigned int busy_writes)
{
	struct fake_function *port = fake_port(&fake, "0000:00:03.0", 1, 1);
	struct fake_attr *reset = fake_attr(&fake, port, "reset_subordinate", "");

	reset->busy_writes = busy_writes;
	reset->blocks_us = 102000;
	(void)fake_attr(&fake, endpoint("0000:01:00.0"), "driver_override", "(null)");
	(void)fake_resets(&fake, endpoint("0000:02:00.0"), "flr");
	read_machine();
	reset_by(1, PCIRESET_METHOD_SBR);
	steps[1].whole_bus = true;
	return reset;
}

static void a_bus_whose_locks_are_taken_is_tried_again(void **state)
{
	(void)state;
	(void)busy_bus(2);
	run(2000, 10000);

	assert_string_equal(fake.log, "a 01:00.0/driver_override pci-quiesce\n"
				      "a 00:03.0/reset_subordinate 1\n"
				      "a 01:00.0/driver_override \n"
				      "a 01:00.0/driver_override pci-quiesce\n" /* 10 ms later */
				      "a 00:03.0/reset_subordinate 1\n"
				      "a 01:00.0/driver_override \n"
				      "a 01:00.0/driver_override pci-quiesce\n" /* 20 ms later */
				      "a 00:03.0/reset_subordinate 1\n"
				      "a 01:00.0/driver_override \n");
	/* Said once, and the time it was waited for counts. */
	assert_string_equal(started, "0000:00:03.0 sbr\n");
	assert_true(outcomes[1].tried);
	assert_int_equal(outcomes[1].reset_error, 0);
	assert_int_equal(outcomes[1].reset_us, 132000);
	assert_false(entries[1].overridden);
}

/* 10, 20, 40, 80 and then 160 ms, as often as that fits into 2 s and 1.1 s for a bus. */
static void until_its_budget_is_over(void **state)
{
	struct fake_attr *reset;

	(void)state;
	reset = busy_bus(1000);
	run(2000, 10000);

	assert_int_equal(1000 - reset->busy_writes, 1 + 4 + 18);
	assert_int_equal(outcomes[1].reset_error, -11);
	assert_int_equal(fake.now_us, 3030000);
	assert_false(outcomes[1].stuck);
	assert_string_equal(fake_find_attr(&fake, DEVICES "0000:01:00.0/driver_override")->text, "");
}

static void none_is_begun_that_would_not_end_in_time(void **state)
{
	struct fake_attr *reset;

	(void)state;
	reset = busy_bus(1000);
	steps[1].estimate_ms = 102;
	run(2000, 200);

	/* After 10, 30 and 70 ms; after 150 it would be too late. */
	assert_int_equal(1000 - reset->busy_writes, 4);
	assert_int_equal(outcomes[1].reset_error, -11);
	assert_int_equal(fake.now_us, 70000);
}

static void others_lose_no_time_by_that(void **state)
{
	(void)state;
	(void)busy_bus(6);
	reset_by(2, PCIRESET_METHOD_FLR);
	run(2000, 10000);

	assert_int_equal(outcomes[2].reset_us, 100000);
	assert_int_equal(outcomes[1].reset_error, 0);
	/* 470 ms of pauses and 102 of its own */
	assert_int_equal(fake.now_us, 572000);
}

/* A function below the same port goes first meanwhile. */
static void nor_does_one_below_the_same_port(void **state)
{
	(void)state;
	(void)fake_port(&fake, "0000:00:03.0", 1, 1);
	fake_resets(&fake, endpoint("0000:01:00.0"), "flr")->busy_writes = 1;
	(void)fake_resets(&fake, endpoint("0000:01:00.1"), "flr");
	read_machine();
	reset_by(1, PCIRESET_METHOD_FLR);
	reset_by(2, PCIRESET_METHOD_FLR);
	run(2000, 10000);

	assert_string_equal(started, "0000:01:00.0 flr\n0000:01:00.1 flr\n");
	assert_int_equal(outcomes[2].reset_us, 100000);
	assert_int_equal(outcomes[1].reset_error, 0);
	assert_int_equal(outcomes[1].reset_us, 200000);
	assert_int_equal(fake.now_us, 200000);
}

static struct fake_function *probed;

static void bind(struct fake_function *function)
{
	(void)function;
	if (fake_find_attr(&fake, DEVICES "0000:01:00.0/driver_override")->text[0] == '\0')
		fake_attr(&fake, probed, "driver", "e1000e")->link = true;
}

/* What held the lock was the probe of its driver, and that has got it now. */
static void one_that_got_a_driver_meanwhile_keeps_it(void **state)
{
	struct fake_attr *reset, *override;

	(void)state;
	reset = busy_bus(1);
	override = fake_find_attr(&fake, DEVICES "0000:01:00.0/driver_override");
	probed = &fake.functions[1];
	override->written = bind;
	run(2000, 10000);

	assert_int_equal(reset->busy_writes, 0);
	assert_non_null(strstr(fake.log, "reset_subordinate"));
	assert_null(strstr(strstr(fake.log, "reset_subordinate") + 1, "reset_subordinate"));
	assert_true(outcomes[1].bound);
	assert_int_equal(outcomes[1].reset_error, -16);
}

/* An override that could not be taken back is not set anew. */
static void what_cannot_be_put_back_is_not_tried_again(void **state)
{
	struct fake_attr *reset;

	(void)state;
	reset = busy_bus(2);
	fake_find_attr(&fake, DEVICES "0000:01:00.0/driver_override")->busy_writes = 2;
	run(2000, 10000);

	assert_int_equal(reset->busy_writes, 2);
	assert_int_equal(outcomes[1].reset_error, -11);
	assert_true(entries[1].overridden);
}

/* It ends without having begun, after its bus had its turn. */
static void a_whole_bus_is_not_forgotten_behind_one_that_cannot_begin(void **state)
{
	struct fake_function *bridge;

	(void)state;
	bridge = fake_port(&fake, "0000:00:03.0", 1, 1);
	(void)fake_attr(&fake, bridge, "reset_subordinate", "");
	(void)fake_resets(&fake, endpoint("0000:01:00.0"), "flr");
	(void)fake_resets(&fake, endpoint("0000:01:00.1"), "bus");
	read_machine();
	fake_find_attr(&fake, DEVICES "0000:01:00.0/reset_method")->read_error = -5;
	reset_by(1, PCIRESET_METHOD_FLR);
	reset_by(2, PCIRESET_METHOD_SBR);
	steps[2].whole_bus = true;
	run(2000, 10000);

	assert_int_equal(outcomes[1].reset_error, -5);
	assert_true(outcomes[2].tried);
	assert_int_equal(outcomes[2].reset_error, 0);
}

static void a_conventional_bus_gets_more_time(void **state)
{
	struct fake_function *bridge;

	(void)state;
	bridge = fake_port(&fake, "0000:00:03.0", 1, 1);
	fake_put(bridge->config, 0x42, 0x0072, 2); /* PCIe to PCI bridge */
	fake_resets(&fake, endpoint("0000:01:00.0"), "bus")->blocks_us = 2500000;
	read_machine();
	reset_by(1, PCIRESET_METHOD_SBR);
	run(2000, 10000);

	assert_int_equal(outcomes[1].reset_error, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whole_buses_come_after_functions_and_leave_their_outcome),
		TEST(below_a_stuck_reset_no_bus_is_reset),
		TEST(below_a_stuck_reset_no_bus_further_up_is_reset),
		TEST(a_bus_with_one_that_does_not_answer_is_not_reset),
		TEST(nor_one_with_a_function_that_went_before_its_reset),
		TEST(nor_one_with_a_function_that_got_a_driver),
		TEST(what_returns_while_others_are_reset_later_is_not_taken_for_theirs),
		TEST(a_whole_bus_waits_only_for_those_that_are_on_it),
		TEST(a_whole_bus_is_one_write_that_counts_for_all_on_it),
		TEST(a_bus_whose_locks_are_taken_is_tried_again),
		TEST(until_its_budget_is_over),
		TEST(none_is_begun_that_would_not_end_in_time),
		TEST(others_lose_no_time_by_that),
		TEST(nor_does_one_below_the_same_port),
		TEST(one_that_got_a_driver_meanwhile_keeps_it),
		TEST(what_cannot_be_put_back_is_not_tried_again),
		TEST(a_whole_bus_is_not_forgotten_behind_one_that_cannot_begin),
		TEST(a_conventional_bus_gets_more_time),
	};

	return cmocka_run_group_tests_name("engine-bus", tests, NULL, NULL);
}
