/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What function-level resets cost in time, whatever some of the functions do, and where it ends. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fake_direct.h"

static void the_end_of_everything_is_kept(void **state)
{
	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_NEVER_RETURNS);
	direct_run(500);

	assert_int_equal(outcomes[0].reset_error, -ETIMEDOUT);
	assert_in_range(direct.now_us, 500000, 500100);
}

/* Each read of a dead function costs 50 ms: no more is lost than those reads. */
static void twenty_dead_ones_of_two_hundred_cost_one_budget(void **state)
{
	unsigned int observed = 0;

	(void)state;
	for (unsigned int i = 0; i < 200; i++) {
		char address[PCIRESET_ADDRESS_BYTES];
		struct fake_function *f;

		(void)snprintf(address, sizeof(address), "0000:%02x:%02x.0", i / 32 + 1, i % 32);
		f = endpoint(address, i % 10 == 9 ? FAKE_FLR_NEVER_RETURNS : FAKE_FLR_WORKS);
		f->dead_read_us = 50000;
	}
	direct_run(10000);

	for (unsigned int i = 0; i < 200; i++)
		observed += outcomes[i].reset == PCIRESET_SEEN_OBSERVED;
	assert_int_equal(observed, 180);
	assert_in_range(direct.now_us, 2100000, 2150500);
}

/* The kernel's never ends; of ours one is slow, and none waits for another. */
static void resets_of_the_kernel_that_block_hold_nobody_up(void **state)
{
	struct fake_function *blocked;

	(void)state;
	blocked = endpoint("0000:01:00.0", FAKE_FLR_WORKS);
	fake_resets(&direct, blocked, "flr")->blocks_us = UINT64_MAX;
	endpoint("0000:02:00.0", FAKE_FLR_WORKS);
	endpoint("0000:03:00.0", FAKE_FLR_WORKS)->flr_us = 500000;
	direct_prepare();
	steps[0].engine = PCIRESET_ENGINE_KERNEL;
	direct_reset(10000);

	assert_true(outcomes[0].stuck);
	assert_int_equal(outcomes[1].reset, PCIRESET_SEEN_OBSERVED);
	assert_int_equal(outcomes[1].reset_us / 1000, 100);
	assert_int_equal(outcomes[2].reset, PCIRESET_SEEN_OBSERVED);
	assert_in_range(outcomes[2].reset_us, 500000, 540000);
	assert_in_range(direct.now_us, 2000000, 2000100);
	pcireset_job_free(direct.jobs[0].job);
}

/* Twice is enough: its reads take 50 ms each, and others need the time. */
static void who_takes_long_to_answer_is_asked_seldom(void **state)
{
	unsigned int n = 0;

	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_NEVER_RETURNS)->dead_read_us = 50000;
	endpoint("0000:02:00.0", FAKE_FLR_WORKS)->flr_us = 300000;
	direct_run(10000);

	for (const char *at = direct.log; (at = strstr(at, "r 01:00.0 00\n")); at++)
		n++;
	assert_in_range(n, 2, 3);
	assert_in_range(outcomes[1].reset_us, 300000, 340000);
	assert_in_range(direct.now_us, 2100000, 2150100);
}

static void a_slow_one_does_not_hold_up_the_others(void **state)
{
	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_WORKS)->flr_us = 900000;
	endpoint("0000:02:00.0", FAKE_FLR_WORKS);
	direct_run(10000);

	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_OBSERVED);
	assert_in_range(outcomes[0].reset_us, 900000, 940000);
	assert_int_equal(outcomes[1].reset_us / 1000, 100);
}

/* Of that function nothing is written. */
static void what_cannot_end_in_time_is_not_begun(void **state)
{
	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_WORKS);
	direct_run(100);

	assert_string_equal(direct.log, "r 01:00.0 04\n");
	assert_int_equal(outcomes[0].reset_error, -ETIMEDOUT);
	assert_false(outcomes[0].tried);
	assert_false(entries[0].in_use);
}

static void behind_the_end_nobody_is_even_asked(void **state)
{
	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_WORKS);
	direct_run(0);

	assert_string_equal(direct.log, "");
	assert_int_equal(outcomes[0].reset_error, -ETIMEDOUT);
}

