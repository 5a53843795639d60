/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a child of PID 1 puts back, and what it has probed. */
#include <stdlib.h>
#include <string.h>

#include "fake_io.h"
#include "supervise.h"

static struct fake fake;
static struct quiesce_shared shared;
static const struct quiesce_log quiet = { .kmsg_fd = -1, .stderr_max = -1 };

static int setup(void **state)
{
	struct fake_attr *probe;

	(void)state;
	fake_init(&fake);
	shared.next = 0;
	shared.autoprobe_off = true;
	shared.journal = calloc(1, sizeof(*shared.journal) +
					   4 * sizeof(shared.journal->entries[0]));
	shared.journal->entries = (struct pcireset_journal_entry *)(shared.journal + 1);
	shared.journal->capacity = 4;
	shared.journal->n = 4;

	probe = &fake.attrs[fake.n_attrs++];
	(void)strcpy(probe->path, "sys/bus/pci/drivers_probe");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(shared.journal);
	return 0;
}

static struct fake_function *function(const char *address, const char *class_code)
{
	struct fake_function *f = fake_endpoint(&fake, address, 0x10d38086, 0x020000, 0);

	(void)fake_attr(&fake, f, "class", class_code);
	return f;
}

static void what_has_no_driver_is_probed(void **state)
{
	(void)state;
	(void)function("0000:00:01.0", "0x020000");
	fake_attr(&fake, function("0000:00:02.0", "0x010802"), "driver", "nvme")->link = true;

	assert_int_equal(quiesce_put_back_from(&fake.io, &quiet, &shared), 0);
	assert_string_equal(fake.log, "a sys/bus/pci/drivers_probe 0000:00:01.0\n");
}

static bool is_probed(const char *address)
{
	char line[64];

	(void)snprintf(line, sizeof(line), "a sys/bus/pci/drivers_probe %s\n", address);
	return strstr(fake.log, line);
}

static void a_bridge_is_not_probed_again(void **state)
{
	(void)state;
	(void)function("0000:00:01.0", "0x060400");
	(void)function("0000:00:02.0", "0x060700");
	(void)function("0000:00:03.0", "0x068000"); /* NTBs call themselves so */

	assert_int_equal(quiesce_put_back_from(&fake.io, &quiet, &shared), 0);
	assert_false(is_probed("0000:00:01.0"));
	assert_false(is_probed("0000:00:02.0"));
	assert_true(is_probed("0000:00:03.0"));
}

static struct fake_function *bridge(const char *address, uint16_t express_flags)
{
	struct fake_function *f = fake_port(&fake, address, 0x10, 0x1f);

	fake_put(f->config, 0x42, express_flags, 2);
	(void)fake_attr(&fake, f, "class", "0x060400");
	return f;
}

/* Told to wait for the driver of an IOMMU, and forgotten while probing was off. */
static void a_port_without_a_driver_is_probed(void **state)
{
	(void)state;
	(void)bridge("0000:00:01.0", 0x0042); /* root port */
	(void)bridge("0000:00:02.0", 0x0052); /* upstream */
	(void)bridge("0000:00:03.0", 0x0062); /* downstream */
	(void)bridge("0000:00:04.0", 0x0072); /* PCI Express to PCI */
	fake_attr(&fake, bridge("0000:00:05.0", 0x0042), "driver", "pcieport")->link = true;

	assert_int_equal(quiesce_put_back_from(&fake.io, &quiet, &shared), 0);
	assert_true(is_probed("0000:00:01.0"));
	assert_true(is_probed("0000:00:02.0"));
	assert_true(is_probed("0000:00:03.0"));
	assert_false(is_probed("0000:00:04.0"));
	assert_false(is_probed("0000:00:05.0"));
}

static void where_drivers_were_probed_all_the_time_nothing_is(void **state)
{
	(void)state;
	(void)function("0000:00:01.0", "0x020000");
	shared.autoprobe_off = false;

	assert_int_equal(quiesce_put_back_from(&fake.io, &quiet, &shared), 0);
	assert_string_equal(fake.log, "");
}

static void the_journal_comes_first(void **state)
{
	struct fake_function *f;

	(void)state;
	f = function("0000:00:01.0", "0x020000");
	(void)fake_attr(&fake, f, "driver_override", "pci-quiesce");
	shared.journal->entries[2] = (struct pcireset_journal_entry){
		.address = f->address, .in_use = true, .overridden = true
	};

	assert_int_equal(quiesce_put_back_from(&fake.io, &quiet, &shared), 0);
	assert_string_equal(fake.log, "a sys/bus/pci/drivers_probe 0000:00:01.0\n"
				      "a 00:01.0/driver_override \n"
				      "a sys/bus/pci/drivers_probe 0000:00:01.0\n");
}

