/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests that are pending when functions are about to be reset. */
#include <errno.h>
#include <string.h>

#include "fake_direct.h"

static void pending_requests_are_waited_for_as_long_as_they_may_take(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	fake_put(f->config, 0x68, 0x0006, 2); /* 65 to 210 ms */
	f->pending_reads = -1;
	outcomes[0].pending = PCIRESET_YES;
	direct_run(10000);

	/* It closes, is asked after 0, 1, 3, 7, 15, 31, 63 ms and so on, and then it must. */
	assert_non_null(strstr(direct.log, "w 01:00.0 04 0400\n"
					   "r 01:00.0 68\n"
					   "r 01:00.0 4a\n"
					   "r 01:00.0 4a\n"
					   "r 01:00.0 4a\n"
					   "r 01:00.0 4a\n"
					   "r 01:00.0 4a\n"
					   "r 01:00.0 4a\n"
					   "r 01:00.0 4a\n"
					   "r 01:00.0 4a\n"
					   "r 01:00.0 4a\n"
					   "r 01:00.0 4a\n"
					   "r 01:00.0 4a\n"
					   "r 01:00.0 4a\n"
					   "w 01:00.0 48 a810\n"
					   "r 01:00.0 00\n"));
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

/* Completion Timeout Disable: half of the budget, as for the longest that there is. */
static void requests_that_never_time_out_get_half_of_the_budget(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	fake_put(f->config, 0x68, 0x0011, 2); /* 50 to 100 us, were it not disabled */
	f->pending_reads = -1;
	outcomes[0].pending = PCIRESET_YES;
	direct_run(10000);

	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_OBSERVED);
	assert_int_equal(direct.now_us / 1000, 1000 + 100);
}

/* Its offset is another capability's. */
static void who_has_no_register_for_its_timeout_has_the_default(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	fake_put(f->config, 0x42, 0x0001, 2);
	fake_put(f->config, 0x68, 0x000a, 2);
	f->pending_reads = -1;
	outcomes[0].pending = PCIRESET_YES;
	direct_run(10000);

	assert_null(strstr(direct.log, "r 01:00.0 68"));
	assert_int_equal(direct.now_us / 1000, 50 + 100);
}

static void the_timeout_of_a_vf_is_that_of_its_pf(void **state)
{
	struct fake_function *pf = endpoint("0000:01:00.0", FAKE_FLR_WORKS);
	struct fake_function *vf = endpoint("0000:01:10.0", FAKE_FLR_WORKS);

	(void)state;
	fake_put(pf->config, 0x68, 0x0006, 2); /* 65 to 210 ms */
	vf->pending_reads = -1;
	direct_prepare();
	steps[0].action = PCIRESET_KEEP;
	machine.functions[1].physical = 0;
	outcomes[1].pending = PCIRESET_YES;
	direct_reset(10000);

	assert_int_equal(outcomes[1].reset, PCIRESET_SEEN_OBSERVED);
	assert_int_equal(direct.now_us / 1000, 310);

	/* What a PF that has gone tells is none. */
	direct.functions[0].gone = true;
	direct.functions[1].quiet_until_us = direct.functions[1].answers_at_us = 0;
	outcomes[1].pending = PCIRESET_YES;
	direct_reset(10000);
	assert_int_equal(direct.now_us / 1000, 150);
}

/* Its doors are closed, its requests awaited: a reset of nobody would take its whole budget. */
static void one_that_goes_in_its_drain_is_over_at_once(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	f->pending_reads = 2;
	f->dead_read_us = 50000;
	outcomes[0].pending = PCIRESET_YES;
	direct_prepare();
	f->dies_after = 9;
	direct_reset(10000);

	assert_null(strstr(direct.log, "w 01:00.0 48"));
	assert_non_null(strstr(direct.log, "r 01:00.0 4a\nr 01:00.0 4a\nr 01:00.0 4a\n"));
	assert_int_equal(outcomes[0].reset_error, -ENODEV);
	assert_false(outcomes[0].tried);
	assert_false(entries[0].in_use);
	assert_in_range(direct.now_us, 53000, 53100);
}

