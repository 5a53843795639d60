/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Function-level resets by our own writes, of devices that do as they should. */
#include <errno.h>
#include <string.h>

#include "fake_direct.h"

static void one_function_is_saved_closed_reset_observed_and_restored(void **state)
{
	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_WORKS);
	direct_run(10000);

	assert_string_equal(direct.log, "r 01:00.0 04\n"
				      "r 01:00.0 10\n"
				      "r 01:00.0 48\n" /* saved */
				      "r 01:00.0 50\n"
				      "r 01:00.0 68\n"
				      "w 01:00.0 04 0400\n"
				      "w 01:00.0 48 a810\n"
				      "r 01:00.0 00\n" /* 100 ms later */
				      "r 01:00.0 04\n"
				      "r 01:00.0 10\n"
				      "w 01:00.0 10 fe000004\n" /* restored */
				      "r 01:00.0 10\n"
				      "w 01:00.0 3c 0b\n"
				      "r 01:00.0 3c\n"
				      "r 01:00.0 48\n"
				      "r 01:00.0 50\n"
				      "r 01:00.0 68\n"
				      "w 01:00.0 04 0400\n"
				      "r 01:00.0 04\n");
	assert_int_equal(outcomes[0].reset_error, 0);
	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_OBSERVED);
	assert_int_equal(outcomes[0].observed.reg, 0x04);
	assert_int_equal(outcomes[0].observed.before, 0x0400);
	assert_int_equal(outcomes[0].observed.after, 0x0000);
	assert_int_equal(outcomes[0].restored, 3);
	assert_int_equal(outcomes[0].restore_us, 11); /* accesses */
	assert_int_equal(outcomes[0].reset_us / 1000, 100);
	assert_false(entries[0].in_use);
	assert_int_equal(fake_get(direct.functions[0].config, 0x10, 4), 0xfe000004);
}

static void advanced_features_reset_by_their_own_bit(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	f->config[0x41] = 0x60;
	fake_put(f->config, 0x60, 0x03060013, 4);
	direct_run(10000);

	assert_non_null(strstr(direct.log, "w 01:00.0 04 0400\n"
					   "w 01:00.0 64 01\n"
					   "r 01:00.0 00\n"));
	assert_null(strstr(direct.log, "w 01:00.0 48"));
	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_OBSERVED);
	assert_int_equal(outcomes[0].reset_us / 1000, 100);
}

static void all_are_started_before_the_first_is_waited_for(void **state)
{
	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_WORKS);
	endpoint("0000:02:00.0", FAKE_FLR_WORKS);
	endpoint("0000:03:00.0", FAKE_FLR_WORKS);
	direct_run(10000);

	assert_non_null(strstr(direct.log, "w 01:00.0 04 0400\n"
					   "w 02:00.0 04 0400\n"
					   "w 03:00.0 04 0400\n"
					   "w 01:00.0 48 a810\n"
					   "w 02:00.0 48 a810\n"
					   "w 03:00.0 48 a810\n"
					   "r 01:00.0 00\n"));
	assert_in_range(direct.now_us, 100000, 100300);
}

static void nothing_to_observe_is_reported_only(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	fake_put(f->config, 0x04, 0x0002, 2);
	fake_put(f->config, 0x10, 0, 4);
	direct_run(10000);

	assert_int_equal(outcomes[0].reset_error, 0);
	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_REPORTED);
	assert_int_equal(outcomes[0].observed.reg, 0);
}

static void immediate_readiness_is_believed(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	f->config[0x06] |= 0x01;
	f->quiet_us = 0;
	direct_run(10000);

	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_OBSERVED);
	assert_in_range(outcomes[0].reset_us, 1, 100);
}

static void the_time_that_a_function_reports_is_enough(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	fake_extended(f, 0x100, 0x22);
	fake_put(f->config, 0x104, 0x80000000, 4);
	fake_put(f->config, 0x108, 0x0000080a, 4); /* 10 times 32^4 ns */
	f->quiet_us = 10485;
	direct_run(10000);

	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_OBSERVED);
	assert_in_range(outcomes[0].reset_us, 10486, 10600);
}

static void a_reported_time_that_is_not_valid_is_none(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	fake_extended(f, 0x100, 0x22);
	fake_put(f->config, 0x108, 0x0000080a, 4);
	direct_run(10000);

	assert_int_equal(outcomes[0].reset_us / 1000, 100);
}

static void sizes_come_before_addresses_and_substates_last(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);
	const char *size, *address, *substates;

	(void)state;
	fake_extended(f, 0x100, 0x1e);
	fake_put(f->config, 0x108, 0x0000000f, 4);
	fake_extended(f, 0x140, 0x15);
	fake_put(f->config, 0x148, 0x00000c20, 4);
	f->erased[0] = 0x108;
	f->erased[1] = 0x148;
	direct_run(10000);

	size = strstr(direct.log, "w 01:00.0 148 00000c20\n");
	address = strstr(direct.log, "w 01:00.0 10 fe000004\n");
	substates = strstr(direct.log, "w 01:00.0 108 0000000f\n");
	assert_non_null(size);
	assert_non_null(address);
	assert_non_null(substates);
	assert_true(size < address);
	assert_true(address < substates);
}

