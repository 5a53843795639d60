/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices that misbehave in a function-level reset, and what that costs the others. */
#include <errno.h>
#include <string.h>

#include "fake_direct.h"

/* What one has before the first look at it. */
#define BEGUN                  \
	"r 01:00.0 04\n"       \
	"r 01:00.0 10\n"       \
	"r 01:00.0 48\n"       \
	"r 01:00.0 50\n"       \
	"r 01:00.0 68\n"       \
	"w 01:00.0 04 0400\n"  \
	"w 01:00.0 48 a810\n"

/* It is begun, then asked for its id so many times, and nothing else. */
static void assert_only_asked(unsigned int n)
{
	static const char question[] = "r 01:00.0 00\n";
	const char *at = direct.log;

	assert_ptr_equal(strstr(at, BEGUN), at);
	at += strlen(BEGUN);
	for (unsigned int i = 0; i < n; i++, at += strlen(question))
		assert_int_equal(strncmp(at, question, strlen(question)), 0);
	assert_string_equal(at, "");
}

static void a_reset_that_does_nothing_is_no_reset(void **state)
{
	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_DOES_NOTHING);
	direct_run(10000);

	assert_string_equal(direct.log, BEGUN "r 01:00.0 00\n"
					      "r 01:00.0 04\n"
					      "r 01:00.0 10\n"
					      "w 01:00.0 10 fe000004\n"
					      "r 01:00.0 10\n"
					      "w 01:00.0 3c 0b\n"
					      "r 01:00.0 3c\n"
					      "r 01:00.0 48\n"
					      "r 01:00.0 50\n"
					      "r 01:00.0 68\n"
					      "w 01:00.0 04 0400\n"
					      "r 01:00.0 04\n");
	assert_int_equal(outcomes[0].reset_error, -EOPNOTSUPP);
	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_NONE);
	assert_int_equal(outcomes[0].observed.reg, 0x10);
	assert_int_equal(outcomes[0].observed.after, 0xfe000004);
}

/* What it held at the scan is no proof: somebody may have written to it since. */
static void an_address_that_was_cleared_before_does_not_prove_a_reset(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_DOES_NOTHING);

	(void)state;
	fake_put(f->config, 0x04, 0x0002, 2);
	direct_prepare();
	fake_put(f->config, 0x10, 0x00000004, 4);
	direct_reset(10000);

	assert_int_equal(outcomes[0].reset_error, 0);
	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_REPORTED);
	assert_int_equal(outcomes[0].observed.reg, 0);
}

static void one_that_never_returns_ends_with_its_budget(void **state)
{
	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_NEVER_RETURNS)->dead_read_us = 50000;
	direct_run(10000);

	/* After 100, 950 and 1,800 ms: for each 50 ms of a read 800 ms of rest. */
	assert_only_asked(3);
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

	/* After 1, 2, 4, 8 and 16 ms, then each 32, for 2 s. */
	assert_only_asked(67);
	assert_int_equal(outcomes[0].reset_error, -ETIMEDOUT);
	assert_true(entries[0].in_use);
}

static void another_id_is_not_the_same_function(void **state)
{
	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_CHANGES_ID);
	direct_run(10000);

	assert_only_asked(67);
	assert_int_equal(outcomes[0].reset_error, -ETIMEDOUT);
}

/* Ready once, and gone when it was looked at: it is asked again, nothing is written to it. */
static void one_that_goes_between_two_reads_has_not_failed_to_reset(void **state)
{
	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_WORKS)->dead_read_us = 50000;
	direct_prepare();
	direct.functions[0].dies_after = 8;
	direct_reset(10000);

	assert_string_equal(direct.log, BEGUN "r 01:00.0 00\n"
					      "r 01:00.0 04\n"
					      "r 01:00.0 00\n"
					      "r 01:00.0 00\n");
	assert_int_equal(outcomes[0].reset_error, -ETIMEDOUT);
	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_NONE);
	assert_true(entries[0].in_use);
}

/* Ones are no errors that it found, and three reads more would cost three timeouts. */
static void of_one_that_has_gone_no_error_is_on_record(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	fake_extended(f, 0x100, 0x01);
	direct_prepare();
	f->gone = true;
	fake_forget_log(&direct);
	outcomes[0].before.devsta = PCIRESET_UNREAD;
	pcireset_record(&direct.io, &machine, outcomes);

	assert_string_equal(direct.log, "r 01:00.0 4a\n");
	assert_int_equal(outcomes[0].before.devsta, PCIRESET_UNREAD);
	assert_int_equal(outcomes[0].crash.uncorrectable, PCIRESET_UNREAD);
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
	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[0]), -EAGAIN);

	assert_null(strstr(strstr(direct.log, "w 01:00.0 48") + 1, "w "));
	assert_true(entries[0].in_use);
}

