/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan before Linux 5.15: the kernel has reset, but no reset_method. */
#include <stdlib.h>
#include <string.h>

#include "fake_io.h"


static struct fake fake;
static struct pcireset_machine machine;
static struct pcireset_step *steps;

static int setup(void **state)
{
	(void)state;
	fake_init(&fake);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(steps);
	steps = NULL;
	pcireset_machine_free(&machine);
	return 0;
}

static void plan_by(enum pcireset_engine engine)
{
	struct pcireset_decision decisions[FAKE_FUNCTIONS];

	assert_int_equal(pcireset_scan(&fake.io, &machine), 0);
	pcireset_topology_read(&fake.io, &machine);
	for (size_t i = 0; i < machine.n; i++)
		decisions[i] = (struct pcireset_decision){ .action = PCIRESET_RESET,
							   .methods = PCIRESET_ANY_METHOD,
							   .engine = engine };
	assert_int_equal(pcireset_plan_make(&machine, decisions, &steps), 0);
}

static struct fake_function *with_flr(const char *address, uint32_t id)
{
	struct fake_function *f = fake_endpoint(&fake, address, id, 0x020000, 0x0006);

	fake_express(f, true);
	return f;
}

static struct fake_function *with_reset(const char *address, uint32_t id)
{
	struct fake_function *f = with_flr(address, id);

	(void)fake_attr(&fake, f, "reset", "");
	return f;
}

static void assert_fenced(enum pcireset_why why)
{
	assert_int_equal(steps[0].action, PCIRESET_FENCE);
	assert_int_equal(steps[0].why, why);
}

static void our_own_writes_reset_functions(void **state)
{
	(void)state;
	(void)with_reset("0000:00:01.0", 0x10d38086);
	plan_by(PCIRESET_ENGINE_NONE);

	assert_int_equal(steps[0].action, PCIRESET_RESET);
	assert_int_equal(steps[0].method, PCIRESET_METHOD_FLR);
	assert_int_equal(steps[0].engine, PCIRESET_ENGINE_DIRECT);
}

static void the_kernel_makes_no_reset_that_is_not_named(void **state)
{
	(void)state;
	(void)with_reset("0000:00:01.0", 0x10d38086);
	plan_by(PCIRESET_ENGINE_KERNEL);

	assert_fenced(PCIRESET_WHY_UNTOLD);
}

static void ats_behind_an_iommu_would_be_the_kernels(void **state)
{
	struct fake_function *f = with_reset("0000:00:01.0", 0x10d38086);

	(void)state;
	fake_attr(&fake, f, "iommu_group", "../../../kernel/iommu_groups/2")->link = true;
	fake_extended(f, 0x100, 0x000f);
	plan_by(PCIRESET_ENGINE_NONE);

	assert_fenced(PCIRESET_WHY_UNTOLD);
}

static void our_quirks_know_more_than_such_a_kernel(void **state)
{
	(void)state;
	(void)with_reset("0000:00:01.0", 0x149c1022);
	plan_by(PCIRESET_ENGINE_NONE);

	assert_fenced(PCIRESET_WHY_QUIRK);
}

static void what_the_kernel_never_resets_is_not_reset_by_us(void **state)
{
	(void)state;
	(void)with_flr("0000:00:01.0", 0x10d38086);
	plan_by(PCIRESET_ENGINE_NONE);

	assert_fenced(PCIRESET_WHY_NOTHING_OFFERED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(our_own_writes_reset_functions),
		TEST(the_kernel_makes_no_reset_that_is_not_named),
		TEST(ats_behind_an_iommu_would_be_the_kernels),
		TEST(our_quirks_know_more_than_such_a_kernel),
		TEST(what_the_kernel_never_resets_is_not_reset_by_us),
	};

	return cmocka_run_group_tests_name("plan-old-kernel", tests, NULL, NULL);
}
