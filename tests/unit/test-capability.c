/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "fake_io.h"

static struct fake fake;
static struct pcireset_machine machine;

static int setup(void **state)
{
	(void)state;
	fake_init(&fake);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pcireset_machine_free(&machine);
	return 0;
}

/* What the topology tells of the first function, and the accesses that it took. */
static const struct pcireset_function *read_first(void)
{
	assert_int_equal(pcireset_scan(&fake.io, &machine), 0);
	fake_forget_log(&fake);
	pcireset_topology_read(&fake.io, &machine);
	return &machine.functions[0];
}

static struct fake_function *endpoint(void)
{
	return fake_endpoint(&fake, "0000:00:01.0", 0x10d38086, 0x020000, 0x0406);
}

static void each_capability_is_read_in_as_few_dwords_as_can_be(void **state)
{
	const struct pcireset_function *f;
	struct fake_function *e = endpoint();

	(void)state;
	fake_express(e, true);
	fake_capability(e, 0x80, 0x13);
	e->config[0x83] = 0x03; /* AF: TP and FLR */
	fake_capability(e, 0xc8, 0x01);
	fake_extended(e, 0x100, 0x0001); /* AER */
	fake_extended(e, 0x140, 0x000e); /* ARI */
	fake_extended(e, 0x150, 0x000f); /* ATS */
	f = read_first();

	assert_string_equal(fake.log, "r 00:01.0 40\nr 00:01.0 44\n" /* flags, DEVCAP */
				      "r 00:01.0 80\n"
				      "r 00:01.0 c8\nr 00:01.0 cc\n" /* PMCSR */
				      "r 00:01.0 100\nr 00:01.0 140\nr 00:01.0 150\n");
	assert_int_equal(f->config_bytes, 4096);
	assert_false(f->is_unknown);
	assert_int_equal(f->express, 0x40);
	assert_int_equal(f->af, 0x80);
	assert_int_equal(f->power, 0xc8);
	assert_int_equal(f->advertises, 1 << 3 | 1 << 4 | 1 << 5); /* FLR, AF, PM */
	assert_int_equal(f->aer, 0x100);
	assert_true(f->ari);
	assert_int_equal(f->ats, 0x150);
}

static void one_in_D3hot_is_asleep(void **state)
{
	struct fake_function *e = endpoint();

	(void)state;
	fake_capability(e, 0xc8, 0x01);
	fake_put(e->config, 0xcc, 0x000b, 2);
	assert_true(read_first()->asleep);
	assert_true(pcireset_is_asleep(&fake.io, &machine.functions[0]));

	/* Woken meanwhile; then gone. */
	fake_put(e->config, 0xcc, 0x0008, 2);
	assert_false(pcireset_is_asleep(&fake.io, &machine.functions[0]));
	pcireset_topology_read(&fake.io, &machine);
	assert_false(machine.functions[0].asleep);
	fake_put(e->config, 0xcc, 0xffff, 2);
	assert_false(pcireset_is_asleep(&fake.io, &machine.functions[0]));
}

static void a_function_without_a_list_costs_no_read(void **state)
{
	const struct pcireset_function *f;

	(void)state;
	(void)endpoint();
	f = read_first();

	assert_string_equal(fake.log, "");
	assert_int_equal(f->config_bytes, 256);
	assert_false(f->is_unknown);
}

static void a_conventional_function_has_no_extended_list(void **state)
{
	const struct pcireset_function *f;
	struct fake_function *e = endpoint();

	(void)state;
	fake_capability(e, 0x50, 0x01);
	fake_extended(e, 0x100, 0x000e);
	f = read_first();

	assert_string_equal(fake.log, "r 00:01.0 50\nr 00:01.0 54\n");
	assert_int_equal(f->config_bytes, 256);
	assert_false(f->ari);
}

static void a_list_that_cannot_be_read_behind_64_bytes_is_unknown(void **state)
{
	const struct pcireset_function *f;
	struct fake_function *e = endpoint();

	(void)state;
	fake_express(e, true);
	e->config_bytes = 64;
	f = read_first();

	assert_int_equal(f->config_bytes, 64);
	assert_true(f->is_unknown);
	assert_int_equal(f->express, 0);
	assert_int_equal(f->advertises, 0);
}

static void of_a_dump_64_bytes_without_a_list_are_all_there_is(void **state)
{
	const struct pcireset_function *f;

	(void)state;
	endpoint()->config_bytes = 64;
	fake.io.is_dump = true;
	f = read_first();

	assert_int_equal(f->config_bytes, 64);
	assert_false(f->is_unknown);
}

static void a_loop_is_left_at_once_with_what_it_told(void **state)
{
	const struct pcireset_function *f;
	struct fake_function *e = endpoint();

	(void)state;
	fake_express(e, true);
	fake_capability(e, 0x80, 0x09);
	e->config[0x81] = 0x40;
	f = read_first();

	assert_string_equal(fake.log, "r 00:01.0 40\nr 00:01.0 44\nr 00:01.0 80\n");
	assert_true(f->is_unknown);
	assert_int_equal(f->advertises, 1 << 3);
}

