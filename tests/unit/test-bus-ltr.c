/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A port forgets LTR Mechanism Enable when its link goes down. What is below must not be
 * allowed such messages before the port is: they would be unsupported requests.
 */
#include "bus_stage.h"

static bool was_too_early;

/* The last function is allowed to send while the first is not. */
static void look_at_both(bool made)
{
	const struct fake_function *port_above = &direct.functions[0];
	const struct fake_function *last = &direct.functions[direct.n_functions - 1];

	if (made && direct.now_us > 100000 && fake_get(last->config, 0x68, 2) & 0x0400 &&
	    !(fake_get(port_above->config, 0x68, 2) & 0x0400))
		was_too_early = true;
}

static struct fake_function *with_ltr(struct fake_function *f)
{
	fake_put(f->config, 0x68, 0x0400, 2);
	if (f->config[0x0e] != 1) {
		f->erased[0] = 0x48;
		f->erased[1] = 0x68;
	}
	return f;
}

static struct fake_function *fast(struct fake_function *bridge)
{
	fake_put(bridge->config, 0x4c, 0x00100013, 4);
	fake_put(bridge->config, 0x52, 0x2013, 2);
	return bridge;
}

static void a_port_has_it_again_before_what_is_below(void **state)
{
	struct fake_function *p = with_ltr(port("0000:00:03.0", 1, 1));
	struct fake_function *f = with_ltr(below(p, "0000:01:00.0"));

	(void)state;
	was_too_early = false;
	direct.on_write = look_at_both;
	bus_run(10000);

	assert_int_equal(fake_get(p->config, 0x68, 2), 0x0400);
	assert_int_equal(fake_get(f->config, 0x68, 2), 0x0400);
	assert_false(was_too_early);
	assert_int_equal(outcomes[1].reset_error, 0);
}

static void where_it_was_not_enabled_it_stays_so(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 1);

	(void)state;
	(void)with_ltr(below(p, "0000:01:00.0"));
	bus_run(10000);

	assert_int_equal(fake_get(p->config, 0x68, 2), 0x0000);
	assert_null(strstr(direct.log, "w 00:03.0 68"));
}

/* Restored while its own link still trains, it forgets that once more. */
static void a_port_further_down_has_it_when_its_link_is_up(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 2);
	struct fake_function *b = with_ltr(fast(port("0000:01:00.0", 2, 2)));
	struct fake_function *f = with_ltr(below(b, "0000:02:00.0"));

	(void)state;
	fake_below(b, p);
	fake_put(b->config, 0x42, 0x0062, 2);
	b->quiet_us = 100000;
	b->link_us = 300000;
	f->quiet_us = 400000;
	bus_run(10000);

	assert_int_equal(outcomes[2].reset_error, 0);
	assert_int_equal(fake_get(b->config, 0x68, 2), 0x0400);
	assert_int_equal(fake_get(f->config, 0x68, 2), 0x0400);
}

/* Of a bus whose reset somebody else has to end. */
static void whoever_puts_it_back_enables_it_too(void **state)
{
	struct fake_function *p = with_ltr(fast(port("0000:00:03.0", 1, 1)));

	(void)state;
	(void)with_ltr(below(p, "0000:01:00.0"));
	p->holds = true;
	bus_run(10000);
	assert_int_equal(fake_get(p->config, 0x68, 2) & 0x0400, 0x0400);

	p->holds = false;
	p->link_us = 300000;
	direct.functions[1].quiet_us = 400000;
	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[0]), 0);
	assert_int_equal(fake_get(p->config, 0x68, 2), 0x0400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_port_has_it_again_before_what_is_below),
		TEST(where_it_was_not_enabled_it_stays_so),
		TEST(a_port_further_down_has_it_when_its_link_is_up),
		TEST(whoever_puts_it_back_enables_it_too),
	};

	return cmocka_run_group_tests_name("bus-ltr", tests, NULL, NULL);
}
