/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links that are disabled: each failure, and a death at each write. */
#include "link_stage.h"

static bool was_reset;

/* 100 ms, and then another 100 until what is behind may be asked. */
static void a_link_that_stays_active_is_enabled_again(void **state)
{
	struct fake_function *f;

	(void)state;
	active_port();
	f = behind("0000:01:00.0");
	scan();
	cut_all();
	assert_false(list[1].stands);
	assert_int_equal(list[1].error, -ETIMEDOUT);
	assert_string_equal(list[1].why, "its link did not go down");
	assert_int_equal(fake_get(port->config, 0x50, 2), 0x0040);
	assert_int_equal(fake_get(port->config, 0x58, 2), 0x1038);
	assert_string_equal(override_of(f), "");
	assert_false(entries[1].in_use);
	assert_non_null(strstr(direct.log, "w 00:03.0 50 0050\nr 00:03.0 50\nr 00:03.0 52\ns 1000\n"));
	assert_non_null(strstr(direct.log, "w 00:03.0 50 0040\n"));
	assert_in_range(direct.now_us, 200000, 202000);
}

/* What is behind the bit is not there, in QEMU for one. */
static void forget_link_disable(bool made)
{
	if (made)
		port->config[0x50] = 0x40;
}

static void a_port_without_link_disable_is_noticed_at_once(void **state)
{
	(void)state;
	active_port();
	(void)behind("0000:01:00.0");
	scan();
	direct.on_write = forget_link_disable;
	cut_all();
	assert_int_equal(list[1].error, -ETIMEDOUT);
	assert_false(entries[1].in_use);
	assert_string_equal(override_of(&direct.functions[1]), "");
	assert_null(strstr(direct.log, "s 1000\n"));
}

static void a_port_that_cannot_be_written_is_told(void **state)
{
	(void)state;
	active_port();
	(void)behind("0000:01:00.0");
	scan();
	port->locked_down = true;
	cut_all();
	assert_int_equal(list[1].error, -EPERM);
	assert_false(entries[0].in_use);
	assert_false(entries[1].in_use);
	assert_string_equal(override_of(&direct.functions[1]), "");
	assert_int_equal(direct.now_us < 1000, true);
}

static void up_again(bool made)
{
	/* Too late, and it was reset all the same. */
	if (made && fake_get(port->config, 0x50, 2) == 0x0040 && direct.now_us > 100000 &&
	    !was_reset) {
		was_reset = true;
		assert_true(pcireset_journal_is_above(&entries[0]));
		port->config[0x5b] |= 1;
		fake_put(direct.functions[1].config, 0x10, 0, 4);
		direct.functions[1].answers_at_us = direct.now_us + 300000;
	}
}

static void what_was_reset_with_a_link_that_came_back_is_restored(void **state)
{
	(void)state;
	active_port();
	(void)behind("0000:01:00.0");
	scan();
	was_reset = false;
	direct.on_write = up_again;
	cut_all();
	assert_int_equal(list[1].error, -ETIMEDOUT);
	assert_true(was_reset);
	assert_int_equal(fake_get(direct.functions[1].config, 0x10, 4), 0xfe000004);
	assert_string_equal(override_of(&direct.functions[1]), "");
	/* Until then nobody is told of the link that came up. */
	assert_non_null(strstr(direct.log, "w 01:00.0 10 fe000004\n"));
	assert_non_null(strstr(strstr(direct.log, "w 01:00.0 10 fe000004\n"),
			       "w 00:03.0 58 1038\n"));
	assert_int_equal(port->config[0x5b], 0);
}

static void never_back(bool made)
{
	if (made && fake_get(port->config, 0x50, 2) == 0x0040 && direct.now_us > 100000)
		direct.functions[1].gone = true;
}

static void what_does_not_come_back_with_its_link_stays_barred_until_it_does(void **state)
{
	(void)state;
	active_port();
	(void)behind("0000:01:00.0");
	scan();
	direct.on_write = never_back;
	cut_all();
	assert_int_equal(list[1].error, -ENODEV);
	assert_string_equal(list[1].why, "it has not come back after its link was disabled");
	assert_true(list[1].gone);
	assert_true(entries[1].late);
	assert_true(pcireset_journal_bars(journal, machine.functions[1].address));
	assert_string_equal(override_of(&direct.functions[1]), "pci-quiesce");
}

static void siblings_are_isolated_all_or_none(void **state)
{
	struct fake_function *second;

	(void)state;
	active_port();
	(void)behind("0000:01:00.0");
	second = behind("0000:01:00.1");
	scan();
	fake_attr(&direct, second, "driver", "e1000e")->link = true;
	cut_all();
	assert_string_equal(direct.log, "a 01:00.0/driver_override pci-quiesce\n"
					"a 01:00.1/driver_override pci-quiesce\n"
					"a 01:00.1/driver_override \n"
					"r 01:00.0 00\n"
					"r 01:00.0 10\n"
					"a 01:00.0/driver_override \n");
	assert_int_equal(list[1].error, -EBUSY);
	assert_string_equal(list[1].why, "what is behind its link is not free");
	assert_int_equal(list[2].error, -EBUSY);
	assert_string_equal(list[2].why, "drivers cannot be kept away");
}