static void a_pointer_into_the_header_ends_the_list(void **state)
{
	const struct pcireset_function *f;
	struct fake_function *e = endpoint();

	(void)state;
	fake_capability(e, 0x40, 0x09);
	e->config[0x41] = 0x3c;
	f = read_first();

	assert_string_equal(fake.log, "r 00:01.0 40\n");
	assert_true(f->is_unknown);
}

static void ones_in_the_middle_end_the_list(void **state)
{
	const struct pcireset_function *f;
	struct fake_function *e = endpoint();

	(void)state;
	fake_capability(e, 0x40, 0x01);
	fake_capability(e, 0x80, 0x13);
	memset(&e->config[0x80], 0xff, 16);
	f = read_first();

	assert_string_equal(fake.log, "r 00:01.0 40\nr 00:01.0 44\nr 00:01.0 80\n");
	assert_true(f->is_unknown);
	assert_int_equal(f->af, 0);
	assert_int_equal(f->power, 0x40);
}

static void a_capability_that_does_not_fit_is_unknown(void **state)
{
	const struct pcireset_function *f;
	struct fake_function *e = endpoint();

	(void)state;
	fake_capability(e, 0xfc, 0x10); /* PCI Express: its DEVCAP would be at 100 */
	e->config_bytes = 4096;
	f = read_first();

	assert_string_equal(fake.log, "r 00:01.0 fc\n");
	assert_true(f->is_unknown);
	assert_int_equal(f->express, 0);
}

static void the_first_of_two_counts(void **state)
{
	const struct pcireset_function *f;
	struct fake_function *e = endpoint();

	(void)state;
	fake_express(e, true);
	fake_capability(e, 0x80, 0x10);
	f = read_first();

	assert_int_equal(f->express, 0x40);
	assert_int_equal(f->advertises, 1 << 3);
}

static void reserved_bits_of_pointers_do_not_count(void **state)
{
	const struct pcireset_function *f;
	struct fake_function *e = endpoint();

	(void)state;
	fake_capability(e, 0x40, 0x09);
	fake_capability(e, 0x50, 0x13);
	e->config[0x34] = 0x43;
	e->config[0x41] = 0x51;
	f = read_first();

	assert_int_equal(f->af, 0x50);
	assert_false(f->is_unknown);
}

static void a_cardbus_bridge_has_its_list_elsewhere(void **state)
{
	const struct pcireset_function *f;
	struct fake_function *e = endpoint();

	(void)state;
	fake_capability(e, 0x80, 0x01);
	e->config[0x34] = 0;
	e->config[0x14] = 0x80;
	e->config[0x0e] = 0x02;
	f = read_first();

	assert_int_equal(f->power, 0x80);
}

static void only_256_bytes_of_a_pcie_function_are_said_to_be_so(void **state)
{
	const struct pcireset_function *f;

	(void)state;
	fake_express(endpoint(), true);
	f = read_first();

	assert_int_equal(f->config_bytes, 256);
	assert_false(f->is_unknown);
}

static void a_slot_that_can_hot_plug_is_seen(void **state)
{
	struct fake_function *port = fake_port(&fake, "0000:00:03.0", 1, 1);

	(void)state;
	(void)fake_port(&fake, "0000:00:04.0", 2, 2);
	fake_put(port->config, 0x42, 0x0142, 2); /* Slot Implemented */
	fake_put(port->config, 0x54, 0x0040, 4); /* Hot-Plug Capable */
	(void)read_first();

	assert_true(machine.functions[0].hotplug_capable);
	assert_false(machine.functions[1].hotplug_capable);
	assert_non_null(strstr(fake.log, "r 00:03.0 54\n"));
	assert_null(strstr(fake.log, "r 00:04.0 54\n"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_capability_is_read_in_as_few_dwords_as_can_be),
		TEST(one_in_D3hot_is_asleep),
		TEST(a_function_without_a_list_costs_no_read),
		TEST(a_conventional_function_has_no_extended_list),
		TEST(a_list_that_cannot_be_read_behind_64_bytes_is_unknown),
		TEST(of_a_dump_64_bytes_without_a_list_are_all_there_is),
		TEST(a_loop_is_left_at_once_with_what_it_told),
		TEST(a_pointer_into_the_header_ends_the_list),
		TEST(ones_in_the_middle_end_the_list),
		TEST(a_capability_that_does_not_fit_is_unknown),
		TEST(the_first_of_two_counts),
		TEST(reserved_bits_of_pointers_do_not_count),
		TEST(a_cardbus_bridge_has_its_list_elsewhere),
		TEST(only_256_bytes_of_a_pcie_function_are_said_to_be_so),
		TEST(a_slot_that_can_hot_plug_is_seen),
	};

	return cmocka_run_group_tests_name("capability", tests, NULL, NULL);
}
