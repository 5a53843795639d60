/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of the bridge above a bus is no setting that could be written back. */
#include "bus_stage.h"

/* A 1 clears it, and what it tells is left to whoever reads it. */
static void a_timer_that_ran_out_before_is_neither_cleared_nor_compared(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 1);

	(void)state;
	(void)below(p, "0000:01:00.0");
	fake_put(p->config, 0x3e, 0x0403, 2);
	bus_run(10000);

	assert_int_equal(outcomes[1].reset_error, 0);
	assert_int_equal(fake_get(p->config, 0x3e, 2), 0x0403);
	assert_non_null(strstr(direct.log, "w 00:03.0 3e 0043\n"));
	assert_non_null(strstr(direct.log, "w 00:03.0 3e 0003\n"));
	assert_false(entries[0].in_use);
}

static struct fake_function *slot(void)
{
	struct fake_function *p = port("0000:00:03.0", 1, 1);

	fake_put(p->config, 0x42, 0x0142, 2);
	fake_put(p->config, 0x58, 0x1038, 2);
	(void)below(p, "0000:01:00.0");
	return p;
}

/* The port driver would take it for the answer to a command of its own. */
static void what_a_slot_tells_of_our_last_command_is_cleared(void **state)
{
	struct fake_function *p = slot();

	(void)state;
	bus_run(10000);
	assert_int_equal(fake_get(p->config, 0x58, 2), 0x1038);
	assert_int_equal(fake_get(p->config, 0x5a, 2), 0x0000);
	assert_int_equal(outcomes[1].reset_error, 0);
	assert_in_range(direct.now_us, 102000, 102200);
}

static void what_it_told_before_stays(void **state)
{
	struct fake_function *p = slot();

	(void)state;
	fake_put(p->config, 0x5a, 0x0010, 2);
	bus_run(10000);
	assert_int_equal(fake_get(p->config, 0x5a, 2), 0x0010);
	assert_in_range(direct.now_us, 102000, 102200);
}

static void tell_nothing(bool made)
{
	(void)made;
	direct.functions[0].config[0x5a] = 0;
}

static void a_slot_that_tells_nothing_is_waited_for_100_ms(void **state)
{
	struct fake_function *p = slot();

	(void)state;
	bus_read();
	bus_planned(0);
	direct.on_write = tell_nothing;
	direct_reset(10000);
	assert_int_equal(fake_get(p->config, 0x58, 2), 0x1038);
	assert_int_equal(outcomes[1].reset_error, 0);
	assert_in_range(outcomes[1].reset_us, 100000, 102200);
	assert_in_range(direct.now_us, 202000, 202300);
	assert_false(entries[0].in_use);
}

/* Whoever ends it for a writer that died, too. */
static void what_it_tells_later_is_cleared_later(void **state)
{
	struct fake_function *p = slot();

	(void)state;
	p->holds = true;
	bus_run(10000);
	p->holds = false;
	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[0]), 0);
	assert_int_equal(fake_get(p->config, 0x58, 2), 0x1038);
	assert_int_equal(fake_get(p->config, 0x5a, 2), 0x0000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_a_slot_tells_of_our_last_command_is_cleared),
		TEST(what_it_told_before_stays),
		TEST(a_slot_that_tells_nothing_is_waited_for_100_ms),
		TEST(what_it_tells_later_is_cleared_later),
		TEST(a_timer_that_ran_out_before_is_neither_cleared_nor_compared),
	};

	return cmocka_run_group_tests_name("bus-bridge", tests, NULL, NULL);
}
