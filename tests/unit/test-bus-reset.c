/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reset of a bus by our own writes, as it goes where all goes well. */
#include "bus_stage.h"

static const char *writes_to(const char *address)
{
	static char found[2048];
	const char *line = direct.log;

	found[0] = '\0';
	for (; *line; line += strcspn(line, "\n") + 1)
		if (line[0] == 'w' && strncmp(line + 2, address, strlen(address)) == 0)
			(void)strncat(found, line + 3 + strlen(address),
				      strcspn(line, "\n") - 2 - strlen(address));
	return found;
}

static void all_is_read_before_the_first_write_and_written_from_the_top_down(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 1);

	(void)state;
	(void)below(p, "0000:01:00.0");
	below(p, "0000:01:00.1")->config[0x10] = 0;
	bus_run(10000);

	assert_string_equal(direct.log, "r 00:03.0 42\n"
					"r 00:03.0 3e\n"
					"r 00:03.0 68\n"
					"r 00:03.0 4c\n"
					"r 00:03.0 6c\n"
					"r 01:00.0 04\n"
					"r 01:00.0 10\n"
					"r 01:00.0 48\n"
					"r 01:00.0 50\n"
					"r 01:00.0 68\n"
					"r 01:00.0 70\n"
					"r 01:00.1 04\n"
					"r 01:00.1 10\n"
					"r 01:00.1 48\n"
					"r 01:00.1 50\n"
					"r 01:00.1 68\n"
					"r 01:00.1 70\n"
					"w 00:03.0 3e 0043\n"
					"w 00:03.0 3e 0003\n"
					"r 00:03.0 3e\n"
					"r 01:00.0 00\n"
					"r 01:00.0 04\n"
					"r 01:00.0 10\n"
					"w 01:00.0 10 fe000004\n"
					"r 01:00.0 10\n"
					"w 01:00.0 3c 0b\n"
					"r 01:00.0 3c\n"
					"r 01:00.0 48\n"
					"w 01:00.0 48 2810\n"
					"r 01:00.0 48\n"
					"r 01:00.0 50\n"
					"r 01:00.0 68\n"
					"r 01:00.0 70\n"
					"w 01:00.0 04 0400\n"
					"r 01:00.0 04\n"
					"r 01:00.1 00\n"
					"r 01:00.1 04\n"
					"r 01:00.1 10\n"
					"w 01:00.1 10 fe000000\n"
					"r 01:00.1 10\n"
					"w 01:00.1 3c 0b\n"
					"r 01:00.1 3c\n"
					"r 01:00.1 48\n"
					"w 01:00.1 48 2810\n"
					"r 01:00.1 48\n"
					"r 01:00.1 50\n"
					"r 01:00.1 68\n"
					"r 01:00.1 70\n"
					"w 01:00.1 04 0400\n"
					"r 01:00.1 04\n"
					"r 00:03.0 00\n"
					"r 00:03.0 3e\n");
	/* 2 ms in reset and 100 ms after it. */
	assert_in_range(direct.now_us, 102000, 102100);
	for (size_t i = 1; i <= 2; i++) {
		assert_true(outcomes[i].tried);
		assert_int_equal(outcomes[i].reset_error, 0);
		assert_int_equal(outcomes[i].reset, PCIRESET_SEEN_OBSERVED);
		assert_int_equal(outcomes[i].restored, 4);
		assert_false(entries[i].in_use);
	}
	assert_false(entries[0].in_use);
	assert_int_equal(pcireset_verify(&direct.io, &machine, steps, journal, outcomes), 0);
	assert_int_equal(outcomes[2].verdict, PCIRESET_VERIFIED);
}

/* Presence, link and command of the slot, surprise down, receiver error; the link itself. */
static void leave_events(uint8_t *config)
{
	fake_put(config, 0x5a, 0x0158, 2);
	fake_put(config, 0x104, 0x00004020, 4);
	fake_put(config, 0x110, 0x00000001, 4);
}

static struct fake_function *port_that_tells(void)
{
	struct fake_function *p = port("0000:00:03.0", 1, 1);

	fake_put(p->config, 0x42, 0x0142, 2);
	fake_put(p->config, 0x54, 0x00040000, 4);
	fake_put(p->config, 0x58, 0x1038, 2);
	fake_put(p->config, 0x5a, 0x0040, 2);
	fake_extended(p, 0x100, 0x0001);
	fake_put(p->config, 0x104, 0x00004000, 4);
	fake_put(p->config, 0x108, 0x00100000, 4);
	fake_put(p->config, 0x114, 0x00002000, 4);
	fake_extended(p, 0x150, 0x001d);
	fake_put(p->config, 0x156, 0x0009, 2);
	p->released = leave_events;
	return p;
}

