/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What whoever lives on knows of function-level resets that were under way. */
#include <errno.h>
#include <string.h>

#include "fake_direct.h"

static uint64_t quiet_us[16];
static size_t n_writes;

/* Whoever lives on after a death in this write reads that. */
static void remember_quiet(bool made)
{
	(void)made;
	if (n_writes < 16)
		quiet_us[n_writes++] = entries[0].quiet_until_us;
}

/* Doors, reset, then what is restored; two moments of each write. */
static void the_journal_knows_the_window_before_it_begins(void **state)
{
	(void)state;
	n_writes = 0;
	endpoint("0000:01:00.0", FAKE_FLR_WORKS);
	direct.on_write = remember_quiet;
	direct_run(10000);

	assert_int_equal(n_writes, 10);
	assert_int_equal(quiet_us[0], 0);
	assert_int_equal(quiet_us[1], 0);
	/* Somebody else may have the processor for 100 ms. */
	assert_in_range(quiet_us[2], 200001, 200020);
	assert_int_equal(quiet_us[3], quiet_us[2]);
	assert_in_range(quiet_us[4], 100001, 100020);
	assert_int_equal(entries[0].quiet_until_us, 0);
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

	assert_int_equal(pcireset_journal_restore(&direct.io, &entry), -EAGAIN);
	assert_in_range(direct.now_us, 1100000, 1120000);
	assert_null(strstr(direct.log, "w "));
	assert_true(entry.in_use);
	/* From then on one look is enough. */
	fake_forget_log(&direct);
	assert_int_equal(pcireset_journal_restore(&direct.io, &entry), -EAGAIN);
	assert_string_equal(direct.log, "r 01:00.0 00\n");
}

/* Linux waits a minute. Without addresses it would be of no use to its driver. */
static void one_that_needs_three_seconds_gets_its_registers_and_its_driver(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);
	struct fake_attr *override = fake_attr(&direct, f, "driver_override", "(null)");

	(void)state;
	f->flr_us = 3300000;
	direct_run(10000);
	assert_int_equal(outcomes[0].reset_error, -ETIMEDOUT);
	assert_int_equal(pcireset_verify(&direct.io, &machine, steps, journal, outcomes), 1);
	assert_int_equal(outcomes[0].verdict, PCIRESET_LOST);
	assert_true(entries[0].late);
	assert_true(pcireset_journal_bars(journal, machine.functions[0].address));

	pcireset_journal_override(&direct.io, journal);
	assert_string_equal(override->text, "pci-quiesce");
	fake_forget_log(&direct);
	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[0]), -EAGAIN);
	assert_string_equal(direct.log, "r 01:00.0 00\n");
	assert_string_equal(override->text, "pci-quiesce");

	direct.now_us = 4000000;
	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[0]), 0);
	assert_int_equal(fake_get(f->config, 0x10, 4), 0xfe000004);
	assert_int_equal(fake_get(f->config, 0x04, 2), 0x0400);
	assert_string_equal(override->text, "");
	assert_false(entries[0].in_use);
	assert_false(pcireset_journal_bars(journal, machine.functions[0].address));
}

/* Somebody else's driver_override does not keep all drivers away. */
static void one_that_got_a_driver_while_it_was_late_is_that_drivers(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	f->flr_us = 3300000;
	direct_run(10000);
	assert_true(entries[0].late);
	fake_attr(&direct, f, "driver", "vfio-pci")->link = true;
	fake_forget_log(&direct);

	direct.now_us = 4000000;
	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[0]), 0);
	assert_string_equal(direct.log, "");
	assert_false(entries[0].in_use);
}

/* Ready, looked at, and gone again: nobody knows what it holds. */
static void one_that_goes_while_it_is_restored_is_looked_after_too(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	direct_prepare();
	f->dies_after = 11;
	direct_reset(10000);
	assert_int_equal(outcomes[0].restored, -ENODEV);
	assert_int_equal(pcireset_verify(&direct.io, &machine, steps, journal, outcomes), 1);
	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[0]), -EAGAIN);
	f->gone = false;
	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[0]), 0);
	assert_int_equal(fake_get(f->config, 0x3c, 1), 0x0b);
}

static void somebody_elses_override_stays(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_NEVER_RETURNS);

	(void)state;
	(void)fake_attr(&direct, f, "driver_override", "vfio-pci");
	direct_run(10000);
	fake_forget_log(&direct);
	pcireset_journal_override(&direct.io, journal);
	assert_string_equal(direct.log, "");
	assert_false(entries[0].overridden);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_journal_knows_the_window_before_it_begins),
		TEST(who_was_killed_in_a_reset_leaves_it_alone_until_its_time_is_over),
		TEST(who_does_not_come_back_is_waited_for_a_second_and_no_more),
		TEST(one_that_needs_three_seconds_gets_its_registers_and_its_driver),
		TEST(one_that_got_a_driver_while_it_was_late_is_that_drivers),
		TEST(one_that_goes_while_it_is_restored_is_looked_after_too),
		TEST(somebody_elses_override_stays),
	};

	return cmocka_run_group_tests_name("direct-death", tests, NULL, NULL);
}
