/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which functions a load line means. */
#include <string.h>

#include "fake_drivers.h"

static void dump_target(const char *text)
{
	write_file("usr/lib/pci-quiesce", "dump-target", text);
}

static void a_dump_target_that_is_there_needs_none(void **state)
{
	(void)state;
	(void)vmd("0000:00:02.0");
	(void)disk("0000:00:04.0");
	dump_target("# written when the image was built\n0000:00:04.0 144d:a80a\n\n");
	load("dump-target");
	quiesce();

	assert_int_equal(quiesce_drivers_load(&run, &loader), 0);
	assert_string_equal(fake->log, "insert pq_disk\n");
	assert_null(strstr(said(), "<4>"));
}

static void a_dump_target_with_another_id_is_not_it(void **state)
{
	(void)state;
	(void)disk("0000:00:04.0");
	dump_target("0000:00:04.0 8086:10d3\n");
	load("dump-target");
	quiesce();

	assert_int_equal(quiesce_drivers_load(&run, &loader), 0);
	assert_int_equal(run.n_not_loaded, 1);
	assert_string_equal(fake->log, "");
	assert_string_equal(said(), "<4>pci-quiesce: dump target 0000:00:04.0: is 144d:a80a, not "
				    "8086:10d3\n"
				    "<5>pci-quiesce: 0 modules inserted, 0 not\n");
}

static void the_real_one_may_be_behind_a_driver(void **state)
{
	(void)state;
	(void)vmd("0000:00:02.0");
	(void)disk("0000:00:04.0");
	dump_target("0000:00:04.0 8086:10d3\n");
	load("dump-target");
	quiesce();

	assert_int_equal(quiesce_drivers_load(&run, &loader), 0);
	assert_non_null(strstr(fake->log, "insert pq_vmd\n"));
	assert_null(strstr(fake->log, "insert pq_disk\n"));
}

static void an_image_that_does_not_know_its_dump_target_is_one_warning(void **state)
{
	(void)state;
	(void)disk("0000:00:04.0");
	load("dump-target");
	quiesce();

	assert_int_equal(quiesce_drivers_load(&run, &loader), 0);
	assert_string_equal(fake->log, "");
	assert_non_null(strstr(said(), "<4>pci-quiesce: the dump target is not known: "));
}

static void an_address_that_is_not_there_or_has_no_driver_is_a_warning(void **state)
{
	(void)state;
	(void)function("0000:00:06.0", 0x56781234, 0x020000, "pci:v00001234d00005678");
	load("0000:00:06.0");
	load("0000:00:07.0");
	quiesce();

	assert_int_equal(quiesce_drivers_load(&run, &loader), 0);
	assert_string_equal(said(), "<4>pci-quiesce: 0000:00:06.0: no driver for it in the image\n"
				    "<4>pci-quiesce: file:1: 0000:00:07.0 is not there\n"
				    "<5>pci-quiesce: 0 modules inserted, 0 not\n");
}

static void the_console_is_serial_ports_and_with_a_usb_console_its_controllers(void **state)
{
	bool wanted[4] = { false };
	struct quiesce_load console = { .what = QUIESCE_LOAD_CONSOLE };

	(void)state;
	(void)function("0000:00:01.0", 0x11111234, 0x070002, "x");
	(void)function("0000:00:02.0", 0x11111234, 0x0c0330, "x");
	(void)function("0000:00:03.0", 0x11111234, 0x030000, "x");
	(void)fake_attr(fake, function("0000:00:04.0", 0x11111234, 0x030000, "x"), "boot_vga", "1");
	quiesce();

	write_file("proc", "consoles", "ttyS0                -W- (EC p a)    4:64\n");
	assert_int_equal(quiesce_wanted_mark(&run, &console, true, wanted), 0);
	assert_memory_equal(wanted, ((bool[]){ true, false, false, true }), sizeof(wanted));

	write_file("proc", "consoles",
		   "tty0                 -WU (EC  p  )    4:7\n"
		   "ttyUSB0              -W- (E   p  )  188:0\n");
	assert_int_equal(quiesce_wanted_mark(&run, &console, true, wanted), 0);
	assert_memory_equal(wanted, ((bool[]){ true, true, false, true }), sizeof(wanted));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_dump_target_that_is_there_needs_none),
		TEST(a_dump_target_with_another_id_is_not_it),
		TEST(the_real_one_may_be_behind_a_driver),
		TEST(an_image_that_does_not_know_its_dump_target_is_one_warning),
		TEST(an_address_that_is_not_there_or_has_no_driver_is_a_warning),
		TEST(the_console_is_serial_ports_and_with_a_usb_console_its_controllers),
	};

	return cmocka_run_group_tests_name("wanted", tests, group_setup, group_teardown);
}