/* Nobody is told of it, and an error that was there before stays for its reader. */
static void who_would_be_told_is_not_and_what_we_caused_is_cleared(void **state)
{
	(void)state;
	(void)below(port_that_tells(), "0000:01:00.0");
	bus_run(10000);

	assert_string_equal(writes_to("00:03.0"), "156 0000\n"
						  "108 001ff030\n"
						  "114 000031c1\n"
						  "58 0000\n"
						  "3e 0043\n"
						  "3e 0003\n"
						  "5a 0118\n"
						  "104 00000020\n"
						  "110 00000001\n"
						  "156 0009\n"
						  "108 00100000\n"
						  "114 00002000\n"
						  "58 1038\n");
	assert_int_equal(outcomes[1].reset, PCIRESET_SEEN_OBSERVED);
}

static struct fake_function *fast_port(const char *address, uint16_t status)
{
	struct fake_function *p = port(address, 1, 1);

	fake_put(p->config, 0x4c, 0x00100013, 4);
	fake_put(p->config, 0x6c, 0x0000000e, 4);
	fake_put(p->config, 0x52, status, 2);
	return p;
}

static void above_5_gt_the_time_begins_with_an_active_link(void **state)
{
	struct fake_function *p = fast_port("0000:00:03.0", 0x2013);

	(void)state;
	p->link_us = 60000;
	below(p, "0000:01:00.0")->quiet_us = 160000;
	bus_run(10000);

	assert_int_equal(outcomes[1].reset_error, 0);
	assert_in_range(outcomes[1].reset_us, 162000, 195000);
}

/* As one that was not active before the reset, with all at work below it. */
static void a_link_that_never_tells_is_given_a_second(void **state)
{
	(void)state;
	below(fast_port("0000:00:03.0", 0x0013), "0000:01:00.0")->quiet_us = 1100000;
	bus_run(10000);

	assert_int_equal(outcomes[1].reset_error, 0);
	assert_in_range(outcomes[1].reset_us, 1102000, 1102200);
}

static void a_conventional_bus_is_given_a_second_too(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 1);

	(void)state;
	fake_put(p->config, 0x42, 0x0072, 2);
	below(p, "0000:01:04.0")->quiet_us = 1100000;
	bus_run(10000);

	assert_int_equal(outcomes[1].reset_error, 0);
	assert_in_range(outcomes[1].reset_us, 1102000, 1102200);
}

/* A switch: its ports first, exactly as they were, and each bus has its own wait. */
static void bridges_below_come_before_what_is_behind_them(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 2), *up = port("0000:01:00.0", 2, 2);
	struct fake_function *f = below(up, "0000:02:00.0");

	(void)state;
	fake_below(up, p);
	up->quiet_us = 100000;
	fake_put(up->config, 0x42, 0x0052, 2);
	fake_put(up->config, 0x20, 0xfe10fe00, 4);
	fake_put(up->config, 0x3c, 0x0a, 1);
	fake_capability(up, 0x80, 0x05);
	fake_put(up->config, 0x82, 0x0081, 2);
	fake_put(up->config, 0x84, 0xfee01000, 4);
	fake_put(up->config, 0x8c, 0x4022, 2);
	up->erased[0] = 0x80 + 2;
	f->quiet_us = 200000;
	bus_run(10000);

	/* Latency, buses, I/O and windows, control, then cache line; COMMAND is the last. */
	assert_string_equal(writes_to("01:00.0"), "18 00020201\n"
						  "1c 0000\n"
						  "20 fe10fe00\n"
						  "24 00000000\n"
						  "28 00000000\n"
						  "2c 00000000\n"
						  "30 00000000\n"
						  "3e 0003\n"
						  "0c 0000\n"
						  "3c 0a\n"
						  "84 fee01000\n"
						  "82 0081\n"
						  "04 0507\n");
	assert_true(strstr(direct.log, "w 01:00.0 04 0507") < strstr(direct.log, "r 02:00.0 00"));
	assert_int_equal(outcomes[2].reset, PCIRESET_SEEN_OBSERVED);
	assert_in_range(outcomes[2].reset_us, 202000, 202200);
	assert_false(entries[1].in_use);
}

