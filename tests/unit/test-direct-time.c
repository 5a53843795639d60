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

static void who_was_killed_in_a_reset_leaves_it_alone_until_its_time_is_over(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);
	struct pcireset_journal_entry entry;

	(void)state;
	f->flr_us = 400000;
	direct_prepare();
	entry = (struct pcireset_journal_entry){
		.address = machine.functions[0].address,
		.in_use = true,
		.quiet_until_us = 100000,
		.saved = { .id = 0x10d38086, .n = 1, .registers = { { 0x10, 4, 0xfe000004 } } },
	};
	fake_forget_log(&direct);
	direct.now_us = 0;
	assert_int_equal(direct.io.config_write(&direct, entry.address, 0x48, 0x8000, 2), 0);

	/* The machine fails the test if anybody asks before 100 ms. */
	assert_int_equal(pcireset_journal_restore(&direct.io, &entry), 0);
	assert_ptr_equal(strstr(direct.log, "w 01:00.0 48 8000\n"
					    "s 99999\n"
					    "r 01:00.0 00\n"),
			 direct.log);
	assert_int_equal(fake_get(f->config, 0x10, 4), 0xfe000004);
	assert_in_range(direct.now_us, 400000, 420000);
	assert_false(entry.in_use);
}

static void who_does_not_come_back_is_waited_for_a_second_and_no_more(void **state)
{
	struct pcireset_journal_entry entry = { .in_use = true,
						.quiet_until_us = 100000,
						.saved = { .id = NIC, .n = 1 } };

	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_WORKS)->gone = true;
	direct_prepare();
	entry.address = machine.functions[0].address;
	direct.now_us = 0;

	assert_int_equal(pcireset_journal_restore(&direct.io, &entry), 0);
	assert_in_range(direct.now_us, 1100000, 1120000);
	assert_null(strstr(direct.log, "w "));
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
	direct.functions[0].dies_after = 2;
	direct_reset(10000);

	assert_string_equal(direct.log, "r 01:00.0 04\nr 01:00.0 48\nr 01:00.0 50\n");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_end_of_everything_is_kept),
		TEST(twenty_dead_ones_of_two_hundred_cost_one_budget),
		TEST(resets_of_the_kernel_that_block_hold_nobody_up),
		TEST(who_takes_long_to_answer_is_asked_seldom),
		TEST(who_was_killed_in_a_reset_leaves_it_alone_until_its_time_is_over),
		TEST(who_does_not_come_back_is_waited_for_a_second_and_no_more),
		TEST(a_slow_one_does_not_hold_up_the_others),
		TEST(what_cannot_end_in_time_is_not_begun),
		TEST(behind_the_end_nobody_is_even_asked),
		TEST(what_could_not_end_after_its_drain_is_as_it_was),
		TEST(of_several_those_are_begun_that_can_end),
		TEST(who_has_gone_before_its_reset_costs_one_read),
		TEST(one_that_goes_while_it_is_saved_is_not_reset),
		TEST(what_is_locked_down_leaves_nothing_to_be_put_back),
	};

	return cmocka_run_group_tests_name("direct-time", tests, NULL, NULL);
}
