/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What verify makes of steps whose reset proves nothing, or is another's. */
#include <string.h>

#include "fake_io.h"

static struct fake fake;
static struct pcireset_machine machine;
static struct pcireset_step steps[FAKE_FUNCTIONS];
static struct pcireset_outcome outcomes[FAKE_FUNCTIONS];

static int setup(void **state)
{
	(void)state;
	fake_init(&fake);
	memset(steps, 0, sizeof(steps));
	memset(outcomes, 0, sizeof(outcomes));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pcireset_machine_free(&machine);
	return 0;
}

/* As it is after the fence: Bus Master off. */
static void fenced(const char *address)
{
	fake_express(fake_endpoint(&fake, address, 0x10d38086, 0x020000, 0x0402), true);
}

static void read_machine(enum pcireset_action action)
{
	assert_int_equal(pcireset_scan(&fake.io, &machine), 0);
	pcireset_topology_read(&fake.io, &machine);
	for (size_t i = 0; i < machine.n; i++)
		steps[i] = (struct pcireset_step){ .action = action, .via = PCIRESET_NONE };
}

static void a_pm_reset_is_no_evidence(void **state)
{
	(void)state;
	fenced("0000:00:01.0");
	read_machine(PCIRESET_RESET);
	steps[0].method = PCIRESET_METHOD_PM;
	outcomes[0].tried = true;

	assert_int_equal(pcireset_verify(&fake.io, &machine, steps, NULL, outcomes), 0);
	assert_int_equal(outcomes[0].verdict, PCIRESET_FENCED);
	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_NONE);
}

static void a_vf_that_falls_with_its_pf_shares_how_that_ended(void **state)
{
	(void)state;
	fenced("0000:00:01.0");
	fenced("0000:00:01.1");
	fenced("0000:00:01.2");
	read_machine(PCIRESET_RESET);
	machine.functions[1].physical = machine.functions[2].physical = 0;
	steps[0].method = steps[1].method = PCIRESET_METHOD_FLR;
	steps[1].why = PCIRESET_WHY_WITH_PF;
	outcomes[0].tried = true;
	outcomes[0].reset_us = 1234;

	assert_int_equal(pcireset_verify(&fake.io, &machine, steps, NULL, outcomes), 0);
	assert_int_equal(outcomes[1].verdict, PCIRESET_COMPLETED);
	assert_int_equal(outcomes[1].reset_us, 1234);
	assert_int_equal(outcomes[2].verdict, PCIRESET_FENCED); /* its own was not made */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_pm_reset_is_no_evidence),
		TEST(a_vf_that_falls_with_its_pf_shares_how_that_ended),
	};

	return cmocka_run_group_tests_name("verify-plan", tests, NULL, NULL);
}