/* A fast one, whose link has nobody to train with. */
static void nobody_waits_for_an_empty_slot(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 2), *empty = port("0000:01:00.0", 2, 2);

	(void)state;
	fake_below(empty, p);
	empty->quiet_us = 100000;
	fake_put(empty->config, 0x42, 0x0062, 2);
	fake_put(empty->config, 0x4c, 0x00100013, 4);
	(void)below(p, "0000:01:01.0");
	bus_run(10000);

	assert_int_equal(empty->config[0x19], 2);
	assert_in_range(direct.now_us, 102000, 102200);
}

static void one_that_takes_longer_holds_up_nobody(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 1);

	(void)state;
	below(p, "0000:01:00.0")->flr_us = 700000;
	(void)below(p, "0000:01:00.1");
	bus_run(10000);

	assert_in_range(outcomes[1].reset_us, 702000, 740000);
	assert_in_range(outcomes[2].reset_us, 102000, 102100);
	assert_int_equal(outcomes[1].reset, PCIRESET_SEEN_OBSERVED);
}

static void two_buses_are_reset_side_by_side(void **state)
{
	(void)state;
	(void)below(port("0000:00:03.0", 1, 1), "0000:01:00.0");
	(void)below(port("0000:00:04.0", 2, 2), "0000:02:00.0");
	bus_read();
	bus_planned(0);
	bus_planned(1);
	direct_reset(10000);

	assert_int_equal(outcomes[2].reset_error, 0);
	assert_int_equal(outcomes[3].reset_error, 0);
	assert_in_range(direct.now_us, 102000, 102200);
}

/* One with FLR has that first, and its outcome; others need not wait for it. */
static void a_bus_waits_for_those_on_it_that_are_reset_by_themselves(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 1);
	struct fake_function *own = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	fake_below(own, p);
	(void)below(p, "0000:01:00.1");
	(void)below(port("0000:00:04.0", 2, 2), "0000:02:00.0");
	bus_read();
	bus_planned(0);
	bus_planned(1);
	steps[2] = (struct pcireset_step){ .action = PCIRESET_RESET,
					   .method = PCIRESET_METHOD_FLR,
					   .engine = PCIRESET_ENGINE_DIRECT,
					   .via = PCIRESET_NONE };
	direct_reset(10000);

	assert_int_equal(outcomes[2].reset, PCIRESET_SEEN_OBSERVED);
	assert_in_range(outcomes[2].reset_us, 100000, 100200);
	assert_in_range(outcomes[3].reset_us, 102000, 102200);
	assert_in_range(outcomes[4].reset_us, 102000, 102200);
	assert_in_range(direct.now_us, 202000, 202400);
	assert_int_equal(fake_get(own->config, 0x10, 4), 0xfe000004);
	/* Two registers of the header and COMMAND each time. */
	assert_int_equal(outcomes[2].restored, 3 + 3);
}

static void one_that_was_left_alone_gets_its_command_back(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 1), *idle;

	(void)state;
	(void)below(p, "0000:01:00.0");
	idle = below(p, "0000:01:00.1");
	fake_put(idle->config, 0x04, 0x0003, 2);
	bus_read();
	bus_planned(0);
	steps[2] = (struct pcireset_step){ .action = PCIRESET_IDLE, .via = PCIRESET_NONE };
	direct_reset(10000);

	assert_int_equal(fake_get(idle->config, 0x04, 2), 0x0003);
	assert_int_equal(fake_get(idle->config, 0x10, 4), 0xfe000004);
	assert_int_equal(pcireset_verify(&direct.io, &machine, steps, journal, outcomes), 0);
	assert_int_equal(outcomes[2].verdict, PCIRESET_VERDICT_IDLE);
	assert_int_equal(outcomes[2].reset, PCIRESET_SEEN_REPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_is_read_before_the_first_write_and_written_from_the_top_down),
		TEST(who_would_be_told_is_not_and_what_we_caused_is_cleared),
		TEST(above_5_gt_the_time_begins_with_an_active_link),
		TEST(a_link_that_never_tells_is_given_a_second),
		TEST(a_conventional_bus_is_given_a_second_too),
		TEST(bridges_below_come_before_what_is_behind_them),
		TEST(nobody_waits_for_an_empty_slot),
		TEST(one_that_takes_longer_holds_up_nobody),
		TEST(two_buses_are_reset_side_by_side),
		TEST(a_bus_waits_for_those_on_it_that_are_reset_by_themselves),
		TEST(one_that_was_left_alone_gets_its_command_back),
	};

	return cmocka_run_group_tests_name("bus-reset", tests, NULL, NULL);
}
