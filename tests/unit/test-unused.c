/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "commands.h"
#include "fake_io.h"

enum { PORT, NIC, DISK };

static struct pcireset_function functions[3];
static struct pcireset_decision decisions[3];
static struct quiesce_ground grounds[3];
static struct pcireset_step steps[3];
static struct quiesce_run run;
static struct pcireset_io io;

/* A NIC beside a disk, below one port; both are to be reset. */
static int set_up(void **state)
{
	(void)state;
	memset(functions, 0, sizeof(functions));
	for (size_t i = PORT; i <= DISK; i++) {
		functions[i].answers = true;
		functions[i].parent = i == PORT ? PCIRESET_NONE : PORT;
		functions[i].address = (struct pcireset_address){ 0, i != PORT, (uint8_t)i, 0 };
		decisions[i] = (struct pcireset_decision){
			.action = i == PORT ? PCIRESET_KEEP : PCIRESET_RESET,
			.methods = PCIRESET_ANY_METHOD,
		};
		grounds[i] = (struct quiesce_ground){ "words", "a.conf:7" };
		steps[i] = (struct pcireset_step){ .action = decisions[i].action,
						   .via = PCIRESET_NONE };
	}
	functions[PORT].header_type = 1;
	functions[PORT].secondary = 1;
	functions[PORT].subordinate = 1;
	functions[NIC].has_reset_method = true;
	functions[NIC].offers = PCIRESET_BIT(PCIRESET_METHOD_FLR) |
				PCIRESET_BIT(PCIRESET_METHOD_PM);
	steps[NIC].action = PCIRESET_FENCE;
	io.is_dump = false;
	run = (struct quiesce_run){
		.io = &io,
		.machine = { functions, 3 },
		.decisions = decisions,
		.grounds = grounds,
		.steps = steps,
		.config.level = QUIESCE_LEVEL_FLR,
	};
	return 0;
}

static void assert_why(enum pcireset_method method, const char *expected)
{
	char words[128];

	if (!expected) {
		assert_false(quiesce_unused_why(&run, NIC, method, words, sizeof(words)));
		return;
	}
	assert_true(quiesce_unused_why(&run, NIC, method, words, sizeof(words)));
	assert_string_equal(words, expected);
}

static void what_is_used_or_not_there_needs_no_words(void **state)
{
	(void)state;
	assert_why(PCIRESET_METHOD_AF, NULL);
	steps[NIC] = (struct pcireset_step){ .action = PCIRESET_RESET,
					     .method = PCIRESET_METHOD_FLR };
	assert_why(PCIRESET_METHOD_FLR, NULL);
	functions[NIC].answers = false;
	assert_why(PCIRESET_METHOD_SBR, NULL);
}

static void the_better_one_is_named(void **state)
{
	(void)state;
	steps[NIC] = (struct pcireset_step){ .action = PCIRESET_RESET,
					     .method = PCIRESET_METHOD_FLR };
	assert_why(PCIRESET_METHOD_SBR, "flr is preferred");
	assert_why(PCIRESET_METHOD_PM, "reported by many without effect");
}

static void rules_levels_and_quirks_forbid(void **state)
{
	(void)state;
	decisions[NIC].methods = PCIRESET_BIT(PCIRESET_METHOD_SBR);
	assert_why(PCIRESET_METHOD_FLR, "not allowed by a.conf:7 or level flr");
	functions[NIC].quirks = PCIRESET_QUIRK_NO_FLR | PCIRESET_QUIRK_NO_PM_RESET;
	assert_why(PCIRESET_METHOD_FLR, "known not to work here");
	assert_why(PCIRESET_METHOD_PM, "known not to work here");
	decisions[NIC].action = PCIRESET_KEEP;
	assert_why(PCIRESET_METHOD_FLR, "it is not to be reset");
}

static void what_the_kernel_leaves_out_is_not_used(void **state)
{
	(void)state;
	functions[NIC].offers = 0;
	functions[NIC].advertises = PCIRESET_BIT(PCIRESET_METHOD_FLR);
	assert_why(PCIRESET_METHOD_FLR, "the kernel does not offer it");
	io.is_dump = true;
	assert_why(PCIRESET_METHOD_FLR, "Linux would not offer it");
	assert_why(PCIRESET_METHOD_SBR, "Linux would not offer it for 0000:00:00.0");
}

static void a_bus_reset_says_what_is_in_its_way(void **state)
{
	(void)state;
	assert_why(PCIRESET_METHOD_SBR, "the kernel does not offer it for 0000:00:00.0");
	functions[PORT].hotplug_bound = true;
	assert_why(PCIRESET_METHOD_SBR, "pciehp of 0000:00:00.0 would see it removed");
	functions[PORT].quirks = PCIRESET_QUIRK_NO_BUS_RESET;
	assert_why(PCIRESET_METHOD_SBR, "forbidden below 0000:00:00.0");
	decisions[DISK].action = PCIRESET_KEEP;
	assert_why(PCIRESET_METHOD_SBR, "would hit 0000:01:02.0: words");
	functions[NIC].parent = PCIRESET_NONE;
	assert_why(PCIRESET_METHOD_SBR, "on a root bus, which nothing resets");
	decisions[NIC].action = PCIRESET_KEEP;
	assert_why(PCIRESET_METHOD_SBR, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_is_used_or_not_there_needs_no_words, set_up),
		cmocka_unit_test_setup(the_better_one_is_named, set_up),
		cmocka_unit_test_setup(rules_levels_and_quirks_forbid, set_up),
		cmocka_unit_test_setup(what_the_kernel_leaves_out_is_not_used, set_up),
		cmocka_unit_test_setup(a_bus_reset_says_what_is_in_its_way, set_up),
	};

	return cmocka_run_group_tests_name("unused", tests, NULL, NULL);
}