static void no_link_is_disabled_after_the_deadline(void **state)
{
	(void)state;
	active_port();
	(void)behind("0000:01:00.0");
	scan();
	direct.now_us = 1000000;
	cut_all();
	assert_int_equal(list[1].error, -ETIMEDOUT);
	assert_string_equal(list[1].why, "no time was left");
	assert_string_equal(direct.log, "");
}

/* Lost, but its registers are known: they are no longer needed. */
static void one_that_is_late_is_late_no_more(void **state)
{
	struct fake_function *f;

	(void)state;
	active_port();
	f = behind("0000:01:00.0");
	scan();
	direct.on_write = obey;
	f->gone = true;
	entries[1] = (struct pcireset_journal_entry){ .address = f->address,
						      .in_use = true,
						      .late = true,
						      .quiet_until_us = 1,
						      .saved = { .id = NIC, .n = 1 } };
	cut_all();
	assert_ptr_equal(strstr(direct.log, "a 01:00.0/driver_override pci-quiesce\nr 00:03.0 42\n"),
			 direct.log);
	assert_true(list[1].stands);
	assert_false(entries[1].late);
	assert_int_equal(entries[1].saved.n, 0);
}

static void hinders(size_t i, enum pcireset_contain way, const char *expected)
{
	const char *why = pcireset_contain_hinders(&direct.io, &machine, i, way);

	if (expected) {
		assert_non_null(why);
		assert_string_equal(why, expected);
	} else {
		assert_null(why);
	}
}

static void what_hinders_is_told_before_anything_is_written(void **state)
{
	(void)state;
	active_port();
	fake_capability(behind("0000:01:00.0"), 0x80, 0x01);
	(void)behind("0000:00:1f.0");
	(void)fake_port(&direct, "0000:00:04.0", 2, 2);
	(void)behind("0000:02:00.0");
	scan(); /* ports 0 and 1, an integrated one, behind the first, behind the second */
	hinders(0, PCIRESET_CONTAIN_D3HOT, "it has no Power Management");
	hinders(2, PCIRESET_CONTAIN_D3HOT, "it has no Power Management");
	hinders(2, PCIRESET_CONTAIN_LINK, "no port is right above it");
	hinders(3, PCIRESET_CONTAIN_D3HOT, NULL);
	hinders(3, PCIRESET_CONTAIN_LINK, NULL);
	hinders(4, PCIRESET_CONTAIN_LINK, "its port does not report its link");

	machine.functions[0].hotplug_bound = true;
	hinders(3, PCIRESET_CONTAIN_LINK, "its slot is hot-plug capable");
	machine.functions[0].hotplug_bound = false;
	machine.functions[0].hotplug_capable = true; /* pcie_ports=compat */
	hinders(3, PCIRESET_CONTAIN_LINK, "its slot is hot-plug capable");
	machine.functions[0].hotplug_capable = false;
	machine.functions[3].vfs = 4;
	hinders(3, PCIRESET_CONTAIN_D3HOT, "its VFs would go on");
	machine.functions[4].parent = 0;
	machine.functions[4].header_type = 1;
	hinders(3, PCIRESET_CONTAIN_LINK, "a bridge is below that port");
	port->gone = true;
	machine.functions[4].parent = 1;
	hinders(3, PCIRESET_CONTAIN_LINK, "its port does not report its link");
	assert_null(strstr(direct.log, "w "));
}

static void obey_or_die(bool made)
{
	obey(made);
	die(made);
}

/* driver_override, four that mask, the link, one event, four that unmask, and one event. */
static void a_death_leaves_a_link_up_and_free_or_down_and_barred(void **state)
{
	(void)state;
	for (int at = 0;; at++) {
		struct fake_function *f;
		bool down;

		assert_int_equal(direct_setup(NULL), 0);
		active_port();
		f = behind("0000:01:00.0");
		scan();
		if (!dies(at, obey_or_die, cut_all)) {
			assert_int_equal(at, 24);
			return;
		}
		down = fake_get(port->config, 0x50, 2) == 0x0050;
		assert_int_equal(down, at >= 11);
		assert_int_equal(down, strcmp(override_of(f), "pci-quiesce") == 0);
		assert_int_equal(down, pcireset_journal_bars(journal, f->address));
		/* In both cases the port tells as it did. */
		assert_int_equal(fake_get(port->config, 0x58, 2), 0x1038);
		assert_int_equal(fake_get(port->config, 0x108, 4), 0x00100000);
		assert_int_equal(fake_get(port->config, 0x114, 4), 0x00002000);
		assert_int_equal(fake_get(port->config, 0x146, 2), 0x0001);
		/* And of what it was to tell, nothing is left. */
		assert_int_equal(fake_get(port->config, 0x5a, 2), 0x0040);
		assert_false(entries[0].in_use);
		pcireset_machine_free(&machine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_link_that_stays_active_is_enabled_again),
		TEST(a_port_without_link_disable_is_noticed_at_once),
		TEST(a_port_that_cannot_be_written_is_told),
		TEST(what_was_reset_with_a_link_that_came_back_is_restored),
		TEST(what_does_not_come_back_with_its_link_stays_barred_until_it_does),
		TEST(siblings_are_isolated_all_or_none),
		TEST(no_link_is_disabled_after_the_deadline),
		TEST(one_that_is_late_is_late_no_more),
		TEST(what_hinders_is_told_before_anything_is_written),
		TEST(a_death_leaves_a_link_up_and_free_or_down_and_barred),
	};

	return cmocka_run_group_tests_name("contain-link", tests, NULL, NULL);
}
