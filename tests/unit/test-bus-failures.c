/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes wrong in a bus reset by our own writes. */
#include <errno.h>
#include <stdlib.h>

#include "bus_stage.h"

static struct fake_function *bridge;

static void a_bridge_that_goes_is_not_asked_for_what_is_below(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 1);

	(void)state;
	(void)below(p, "0000:01:00.0");
	bus_read();
	bus_planned(0);
	p->dies_after = 6; /* five reads, and the write that begins it */
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

static void whoever_ends_it_waits_for_the_link_too(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 1), *f;
	uint64_t ended_us;

	(void)state;
	fake_put(p->config, 0x4c, 0x00100013, 4);
	fake_put(p->config, 0x52, 0x2013, 2);
	p->holds = true;
	p->link_us = 300000;
	f = below(p, "0000:01:00.0");
	f->quiet_us = 400000;
	bus_run(10000);

	p->holds = false;
	ended_us = direct.now_us;
	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[0]), 0);
	assert_in_range(direct.now_us - ended_us, 400000, 450000);
	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[1]), 0);
	assert_int_equal(fake_get(f->config, 0x10, 4), 0xfe000004);
}

/* The last that is written back of the only function below. */
static void go_with_the_last_write(bool made)
{
	if (made && fake_get(direct.functions[1].config, 0x48, 2) == 0x2810 &&
	    fake_get(direct.functions[1].config, 0x04, 2) == 0x0400)
		direct.functions[0].gone = true;
}

static void who_is_told_of_events_is_restored_when_the_bridge_is_back(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 1);

	(void)state;
	fake_put(p->config, 0x42, 0x0142, 2);
	fake_put(p->config, 0x58, 0x1038, 2);
	(void)below(p, "0000:01:00.0");
	bus_read();
	bus_planned(0);
	fake_put(direct.functions[1].config, 0x04, 0x0402, 2);
	direct.on_write = go_with_the_last_write;
	direct_reset(10000);
	direct.on_write = NULL;

	assert_int_equal(outcomes[1].restored, -ENODEV);
	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[0]), -EAGAIN);
	p->gone = false;
	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[0]), 0);
	assert_int_equal(fake_get(p->config, 0x58, 2), 0x1038);
	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[1]), 0);
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
	struct fake_function *p = nested(&bridge);

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
	/* It holds them at last, when the time of all is over. */
	bridge->forgets = false;
	direct.now_us = entries[3].quiet_until_us;
	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[1]), 0);
	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[3]), 0);
	assert_int_equal(bridge->config[0x19], 2);
}

static void a_bridge_that_stays_away_hides_what_is_behind(void **state)
{
	(void)state;
	(void)nested(&bridge);
	bridge->bus_reset = FAKE_FLR_NEVER_RETURNS;
	bus_run(10000);

	assert_int_equal(outcomes[3].reset_error, -ETIMEDOUT);
	assert_null(strstr(strstr(direct.log, "w 00:03.0 3e 0043"), "02:00.0"));
	assert_int_equal(outcomes[2].reset, PCIRESET_SEEN_OBSERVED);
	assert_true(entries[1].late && entries[3].late);
}

static uint64_t hides_us;

/* Its buses are written, and for a moment nothing more reaches it. */
static void hide_for_a_moment(bool made)
{
	if (!made || direct.now_us < 100000 || bridge->config[0x19] != 2)
		return;
	direct.on_write = NULL;
	bridge->answers_at_us = direct.now_us + hides_us;
}

static void a_bridge_that_goes_for_a_moment_loses_nobody(void **state)
{
	(void)state;
	(void)nested(&bridge);
	bus_read();
	bus_planned(0);
	hides_us = 5000;
	direct.on_write = hide_for_a_moment;
	direct_reset(10000);

	assert_null(direct.on_write);
	assert_int_equal(outcomes[3].reset_error, 0);
	assert_false(entries[1].in_use || entries[3].in_use);
	assert_int_equal(fake_get(bridge->config, 0x3e, 2), 0x0003);
}

