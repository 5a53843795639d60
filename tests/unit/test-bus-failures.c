/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes wrong in a bus reset by our own writes. */
#include <errno.h>
#include <stdlib.h>

#include "bus_stage.h"

/* A port, a function below, and a switch port with one more: 0, 1, 2 and 3. */
static struct fake_function *bridge;

static struct fake_function *nested(void)
{
	struct fake_function *p = port("0000:00:03.0", 1, 2);

	bridge = port("0000:01:00.0", 2, 2);
	fake_below(bridge, p);
	fake_put(bridge->config, 0x42, 0x0052, 2);
	bridge->quiet_us = 100000;
	(void)below(p, "0000:01:01.0");
	below(bridge, "0000:02:00.0")->quiet_us = 200000;
	return p;
}

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

static void a_bridge_that_goes_is_not_asked_for_what_is_below(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 1);

	(void)state;
	(void)below(p, "0000:01:00.0");
	bus_read();
	bus_planned(0);
	p->dies_after = 5; /* four reads, and the write that begins it */
	direct_reset(10000);

	assert_int_equal(outcomes[1].reset_error, -ENODEV);
	assert_true(outcomes[1].tried);
	assert_null(strstr(strstr(direct.log, "w 00:03.0 3e 0043"), "01:00.0"));
	assert_in_range(direct.now_us, 102000, 103000);
	assert_true(entries[0].holds_bus && entries[0].late && entries[1].late);
	assert_int_equal(pcireset_verify(&direct.io, &machine, steps, journal, outcomes), 1);
	assert_int_equal(outcomes[1].verdict, PCIRESET_LOST);
}

/* Whoever looks after it later ends the reset, and waits as long as it takes. */
static void a_reset_that_cannot_be_ended_is_ended_later(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 1), *f;

	(void)state;
	f = below(p, "0000:01:00.0");
	p->holds = true;
	bus_run(10000);
	assert_int_equal(outcomes[1].reset_error, -EIO);
	assert_true(entries[0].holds_bus && entries[0].late && entries[1].late);
	assert_null(strstr(direct.log, "r 01:00.0 00"));

	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[0]), -EAGAIN);
	p->holds = false;
	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[0]), 0);
	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[1]), 0);
	assert_int_equal(fake_get(p->config, 0x3e, 2), 0x0003);
	assert_int_equal(fake_get(f->config, 0x10, 4), 0xfe000004);
}

static void a_child_that_stays_away_costs_no_other_its_reset(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 1), *f;

	(void)state;
	f = below(p, "0000:01:00.0");
	f->bus_reset = FAKE_FLR_NEVER_RETURNS;
	(void)below(p, "0000:01:00.1");
	bus_run(10000);

	assert_int_equal(outcomes[1].reset_error, -ETIMEDOUT);
	assert_true(entries[1].late);
	assert_in_range(outcomes[1].reset_us, 2102000, 2103000);
	assert_int_equal(outcomes[2].reset, PCIRESET_SEEN_OBSERVED);
	assert_false(entries[0].in_use);
	assert_int_equal(pcireset_verify(&direct.io, &machine, steps, journal, outcomes), 1);
	assert_int_equal(outcomes[1].verdict, PCIRESET_LOST);
	/* A sibling that appears late. */
	f->gone = false;
	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[1]), 0);
	assert_int_equal(fake_get(f->config, 0x10, 4), 0xfe000004);
}

static void one_that_answers_with_another_id_is_not_written(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 1);

	(void)state;
	below(p, "0000:01:00.0")->bus_reset = FAKE_FLR_CHANGES_ID;
	bus_run(10000);

	assert_int_equal(outcomes[1].reset_error, -ETIMEDOUT);
	assert_int_equal(outcomes[1].last_id, 0x02b21000);
	assert_null(strstr(direct.log, "w 01:00.0"));
}

static void nothing_is_asked_behind_a_bridge_with_wrong_buses(void **state)
{
	struct fake_function *p = nested();

	(void)state;
	bridge->forgets = true;
	bus_run(10000);

	assert_int_equal(outcomes[3].reset_error, -EIO);
	assert_int_equal(outcomes[1].restored, -EIO);
	assert_null(strstr(direct.log, "w 02:00.0"));
	assert_null(strstr(strstr(direct.log, "w 00:03.0 3e 0043"), "r 02:00.0"));
	assert_int_equal(outcomes[2].reset, PCIRESET_SEEN_OBSERVED);
	assert_true(entries[1].in_use && entries[3].late);
	assert_int_equal(fake_get(p->config, 0x3e, 2), 0x0003);
	/* It holds them at last. */
	bridge->forgets = false;
	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[1]), 0);
	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[3]), 0);
	assert_int_equal(bridge->config[0x19], 2);
}

static void a_bridge_that_stays_away_hides_what_is_behind(void **state)
{
	(void)state;
	(void)nested();
	bridge->bus_reset = FAKE_FLR_NEVER_RETURNS;
	bus_run(10000);

	assert_int_equal(outcomes[3].reset_error, -ETIMEDOUT);
	assert_null(strstr(strstr(direct.log, "w 00:03.0 3e 0043"), "02:00.0"));
	assert_int_equal(outcomes[2].reset, PCIRESET_SEEN_OBSERVED);
	assert_true(entries[1].late && entries[3].late);
}

