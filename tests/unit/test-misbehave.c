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

static void a_placeholder_is_left_as_it_is(void **state)
{
	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_CHANGES_ID);
	direct_run(10000);
	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[0]), 0);

	assert_null(strstr(strstr(direct.log, "w 01:00.0 48") + 1, "w "));
	assert_false(entries[0].in_use);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_reset_that_does_nothing_is_no_reset),
		TEST(one_that_never_returns_ends_with_its_budget),
		TEST(request_retry_status_for_ever_is_not_ready),
		TEST(another_id_is_not_the_same_function),
		TEST(pending_requests_are_waited_for_as_long_as_they_may_take),
		TEST(requests_that_end_are_waited_for_no_longer),
		TEST(requests_that_may_take_a_minute_get_half_of_the_budget),
		TEST(one_that_has_gone_is_not_written_to),
		TEST(a_locked_down_kernel_refuses),
		TEST(a_placeholder_is_left_as_it_is),
		TEST(bus_master_that_cannot_be_cleared_ends_with_the_reset_or_is_told),
		TEST(one_that_vanishes_in_its_reset_is_lost_without_another_read),
	};

	return cmocka_run_group_tests_name("misbehave", tests, NULL, NULL);
}