static void a_function_that_cannot_be_put_back_is_not_probed(void **state)
{
	struct fake_function *f;

	(void)state;
	f = function("0000:00:01.0", "0x020000");
	fake_attr(&fake, f, "driver_override", "pci-quiesce")->write_error = -5;
	shared.journal->entries[0] = (struct pcireset_journal_entry){
		.address = f->address, .in_use = true, .overridden = true
	};

	assert_int_equal(quiesce_put_back_from(&fake.io, &quiet, &shared), 0);
	/* Only while its driver_override stands, to wait for its lock. */
	assert_string_equal(fake.log, "a sys/bus/pci/drivers_probe 0000:00:01.0\n"
				      "a 00:01.0/driver_override \n");
}

static void a_function_whose_reset_is_stuck_is_not_probed(void **state)
{
	struct fake_function *f;

	(void)state;
	f = function("0000:00:01.0", "0x020000");
	shared.journal->entries[0] = (struct pcireset_journal_entry){
		.address = f->address, .in_use = true, .stuck = true
	};

	assert_int_equal(quiesce_put_back_from(&fake.io, &quiet, &shared), 0);
	assert_string_equal(fake.log, "");
}

/* A child of its own looks after it; each read may take long. */
static void a_function_that_has_not_come_back_is_neither_asked_nor_probed(void **state)
{
	struct fake_function *f;

	(void)state;
	f = function("0000:00:01.0", "0x020000");
	(void)fake_attr(&fake, f, "driver_override", "pci-quiesce");
	shared.journal->entries[0] = (struct pcireset_journal_entry){
		.address = f->address, .in_use = true, .late = true, .overridden = true,
		.quiet_until_us = 1, .saved = { .id = 0x10d38086, .n = 1 }
	};

	assert_int_equal(quiesce_put_back_from(&fake.io, &quiet, &shared), 0);
	assert_string_equal(fake.log, "");
	assert_true(shared.journal->entries[0].in_use);
}

static void a_second_child_starts_behind_where_the_first_hung(void **state)
{
	(void)state;
	(void)function("0000:00:01.0", "0x020000");
	(void)function("0000:00:02.0", "0x020000");
	shared.next = 2 * 4 + 1;

	assert_int_equal(quiesce_put_back_from(&fake.io, &quiet, &shared), 0);
	assert_string_equal(fake.log, "a sys/bus/pci/drivers_probe 0000:00:02.0\n");
}

/* While one child waits in the kernel, its successor does all that is left. */
static void let_the_successor_work(bool made)
{
	fake.on_write = NULL;
	assert_false(made);
	assert_int_equal(quiesce_put_back_from(&fake.io, &quiet, &shared), 0);
}

static void a_child_that_comes_back_does_nothing_twice_and_misses_nothing(void **state)
{
	(void)state;
	(void)function("0000:00:01.0", "0x020000");
	(void)function("0000:00:02.0", "0x020000");
	(void)function("0000:00:03.0", "0x020000");
	fake.on_write = let_the_successor_work;

	assert_int_equal(quiesce_put_back_from(&fake.io, &quiet, &shared), 0);
	assert_string_equal(fake.log, "a sys/bus/pci/drivers_probe 0000:00:02.0\n"
				      "a sys/bus/pci/drivers_probe 0000:00:03.0\n"
				      "a sys/bus/pci/drivers_probe 0000:00:01.0\n");
}

static void what_is_put_back_late_is_probed_late(void **state)
{
	struct fake_function *f;

	(void)state;
	f = function("0000:00:01.0", "0x020000");
	(void)function("0000:00:02.0", "0x020000");
	(void)fake_attr(&fake, f, "driver_override", "pci-quiesce");
	shared.journal->entries[0] = (struct pcireset_journal_entry){
		.address = f->address, .in_use = true, .overridden = true
	};
	fake.on_write = let_the_successor_work;

	assert_int_equal(quiesce_put_back_from(&fake.io, &quiet, &shared), 0);
	assert_string_equal(fake.log, "a sys/bus/pci/drivers_probe 0000:00:02.0\n"
				      "a sys/bus/pci/drivers_probe 0000:00:01.0\n"
				      "a 00:01.0/driver_override \n"
				      "a sys/bus/pci/drivers_probe 0000:00:01.0\n");
}