/* A probe that was queued before; its Bus Master, and all else, is its driver's. */
static void one_that_got_a_driver_since_the_scan_is_left_to_it(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	direct_prepare();
	fake_attr(&direct, f, "driver", "nvme")->link = true;
	fake_put(f->config, 0x04, 0x0006, 2);
	direct_reset(10000);

	assert_true(outcomes[0].bound);
	assert_false(outcomes[0].tried);
	assert_int_equal(outcomes[0].reset_error, -EBUSY);
	assert_false(entries[0].in_use);
	assert_int_equal(pcireset_verify(&direct.io, &machine, steps, journal, outcomes), 0);
	assert_int_equal(outcomes[0].verdict, PCIRESET_KEPT);
	assert_string_equal(direct.log, "");
}

/* The fence came first, then the driver turned Bus Master on. */
static void one_that_got_a_driver_since_the_fence_is_not_fenced_anew(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	direct_prepare();
	steps[0].action = PCIRESET_FENCE;
	steps[0].method = PCIRESET_METHOD_NONE;
	steps[0].engine = PCIRESET_ENGINE_NONE;
	fake_attr(&direct, f, "driver", "megaraid_sas")->link = true;
	fake_put(f->config, 0x04, 0x0006, 2);

	assert_int_equal(pcireset_verify(&direct.io, &machine, steps, journal, outcomes), 0);
	assert_int_equal(fake_get(f->config, 0x04, 2), 0x0006);
	assert_true(outcomes[0].bound);
	assert_int_equal(outcomes[0].verdict, PCIRESET_KEPT);
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

static void errors_are_on_record_as_they_are(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	fake_extended(f, 0x100, 0x01);
	fake_put(f->config, 0x104, 0x00104000, 4);
	fake_put(f->config, 0x10c, 0x00462030, 4);
	fake_put(f->config, 0x110, 0x00000040, 4);
	direct_prepare();
	pcireset_record(&direct.io, &machine, outcomes);
	assert_int_equal(outcomes[0].crash.uncorrectable, 0x00104000);
	assert_int_equal(outcomes[0].crash.fatal, 0);
	assert_int_equal(outcomes[0].crash.correctable, 0x40);
	assert_int_equal(outcomes[0].crash.masked, 0);

	fake_put(f->config, 0x108, 0x00400000 | 0x00100000, 4);
	pcireset_record(&direct.io, &machine, outcomes);
	assert_int_equal(outcomes[0].crash.uncorrectable, 0x00104000);
	assert_int_equal(outcomes[0].crash.masked, 0x00100000);

	fake_put(f->config, 0x10c, 0x00466030, 4);
	pcireset_record(&direct.io, &machine, outcomes);
	assert_int_equal(outcomes[0].crash.fatal, 0x00004000);

	f->dies_after = 2;
	pcireset_record(&direct.io, &machine, outcomes);
	assert_int_equal(outcomes[0].crash.uncorrectable, PCIRESET_UNREAD);
	assert_int_equal(outcomes[0].crash.fatal, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_reset_that_does_nothing_is_no_reset),
		TEST(an_address_that_was_cleared_before_does_not_prove_a_reset),
		TEST(one_that_never_returns_ends_with_its_budget),
		TEST(request_retry_status_for_ever_is_not_ready),
		TEST(another_id_is_not_the_same_function),
		TEST(one_that_goes_between_two_reads_has_not_failed_to_reset),
		TEST(of_one_that_has_gone_no_error_is_on_record),
		TEST(one_that_has_gone_is_not_written_to),
		TEST(a_locked_down_kernel_refuses),
		TEST(a_placeholder_is_left_as_it_is),
		TEST(one_that_got_a_driver_since_the_scan_is_left_to_it),
		TEST(one_that_got_a_driver_since_the_fence_is_not_fenced_anew),
		TEST(one_that_vanishes_in_its_reset_is_lost_without_another_read),
		TEST(errors_are_on_record_as_they_are),
	};

	return cmocka_run_group_tests_name("misbehave", tests, NULL, NULL);
}
