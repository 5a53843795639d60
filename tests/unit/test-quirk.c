/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table's rows are made from conf/quirks.conf: one test for each kind of match. */
#include "fake_io.h"

static struct fake fake;

static unsigned int quirks(uint32_t id, uint32_t class_code, uint8_t revision)
{
	struct pcireset_machine machine;
	unsigned int found;

	fake_init(&fake);
	fake_endpoint(&fake, "0000:00:01.0", id, class_code, 0x0006)->config[0x08] = revision;
	assert_int_equal(pcireset_scan(&fake.io, &machine), 0);
	found = machine.functions[0].quirks;
	pcireset_machine_free(&machine);
	return found;
}

static void an_id_has_its_quirk_and_its_neighbours_have_none(void **state)
{
	(void)state;
	assert_int_equal(quirks(0x149c1022, 0x0c0330, 0), PCIRESET_QUIRK_NO_FLR);
	assert_int_equal(quirks(0x149b1022, 0x0c0330, 0), 0);
	assert_int_equal(quirks(0x149d1022, 0x0c0330, 0), 0);
	assert_int_equal(quirks(0x149c8086, 0x0c0330, 0), 0);
}

static void a_range_has_both_its_ends(void **state)
{
	(void)state;
	assert_int_equal(quirks(0x233f10de, 0x030200, 0), 0);
	assert_int_equal(quirks(0x234010de, 0x030200, 0), PCIRESET_QUIRK_NO_BUS_RESET);
	assert_int_equal(quirks(0x237f10de, 0x030200, 0), PCIRESET_QUIRK_NO_BUS_RESET);
	assert_int_equal(quirks(0x238010de, 0x030200, 0), 0);
}

static void a_class_is_compared_without_its_interface(void **state)
{
	(void)state;
	assert_int_equal(quirks(0x73bf1002, 0x030000, 0), PCIRESET_QUIRK_NO_PM_RESET);
	assert_int_equal(quirks(0x73bf1002, 0x030001, 0), PCIRESET_QUIRK_NO_PM_RESET);
	assert_int_equal(quirks(0xab281002, 0x040300, 0), 0);
}

static void a_revision_is_compared(void **state)
{
	(void)state;
	assert_int_equal(quirks(0x1000d063, 0x020000, 1), PCIRESET_QUIRK_NO_FLR);
	assert_int_equal(quirks(0x1000d063, 0x020000, 2), 0);
}

static void all_lines_that_match_count(void **state)
{
	(void)state;
	assert_int_equal(quirks(0x44011425, 0x020000, 0),
			 PCIRESET_QUIRK_DEVICE_SPECIFIC | PCIRESET_QUIRK_FENCE_LATE);
	assert_int_equal(quirks(0x54011425, 0x020000, 0), 0);
	assert_int_equal(quirks(0x0a548086, 0x010802, 0),
			 PCIRESET_QUIRK_DEVICE_SPECIFIC | PCIRESET_QUIRK_SLOW_FLR);
	assert_int_equal(quirks(0xa80c144d, 0x010802, 0), PCIRESET_QUIRK_NOT_READY_EARLY);
	assert_int_equal(quirks(0x201d8086, 0x010400, 0), PCIRESET_QUIRK_VMD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_has_its_quirk_and_its_neighbours_have_none),
		cmocka_unit_test(a_range_has_both_its_ends),
		cmocka_unit_test(a_class_is_compared_without_its_interface),
		cmocka_unit_test(a_revision_is_compared),
		cmocka_unit_test(all_lines_that_match_count),
	};

	return cmocka_run_group_tests_name("quirk", tests, NULL, NULL);
}