/* What was closed for nothing is opened again. */
static void what_could_not_end_after_its_drain_is_as_it_was(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	f->pending_reads = 3;
	outcomes[0].pending = PCIRESET_YES;
	direct_run(105);

	/* Asked at once, after 1, 3 and 7 ms: 98 ms are left. */
	assert_string_equal(direct.log, "r 01:00.0 04\n"
					"r 01:00.0 10\n"
					"r 01:00.0 48\n"
					"r 01:00.0 50\n"
					"r 01:00.0 68\n"
					"w 01:00.0 04 0400\n"
					"r 01:00.0 68\n" /* completion timeout */
					"r 01:00.0 4a\n"
					"r 01:00.0 4a\n"
					"r 01:00.0 4a\n"
					"r 01:00.0 4a\n"
					"w 01:00.0 04 0402\n");
	assert_int_equal(outcomes[0].reset_error, -ETIMEDOUT);
	assert_false(outcomes[0].tried);
	assert_false(entries[0].in_use);
	assert_int_equal(entries[0].quiet_until_us, 0);

	fake_forget_log(&direct);
	assert_int_equal(pcireset_verify(&direct.io, &machine, steps, journal, outcomes), 0);
	assert_null(strstr(direct.log, "w "));
	assert_int_equal(outcomes[0].verdict, PCIRESET_FENCED);
}

/* The first has time; the second needs 250 ms more, the third waits for its requests. */
static void of_several_those_are_begun_that_can_end(void **state)
{
	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_WORKS);
	fake_put(endpoint("0000:02:00.0", FAKE_FLR_WORKS)->config, 0x00, 0x0a548086, 4);
	endpoint("0000:03:00.0", FAKE_FLR_WORKS)->pending_reads = -1;
	outcomes[2].pending = PCIRESET_YES; /* 50 ms */
	direct_run(149);

	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_OBSERVED);
	assert_null(strstr(direct.log, "w 02:00.0"));
	assert_int_equal(outcomes[1].reset_error, -ETIMEDOUT);
	assert_null(strstr(direct.log, "w 03:00.0 48"));
	assert_int_equal(outcomes[2].reset_error, -ETIMEDOUT);
	assert_int_equal(fake_get(direct.functions[2].config, 0x04, 2), 0x0402);
	assert_in_range(direct.now_us, 100000, 100300);
}

/* Their link went down between the fence and the reset: one read each, not ten. */
static void who_has_gone_before_its_reset_costs_one_read(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		char address[PCIRESET_ADDRESS_BYTES];
		struct fake_function *f;

		(void)snprintf(address, sizeof(address), "0000:01:%02x.0", i);
		f = endpoint(address, FAKE_FLR_WORKS);
		fake_extended(f, 0x100, 0x22);
		f->dead_read_us = 50000;
	}
	endpoint("0000:02:00.0", FAKE_FLR_WORKS);
	direct_prepare();
	for (size_t i = 0; i < 10; i++)
		direct.functions[i].gone = true;
	direct_reset(10000);

	assert_in_range(direct.now_us, 600000, 600300);
	assert_int_equal(outcomes[9].reset_error, -ENODEV);
	assert_int_equal(outcomes[10].reset, PCIRESET_SEEN_OBSERVED);
	assert_ptr_equal(strstr(direct.log, "r 01:00.0 04\nr 01:01.0 04\n"), direct.log);
}

static void one_that_goes_while_it_is_saved_is_not_reset(void **state)
{
	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_WORKS);
	direct_prepare();
	direct.functions[0].dies_after = 3;
	direct_reset(10000);

	assert_string_equal(direct.log, "r 01:00.0 04\nr 01:00.0 10\n"
				      "r 01:00.0 48\nr 01:00.0 50\n");
	assert_int_equal(outcomes[0].reset_error, -ENODEV);
	assert_false(entries[0].in_use);
}

/* Nothing was closed; the kernel may still reset it. */
static void what_is_locked_down_leaves_nothing_to_be_put_back(void **state)
{
	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_WORKS)->locked_down = true;
	direct_run(10000);

	assert_false(entries[0].in_use);
	assert_int_equal(entries[0].saved.n, 0);
}

/* Of Bus Master nothing is opened again. */
static void what_was_given_up_stays_fenced(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	fake_put(f->config, 0x04, 0x0406, 2);
	f->sticky_master = true;
	f->pending_reads = -1;
	outcomes[0].pending = PCIRESET_YES;
	direct_run(120);

	assert_non_null(strstr(direct.log, "w 01:00.0 04 0400\n"));
	assert_non_null(strstr(direct.log, "r 01:00.0 4a\nw 01:00.0 04 0402\n"));
}

static void a_drain_ends_with_everything(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	fake_put(f->config, 0x68, 0x0009, 2); /* 260 to 900 ms */
	f->pending_reads = -1;
	outcomes[0].pending = PCIRESET_YES;
	direct_run(500);

	assert_int_equal(outcomes[0].reset_error, -ETIMEDOUT);
	assert_in_range(direct.now_us, 500000, 500010);
}

