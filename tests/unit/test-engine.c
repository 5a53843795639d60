/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "kernel_stage.h"

#define DEVICES "sys/bus/pci/devices/"

static void nothing_is_pinned(size_t i)
{
	assert_true(journal->entries[i].in_use);
	assert_false(journal->entries[i].overridden || journal->entries[i].method_before[0]);
}

static void drivers_are_kept_away_and_one_method_is_pinned_meanwhile(void **state)
{
	(void)state;
	(void)fake_resets(&fake, endpoint("0000:00:01.0"), "flr pm");
	read_machine();
	reset_by(0, PCIRESET_METHOD_FLR);
	run(2000, 10000);

	assert_string_equal(fake.log, "a 00:01.0/driver_override pci-quiesce\n"
				      "a 00:01.0/reset_method flr\n"
				      "a 00:01.0/reset 1\n"
				      "a 00:01.0/reset_method flr pm\n"
				      "a 00:01.0/driver_override \n");
	assert_string_equal(started, "0000:00:01.0 flr\n");
	assert_true(outcomes[0].tried);
	assert_int_equal(outcomes[0].reset_error, 0);
	assert_int_equal(outcomes[0].reset_us, 100000);
	nothing_is_pinned(0);
}

static void an_override_of_somebody_else_stays(void **state)
{
	(void)state;
	(void)fake_resets(&fake, endpoint("0000:00:01.0"), "flr");
	(void)strcpy(fake_find_attr(&fake, DEVICES "0000:00:01.0/driver_override")->text,
		     "vfio-pci");
	read_machine();
	reset_by(0, PCIRESET_METHOD_FLR);
	run(2000, 10000);

	assert_string_equal(fake.log, "a 00:01.0/reset_method flr\n"
				      "a 00:01.0/reset 1\n"
				      "a 00:01.0/reset_method flr\n");
}

static void where_the_method_cannot_be_pinned_nothing_is_reset(void **state)
{
	(void)state;
	(void)fake_resets(&fake, endpoint("0000:00:01.0"), "flr pm");
	fake_find_attr(&fake, DEVICES "0000:00:01.0/reset_method")->write_error = -22;
	read_machine();
	reset_by(0, PCIRESET_METHOD_FLR);
	run(2000, 10000);

	assert_null(strstr(fake.log, "reset 1"));
	assert_int_equal(outcomes[0].reset_error, -22);
	/* What could not be put back is left to somebody else. */
	assert_string_equal(journal->entries[0].method_before, "flr pm");
}

static void a_reset_that_fails_is_put_back_all_the_same(void **state)
{
	(void)state;
	fake_resets(&fake, endpoint("0000:00:01.0"), "flr pm")->write_error = -25;
	read_machine();
	reset_by(0, PCIRESET_METHOD_FLR);
	run(2000, 10000);

	assert_int_equal(outcomes[0].reset_error, -25);
	nothing_is_pinned(0);
	assert_string_equal(fake_find_attr(&fake, DEVICES "0000:00:01.0/reset_method")->text,
			    "flr pm");
}

static void ports_go_side_by_side_and_siblings_one_by_one(void **state)
{
	(void)state;
	(void)fake_port(&fake, "0000:00:03.0", 1, 1);
	(void)fake_port(&fake, "0000:00:04.0", 2, 2);
	(void)fake_resets(&fake, endpoint("0000:01:00.0"), "flr");
	(void)fake_resets(&fake, endpoint("0000:01:00.1"), "flr");
	(void)fake_resets(&fake, endpoint("0000:01:00.2"), "flr");
	(void)fake_resets(&fake, endpoint("0000:02:00.0"), "flr");
	(void)fake_resets(&fake, endpoint("0000:02:00.1"), "flr");
	read_machine();
	for (size_t i = 2; i < 7; i++)
		reset_by(i, PCIRESET_METHOD_FLR);
	run(2000, 10000);

	assert_int_equal(fake.now_us, 300000);
	assert_int_equal(fake.most_jobs, 2);
	for (size_t i = 2; i < 7; i++)
		assert_int_equal(outcomes[i].reset_error, 0);
}

