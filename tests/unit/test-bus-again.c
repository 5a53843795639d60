/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bus resets by our own writes, beside and after other resets of the same functions. */
#include <errno.h>
#include <stdlib.h>

#include "bus_stage.h"

static struct pcireset_decision decisions[8];

/* All may be reset by anything; what is planned becomes the steps. */
static void plan_all(void)
{
	struct pcireset_step *made;

	bus_read();
	for (size_t i = 0; i < machine.n; i++)
		decisions[i] = (struct pcireset_decision){ .action = PCIRESET_RESET,
							   .methods = PCIRESET_ANY_METHOD };
	assert_int_equal(pcireset_plan_make(&machine, decisions, &made), 0);
	memcpy(steps, made, machine.n * sizeof(*steps));
	free(made);
}

static void reset_again(struct pcireset_step *next, uint64_t deadline_us)
{
	struct pcireset_task task = {
		.io = &direct.io,
		.machine = &machine,
		.steps = next,
		.limits = { .function_ms = FUNCTION_MS, .deadline_us = deadline_us },
		.journal = journal,
		.outcomes = outcomes,
	};

	assert_int_equal(pcireset_reset(&task), 0);
}

/* A port; a switch port with one function; and one whose own FLR never returns. */
static void an_earlier_reset_counts_where_the_next_is_too_late(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 2), *b = port("0000:01:00.0", 2, 2), *own;
	struct pcireset_step *next;
	size_t n;

	(void)state;
	fake_below(b, p);
	fake_put(b->config, 0x42, 0x0052, 2);
	b->quiet_us = 100000;
	own = endpoint("0000:01:01.0", FAKE_FLR_NEVER_RETURNS);
	(void)fake_resets(&direct, own, "flr");
	fake_below(own, p);
	(void)below(b, "0000:02:00.0");
	plan_all();
	assert_int_equal(steps[3].via, 1);
	direct_reset(10000);
	assert_int_equal(outcomes[2].reset_error, -ETIMEDOUT);
	assert_int_equal(outcomes[3].reset, PCIRESET_SEEN_OBSERVED);

	assert_int_equal(pcireset_escalate(&machine, decisions, steps, outcomes, &next, &n), 0);
	assert_int_equal(next[2].via, 0);
	steps[2] = next[2];
	outcomes[2] = (struct pcireset_outcome){ 0 };
	reset_again(next, direct.now_us + 50000);
	free(next);
	assert_int_equal(outcomes[2].reset_error, -ETIMEDOUT);
	assert_int_equal(outcomes[3].reset_error, 0);
	(void)pcireset_verify(&direct.io, &machine, steps, journal, outcomes);
	assert_int_equal(outcomes[3].verdict, PCIRESET_VERIFIED);
}

/* All buses are saved, and the first is held: the second is not yet. */
static void bind_between(bool made)
{
	if (!made || !(direct.functions[0].config[0x3e] & 0x40))
		return;
	direct.on_write = NULL;
	fake_attr(&direct, &direct.functions[4], "driver", "e1000e")->link = true;
}

static void what_is_away_is_not_left_to_the_kernel_where_its_bus_cannot_begin(void **state)
{
	struct fake_function *q = port("0000:00:02.0", 1, 1), *p = port("0000:00:03.0", 2, 3);
	struct fake_function *b = port("0000:02:00.0", 3, 3), *own, *beside;
	struct pcireset_step *next;
	size_t n;

	(void)state;
	fake_below(b, p);
	own = endpoint("0000:03:00.0", FAKE_FLR_NEVER_RETURNS);
	(void)fake_resets(&direct, own, "flr bus");
	fake_below(own, b);
	(void)below(p, "0000:02:01.0");
	(void)below(q, "0000:01:00.0");
	beside = endpoint("0000:01:00.1", FAKE_FLR_NEVER_RETURNS);
	fake_below(beside, q);
	beside->dead_read_us = 1000;
	(void)fake_resets(&direct, beside, "flr");
	plan_all();
	direct.on_write = bind_between;
	direct_reset(10000);
	assert_null(direct.on_write);
	assert_true(outcomes[5].bound);
	assert_int_equal(outcomes[5].reset_error, -EBUSY);
	assert_int_equal(outcomes[6].reset_error, -ETIMEDOUT);

	assert_int_equal(pcireset_escalate(&machine, decisions, steps, outcomes, &next, &n), 0);
	assert_int_not_equal(next[6].engine, PCIRESET_ENGINE_KERNEL);
	free(next);
}

