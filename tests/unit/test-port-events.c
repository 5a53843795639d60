/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a port would tell of a link that goes down on purpose: each access, each failure. */
#include "link_stage.h"

/* What is there and what will be masked; the link; what came of it; and all as it was. */
static void a_link_is_disabled_while_nobody_is_told(void **state)
{
	(void)state;
	active_port();
	(void)behind("0000:01:00.0");
	scan();
	direct.on_write = obey;
	cut_all();
	assert_string_equal(direct.log,
			    "a 01:00.0/driver_override pci-quiesce\n"
			    "r 00:03.0 42\n"
			    "r 00:03.0 3e\n"
			    "r 00:03.0 5a\nr 00:03.0 104\nr 00:03.0 110\nr 00:03.0 148\n"
			    "r 00:03.0 146\nr 00:03.0 108\nr 00:03.0 114\nr 00:03.0 58\n"
			    "r 00:03.0 54\n"
			    "w 00:03.0 146 0000\n"
			    "w 00:03.0 108 001ff030\n"
			    "w 00:03.0 114 000031c1\n"
			    "w 00:03.0 58 0000\n"
			    "r 00:03.0 50\n"
			    "w 00:03.0 50 0050\n"
			    "r 00:03.0 50\n"
			    "r 00:03.0 52\n"
			    "r 00:03.0 00\n"
			    "r 00:03.0 3e\n"
			    "r 00:03.0 5a\nw 00:03.0 5a 0110\n"
			    "r 00:03.0 104\nr 00:03.0 110\nr 00:03.0 148\n"
			    "r 00:03.0 146\nw 00:03.0 146 0001\nr 00:03.0 146\n"
			    "r 00:03.0 108\nw 00:03.0 108 00100000\nr 00:03.0 108\n"
			    "r 00:03.0 114\nw 00:03.0 114 00002000\nr 00:03.0 114\n"
			    "r 00:03.0 58\nw 00:03.0 58 1038\nr 00:03.0 58\n"
			    "r 00:03.0 5a\nw 00:03.0 5a 0010\n");
	assert_int_equal(fake_get(port->config, 0x5a, 2), 0x0040);
	assert_true(list[1].stands);
	assert_true(entries[1].isolation.stands);
	assert_false(entries[0].in_use);

	fake_forget_log(&direct);
	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[1]), 0);
	assert_string_equal(direct.log, "");
	assert_true(pcireset_journal_bars(journal, machine.functions[1].address));
}

/* Its register of that number is somebody else's, or reserved. */
static void a_port_without_a_slot_is_told_nothing_of_one(void **state)
{
	(void)state;
	active_port();
	fake_put(port->config, 0x42, 0x0042, 2);
	(void)behind("0000:01:00.0");
	scan();
	direct.on_write = obey;
	cut_all();
	assert_true(list[1].stands);
	assert_null(strstr(direct.log, "00:03.0 58"));
	assert_null(strstr(direct.log, "00:03.0 5a"));
}

static void what_a_port_told_before_is_left_to_whoever_reads_it(void **state)
{
	(void)state;
	active_port();
	fake_put(port->config, 0x5a, 0x0148, 2);
	(void)behind("0000:01:00.0");
	scan();
	direct.on_write = obey;
	cut_all();
	assert_true(list[1].stands);
	assert_non_null(strstr(direct.log, "w 00:03.0 5a 0010\n"));
	assert_int_equal(fake_get(port->config, 0x5a, 2), 0x0148);
}

static void nothing_is_written_to_a_port_that_has_gone(void **state)
{
	(void)state;
	active_port();
	(void)behind("0000:01:00.0");
	scan();
	port->gone = true;
	cut_all();
	assert_int_equal(list[1].error, -ENODEV);
	assert_string_equal(list[1].why, "its link did not go down");
	assert_null(strstr(direct.log, "w 00:03.0"));
	assert_false(entries[0].in_use);
	assert_string_equal(override_of(&direct.functions[1]), "");
}

/* At the end of its configuration space there is no Uncorrectable Error Mask. */
static void no_link_is_disabled_where_an_event_register_is_missing(void **state)
{
	(void)state;
	active_port();
	(void)behind("0000:01:00.0");
	scan();
	machine.functions[0].aer = 0xffc;
	cut_all();
	assert_int_equal(list[1].error, -EOPNOTSUPP);
	assert_null(strstr(direct.log, "w 00:03.0"));
	assert_false(entries[0].in_use);
}

static void a_port_that_somebody_else_has_to_restore_is_left_alone(void **state)
{
	(void)state;
	active_port();
	(void)behind("0000:01:00.0");
	scan();
	entries[0] = (struct pcireset_journal_entry){ .address = machine.functions[0].address,
						      .in_use = true,
						      .late = true };
	cut_all();
	assert_int_equal(list[1].error, -EBUSY);
	assert_null(strstr(direct.log, "00:03.0"));
	assert_true(entries[0].late);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_link_is_disabled_while_nobody_is_told),
		TEST(a_port_without_a_slot_is_told_nothing_of_one),
		TEST(what_a_port_told_before_is_left_to_whoever_reads_it),
		TEST(nothing_is_written_to_a_port_that_has_gone),
		TEST(no_link_is_disabled_where_an_event_register_is_missing),
		TEST(a_port_that_somebody_else_has_to_restore_is_left_alone),
	};

	return cmocka_run_group_tests_name("port-events", tests, NULL, NULL);
}