/* Conventional functions tell it in their own register, at 65. */
static void pending_requests_of_advanced_features_are_waited_for(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	f->config[0x34] = 0x60;
	fake_put(f->config, 0x60, 0x03060013, 4);
	f->config[0x65] = 0x01;
	outcomes[0].pending = PCIRESET_YES;
	direct_run(10000);

	assert_non_null(strstr(direct.log, "w 01:00.0 04 0400\nr 01:00.0 65\n"));
	assert_non_null(strstr(direct.log, "r 01:00.0 65\nw 01:00.0 64 01\nr 01:00.0 00\n"));
	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_OBSERVED);
	assert_int_equal(direct.now_us / 1000, 50 + 100);
}

/* Nobody has drained it, as it could go on: what is pending counts all the same. */
static void requests_of_one_that_could_not_be_fenced_are_waited_for(void **state)
{
	static const struct pcireset_decision decision = { .action = PCIRESET_RESET };
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	fake_put(f->config, 0x04, 0x0006, 2);
	f->sticky_master = true;
	f->pending_reads = -1;
	direct_prepare();
	assert_int_equal(pcireset_fence(&direct.io, &machine, &decision, outcomes), 1);
	assert_int_equal(pcireset_drain(&direct.io, &machine, steps, 100, outcomes), 0);
	direct_reset(10000);

	assert_int_equal(outcomes[0].pending, PCIRESET_YES);
	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_OBSERVED);
	assert_int_equal(direct.now_us / 1000, 50 + 100);
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
	/* It goes on with requests: to wait for them makes no sense. */
	direct.functions[0].pending_reads = 1;
	assert_int_equal(pcireset_drain(&direct.io, &machine, steps, 100, outcomes), 0);
	assert_int_equal(direct.functions[0].pending_reads, 1);
	direct.functions[0].pending_reads = 0;
	direct_reset(10000);
	/* It is tried once more with the doors, and once more when registers are restored. */
	assert_non_null(strstr(direct.log, "w 01:00.0 04 0400\n"
					   "w 02:00.0 04 0400\n"
					   "r 01:00.0 68\n"
					   "r 02:00.0 68\n"
					   "r 01:00.0 4a\n"
					   "w 01:00.0 48 a810\n"
					   "r 02:00.0 4a\n"
					   "w 02:00.0 48 a810\n"));
	direct.functions[0].sticky_master = false;

	assert_int_equal(pcireset_verify(&direct.io, &machine, steps, journal, outcomes), 1);
	assert_int_equal(outcomes[0].verdict, PCIRESET_VERIFIED);
	assert_non_null(strstr(strstr(direct.log, "w 02:00.0 48 a810\n"),
			       "w 02:00.0 04 0400\nr 02:00.0 04\n"));
	assert_int_equal(outcomes[1].restored, -EIO);
	assert_int_equal(outcomes[1].verdict, PCIRESET_FAILED);
	assert_int_equal(outcomes[1].silent, PCIRESET_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pending_requests_are_waited_for_as_long_as_they_may_take),
		TEST(requests_that_end_are_waited_for_no_longer),
		TEST(requests_that_may_take_a_minute_get_half_of_the_budget),
		TEST(requests_that_never_time_out_get_half_of_the_budget),
		TEST(who_has_no_register_for_its_timeout_has_the_default),
		TEST(the_timeout_of_a_vf_is_that_of_its_pf),
		TEST(one_that_goes_in_its_drain_is_over_at_once),
		TEST(pending_requests_of_advanced_features_are_waited_for),
		TEST(requests_of_one_that_could_not_be_fenced_are_waited_for),
		TEST(bus_master_that_cannot_be_cleared_ends_with_the_reset_or_is_told),
	};

	return cmocka_run_group_tests_name("direct-drain", tests, NULL, NULL);
}
