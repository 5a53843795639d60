/* SPDX-License-Identifier: GPL-2.0-or-later */
/* D3hot: each access, each failure, and a death at each write. */
#include "contain_stage.h"

static struct fake_function *sleeper;

/* Power Management at 80; fenced. */
static struct fake_function *sleepy(const char *address)
{
	struct fake_function *f = fake_endpoint(&direct, address, NIC, 0x020000, 0x0402);

	fake_capability(f, 0x80, 0x01);
	/* PME is enabled, and has a status. */
	fake_put(f->config, 0x84, 0x8100, 2);
	(void)fake_attr(&direct, f, "driver_override", "(null)");
	return f;
}

static void insomniac(bool made)
{
	if (made)
		fake_put(sleeper->config, 0x84, 0, 2);
}

static void dies_asleep(bool made)
{
	sleeper->gone |= made && sleeper->config[0x84] == 3;
}

static void sleep_all(void)
{
	pcireset_contain_d3hot(&direct.io, &machine, journal, list);
}

static void sleeping_is_the_last_thing_and_is_read_back(void **state)
{
	(void)state;
	(void)sleepy("0000:01:00.0");
	scan();
	sleep_all();
	assert_string_equal(direct.log, "a 01:00.0/driver_override pci-quiesce\n"
					"r 01:00.0 04\n"
					"r 01:00.0 84\n"
					"w 01:00.0 84 0003\n"
					"s 10000\n"
					"r 01:00.0 84\n");
	assert_true(list[0].stands);
	assert_int_equal(list[0].error, 0);
	assert_true(pcireset_journal_bars(journal, machine.functions[0].address));

	/* Whoever puts things back afterwards touches it no more. */
	fake_forget_log(&direct);
	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[0]), 0);
	assert_string_equal(direct.log, "");
	assert_true(pcireset_journal_bars(journal, machine.functions[0].address));
}

static void many_fall_asleep_together(void **state)
{
	(void)state;
	(void)sleepy("0000:01:00.0");
	(void)sleepy("0000:01:00.1");
	(void)sleepy("0000:01:00.2");
	scan();
	list[1].wanted = false;
	sleep_all();
	assert_string_equal(direct.log, "a 01:00.0/driver_override pci-quiesce\n"
					"r 01:00.0 04\n"
					"r 01:00.0 84\n"
					"w 01:00.0 84 0003\n"
					"a 01:00.2/driver_override pci-quiesce\n"
					"r 01:00.2 04\n"
					"r 01:00.2 84\n"
					"w 01:00.2 84 0003\n"
					"s 10000\n"
					"r 01:00.0 84\n"
					"r 01:00.2 84\n");
	assert_false(list[1].stands);
	assert_string_equal(override_of(&direct.functions[1]), "(null)");
}

/* Undone, and its driver may have it. */
static void refused(int error, const char *why, const char *log)
{
	sleep_all();
	assert_false(list[0].stands);
	assert_int_equal(list[0].error, error);
	assert_string_equal(list[0].why, why);
	assert_string_equal(direct.log, log);
	assert_false(entries[0].in_use);
	assert_false(pcireset_journal_bars(journal, machine.functions[0].address));
}

static void one_that_does_not_fall_asleep_is_left_to_drivers(void **state)
{
	(void)state;
	sleeper = sleepy("0000:01:00.0");
	scan();
	direct.on_write = insomniac;
	refused(-EIO, "it does not go there",
		"a 01:00.0/driver_override pci-quiesce\n"
		"r 01:00.0 04\nr 01:00.0 84\nw 01:00.0 84 0003\ns 10000\nr 01:00.0 84\n"
		"a 01:00.0/driver_override \n");
}

static void one_that_dies_of_it_is_told(void **state)
{
	(void)state;
	sleeper = sleepy("0000:01:00.0");
	scan();
	direct.on_write = dies_asleep;
	refused(-ENODEV, "it no longer answers",
		"a 01:00.0/driver_override pci-quiesce\n"
		"r 01:00.0 04\nr 01:00.0 84\nw 01:00.0 84 0003\ns 10000\nr 01:00.0 84\n"
		"a 01:00.0/driver_override \n");
}

