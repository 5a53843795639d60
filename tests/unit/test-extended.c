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

static void no_extended_capability_is_known_to_be_none(void **state)
{
	const struct pcireset_function *f;
	struct fake_function *e = endpoint();

	(void)state;
	fake_express(e, true);
	e->config_bytes = 4096;
	f = read_first();

	assert_int_equal(f->config_bytes, 4096);
	assert_false(f->is_unknown);
}

static void a_header_that_shows_up_again_is_no_extended_space(void **state)
{
	const struct pcireset_function *f;
	struct fake_function *e = endpoint();

	(void)state;
	fake_express(e, true);
	e->config_bytes = 4096;
	memcpy(&e->config[0x100], e->config, 0x100);
	f = read_first();

	assert_string_equal(fake.log, "r 00:01.0 40\nr 00:01.0 44\nr 00:01.0 100\n");
	assert_int_equal(f->config_bytes, 256);
}

static void an_extended_loop_is_left_at_once(void **state)
{
	const struct pcireset_function *f;
	struct fake_function *e = endpoint();

	(void)state;
	fake_express(e, true);
	fake_extended(e, 0x100, 0x0001);
	fake_extended(e, 0x140, 0x000e);
	fake_put(e->config, 0x142, 0x1001, 2); /* back to 100 */
	f = read_first();

	assert_string_equal(fake.log, "r 00:01.0 40\nr 00:01.0 44\nr 00:01.0 100\nr 00:01.0 140\n");
	assert_true(f->is_unknown);
	assert_true(f->ari);
}

static void an_extended_list_that_points_below_100_or_at_nothing_is_unknown(void **state)
{
	static const uint16_t pointers[] = { 0x0401, 0x8001, 0xffc1 };
	const struct pcireset_function *f;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct fake_function *e;

		fake_init(&fake);
		e = endpoint();
		fake_express(e, true);
		fake_extended(e, 0x100, 0x0001);
		fake_put(e->config, 0x102, pointers[i], 2);
		f = read_first();
		assert_true(f->is_unknown);
		assert_int_equal(f->aer, 0x100);
		pcireset_machine_free(&machine);
	}
}

static void extended_ones_are_unknown(void **state)
{
	const struct pcireset_function *f;
	struct fake_function *e = endpoint();

	(void)state;
	fake_express(e, true);
	fake_extended(e, 0x100, 0x0001);
	fake_extended(e, 0x140, 0x000e);
	memset(&e->config[0x140], 0xff, 4);
	f = read_first();

	assert_string_equal(fake.log, "r 00:01.0 40\nr 00:01.0 44\nr 00:01.0 100\nr 00:01.0 140\n");
	assert_true(f->is_unknown);
	assert_false(f->ari);
}

static void an_sriov_capability_that_does_not_fit_is_unknown(void **state)
{
	const struct pcireset_function *f;
	struct fake_function *e = endpoint();

	(void)state;
	fake_express(e, true);
	fake_extended(e, 0x100, 0x0001);
	fake_extended(e, 0xfc4, 0x0010);
	f = read_first();

	assert_true(f->is_unknown);
	assert_int_equal(f->sriov, 0);
}

/* A DVSEC at @at: CXL's, with its id and the register at 0a and 0c. */
static void dvsec(struct fake_function *f, uint16_t at, uint16_t vendor, uint16_t id)
{
	fake_express(f, false);
	fake_extended(f, at, 0x0023);
	fake_put(f->config, at + 0x4, vendor, 2);
	fake_put(f->config, at + 0x8, id, 2);
}

static void cxl_devices_and_ports_are_seen(void **state)
{
	struct fake_function *memory = fake_endpoint(&fake, "0000:00:01.0", 0x0d938086, 0x050210, 0);
	struct fake_function *other = fake_endpoint(&fake, "0000:00:02.0", 0x0d938086, 0x050210, 0);
	struct fake_function *masked = fake_endpoint(&fake, "0000:00:03.0", 0x00011234, 0x020000, 0);
	struct fake_function *port = fake_endpoint(&fake, "0000:00:04.0", 0x00011234, 0x020000, 0);

	(void)state;
	dvsec(memory, 0x100, 0x1e98, 0);
	fake_put(memory->config, 0x10a, 0x0007, 2);
	dvsec(other, 0x100, 0x8086, 0);
	fake_put(other->config, 0x10a, 0x0007, 2);
	dvsec(masked, 0x100, 0x1e98, 3);
	dvsec(port, 0x100, 0x1e98, 3);
	fake_put(port->config, 0x10c, 0x0001, 2); /* Unmask SBR */
	(void)read_first();

	assert_int_equal(machine.functions[0].cxl, 1 << 0 | 1 << 1); /* device, memory */
	assert_int_equal(machine.functions[1].cxl, 0);
	assert_int_equal(machine.functions[2].cxl, 1 << 2 | 1 << 3); /* port, SBR masked */
	assert_int_equal(machine.functions[3].cxl, 1 << 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_extended_capability_is_known_to_be_none),
		TEST(a_header_that_shows_up_again_is_no_extended_space),
		TEST(an_extended_loop_is_left_at_once),
		TEST(an_extended_list_that_points_below_100_or_at_nothing_is_unknown),
		TEST(extended_ones_are_unknown),
		TEST(an_sriov_capability_that_does_not_fit_is_unknown),
		TEST(cxl_devices_and_ports_are_seen),
	};

	return cmocka_run_group_tests_name("extended", tests, NULL, NULL);
}
