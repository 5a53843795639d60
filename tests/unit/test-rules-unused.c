/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules that never match, and those that change nothing on this machine. */
#include <string.h>

#include "fake_io.h"
#include "quiesce.h"
#include "rules.h"

static struct fake fake;
static struct pcireset_machine machine;
static struct quiesce_config config;
static char complaints[2048];

static void say(void *data, const char *file, unsigned int line, const char *problem)
{
	size_t used = strlen(complaints);

	(void)data;
	(void)snprintf(complaints + used, sizeof(complaints) - used, "%s:%u: %s\n", file, line,
		       problem);
}

static const struct quiesce_complaint complaint = { say, NULL };

static int setup(void **state)
{
	(void)state;
	fake_init(&fake);
	complaints[0] = '\0';
	quiesce_config_defaults(&config);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	quiesce_config_free(&config);
	pcireset_machine_free(&machine);
	return 0;
}

static void parse(const char *text)
{
	assert_int_equal(quiesce_config_parse(&config, "t.conf", text, &complaint), 0);
	assert_string_equal(complaints, "");
}

/* Two rules: is the second one said to be unreachable. */
static bool is_covered(const char *earlier, const char *later)
{
	char text[256];
	size_t n;

	(void)snprintf(text, sizeof(text), "[rules]\nkeep = %s\nreset = %s\n", earlier, later);
	parse(text);
	n = quiesce_rules_unreachable(&config, &complaint);
	if (n > 0)
		assert_string_equal(complaints, "t.conf:3: never matches: t.conf:2 comes first\n");
	quiesce_config_free(&config);
	quiesce_config_defaults(&config);
	complaints[0] = '\0';
	return n == 1;
}

static void a_rule_behind_one_that_covers_it_never_matches(void **state)
{
	static const char *const covered[][2] = {
		{ "id 8086:10d3", "id 8086:10D3" },
		{ "id 8086:10d3", "id 8086:10d3:103c:1234" },
		{ "id 8086:*", "id 8086:10d?" },
		{ "class 02*", "class 020000" },
		{ "class 0?0*", "class 0c0?30" },
		{ "address *", "driver e1000e" },
		{ "address *", "dump-target" },
		{ "address 01:00.*", "address 0000:01:00.0" },
		{ "driver e1000*", "driver e1000e" },
		{ "driver [ei]*", "driver igb" },
		{ "bound", "driver e1000e" },
		{ "console", "console" },
		{ "path */00.0", "path 00:1c.*/00.0" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(covered); i++)
		if (!is_covered(covered[i][0], covered[i][1]))
			fail_msg("%s covers %s", covered[i][0], covered[i][1]);
}

static void a_rule_that_may_match_is_no_false_alarm(void **state)
{
	static const char *const reachable[][2] = {
		{ "id 8086:10d3:103c:1234", "id 8086:10d3" },
		{ "id 8086:10d?", "id 8086:10*" },
		{ "class 02????", "class 02*" },
		{ "class 020000", "class 0200*" },
		{ "driver e1000?", "driver e1000*" },
		{ "driver *", "address 01:00.0" },
		{ "driver [ei]*", "driver [e]*" }, /* covered, in fact: it is not followed */
		{ "driver e*", "driver [ei]*" },
		{ "bound", "driver *" },
		{ "console", "boot-vga" },
		{ "bound", "boot-vga" },
		{ "path 00:1c.0/00.0", "path 00:1c.0" },
		{ "path 00:1c.0", "path 00:1c.0/00.0" },
		{ "path 00:1c.0/*", "path 00:1c.0/*/00.0" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(reachable); i++)
		if (is_covered(reachable[i][0], reachable[i][1]))
			fail_msg("%s does not cover %s", reachable[i][0], reachable[i][1]);
}

/* Trying every star in every place takes longer than anybody waits: alarm() ends that. */
static void many_stars_are_compared_in_time(void **state)
{
	static const char *const stars = "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a";
	char earlier[80], later[128];

	(void)state;
	(void)alarm(5);
	(void)snprintf(earlier, sizeof(earlier), "driver %s", stars);
	(void)snprintf(later, sizeof(later), "driver %s%s", stars, stars);
	assert_true(is_covered(earlier, later));
	(void)snprintf(later, sizeof(later), "driver %s%s*b", stars, stars);
	assert_false(is_covered(earlier, later));
	(void)alarm(0);
}

static void of_one_rule_the_first_complaint_is_the_only_one(void **state)
{
	(void)state;
	assert_int_equal(pcireset_scan(&fake.io, &machine), 0);
	assert_int_equal(quiesce_config_parse(&config, "t.conf",
					      "[rules]\nkeep = id 8086:*\nkep = id 8086:10d3\n"
					      "fence = id 8086:10d4\n",
					      &complaint), 0);
	assert_int_equal(quiesce_rules_unreachable(&config, &complaint), 1);
	assert_int_equal(quiesce_rules_absent(&machine, &config, &complaint), 1);
	assert_string_equal(complaints,
			    "t.conf:3: unknown action \"kep\": did you mean \"keep\"?\n"
			    "t.conf:4: never matches: t.conf:2 comes first\n"
			    "t.conf:2: matches no function of this machine\n");
}

static void what_is_not_on_this_machine_is_named(void **state)
{
	struct fake_function *bound;

	(void)state;
	(void)fake_port(&fake, "0000:00:1c.0", 1, 1);
	bound = fake_endpoint(&fake, "0000:01:00.0", 0x10d38086, 0x020000, 0x0006);
	fake_attr(&fake, bound, "driver", "e1000e")->link = true;
	assert_int_equal(pcireset_scan(&fake.io, &machine), 0);
	parse("[quiesce]\nload = 01:00.0\nload = 02:00.0\nload = all\nload = dump-target\n"
	      "[rules]\nreset = id 8086:10d3\nkeep = id 8086:10d4\nkeep = path 00:1c.0\n"
	      "fence = path 00:1c.0\nfence = driver e1000e\nkeep = driver e1000e\n"
	      "keep = driver igb\nreset = bound\nreset = console\nfence = dump-target\n"
	      "reset = path 00:1c.0/00.0\n");

	assert_int_equal(quiesce_rules_absent(&machine, &config, &complaint), 6);
	assert_string_equal(complaints,
			    "t.conf:8: matches no function of this machine\n"
			    "t.conf:10: matches only what is always kept: no effect\n"
			    "t.conf:11: matches only what is always kept: no effect\n"
			    "t.conf:13: matches no function of this machine\n"
			    "t.conf:14: matches only what is always kept: no effect\n"
			    "t.conf:3: 0000:02:00.0 is not on this machine\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_rule_behind_one_that_covers_it_never_matches),
		TEST(a_rule_that_may_match_is_no_false_alarm),
		TEST(many_stars_are_compared_in_time),
		TEST(of_one_rule_the_first_complaint_is_the_only_one),
		TEST(what_is_not_on_this_machine_is_named),
	};

	return cmocka_run_group_tests_name("rules-unused", tests, NULL, NULL);
}
