/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_io.h"

static struct fake fake;

static int setup(void **state)
{
	(void)state;
	fake_init(&fake);
	return 0;
}

static struct fake_function *endpoint(const char *address)
{
	return fake_endpoint(&fake, address, 0x10d38086, 0x020000, 0x0402);
}

static struct fake_attr *attr_of(const char *path)
{
	return fake_find_attr(&fake, path);
}

static void the_journal_puts_back_what_it_says(void **state)
{
	struct pcireset_journal_entry entry = { .in_use = true,
						.overridden = true,
						.method_before = "flr pm" };

	(void)state;
	(void)fake_resets(&fake, endpoint("0000:00:01.0"), "flr");
	assert_int_equal(pcireset_address_parse("00:01.0", &entry.address), 0);

	assert_int_equal(pcireset_journal_restore(&fake.io, &entry), 0);
	assert_string_equal(fake.log, "a 00:01.0/reset_method flr pm\n"
				      "a 00:01.0/driver_override \n");
	assert_false(entry.in_use);

	/* A second time there is nothing to do. */
	fake_forget_log(&fake);
	assert_int_equal(pcireset_journal_restore(&fake.io, &entry), 0);
	assert_string_equal(fake.log, "");
}

static void the_journal_leaves_a_stuck_function_alone(void **state)
{
	struct pcireset_journal_entry entry = { .in_use = true, .stuck = true,
						.overridden = true };

	(void)state;
	(void)fake_resets(&fake, endpoint("0000:00:01.0"), "flr");
	assert_int_equal(pcireset_address_parse("00:01.0", &entry.address), 0);

	assert_int_equal(pcireset_journal_restore(&fake.io, &entry), -16);
	assert_string_equal(fake.log, "");
}

static void the_journal_keeps_what_cannot_be_put_back(void **state)
{
	struct pcireset_journal_entry entry = { .in_use = true, .overridden = true };

	(void)state;
	(void)fake_resets(&fake, endpoint("0000:00:01.0"), "flr");
	attr_of("sys/bus/pci/devices/0000:00:01.0/driver_override")->write_error = -5;
	assert_int_equal(pcireset_address_parse("00:01.0", &entry.address), 0);

	assert_int_equal(pcireset_journal_restore(&fake.io, &entry), -5);
	assert_true(entry.in_use);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_journal_puts_back_what_it_says, setup),
		cmocka_unit_test_setup(the_journal_leaves_a_stuck_function_alone, setup),
		cmocka_unit_test_setup(the_journal_keeps_what_cannot_be_put_back, setup),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