static void nor_is_it_asked_for_ever(void **state)
{
	(void)state;
	(void)nested(&bridge);
	bus_read();
	bus_planned(0);
	hides_us = 60000000;
	direct.on_write = hide_for_a_moment;
	direct_reset(10000);

	assert_int_equal(outcomes[3].reset_error, -ETIMEDOUT);
	assert_true(entries[1].late && entries[3].late);
	assert_in_range(direct.now_us, 2100000, 2200000);
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

/* Behind a link that is down, or a bridge that forgets its buses, the kernel would wait, too. */
static void one_that_nobody_could_ask_is_left_alone(void **state)
{
	const struct pcireset_decision decisions[2] = {
		{ .action = PCIRESET_RESET, .methods = PCIRESET_ANY_METHOD },
		{ .action = PCIRESET_RESET, .methods = PCIRESET_ANY_METHOD },
	};
	static const int errors[] = { -ENOLINK, -EIO, -EOPNOTSUPP };
	struct fake_function *p = port("0000:00:03.0", 1, 1);

	(void)state;
	(void)below(p, "0000:01:00.0");
	(void)fake_attr(&direct, p, "reset_subordinate", "");
	bus_read();
	bus_planned(0);
	outcomes[1].tried = true;
	for (size_t i = 0; i < 3; i++) {
		struct pcireset_step *next;
		size_t n;

		outcomes[1].reset_error = errors[i];
		assert_int_equal(
			pcireset_escalate(&machine, decisions, steps, outcomes, &next, &n), 0);
		assert_int_equal(n, 0);
		assert_int_equal(next[1].action, i < 2 ? PCIRESET_KEEP : PCIRESET_RESET);
		free(next);
	}
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

/* The reset ends, and bridges are restored; who is late is left to whoever comes after. */
static void at_the_deadline_what_was_begun_is_finished(void **state)
{
	struct fake_function *p = nested(&bridge);

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

/* Its bus was reset since, for the sake of another one. */
static void nor_does_its_bus_a_second_time(void **state)
{
	struct pcireset_decision decisions[3];
	struct fake_function *p = port("0000:00:03.0", 1, 1);
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_NEVER_RETURNS);
	struct pcireset_step *next;
	size_t n;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		decisions[i] = (struct pcireset_decision){ .action = PCIRESET_RESET,
							   .methods = PCIRESET_ANY_METHOD };
	fake_below(f, p);
	f->bus_reset = FAKE_FLR_NEVER_RETURNS;
	(void)below(p, "0000:01:00.1");
	bus_read();
	bus_planned(0);
	steps[1] = (struct pcireset_step){ .action = PCIRESET_RESET,
					   .method = PCIRESET_METHOD_FLR,
					   .engine = PCIRESET_ENGINE_DIRECT,
					   .via = PCIRESET_NONE };
	direct_reset(10000);
	assert_int_equal(outcomes[1].reset_error, -ETIMEDOUT);
	assert_int_equal(outcomes[2].reset, PCIRESET_SEEN_OBSERVED);
	assert_true(entries[1].late);

	assert_int_equal(pcireset_escalate(&machine, decisions, steps, outcomes, &next, &n), 0);
	assert_int_equal(n, 0);
	free(next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_bridge_that_goes_is_not_asked_for_what_is_below),
		TEST(a_reset_that_cannot_be_ended_is_ended_later),
		TEST(whoever_ends_it_waits_for_the_link_too),
		TEST(who_is_told_of_events_is_restored_when_the_bridge_is_back),
		TEST(a_child_that_stays_away_costs_no_other_its_reset),
		TEST(one_that_answers_with_another_id_is_not_written),
		TEST(nothing_is_asked_behind_a_bridge_with_wrong_buses),
		TEST(a_bridge_that_stays_away_hides_what_is_behind),
		TEST(a_bridge_that_goes_for_a_moment_loses_nobody),
		TEST(nor_is_it_asked_for_ever),
		TEST(a_link_that_stays_down_is_given_up_after_a_second),
		TEST(one_that_nobody_could_ask_is_left_alone),
		TEST(one_that_nothing_happened_to_is_not_called_reset),
		TEST(at_the_deadline_what_was_begun_is_finished),
		TEST(what_its_own_reset_has_killed_its_bus_brings_back),
		TEST(nor_does_its_bus_a_second_time),
	};

	return cmocka_run_group_tests_name("bus-failures", tests, NULL, NULL);
}