static void a_bus_is_reset_after_the_kernel_has_reset_one_on_it(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 1);

	(void)state;
	(void)fake_resets(&direct, below(p, "0000:01:00.0"), "device_specific");
	(void)below(p, "0000:01:00.1");
	plan_all();
	assert_int_equal(steps[1].engine, PCIRESET_ENGINE_KERNEL);
	assert_int_equal(steps[2].engine, PCIRESET_ENGINE_DIRECT);
	assert_true(steps[2].whole_bus);
	direct_reset(10000);

	assert_int_equal(outcomes[1].reset_error, 0);
	assert_int_equal(outcomes[2].reset_error, 0);
	assert_int_equal(outcomes[2].reset, PCIRESET_SEEN_OBSERVED);
}

static void and_after_the_kernel_could_not(void **state)
{
	struct fake_function *f = below(port("0000:00:03.0", 1, 1), "0000:01:00.0");
	struct pcireset_step *next;
	size_t n;

	(void)state;
	fake_resets(&direct, f, "device_specific")->write_error = -ENOTTY;
	plan_all();
	assert_int_equal(steps[1].engine, PCIRESET_ENGINE_KERNEL);
	direct_reset(10000);
	assert_int_equal(outcomes[1].reset_error, -ENOTTY);

	assert_int_equal(pcireset_escalate(&machine, decisions, steps, outcomes, &next, &n), 0);
	assert_int_equal(next[1].engine, PCIRESET_ENGINE_DIRECT);
	outcomes[1] = (struct pcireset_outcome){ 0 };
	reset_again(next, direct.now_us + 10000000);
	free(next);
	assert_int_equal(outcomes[1].reset_error, 0);
	assert_int_equal(outcomes[1].reset, PCIRESET_SEEN_OBSERVED);
}

/* Its link is active again 60 ms after the reset, and it has 100 ms from then. */
static void at_the_deadline_nobody_is_asked_in_its_time(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 1);

	(void)state;
	fake_put(p->config, 0x4c, 0x00100013, 4);
	fake_put(p->config, 0x52, 0x2013, 2);
	p->link_us = 60000;
	below(p, "0000:01:00.0")->quiet_us = 160000;
	bus_run(150);
	assert_int_equal(outcomes[1].reset_error, -ETIMEDOUT);
	assert_true(direct.now_us < 150000);
	direct.log[0] = '\0';

	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[1]), -EAGAIN);
	assert_null(strstr(direct.log, "01:00.0"));

	assert_int_equal(pcireset_verify(&direct.io, &machine, steps, journal, outcomes), 0);
	assert_int_equal(outcomes[1].verdict, PCIRESET_FENCED);
	assert_in_range(direct.now_us, 160000, 190000);
	assert_int_equal(fake_get(direct.functions[1].config, 0x10, 4), 0xfe000004);
	assert_false(entries[1].in_use);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_earlier_reset_counts_where_the_next_is_too_late),
		TEST(what_is_away_is_not_left_to_the_kernel_where_its_bus_cannot_begin),
		TEST(a_bus_is_reset_after_the_kernel_has_reset_one_on_it),
		TEST(and_after_the_kernel_could_not),
		TEST(at_the_deadline_nobody_is_asked_in_its_time),
	};

	return cmocka_run_group_tests_name("bus-again", tests, NULL, NULL);
}
