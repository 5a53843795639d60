/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "fake_io.h"

static struct fake fake;
static int (*fake_writes)(void *data, const char *path, const char *text);

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

/* As a kernel that listed "bus" before it found the other functions. */
static int refuse_bus(void *data, const char *path, const char *text)
{
	int r = fake_writes(data, path, text);

	return strstr(text, "bus") ? -22 : r;
}

static void the_journal_asks_for_the_kernels_methods_where_its_list_is_refused(void **state)
{
	struct pcireset_journal_entry entry = { .in_use = true, .method_before = "flr bus" };

	(void)state;
	(void)fake_resets(&fake, endpoint("0000:00:01.0"), "flr");
	assert_int_equal(pcireset_address_parse("00:01.0", &entry.address), 0);
	fake_writes = fake.io.attr_write;
	fake.io.attr_write = refuse_bus;

	assert_int_equal(pcireset_journal_restore(&fake.io, &entry), 0);
	assert_string_equal(fake.log, "a 00:01.0/reset_method flr bus\n"
				      "a 00:01.0/reset_method default\n");
	assert_false(entry.in_use);
	assert_string_equal(entry.method_before, "");
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

static void the_journal_restores_registers_and_unbinds_before_it_frees(void **state)
{
	struct pcireset_journal_entry entry = { .in_use = true,
						.overridden = true,
						.bound_to = "vfio-pci",
						.saved = { .id = 0x10d38086,
							   .n = 2,
							   .registers = { { 0x10, 4, 0xfe000000 },
									  { 0x3c, 1, 0x0b } } } };
	struct fake_attr *unbind;
	struct fake_function *f;

	(void)state;
	f = endpoint("0000:00:01.0");
	(void)fake_resets(&fake, f, "flr");
	unbind = &fake.attrs[fake.n_attrs++];
	(void)strcpy(unbind->path, "sys/bus/pci/drivers/vfio-pci/unbind");
	fake_put(f->config, 0x3c, 0x0b, 1);
	assert_int_equal(pcireset_address_parse("00:01.0", &entry.address), 0);

	assert_int_equal(pcireset_journal_restore(&fake.io, &entry), 0);
	assert_string_equal(fake.log, "r 00:01.0 00\n"
				      "r 00:01.0 10\n"
				      "w 00:01.0 10 fe000000\n"
				      "r 00:01.0 10\n"
				      "r 00:01.0 3c\n"
				      "a sys/bus/pci/drivers/vfio-pci/unbind 0000:00:01.0\n"
				      "a 00:01.0/driver_override \n");
	assert_false(entry.in_use);
}

static void what_is_not_bound_any_more_needs_no_unbinding(void **state)
{
	struct pcireset_journal_entry entry = { .in_use = true, .bound_to = "vfio-pci" };
	struct fake_attr *unbind;

	(void)state;
	(void)endpoint("0000:00:01.0");
	unbind = &fake.attrs[fake.n_attrs++];
	(void)strcpy(unbind->path, "sys/bus/pci/drivers/vfio-pci/unbind");
	unbind->write_error = -19;
	assert_int_equal(pcireset_address_parse("00:01.0", &entry.address), 0);

	assert_int_equal(pcireset_journal_restore(&fake.io, &entry), 0);
	assert_false(entry.in_use);
}

static void a_function_that_does_not_answer_is_not_written(void **state)
{
	struct pcireset_journal_entry entry = { .in_use = true,
						.saved = { .id = 0x10d38086,
							   .n = 1,
							   .registers = { { 0x10, 4, 1 } } } };

	(void)state;
	endpoint("0000:00:01.0")->gone = true;
	assert_int_equal(pcireset_address_parse("00:01.0", &entry.address), 0);

	assert_int_equal(pcireset_journal_restore(&fake.io, &entry), 0);
	assert_string_equal(fake.log, "r 00:01.0 00\n");
	assert_false(entry.in_use);
}

static void a_register_that_holds_nothing_is_an_error(void **state)
{
	struct pcireset_saved saved = { .id = 0x10d38086,
					.n = 2,
					.registers = { { 0x04, 2, 0x0400 }, { 0x3c, 1, 5 } } };
	struct pcireset_address address;
	struct fake_function *f;

	(void)state;
	f = endpoint("0000:00:01.0");
	f->sticky_master = true; /* of register 4 this bit stays */
	fake_put(f->config, 0x04, 0x0406, 2);
	assert_int_equal(pcireset_address_parse("00:01.0", &address), 0);

	assert_int_equal(pcireset_saved_restore(&fake.io, address, &saved), -5);
	/* The rest is restored all the same. */
	assert_int_equal(fake_get(f->config, 0x3c, 1), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_journal_puts_back_what_it_says, setup),
		cmocka_unit_test_setup(
			the_journal_asks_for_the_kernels_methods_where_its_list_is_refused, setup),
		cmocka_unit_test_setup(the_journal_leaves_a_stuck_function_alone, setup),
		cmocka_unit_test_setup(the_journal_keeps_what_cannot_be_put_back, setup),
		cmocka_unit_test_setup(the_journal_restores_registers_and_unbinds_before_it_frees,
				       setup),
		cmocka_unit_test_setup(what_is_not_bound_any_more_needs_no_unbinding, setup),
		cmocka_unit_test_setup(a_function_that_does_not_answer_is_not_written, setup),
		cmocka_unit_test_setup(a_register_that_holds_nothing_is_an_error, setup),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
