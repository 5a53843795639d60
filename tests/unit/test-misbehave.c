/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices that misbehave in a function-level reset, and what that costs the others. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fake_direct.h"

static void a_reset_that_does_nothing_is_no_reset(void **state)
{
	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_DOES_NOTHING);
	direct_run(10000);

	assert_int_equal(outcomes[0].reset_error, -EOPNOTSUPP);
	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_NONE);
	assert_int_equal(outcomes[0].observed.reg, 0x10);
	assert_int_equal(outcomes[0].observed.after, 0xfe000004);
}

static void one_that_never_returns_ends_with_its_budget(void **state)
{
	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_NEVER_RETURNS);
	direct_run(10000);

	assert_int_equal(outcomes[0].reset_error, -ETIMEDOUT);
	assert_int_equal(outcomes[0].reset_us / 1000, 2100);
	/* What it held is for whoever comes later. */
	assert_true(entries[0].in_use);
	assert_int_not_equal(entries[0].saved.n, 0);
}

static void request_retry_status_for_ever_is_not_ready(void **state)
{
	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_STAYS_BUSY);
	direct_run(10000);

	assert_int_equal(outcomes[0].reset_error, -ETIMEDOUT);
	/* Nothing is written to one that is not there yet. */
	assert_null(strstr(strstr(direct.log, "w 01:00.0 48"), "w 01:00.0 10"));
}

static void another_id_is_not_the_same_function(void **state)
{
	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_CHANGES_ID);
	direct_run(10000);

	assert_int_equal(outcomes[0].reset_error, -ETIMEDOUT);
	assert_null(strstr(strstr(direct.log, "w 01:00.0 48"), "w 01:00.0 10"));
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

static void pending_requests_are_waited_for_as_long_as_they_may_take(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	fake_put(f->config, 0x68, 0x0006, 2); /* 65 to 210 ms */
	f->pending_reads = -1;
	outcomes[0].pending = PCIRESET_YES;
	direct_run(10000);

	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_OBSERVED);
	assert_int_equal(direct.now_us / 1000, 310);
	assert_int_equal(outcomes[0].reset_us / 1000, 100);
}

static void requests_that_end_are_waited_for_no_longer(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	fake_put(f->config, 0x68, 0x000a, 2); /* 260 ms to 3.5 s */
	f->pending_reads = 3;
	outcomes[0].pending = PCIRESET_YES;
	direct_run(10000);

	/* Asked at once, after 1, 3 and 7 ms. */
	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_OBSERVED);
	assert_int_equal(direct.now_us / 1000, 107);
}

static void requests_that_may_take_a_minute_get_half_of_the_budget(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_NEVER_RETURNS);

	(void)state;
	fake_put(f->config, 0x68, 0x000e, 2); /* 17 to 64 s */
	f->pending_reads = -1;
	outcomes[0].pending = PCIRESET_YES;
	direct_run(10000);

	assert_int_equal(outcomes[0].reset_error, -ETIMEDOUT);
	assert_int_equal(direct.now_us / 1000, 1000 + 100 + 1000);
}

static void the_end_of_everything_is_kept(void **state)
{
	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_NEVER_RETURNS);
	direct_run(500);

	assert_int_equal(outcomes[0].reset_error, -ETIMEDOUT);
	assert_in_range(direct.now_us, 500000, 500100);
}

static void one_that_has_gone_is_not_written_to(void **state)
{
	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_WORKS);
	vanishes = true;
	direct_run(10000);

	assert_int_equal(outcomes[0].reset_error, -ENODEV);
	assert_false(outcomes[0].tried);
	assert_null(strstr(direct.log, "w 01:00.0"));
}

static void a_locked_down_kernel_refuses(void **state)
{
	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_WORKS)->locked_down = true;
	direct_run(10000);

	assert_int_equal(outcomes[0].reset_error, -EPERM);
	assert_false(outcomes[0].tried);
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

static void a_placeholder_is_left_as_it_is(void **state)
{
	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_CHANGES_ID);
	direct_run(10000);
	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[0]), 0);

	assert_null(strstr(strstr(direct.log, "w 01:00.0 48") + 1, "w "));
	assert_false(entries[0].in_use);
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

static void bus_master_that_cannot_be_cleared_ends_with_the_reset_or_is_told(void **state)
{
	static const struct pcireset_decision decisions[2] = { { .action = PCIRESET_RESET },
							       { .action = PCIRESET_RESET } };

	(void)state;
	fake_put(endpoint("0000:01:00.0", FAKE_FLR_WORKS)->config, 0x04, 0x0006, 2);
	fake_put(endpoint("0000:02:00.0", FAKE_FLR_DOES_NOTHING)->config, 0x04, 0x0006, 2);
	direct.functions[0].sticky_master = true;
	direct.functions[1].sticky_master = true;
	direct_prepare();
	assert_int_equal(pcireset_fence(&direct.io, &machine, decisions, outcomes), 2);
	assert_int_equal(outcomes[0].fence_error, -EBUSY);
	direct_reset(10000);
	direct.functions[0].sticky_master = false;

	assert_int_equal(pcireset_verify(&direct.io, &machine, steps, journal, outcomes), 1);
	assert_int_equal(outcomes[0].verdict, PCIRESET_VERIFIED);
	assert_int_equal(outcomes[1].verdict, PCIRESET_FAILED);
	assert_int_equal(outcomes[1].silent, PCIRESET_NO);
}

/* Between the write and the first look. */
static void one_that_vanishes_in_its_reset_is_lost_without_another_read(void **state)
{
	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_NEVER_RETURNS);
	direct_run(10000);
	fake_forget_log(&direct);

	assert_int_equal(pcireset_verify(&direct.io, &machine, steps, journal, outcomes), 1);
	assert_string_equal(direct.log, "");
	assert_int_equal(outcomes[0].verdict, PCIRESET_LOST);
	assert_int_equal(outcomes[0].ready, PCIRESET_NO);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_reset_that_does_nothing_is_no_reset),
		TEST(one_that_never_returns_ends_with_its_budget),
		TEST(request_retry_status_for_ever_is_not_ready),
		TEST(another_id_is_not_the_same_function),
		TEST(a_slow_one_does_not_hold_up_the_others),
		TEST(pending_requests_are_waited_for_as_long_as_they_may_take),
		TEST(requests_that_end_are_waited_for_no_longer),
		TEST(requests_that_may_take_a_minute_get_half_of_the_budget),
		TEST(the_end_of_everything_is_kept),
		TEST(one_that_has_gone_is_not_written_to),
		TEST(a_locked_down_kernel_refuses),
		TEST(twenty_dead_ones_of_two_hundred_cost_one_budget),
		TEST(a_placeholder_is_left_as_it_is),
		TEST(resets_of_the_kernel_that_block_hold_nobody_up),
		TEST(who_takes_long_to_answer_is_asked_seldom),
		TEST(bus_master_that_cannot_be_cleared_ends_with_the_reset_or_is_told),
		TEST(one_that_vanishes_in_its_reset_is_lost_without_another_read),
		TEST(who_was_killed_in_a_reset_leaves_it_alone_until_its_time_is_over),
		TEST(who_does_not_come_back_is_waited_for_a_second_and_no_more),
	};

	return cmocka_run_group_tests_name("misbehave", tests, NULL, NULL);
}