static void never_more_than_sixteen_at_a_time(void **state)
{
	char address[32];

	(void)state;
	for (unsigned int i = 0; i < 20; i++) {
		(void)snprintf(address, sizeof(address), "0000:00:%02x.0", i);
		(void)fake_resets(&fake, endpoint(address), "flr");
	}
	read_machine();
	for (size_t i = 0; i < 20; i++)
		reset_by(i, PCIRESET_METHOD_FLR);
	run(2000, 10000);

	assert_int_equal(fake.most_jobs, 16);
	assert_int_equal(fake.now_us, 200000);
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(outcomes[i].reset_error, 0);
}

static void a_method_that_cannot_be_read_is_not_pinned_so_nothing_is_reset(void **state)
{
	(void)state;
	(void)fake_resets(&fake, endpoint("0000:00:01.0"), "flr pm");
	read_machine();
	fake_find_attr(&fake, DEVICES "0000:00:01.0/reset_method")->read_error = -5;
	reset_by(0, PCIRESET_METHOD_FLR);
	run(2000, 10000);

	assert_string_equal(fake.log, "");
	assert_int_equal(outcomes[0].reset_error, -5);
}

static void a_reset_that_never_returns_costs_its_budget_and_its_port(void **state)
{
	(void)state;
	(void)fake_port(&fake, "0000:00:03.0", 1, 1);
	(void)fake_port(&fake, "0000:00:04.0", 2, 2);
	fake_resets(&fake, endpoint("0000:01:00.0"), "flr")->blocks_us = UINT64_MAX;
	(void)fake_resets(&fake, endpoint("0000:01:00.1"), "flr");
	(void)fake_resets(&fake, endpoint("0000:02:00.0"), "flr");
	read_machine();
	for (size_t i = 2; i < 5; i++)
		reset_by(i, PCIRESET_METHOD_FLR);
	run(2000, 10000);

	assert_int_equal(fake.now_us, 2000000);
	assert_true(outcomes[2].stuck);
	assert_int_equal(outcomes[2].reset_error, -110);
	assert_true(journal->entries[2].in_use); /* drivers stay away from it */
	assert_true(journal->entries[2].stuck);
	assert_false(outcomes[3].tried);
	assert_int_equal(outcomes[3].reset_error, -16);
	assert_int_equal(outcomes[4].reset_error, 0);
}

static void sixteen_that_never_return_cost_one_budget_and_four_more_another(void **state)
{
	char address[32];

	(void)state;
	for (unsigned int i = 0; i < 20; i++) {
		(void)snprintf(address, sizeof(address), "0000:00:%02x.0", i);
		fake_resets(&fake, endpoint(address), "flr")->blocks_us = UINT64_MAX;
	}
	read_machine();
	for (size_t i = 0; i < 20; i++)
		reset_by(i, PCIRESET_METHOD_FLR);
	run(2000, 10000);

	assert_int_equal(fake.now_us, 4000000);
	for (size_t i = 0; i < 20; i++)
		assert_true(outcomes[i].reset_error < 0);
}

static void the_deadline_of_all_is_stronger_than_the_budget_of_one(void **state)
{
	(void)state;
	fake_resets(&fake, endpoint("0000:00:01.0"), "flr")->blocks_us = UINT64_MAX;
	read_machine();
	reset_by(0, PCIRESET_METHOD_FLR);
	run(2000, 700);

	assert_int_equal(fake.now_us, 700000);
	assert_true(outcomes[0].stuck);
}

