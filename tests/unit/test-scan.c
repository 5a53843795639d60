/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "fake_io.h"

static struct fake fake;

static struct pcireset_machine scan(void)
{
	struct pcireset_machine machine;

	assert_int_equal(pcireset_scan(&fake.io, &machine), 0);
	return machine;
}

static int setup(void **state)
{
	(void)state;
	fake_init(&fake);
	return 0;
}

static void a_scan_reads_64_bytes_of_each_function_and_no_more(void **state)
{
	struct pcireset_machine machine;

	(void)state;
	(void)fake_endpoint(&fake, "0000:00:02.0", 0x10d38086, 0x020000, 0x0406);
	(void)fake_endpoint(&fake, "0000:00:01.0", 0x00101b36, 0x010802, 0x0002);
	machine = scan();

	assert_string_equal(fake.log, "r 00:01.0 00+64\n"
				      "r 00:02.0 00+64\n");
	assert_int_equal(machine.n, 2);
	assert_int_equal(machine.functions[1].vendor, 0x8086);
	assert_int_equal(machine.functions[1].device, 0x10d3);
	assert_int_equal(machine.functions[1].class_code, 0x020000);
	assert_int_equal(machine.functions[1].command, 0x0406);
	assert_true(machine.functions[1].answers);
	pcireset_machine_free(&machine);
}

static void parents_are_the_innermost_bridges(void **state)
{
	struct pcireset_machine machine;

	(void)state;
	(void)fake_port(&fake, "0000:00:03.0", 1, 4);
	(void)fake_port(&fake, "0000:01:00.0", 2, 4);
	(void)fake_port(&fake, "0000:02:01.0", 4, 4);
	(void)fake_endpoint(&fake, "0000:04:00.0", 0x10d38086, 0x020000, 0);
	(void)fake_endpoint(&fake, "0000:03:00.0", 0x10d38086, 0x020000, 0); /* a VF's bus */
	(void)fake_endpoint(&fake, "0001:04:00.0", 0x10d38086, 0x020000, 0);
	machine = scan();

	/* 00:03.0, 01:00.0, 02:01.0, 03:00.0, 04:00.0, 0001:04:00.0 */
	assert_true(machine.functions[0].parent == PCIRESET_NONE);
	assert_int_equal(machine.functions[1].parent, 0);
	assert_int_equal(machine.functions[2].parent, 1);
	assert_int_equal(machine.functions[3].parent, 1);
	assert_int_equal(machine.functions[4].parent, 2);
	assert_true(machine.functions[5].parent == PCIRESET_NONE);
	assert_true(pcireset_below(&machine, 4, 0));
	assert_false(pcireset_below(&machine, 3, 2));
	pcireset_machine_free(&machine);
}

static void bridges_with_bus_numbers_in_a_loop_do_not_hang_it(void **state)
{
	struct pcireset_machine machine;

	(void)state;
	(void)fake_port(&fake, "0000:01:00.0", 2, 255);
	(void)fake_port(&fake, "0000:02:00.0", 1, 255);
	(void)fake_port(&fake, "0000:03:00.0", 3, 3);
	machine = scan();

	assert_true(machine.functions[0].parent == PCIRESET_NONE);
	assert_int_equal(machine.functions[1].parent, 0);
	assert_int_equal(machine.functions[2].parent, 0);
	assert_false(pcireset_below(&machine, 0, 1));
	pcireset_machine_free(&machine);
}

static void a_function_that_reads_as_ones_does_not_answer(void **state)
{
	struct pcireset_machine machine;
	struct fake_function *not_ready;

	(void)state;
	fake_endpoint(&fake, "0000:00:01.0", 0x10d38086, 0x020000, 0x0406)->gone = true;
	not_ready = fake_endpoint(&fake, "0000:00:02.0", 0x10d38086, 0x020000, 0x0406);
	memset(not_ready->config, 0xff, 64);
	fake_put(not_ready->config, 0, 0xffff0001, 4); /* RRS software visibility */
	machine = scan();

	assert_false(machine.functions[0].answers);
	assert_int_equal(machine.functions[0].vendor, 0xffff);
	assert_false(machine.functions[1].answers);
	pcireset_machine_free(&machine);
}

static void ids_of_a_virtual_function_come_from_the_kernel(void **state)
{
	struct pcireset_machine machine;
	struct fake_function *vf;

	(void)state;
	vf = fake_endpoint(&fake, "0000:00:01.0", 0xffffffff, 0x020000, 0x0004);
	(void)fake_attr(&fake, vf, "vendor", "0x8086");
	(void)fake_attr(&fake, vf, "device", "0x10ca");
	machine = scan();

	assert_true(machine.functions[0].is_virtual);
	assert_true(machine.functions[0].answers);
	assert_int_equal(machine.functions[0].vendor, 0x8086);
	assert_int_equal(machine.functions[0].device, 0x10ca);
	pcireset_machine_free(&machine);
}

