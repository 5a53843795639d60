/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_io.h"

static void a_full_address_is_read(void **state)
{
	struct pcireset_address a;

	(void)state;
	assert_int_equal(pcireset_address_parse("10000:e1:1f.7", &a), 0);
	assert_int_equal(a.domain, 0x10000);
	assert_int_equal(a.bus, 0xe1);
	assert_int_equal(a.device, 0x1f);
	assert_int_equal(a.function, 7);
}

static void without_a_domain_it_is_zero(void **state)
{
	struct pcireset_address a;

	(void)state;
	assert_int_equal(pcireset_address_parse("03:00.1", &a), 0);
	assert_int_equal(a.domain, 0);
	assert_int_equal(a.bus, 3);
}

static void what_is_no_address_is_refused(void **state)
{
	static const char *const bad[] = {
		"",	   "0",		"01:00",      "01:20.0",      "01:00.8",	 "01:00.0 ",
		"g1:00.0", "100:00.0",	":01:00.0",   "0000:01:00.",  "0000:01:00.00", "0000:01:00.0.0",
		"1:2:3:4", "-1:00:00.0", "0x1:01:00.0", "123456789:01:00.0",
	};
	struct pcireset_address a = { .bus = 99 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (pcireset_address_parse(bad[i], &a) != -22)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(a.bus, 99);
	}
}

static void it_is_written_as_sysfs_names_it(void **state)
{
	char text[PCIRESET_ADDRESS_BYTES];

	(void)state;
	assert_string_equal(pcireset_address_format((struct pcireset_address){ 0, 1, 2, 3 }, text),
			    "0000:01:02.3");
	assert_string_equal(
		pcireset_address_format((struct pcireset_address){ 0xffffffff, 255, 31, 7 }, text),
		"ffffffff:ff:1f.7");
}

static void the_domain_counts_first_in_the_order(void **state)
{
	(void)state;
	assert_true(pcireset_address_compare((struct pcireset_address){ 1, 0, 0, 0 },
					     (struct pcireset_address){ 0, 255, 31, 7 }) > 0);
	assert_true(pcireset_address_compare((struct pcireset_address){ 0, 1, 0, 7 },
					     (struct pcireset_address){ 0, 1, 1, 0 }) < 0);
	assert_int_equal(pcireset_address_compare((struct pcireset_address){ 0, 1, 2, 3 },
						  (struct pcireset_address){ 0, 1, 2, 3 }),
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_address_is_read),
		cmocka_unit_test(without_a_domain_it_is_zero),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(it_is_written_as_sysfs_names_it),
		cmocka_unit_test(the_domain_counts_first_in_the_order),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