static void registers_that_disagree_are_no_proof(void **state)
{
	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_WORKS)->fixed = 0x10;
	direct_run(10000);

	assert_int_equal(outcomes[0].reset_error, 0);
	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_REPORTED);
}

/* 144d:a80c says that it is ready at once, and is not. */
static void immediate_readiness_of_known_liars_is_not_believed(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	fake_put(f->config, 0x00, 0xa80c144d, 4);
	f->config[0x06] |= 0x01;
	direct_run(10000);

	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_OBSERVED);
	assert_int_equal(outcomes[0].reset_us / 1000, 100);
}

static void who_is_known_to_need_250_ms_more_gets_them(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	fake_put(f->config, 0x00, 0x0a548086, 4);
	f->quiet_us = 350000;
	direct_run(10000);

	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_OBSERVED);
	assert_int_equal(outcomes[0].reset_us / 1000, 350);
}

/* A VF has no id, no INTx and no addresses of its own. */
static void a_vf_is_ready_when_its_command_answers(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	fake_put(f->config, 0x00, 0xffffffff, 4);
	fake_put(f->config, 0x04, 0x0000, 2);
	fake_put(f->config, 0x10, 0, 4);
	fake_put(f->config, 0x3c, 0, 1);
	f->flr_us = 150000;
	direct_run(10000);

	assert_string_equal(direct.log, "r 01:00.0 04\n"
					"r 01:00.0 48\n"
					"r 01:00.0 50\n"
					"r 01:00.0 68\n"
					"w 01:00.0 48 a810\n"
					"r 01:00.0 04\n" /* 100 ms later, and so on */
					"r 01:00.0 04\n"
					"r 01:00.0 04\n"
					"r 01:00.0 04\n"
					"r 01:00.0 04\n"
					"r 01:00.0 04\n"
					"r 01:00.0 04\n"
					"r 01:00.0 04\n" /* observed */
					"r 01:00.0 48\n"
					"r 01:00.0 50\n"
					"r 01:00.0 68\n"
					"w 01:00.0 04 0000\n"
					"r 01:00.0 04\n");
	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_REPORTED);
}

static void the_bus_of_one_that_is_being_reset_waits_for_it(void **state)
{
	struct fake_function *port = fake_port(&direct, "0000:00:01.0", 1, 1);
	struct fake_attr *bus = fake_attr(&direct, port, "reset_subordinate", "");

	(void)state;
	bus->blocks_us = 100000;
	endpoint("0000:01:00.0", FAKE_FLR_WORKS);
	(void)endpoint("0000:01:00.1", FAKE_FLR_WORKS);
	direct_prepare();
	steps[0].action = PCIRESET_KEEP;
	steps[2].method = PCIRESET_METHOD_SBR;
	steps[2].engine = PCIRESET_ENGINE_KERNEL;
	steps[2].whole_bus = true;
	steps[2].via = 0;
	direct_reset(10000);

	assert_int_equal(outcomes[1].reset, PCIRESET_SEEN_OBSERVED);
	assert_int_equal(outcomes[2].reset_error, 0);
	assert_in_range(direct.now_us, 200000, 200300);
	assert_true(strstr(direct.log, "r 01:00.0 00\n") <
		    strstr(direct.log, "a 00:01.0/reset_subordinate 1\n"));
}

static void run_with_reported_time(uint32_t second)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	fake_extended(f, 0x100, 0x22);
	fake_put(f->config, 0x104, 0x80000000, 4);
	fake_put(f->config, 0x108, second, 4);
	f->quiet_us = 0;
	direct_run(10000);
}

/* 33 times 32^2 ns are 33.8 us: one more than 33, and that of the read. */
static void parts_of_a_microsecond_are_waited_for(void **state)
{
	(void)state;
	run_with_reported_time(0x421);
	assert_int_equal(outcomes[0].reset_us, 35);
}

/* 511 times 32^5 ns are 17 s: it is asked after 100 ms all the same. */
static void a_reported_time_is_never_longer_than_the_specified_one(void **state)
{
	(void)state;
	run_with_reported_time(0xbff);
	assert_int_equal(outcomes[0].reset_us / 1000, 100);
}

static void a_reserved_scale_of_time_is_none(void **state)
{
	(void)state;
	run_with_reported_time(0xc00);
	assert_int_equal(outcomes[0].reset_us / 1000, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_function_is_saved_closed_reset_observed_and_restored),
		TEST(advanced_features_reset_by_their_own_bit),
		TEST(all_are_started_before_the_first_is_waited_for),
		TEST(nothing_to_observe_is_reported_only),
		TEST(immediate_readiness_is_believed),
		TEST(the_time_that_a_function_reports_is_enough),
		TEST(a_reported_time_that_is_not_valid_is_none),
		TEST(sizes_come_before_addresses_and_substates_last),
		TEST(registers_that_disagree_are_no_proof),
		TEST(immediate_readiness_of_known_liars_is_not_believed),
		TEST(who_is_known_to_need_250_ms_more_gets_them),
		TEST(a_vf_is_ready_when_its_command_answers),
		TEST(the_bus_of_one_that_is_being_reset_waits_for_it),
		TEST(parts_of_a_microsecond_are_waited_for),
		TEST(a_reported_time_is_never_longer_than_the_specified_one),
		TEST(a_reserved_scale_of_time_is_none),
	};

	return cmocka_run_group_tests_name("engine-direct", tests, NULL, NULL);
}