/* D3hot keeps it from that, but nobody could tell a port that ignores PMCSR. */
static void bus_master_has_to_be_off(void **state)
{
	(void)state;
	fake_put(sleepy("0000:01:00.0")->config, 0x04, 0x0406, 2);
	scan();
	refused(-EBUSY, "Bus Master stays on",
		"a 01:00.0/driver_override pci-quiesce\n"
		"r 01:00.0 04\n"
		"a 01:00.0/driver_override \n");
}

static void one_that_got_a_driver_is_left_to_it(void **state)
{
	struct fake_function *f;

	(void)state;
	f = sleepy("0000:01:00.0");
	scan();
	fake_attr(&direct, f, "driver", "e1000e")->link = true;
	refused(-EBUSY, "drivers cannot be kept away",
		"a 01:00.0/driver_override pci-quiesce\n"
		"a 01:00.0/driver_override \n");
}

static void a_dead_one_and_a_locked_kernel_are_told(void **state)
{
	struct fake_function *f;

	(void)state;
	f = sleepy("0000:01:00.0");
	scan();
	f->locked_down = true;
	refused(-EPERM, "PMCSR cannot be written",
		"a 01:00.0/driver_override pci-quiesce\n"
		"r 01:00.0 04\nr 01:00.0 84\nw 01:00.0 84 0003\n"
		"a 01:00.0/driver_override \n");
	assert_false(list[0].gone);

	f->gone = true;
	fake_forget_log(&direct);
	memset(list, 0, sizeof(list));
	list[0].wanted = true;
	refused(-ENODEV, "it no longer answers",
		"a 01:00.0/driver_override pci-quiesce\n"
		"r 01:00.0 04\n"
		"a 01:00.0/driver_override \n");
	assert_true(list[0].gone);
}

static void what_is_not_put_back_or_overridden_is_left_alone(void **state)
{
	struct fake_function *f;

	(void)state;
	f = sleepy("0000:01:00.0");
	scan();
	entries[0] = (struct pcireset_journal_entry){ .address = f->address,
						      .in_use = true,
						      .stuck = true };
	sleep_all();
	assert_int_equal(list[0].error, -EBUSY);
	assert_string_equal(direct.log, "");
	assert_true(entries[0].stuck);

	entries[0].in_use = false;
	(void)strcpy(fake_find_attr(&direct, "sys/bus/pci/devices/0000:01:00.0/driver_override")->text,
		     "vfio-pci");
	list[0].error = 0;
	sleep_all();
	assert_int_equal(list[0].error, -EBUSY);
	assert_string_equal(direct.log, "");
}

/* Two moments of each of two writes: driver_override and PMCSR. */
static void a_death_leaves_it_asleep_and_barred_or_awake_and_free(void **state)
{
	(void)state;
	for (int at = 0;; at++) {
		struct fake_function *f;
		bool asleep;

		assert_int_equal(direct_setup(NULL), 0);
		f = sleepy("0000:01:00.0");
		scan();
		if (!dies(at, die, sleep_all)) {
			assert_int_equal(at, 4);
			return;
		}
		asleep = f->config[0x84] == 3;
		assert_int_equal(asleep, at >= 3);
		assert_int_equal(asleep, strcmp(override_of(f), "pci-quiesce") == 0);
		assert_int_equal(asleep, pcireset_journal_bars(journal, f->address));
		assert_int_equal(asleep, entries[0].in_use);
		pcireset_machine_free(&machine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sleeping_is_the_last_thing_and_is_read_back),
		TEST(many_fall_asleep_together),
		TEST(one_that_does_not_fall_asleep_is_left_to_drivers),
		TEST(one_that_dies_of_it_is_told),
		TEST(bus_master_has_to_be_off),
		TEST(one_that_got_a_driver_is_left_to_it),
		TEST(a_dead_one_and_a_locked_kernel_are_told),
		TEST(what_is_not_put_back_or_overridden_is_left_alone),
		TEST(a_death_leaves_it_asleep_and_barred_or_awake_and_free),
	};

	return cmocka_run_group_tests_name("contain", tests, NULL, NULL);
}