static void the_driver_and_boot_vga_are_known(void **state)
{
	struct pcireset_machine machine;
	struct fake_function *f;

	(void)state;
	f = fake_endpoint(&fake, "0000:00:01.0", 0x11111234, 0x030000, 0x0003);
	(void)fake_attr(&fake, f, "boot_vga", "1");
	fake_attr(&fake, f, "driver", "bochs-drm")->link = true;
	machine = scan();

	assert_true(machine.functions[0].boot_vga);
	assert_string_equal(machine.functions[0].driver, "bochs-drm");
	pcireset_machine_free(&machine);
}

static void a_machine_without_functions_is_one(void **state)
{
	struct pcireset_machine machine = scan();

	(void)state;
	assert_int_equal(machine.n, 0);
	pcireset_machine_free(&machine);
}

static void a_driver_that_cannot_be_read_is_not_no_driver(void **state)
{
	struct pcireset_machine machine;
	struct fake_function *f;

	(void)state;
	f = fake_endpoint(&fake, "0000:00:01.0", 0x10d38086, 0x020000, 0x0406);
	fake_attr(&fake, f, "driver", "e1000e")->link_error = -5;
	machine = scan();

	assert_string_equal(machine.functions[0].driver, "?");
	pcireset_machine_free(&machine);
}

static void a_header_of_no_known_type_does_not_answer(void **state)
{
	struct pcireset_machine machine;

	(void)state;
	fake_endpoint(&fake, "0000:00:01.0", 0x19a48086, 0x060400, 0x0406)->config[0x0e] = 0x7f;
	fake_endpoint(&fake, "0000:00:02.0", 0x19a48086, 0x060700, 0x0406)->config[0x0e] = 0x82;
	machine = scan();

	assert_false(machine.functions[0].answers);
	assert_int_equal(machine.functions[0].vendor, 0xffff);
	assert_true(machine.functions[1].answers);
	assert_int_equal(machine.functions[1].header_type, 2);
	pcireset_machine_free(&machine);
}

static void functions_known_in_any_order_are_known(void **state)
{
	static const char *const addresses[] = { "0000:05:00.0", "0000:00:01.0", "0000:03:00.0" };
	struct pcireset_function known[3] = { 0 };
	const struct pcireset_machine machine = { known, 3 };
	struct pcireset_machine more;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		(void)fake_endpoint(&fake, addresses[i], 0x10d38086, 0x020000, 0);
		(void)pcireset_address_parse(addresses[i], &known[i].address);
	}
	(void)fake_endpoint(&fake, "0000:04:00.0", 0x10d38086, 0x020000, 0);

	assert_int_equal(pcireset_scan_more(&fake.io, &machine, &more), 0);
	assert_int_equal(more.n, 1);
	assert_string_equal(fake.log, "r 04:00.0 00+64\n");
	pcireset_machine_free(&more);
}

static void what_appears_later_is_a_machine_of_its_own(void **state)
{
	struct pcireset_machine machine, more;

	(void)state;
	(void)fake_endpoint(&fake, "0000:00:01.0", 0x10d38086, 0x020000, 0);
	machine = scan();
	(void)fake_endpoint(&fake, "10000:01:00.0", 0xa80a144d, 0x010802, 0);
	(void)fake_endpoint(&fake, "0000:00:00.0", 0x12348086, 0x020000, 0);
	(void)fake_port(&fake, "10000:00:00.0", 1, 1);
	fake_forget_log(&fake);

	assert_int_equal(pcireset_scan_more(&fake.io, &machine, &more), 0);
	assert_null(strstr(fake.log, "00:01.0"));
	assert_int_equal(more.n, 3);
	assert_int_equal(more.functions[0].device, 0x1234);
	assert_int_equal(more.functions[1].parent, PCIRESET_NONE);
	assert_int_equal(more.functions[2].device, 0xa80a);
	assert_int_equal(more.functions[2].parent, 1);
	pcireset_machine_free(&more);
	pcireset_machine_free(&machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_scan_reads_64_bytes_of_each_function_and_no_more, setup),
		cmocka_unit_test_setup(parents_are_the_innermost_bridges, setup),
		cmocka_unit_test_setup(bridges_with_bus_numbers_in_a_loop_do_not_hang_it, setup),
		cmocka_unit_test_setup(a_function_that_reads_as_ones_does_not_answer, setup),
		cmocka_unit_test_setup(ids_of_a_virtual_function_come_from_the_kernel, setup),
		cmocka_unit_test_setup(the_driver_and_boot_vga_are_known, setup),
		cmocka_unit_test_setup(a_machine_without_functions_is_one, setup),
		cmocka_unit_test_setup(a_driver_that_cannot_be_read_is_not_no_driver, setup),
		cmocka_unit_test_setup(a_header_of_no_known_type_does_not_answer, setup),
		cmocka_unit_test_setup(functions_known_in_any_order_are_known, setup),
		cmocka_unit_test_setup(what_appears_later_is_a_machine_of_its_own, setup),
	};

	return cmocka_run_group_tests_name("scan", tests, NULL, NULL);
}
