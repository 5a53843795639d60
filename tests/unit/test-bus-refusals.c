/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bus resets by our own writes that are not begun: not a register is written. */
#include <errno.h>

#include "bus_stage.h"

static void assert_untouched(int error)
{
	assert_null(strstr(direct.log, "w "));
	for (size_t i = 0; i < machine.n; i++) {
		if (steps[i].action != PCIRESET_RESET)
			continue;
		assert_int_equal(outcomes[i].reset_error, error);
		assert_false(outcomes[i].tried);
		assert_false(entries[i].in_use);
	}
	assert_false(entries[0].in_use);
}

static void with_a_driver_since_the_scan_nothing_is_begun(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 1);

	(void)state;
	(void)below(p, "0000:01:00.0");
	fake_attr(&direct, below(p, "0000:01:00.1"), "driver", "e1000e")->link = true;
	bus_read();
	machine.functions[2].driver[0] = '\0';
	bus_planned(0);
	direct_reset(10000);

	assert_untouched(-EBUSY);
	assert_true(outcomes[2].bound);
	assert_false(outcomes[1].bound);
}

/* The kernel is at it, holds its lock, and may write registers at any time. */
static void beside_a_stuck_reset_nothing_is_begun(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 1);

	(void)state;
	(void)below(p, "0000:01:00.0");
	(void)below(p, "0000:01:00.1");
	bus_read();
	bus_planned(0);
	steps[2].engine = PCIRESET_ENGINE_NONE;
	outcomes[2].stuck = true;
	direct_reset(10000);

	assert_int_equal(outcomes[1].reset_error, -EBUSY);
	assert_string_equal(direct.log, "");
}

static void what_could_not_end_in_time_is_not_begun(void **state)
{
	struct fake_function *bridge;

	(void)state;
	(void)nested(&bridge);
	bus_run(202);
	assert_untouched(-ETIMEDOUT);
}

static void one_that_went_before_keeps_its_bus(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 1), *f;

	(void)state;
	(void)below(p, "0000:01:00.0");
	f = below(p, "0000:01:00.1");
	bus_read();
	bus_planned(0);
	f->gone = true;
	direct_reset(10000);
	assert_untouched(-ENODEV);
}

/* Its table is in memory, where nobody can write it back from here. */
static void a_bridge_with_msi_x_in_use_below_keeps_the_bus(void **state)
{
	struct fake_function *bridge;

	(void)state;
	(void)nested(&bridge);
	fake_capability(bridge, 0x80, 0x11);
	fake_put(bridge->config, 0x82, 0x8000, 2);
	bus_run(10000);
	assert_untouched(-EOPNOTSUPP);
}

/* Eight channels, sixteen sizes, VFs: nobody remembers all of it. */
static void more_registers_than_fit_are_not_reset(void **state)
{
	struct fake_function *f = below(port("0000:00:03.0", 1, 1), "0000:01:00.0");

	(void)state;
	for (unsigned int i = 0; i < 6; i++)
		fake_put(f->config, 0x10 + 4 * i, 0xfe000000 + 0x10000 * i, 4);
	fake_extended(f, 0x100, 0x0015);
	fake_put(f->config, 0x108, 0x000000c0, 4);
	fake_extended(f, 0x140, 0x0024);
	fake_put(f->config, 0x148, 0x000000c0, 4);
	fake_extended(f, 0x180, 0x0010);
	for (unsigned int i = 0; i < 7; i++)
		fake_put(f->config, 0x1a0 + 4 * i, 1, 4);
	fake_extended(f, 0x200, 0x0002);
	fake_put(f->config, 0x204, 7, 4);
	fake_extended(f, 0x300, 0x0001);
	fake_extended(f, 0x380, 0x001e);
	fake_extended(f, 0x3c0, 0x000d);
	bus_run(10000);
	assert_untouched(-ENOSPC);
}

static void where_registers_are_locked_down_all_stays_as_it_was(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 1);

	(void)state;
	(void)below(p, "0000:01:00.0");
	p->locked_down = true;
	bus_run(10000);

	assert_int_equal(outcomes[1].reset_error, -EPERM);
	assert_false(outcomes[1].tried || entries[0].in_use || entries[1].in_use);
}

/* What of it happened cannot be told from what was there before. */
static void a_capability_that_ends_before_its_registers_is_not_reset(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 1);

	(void)state;
	fake_extended(p, 0x100, 0x000d);
	fake_extended(p, 0xffc, 0x0001);
	(void)below(p, "0000:01:00.0");
	bus_run(10000);
	assert_untouched(-EOPNOTSUPP);
}

/* While another is saved, one of whose functions takes its time to be gone. */
static void one_that_was_saved_in_time_is_not_begun_too_late(void **state)
{
	struct fake_function *f;

	(void)state;
	(void)below(port("0000:00:03.0", 1, 1), "0000:01:00.0");
	f = below(port("0000:00:04.0", 2, 2), "0000:02:00.0");
	bus_read();
	bus_planned(0);
	bus_planned(1);
	f->gone = true;
	f->dead_read_us = 250000;
	direct_reset(230);

	assert_null(strstr(direct.log, "w "));
	assert_int_equal(outcomes[2].reset_error, -ETIMEDOUT);
	assert_false(outcomes[2].tried || entries[0].in_use || entries[2].in_use);
}

static void bind_the_last(bool made)
{
	if (made)
		return;
	direct.on_write = NULL;
	fake_attr(&direct, &direct.functions[3], "driver", "e1000e")->link = true;
}

static void with_a_driver_since_it_was_saved_nothing_is_begun(void **state)
{
	(void)state;
	(void)below(port("0000:00:03.0", 1, 1), "0000:01:00.0");
	(void)below(port("0000:00:04.0", 2, 2), "0000:02:00.0");
	bus_read();
	bus_planned(0);
	bus_planned(1);
	direct.on_write = bind_the_last;
	direct_reset(10000);

	assert_int_equal(outcomes[2].reset_error, 0);
	assert_int_equal(outcomes[3].reset_error, -EBUSY);
	assert_true(outcomes[3].bound);
	assert_null(strstr(direct.log, "w 00:04.0"));
	assert_null(strstr(direct.log, "w 02:00.0"));
	assert_false(entries[1].in_use || entries[3].in_use);
}

/* Nobody would end it, should its writer die. */
static void with_a_journal_that_dies_with_us_nothing_is_begun(void **state)
{
	(void)state;
	(void)below(port("0000:00:03.0", 1, 1), "0000:01:00.0");
	journal[0].dies_with_writer = true;
	bus_run(10000);
	assert_untouched(-ENOTRECOVERABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(with_a_driver_since_the_scan_nothing_is_begun),
		TEST(beside_a_stuck_reset_nothing_is_begun),
		TEST(what_could_not_end_in_time_is_not_begun),
		TEST(one_that_went_before_keeps_its_bus),
		TEST(a_bridge_with_msi_x_in_use_below_keeps_the_bus),
		TEST(more_registers_than_fit_are_not_reset),
		TEST(a_capability_that_ends_before_its_registers_is_not_reset),
		TEST(one_that_was_saved_in_time_is_not_begun_too_late),
		TEST(with_a_driver_since_it_was_saved_nothing_is_begun),
		TEST(with_a_journal_that_dies_with_us_nothing_is_begun),
		TEST(where_registers_are_locked_down_all_stays_as_it_was),
	};

	return cmocka_run_group_tests_name("bus-refusals", tests, NULL, NULL);
}