/* A port that holds its bus, events masked, and what is below it: entries @i and @i + 2. */
static void held(size_t i, const char *port_at, uint8_t secondary, const char *at)
{
	struct fake_function *p = fake_port(&fake, port_at, secondary, secondary);
	struct fake_function *f = function(at, "0x020000");

	fake_put(p->config, 0x3e, 0x0043, 2);
	fake_put(p->config, 0x52, 0x2013, 2);
	fake_put(p->config, 0x108, 0x001ff030, 4);
	p->link_us = 300000;
	f->quiet_us = 390000;
	fake_below(f, p);
	shared.journal->entries[i] = (struct pcireset_journal_entry){
		.address = p->address, .in_use = true, .holds_bus = true, .quiet_until_us = 1,
		.below = { .settle_us = 100000, .link = 0x52 },
		.saved = { .id = 0x000c1b36, .n = 2,
			   .registers = { { 0x3e, 2, 0x0003 }, { 0x108, 4, 0x00100000 } } }
	};
	shared.journal->entries[i + 2] = (struct pcireset_journal_entry){
		.address = f->address, .in_use = true, .quiet_until_us = 1,
		.saved = { .id = 0x10d38086, .n = 1, .registers = { { 0x10, 4, 0xfe000000 } } }
	};
}

/* Two links train side by side, and settle so; who is told of events is told when all is over. */
static void buses_in_reset_are_led_out_together_and_silent_until_the_end(void **state)
{
	(void)state;
	held(0, "0000:00:03.0", 1, "0000:01:00.0");
	held(1, "0000:00:04.0", 2, "0000:02:00.0");

	assert_int_equal(quiesce_put_back_from(&fake.io, &quiet, &shared), 0);
	for (size_t i = 0; i < 4; i++)
		assert_false(shared.journal->entries[i].in_use);
	assert_in_range(fake.now_us, 400000, 440000);
	assert_true(strstr(fake.log, "w 00:03.0 108 00100000") >
		    strstr(fake.log, "w 01:00.0 10 fe000000"));
	assert_true(strstr(fake.log, "w 00:04.0 108 00100000") >
		    strstr(fake.log, "w 02:00.0 10 fe000000"));
	assert_non_null(strstr(fake.log, "w 02:00.0 10 fe000000"));
}

static void sleeper(size_t i, const char *at, uint32_t state)
{
	struct fake_function *f = function(at, "0x020000");

	fake_put(f->config, 0x84, state, 2);
	(void)fake_attr(&fake, f, "driver_override", "pci-quiesce");
	shared.journal->entries[i] = (struct pcireset_journal_entry){
		.address = f->address, .in_use = true, .overridden = true,
		.isolation = { .way = PCIRESET_CONTAIN_D3HOT, .at = f->address, .reg = 0x84,
			       .bits = 0x3 }
	};
}

/* The report of whoever died there has neither. */
static void what_a_death_left_isolated_or_not_is_told(void **state)
{
	struct quiesce_log log = { .stderr_max = -1 };
	char text[512] = "";
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	log.kmsg_fd = fds[1];
	sleeper(0, "0000:00:01.0", 3);
	sleeper(1, "0000:00:02.0", 0);
	/* Told by its maker. */
	sleeper(2, "0000:00:03.0", 3);
	shared.journal->entries[2].isolation.stands = true;
	shared.autoprobe_off = false;

	assert_int_equal(quiesce_put_back_from(&fake.io, &log, &shared), 0);
	assert_int_equal(close(fds[1]), 0);
	assert_in_range(read(fds[0], text, sizeof(text) - 1), 1, sizeof(text) - 1);
	assert_string_equal(text, "<5>pci-quiesce: 0000:00:01.0: stays isolated\n"
				  "<7>pci-quiesce: 0000:00:02.0: put back\n");
	assert_int_equal(close(fds[0]), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_has_no_driver_is_probed),
		TEST(a_bridge_is_not_probed_again),
		TEST(a_port_without_a_driver_is_probed),
		TEST(where_drivers_were_probed_all_the_time_nothing_is),
		TEST(the_journal_comes_first),
		TEST(a_function_that_cannot_be_put_back_is_not_probed),
		TEST(a_function_whose_reset_is_stuck_is_not_probed),
		TEST(a_function_that_has_not_come_back_is_neither_asked_nor_probed),
		TEST(a_second_child_starts_behind_where_the_first_hung),
		TEST(a_child_that_comes_back_does_nothing_twice_and_misses_nothing),
		TEST(what_is_put_back_late_is_probed_late),
		TEST(buses_in_reset_are_led_out_together_and_silent_until_the_end),
		TEST(what_a_death_left_isolated_or_not_is_told),
	};

	return cmocka_run_group_tests_name("putback", tests, NULL, NULL);
}