static void a_link_that_stays_down_is_given_up_after_a_second(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 1);

	(void)state;
	fake_put(p->config, 0x4c, 0x00100013, 4);
	fake_put(p->config, 0x52, 0x2013, 2);
	p->link_us = 30000000;
	(void)below(p, "0000:01:00.0");
	bus_run(10000);

	assert_int_equal(outcomes[1].reset_error, -ENOLINK);
	assert_in_range(direct.now_us, 1022000, 1024000);
	assert_null(strstr(direct.log, "r 01:00.0 00"));
	assert_true(entries[1].late);
	assert_false(entries[0].in_use);
}

static void one_that_nothing_happened_to_is_not_called_reset(void **state)
{
	(void)state;
	below(port("0000:00:03.0", 1, 1), "0000:01:00.0")->bus_reset = FAKE_FLR_DOES_NOTHING;
	bus_run(10000);

	assert_int_equal(outcomes[1].reset_error, -EOPNOTSUPP);
	assert_int_equal(outcomes[1].reset, PCIRESET_SEEN_NONE);
	assert_int_equal(pcireset_verify(&direct.io, &machine, steps, journal, outcomes), 0);
	assert_int_equal(outcomes[1].verdict, PCIRESET_FENCED);
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

static void what_could_not_end_in_time_is_not_begun(void **state)
{
	(void)state;
	(void)nested();
	bus_run(202);
	assert_untouched(-ETIMEDOUT);
}

/* The reset ends, and bridges are restored; who is late is left to whoever comes after. */
static void at_the_deadline_what_was_begun_is_finished(void **state)
{
	struct fake_function *p = nested();

	(void)state;
	direct.functions[2].flr_us = 5000000;
	bridge->flr_us = 150000;
	bus_run(230);

	assert_in_range(direct.now_us, 230000, 231000);
	assert_int_equal(fake_get(p->config, 0x3e, 2), 0x0003);
	assert_int_equal(bridge->config[0x19], 2);
	assert_int_equal(outcomes[2].reset_error, -ETIMEDOUT);
	assert_int_equal(outcomes[3].reset_error, -ETIMEDOUT);
	assert_true(entries[2].late && entries[3].late);
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
	(void)state;
	(void)nested();
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

/* It was saved before the reset that it did not come back from. */
static void what_its_own_reset_has_killed_its_bus_brings_back(void **state)
{
	struct pcireset_decision decisions[2] = {
		{ .action = PCIRESET_RESET, .methods = PCIRESET_ANY_METHOD },
		{ .action = PCIRESET_RESET, .methods = PCIRESET_ANY_METHOD },
	};
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_NEVER_RETURNS);
	struct pcireset_step *next;
	size_t n;

	(void)state;
	fake_below(f, port("0000:00:03.0", 1, 1));
	(void)fake_resets(&direct, f, "flr bus");
	bus_read();
	steps[1] = (struct pcireset_step){ .action = PCIRESET_RESET,
					   .method = PCIRESET_METHOD_FLR,
					   .engine = PCIRESET_ENGINE_DIRECT,
					   .via = PCIRESET_NONE };
	direct_reset(10000);
	assert_int_equal(outcomes[1].reset_error, -ETIMEDOUT);

	assert_int_equal(pcireset_escalate(&machine, decisions, steps, outcomes, &next, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(next[1].engine, PCIRESET_ENGINE_DIRECT);
	assert_int_equal(next[1].via, 0);
	memcpy(steps, next, 2 * sizeof(*steps));
	free(next);
	outcomes[1] = (struct pcireset_outcome){ 0 };
	f->bus_reset = FAKE_FLR_WORKS;
	direct_reset(10000);

	assert_int_equal(outcomes[1].reset_error, 0);
	assert_int_equal(outcomes[1].reset, PCIRESET_SEEN_REPORTED);
	assert_int_equal(fake_get(f->config, 0x10, 4), 0xfe000004);
	assert_false(entries[1].in_use);
	assert_int_equal(pcireset_verify(&direct.io, &machine, steps, journal, outcomes), 0);
	assert_int_equal(outcomes[1].verdict, PCIRESET_COMPLETED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_bridge_that_goes_is_not_asked_for_what_is_below),
		TEST(a_reset_that_cannot_be_ended_is_ended_later),
		TEST(a_child_that_stays_away_costs_no_other_its_reset),
		TEST(one_that_answers_with_another_id_is_not_written),
		TEST(nothing_is_asked_behind_a_bridge_with_wrong_buses),
		TEST(a_bridge_that_stays_away_hides_what_is_behind),
		TEST(a_link_that_stays_down_is_given_up_after_a_second),
		TEST(one_that_nothing_happened_to_is_not_called_reset),
		TEST(with_a_driver_since_the_scan_nothing_is_begun),
		TEST(what_could_not_end_in_time_is_not_begun),
		TEST(at_the_deadline_what_was_begun_is_finished),
		TEST(one_that_went_before_keeps_its_bus),
		TEST(a_bridge_with_msi_x_in_use_below_keeps_the_bus),
		TEST(more_registers_than_fit_are_not_reset),
		TEST(where_registers_are_locked_down_all_stays_as_it_was),
		TEST(what_its_own_reset_has_killed_its_bus_brings_back),
	};

	return cmocka_run_group_tests_name("bus-failures", tests, NULL, NULL);
}