/* By Device Control 2; with FLR's 100 ms, and of a budget of 2 s the half at most. */
static void each_completion_timeout_is_waited_for(void **state)
{
	static const struct {
		uint16_t control;
		uint64_t ms;
	} waits[] = {
		{ 0x0, 150 },  { 0x1, 100 },  { 0x2, 110 },  { 0x5, 155 },  { 0x6, 310 },
		{ 0x9, 1000 }, { 0xa, 1100 }, { 0xd, 1100 }, { 0xe, 1100 }, { 0x3, 150 },
	};

	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		struct fake_function *f;

		(void)direct_setup(state);
		f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);
		fake_put(f->config, 0x68, waits[i].control, 2);
		f->pending_reads = -1;
		outcomes[0].pending = PCIRESET_YES;
		direct_run(10000);
		assert_int_equal(direct.now_us / 1000, waits[i].ms);
		(void)direct_teardown(state);
	}
}

/* Four of them are asked, 50 ms each: the others no more. */
static void behind_the_end_no_id_is_read(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		char address[PCIRESET_ADDRESS_BYTES];

		(void)snprintf(address, sizeof(address), "0000:01:%02x.0", i);
		endpoint(address, FAKE_FLR_NEVER_RETURNS)->dead_read_us = 50000;
	}
	direct_run(300);

	assert_in_range(direct.now_us, 300000, 300200);
	assert_non_null(strstr(direct.log, "r 01:03.0 00\n"));
	assert_null(strstr(direct.log, "r 01:04.0 00\n"));
}

/* 45 reads of the dead take longer than the budget of the one behind them. */
static void who_is_behind_many_dead_ones_is_asked_once_all_the_same(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 45; i++) {
		char address[PCIRESET_ADDRESS_BYTES];

		(void)snprintf(address, sizeof(address), "0000:%02x:%02x.0", 1 + i / 32, i % 32);
		endpoint(address, FAKE_FLR_NEVER_RETURNS)->dead_read_us = 50000;
	}
	endpoint("0000:04:00.0", FAKE_FLR_WORKS);
	direct_run(10000);

	assert_int_equal(outcomes[45].reset, PCIRESET_SEEN_OBSERVED);
	assert_in_range(outcomes[45].reset_us, 2300000, 2400000);
}

/* There was no time to wait for it; to read back there is a second, and it needs 100 ms. */
static void who_is_late_at_the_end_of_everything_is_not_lost_yet(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	f->flr_us = 400000;
	direct_run(300);
	assert_int_equal(outcomes[0].reset_error, -ETIMEDOUT);

	assert_int_equal(pcireset_verify(&direct.io, &machine, steps, journal, outcomes), 0);
	assert_in_range(direct.now_us, 400000, 440000);
	assert_int_equal(outcomes[0].verdict, PCIRESET_FENCED);
	assert_int_equal(fake_get(f->config, 0x10, 4), 0xfe000004);
	assert_int_equal(fake_get(f->config, 0x04, 2), 0x0400);
	assert_false(entries[0].in_use);
}

/* All of them together have that second. */
static void many_that_are_late_at_the_end_cost_no_more(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 30; i++) {
		char address[PCIRESET_ADDRESS_BYTES];

		(void)snprintf(address, sizeof(address), "0000:01:%02x.0", i);
		endpoint(address, FAKE_FLR_NEVER_RETURNS)->dead_read_us = 50000;
	}
	direct_run(300);

	assert_int_equal(pcireset_verify(&direct.io, &machine, steps, journal, outcomes), 30);
	assert_in_range(direct.now_us, 1400000, 1500000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_end_of_everything_is_kept),
		TEST(twenty_dead_ones_of_two_hundred_cost_one_budget),
		TEST(resets_of_the_kernel_that_block_hold_nobody_up),
		TEST(who_takes_long_to_answer_is_asked_seldom),
		TEST(a_slow_one_does_not_hold_up_the_others),
		TEST(what_cannot_end_in_time_is_not_begun),
		TEST(behind_the_end_nobody_is_even_asked),
		TEST(what_could_not_end_after_its_drain_is_as_it_was),
		TEST(of_several_those_are_begun_that_can_end),
		TEST(who_has_gone_before_its_reset_costs_one_read),
		TEST(one_that_goes_while_it_is_saved_is_not_reset),
		TEST(what_is_locked_down_leaves_nothing_to_be_put_back),
		TEST(what_was_given_up_stays_fenced),
		TEST(a_drain_ends_with_everything),
		TEST(each_completion_timeout_is_waited_for),
		TEST(behind_the_end_no_id_is_read),
		TEST(who_is_behind_many_dead_ones_is_asked_once_all_the_same),
		TEST(who_is_late_at_the_end_of_everything_is_not_lost_yet),
		TEST(many_that_are_late_at_the_end_cost_no_more),
	};

	return cmocka_run_group_tests_name("direct-time", tests, NULL, NULL);
}