static void a_late_return_counts_after_all(void **state)
{
	(void)state;
	fake_resets(&fake, endpoint("0000:00:01.0"), "flr")->blocks_us = 3000000;
	(void)fake_port(&fake, "0000:00:03.0", 1, 1);
	for (unsigned int i = 0; i < 8; i++) {
		char address[32];

		(void)snprintf(address, sizeof(address), "0000:01:00.%x", i);
		fake_resets(&fake, endpoint(address), "flr")->blocks_us = 600000;
	}
	read_machine();
	reset_by(0, PCIRESET_METHOD_FLR);
	for (size_t i = 2; i < 10; i++)
		reset_by(i, PCIRESET_METHOD_FLR);
	run(2000, 10000);

	assert_false(outcomes[0].stuck);
	assert_int_equal(outcomes[0].reset_error, 0);
	assert_int_equal(outcomes[0].reset_us, 3000000);
	nothing_is_pinned(0);
	assert_false(journal->entries[0].stuck);
	for (size_t i = 2; i < 10; i++)
		assert_int_equal(outcomes[i].reset_error, 0);
}

/* The kernel lists it for function 0 before it knows the others, and never takes it back. */
static void a_method_that_is_not_taken_back_keeps_nobody_from_a_reset(void **state)
{
	struct fake_function *port;

	(void)state;
	port = fake_port(&fake, "0000:00:03.0", 1, 1);
	(void)fake_attr(&fake, port, "reset_subordinate", "");
	(void)fake_resets(&fake, endpoint("0000:01:00.0"), "flr bus");
	fake_find_attr(&fake, "sys/bus/pci/devices/0000:01:00.0/reset_method")->refused = "flr bus";
	(void)fake_attr(&fake, endpoint("0000:01:00.1"), "driver_override", "(null)");
	read_machine();
	reset_by(1, PCIRESET_METHOD_FLR);
	reset_by(2, PCIRESET_METHOD_SBR);
	steps[2].whole_bus = true;
	run(2000, 10000);

	assert_string_equal(started, "0000:01:00.0 flr\n0000:00:03.0 sbr\n");
	assert_true(outcomes[2].tried);
	assert_int_equal(outcomes[2].reset_error, 0);
	assert_string_equal(
		fake_find_attr(&fake, "sys/bus/pci/devices/0000:01:00.0/reset_method")->text,
		"default");
	assert_string_equal(journal->entries[1].method_before, "");
}

/* The other had its own bus before, and is on this one, too. */
static void an_earlier_reset_counts_where_the_next_is_too_late(void **state)
{
	(void)state;
	(void)fake_attr(&fake, fake_port(&fake, "0000:00:03.0", 1, 1), "reset_subordinate", "");
	(void)fake_attr(&fake, endpoint("0000:01:00.0"), "driver_override", "(null)");
	(void)fake_attr(&fake, endpoint("0000:01:00.1"), "driver_override", "(null)");
	read_machine();
	for (size_t i = 1; i <= 2; i++) {
		reset_by(i, PCIRESET_METHOD_SBR);
		steps[i].whole_bus = true;
		steps[i].estimate_ms = 102;
	}
	steps[2].engine = PCIRESET_ENGINE_NONE;
	outcomes[2].tried = true;
	run(2000, 50);
	assert_int_equal(outcomes[1].reset_error, -ETIMEDOUT);
	assert_true(outcomes[2].tried);
	assert_int_equal(outcomes[2].reset_error, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(drivers_are_kept_away_and_one_method_is_pinned_meanwhile),
		TEST(an_override_of_somebody_else_stays),
		TEST(where_the_method_cannot_be_pinned_nothing_is_reset),
		TEST(a_reset_that_fails_is_put_back_all_the_same),
		TEST(ports_go_side_by_side_and_siblings_one_by_one),
		TEST(never_more_than_sixteen_at_a_time),
		TEST(a_method_that_cannot_be_read_is_not_pinned_so_nothing_is_reset),
		TEST(a_reset_that_never_returns_costs_its_budget_and_its_port),
		TEST(sixteen_that_never_return_cost_one_budget_and_four_more_another),
		TEST(the_deadline_of_all_is_stronger_than_the_budget_of_one),
		TEST(a_late_return_counts_after_all),
		TEST(a_method_that_is_not_taken_back_keeps_nobody_from_a_reset),
		TEST(an_earlier_reset_counts_where_the_next_is_too_late),
	};

	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
