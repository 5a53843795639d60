/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who makes a reset, and what comes after one that failed. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/pci_regs.h>

#include "pcireset.h"

#define FLR  PCIRESET_BIT(PCIRESET_METHOD_FLR)
#define AF   PCIRESET_BIT(PCIRESET_METHOD_AF)
#define PM   PCIRESET_BIT(PCIRESET_METHOD_PM)
#define SBR  PCIRESET_BIT(PCIRESET_METHOD_SBR)
#define ROOT PCIRESET_NONE

static struct pcireset_function functions[16];
static struct pcireset_decision decisions[16];
static struct pcireset_outcome outcomes[16];
static struct pcireset_machine machine;
static struct pcireset_step *steps, *next;

static int setup(void **state)
{
	(void)state;
	memset(functions, 0, sizeof(functions));
	memset(decisions, 0, sizeof(decisions));
	memset(outcomes, 0, sizeof(outcomes));
	machine = (struct pcireset_machine){ functions, 0 };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(steps);
	free(next);
	steps = next = NULL;
	return 0;
}

static size_t endpoint(size_t parent, unsigned int offers)
{
	size_t i = machine.n++;

	functions[i] = (struct pcireset_function){
		.answers = true,
		.parent = parent,
		.physical = PCIRESET_NONE,
		.behind = PCIRESET_NONE,
		.express = 0x40,
		.af = 0x60,
		.offers = offers,
		.advertises = offers,
		.iommu_group = -1,
	};
	decisions[i] = (struct pcireset_decision){ .action = PCIRESET_RESET,
						   .methods = PCIRESET_ANY_METHOD };
	return i;
}

static size_t root_port(void)
{
	size_t i = endpoint(ROOT, 0);

	functions[i].header_type = PCI_HEADER_TYPE_BRIDGE;
	functions[i].port_type = PCI_EXP_TYPE_ROOT_PORT;
	functions[i].has_reset_subordinate = true;
	decisions[i].action = PCIRESET_KEEP;
	return i;
}

static void plan(void)
{
	free(steps);
	steps = NULL;
	assert_int_equal(pcireset_plan_make(&machine, decisions, &steps), 0);
}

static void fails(size_t i, int error)
{
	outcomes[i].tried = true;
	outcomes[i].reset_error = error;
}

static size_t escalate(void)
{
	size_t n;

	assert_int_equal(
		pcireset_escalate(&machine, decisions, steps, outcomes, &next, &n), 0);
	return n;
}

static void assert_engine(enum pcireset_engine engine, enum pcireset_engine_why why)
{
	plan();
	assert_int_equal(steps[0].engine, engine);
	assert_int_equal(steps[0].engine_why, why);
}

static void registers_are_enough_for_flr_and_af(void **state)
{
	(void)state;
	(void)endpoint(ROOT, FLR | AF);
	assert_engine(PCIRESET_ENGINE_DIRECT, PCIRESET_ENGINE_WHY_DIRECT);
	decisions[0].methods = AF;
	assert_engine(PCIRESET_ENGINE_DIRECT, PCIRESET_ENGINE_WHY_DIRECT);
	functions[0].af = 0;
	assert_engine(PCIRESET_ENGINE_KERNEL, PCIRESET_ENGINE_WHY_UNKNOWN);
}

static void all_else_is_the_kernels_and_it_is_said_why(void **state)
{
	(void)state;
	(void)endpoint(ROOT, FLR);
	decisions[0].engine = PCIRESET_ENGINE_KERNEL;
	assert_engine(PCIRESET_ENGINE_KERNEL, PCIRESET_ENGINE_WHY_ASKED);
	decisions[0].engine = PCIRESET_ENGINE_NONE;
	(void)strcpy(functions[0].driver, "nvme");
	assert_engine(PCIRESET_ENGINE_KERNEL, PCIRESET_ENGINE_WHY_DRIVER);
	functions[0].driver[0] = '\0';
	functions[0].vfs_listed = 2;
	assert_engine(PCIRESET_ENGINE_KERNEL, PCIRESET_ENGINE_WHY_VFS);
	functions[0].vfs_listed = 0;
	functions[0].is_unknown = true;
	assert_engine(PCIRESET_ENGINE_KERNEL, PCIRESET_ENGINE_WHY_UNKNOWN);
	functions[0].is_unknown = false;
	functions[0].advertises = 0;
	assert_engine(PCIRESET_ENGINE_KERNEL, PCIRESET_ENGINE_WHY_UNKNOWN);
	functions[0].offers = PCIRESET_BIT(PCIRESET_METHOD_ACPI);
	assert_engine(PCIRESET_ENGINE_KERNEL, PCIRESET_ENGINE_WHY_METHOD);
}

static void ats_is_the_kernels_where_an_iommu_caches_translations(void **state)
{
	(void)state;
	(void)endpoint(ROOT, FLR);
	functions[0].ats = 0x200;
	assert_engine(PCIRESET_ENGINE_DIRECT, PCIRESET_ENGINE_WHY_DIRECT);
	functions[0].iommu_group = 0;
	assert_engine(PCIRESET_ENGINE_KERNEL, PCIRESET_ENGINE_WHY_ATS);
	decisions[0].engine = PCIRESET_ENGINE_DIRECT;
	assert_engine(PCIRESET_ENGINE_DIRECT, PCIRESET_ENGINE_WHY_DIRECT);
}

/* Chelsio T4, Samsung SM961; an Intel P3700 only needs more time. */
static void devices_that_need_more_are_the_kernels(void **state)
{
	(void)state;
	(void)endpoint(ROOT, FLR);
	functions[0].quirks = PCIRESET_QUIRK_FENCE_LATE;
	assert_engine(PCIRESET_ENGINE_KERNEL, PCIRESET_ENGINE_WHY_QUIRK);
	functions[0].quirks = PCIRESET_QUIRK_DEVICE_SPECIFIC;
	assert_engine(PCIRESET_ENGINE_KERNEL, PCIRESET_ENGINE_WHY_QUIRK);
	functions[0].quirks |= PCIRESET_QUIRK_SLOW_FLR;
	assert_engine(PCIRESET_ENGINE_DIRECT, PCIRESET_ENGINE_WHY_DIRECT);

	functions[0].offers |= PCIRESET_BIT(PCIRESET_METHOD_DEVICE_SPECIFIC);
	functions[0].quirks = PCIRESET_QUIRK_DEVICE_SPECIFIC;
	plan();
	assert_int_equal(steps[0].method, PCIRESET_METHOD_DEVICE_SPECIFIC);
	assert_int_equal(steps[0].engine, PCIRESET_ENGINE_KERNEL);
}

static void a_reset_that_failed_is_followed_by_that_of_the_bus_once(void **state)
{
	size_t i = endpoint(root_port(), FLR | PM | SBR);

	(void)state;
	plan();
	assert_int_equal(steps[i].method, PCIRESET_METHOD_FLR);
	fails(i, -EOPNOTSUPP);
	assert_int_equal(escalate(), 1);
	assert_int_equal(next[i].action, PCIRESET_RESET);
	assert_int_equal(next[i].method, PCIRESET_METHOD_SBR);
	assert_int_equal(next[i].engine, PCIRESET_ENGINE_KERNEL);

	free(steps);
	steps = next;
	next = NULL;
	fails(i, -ENOTTY);
	assert_int_equal(escalate(), 0);
}

static void never_by_a_weaker_one(void **state)
{
	(void)state;
	(void)endpoint(ROOT, FLR | AF | PM);
	plan();
	fails(0, -EOPNOTSUPP);
	assert_int_equal(escalate(), 0);
	assert_int_equal(next[0].engine, PCIRESET_ENGINE_NONE);
}

static void a_kept_sibling_protects_the_bus(void **state)
{
	size_t port = root_port(), i = endpoint(port, FLR), kept = endpoint(port, FLR);

	(void)state;
	decisions[kept].action = PCIRESET_KEEP;
	plan();
	fails(i, -EOPNOTSUPP);
	assert_int_equal(escalate(), 0);
}

static void a_level_without_bus_resets_has_none(void **state)
{
	size_t i = endpoint(root_port(), FLR | SBR);

	(void)state;
	decisions[i].methods = PCIRESET_FUNCTION_LEVEL;
	plan();
	fails(i, -EOPNOTSUPP);
	assert_int_equal(escalate(), 0);
}

/* Its lock is held, and so is that of the port. */
static void one_that_is_stuck_bars_its_bus(void **state)
{
	size_t port = root_port(), i = endpoint(port, FLR), stuck = endpoint(port, FLR);

	(void)state;
	plan();
	fails(i, -EOPNOTSUPP);
	fails(stuck, -ETIMEDOUT);
	outcomes[stuck].stuck = true;
	assert_int_equal(escalate(), 0);
}

/* The kernel would save ones and write them back. */
static void no_reset_of_the_kernels_reaches_one_that_does_not_answer(void **state)
{
	size_t port = root_port(), i = endpoint(port, FLR), away = endpoint(port, FLR);

	(void)state;
	plan();
	fails(i, -EOPNOTSUPP);
	assert_int_equal(escalate(), 1);
	free(next);
	fails(away, -ETIMEDOUT);
	assert_int_equal(escalate(), 0);
	free(next);
	/* It went when its registers were written back. */
	fails(away, -EOPNOTSUPP);
	outcomes[away].restored = -ENODEV;
	assert_int_equal(escalate(), 0);
	free(next);
	/* Nor one that a driver has by now. */
	outcomes[away] = (struct pcireset_outcome){ .bound = true, .reset_error = -EBUSY };
	assert_int_equal(escalate(), 0);
}

static void alone_on_its_bus_it_is_not_reset_either(void **state)
{
	(void)state;
	(void)endpoint(root_port(), FLR | SBR);
	plan();
	fails(1, -ETIMEDOUT);
	assert_int_equal(escalate(), 0);
}

static void siblings_that_were_reset_are_not_reset_anew_for_themselves(void **state)
{
	size_t port = root_port(), i = endpoint(port, FLR), well = endpoint(port, FLR);

	(void)state;
	plan();
	fails(i, -EOPNOTSUPP);
	outcomes[well].tried = true;
	assert_int_equal(escalate(), 1);
	assert_true(next[i].whole_bus);
	assert_int_equal(next[well].engine, PCIRESET_ENGINE_NONE);
}

static void what_a_locked_down_kernel_refuses_it_makes_itself(void **state)
{
	(void)state;
	(void)endpoint(ROOT, FLR);
	plan();
	outcomes[0].reset_error = -EACCES;
	assert_int_equal(escalate(), 1);
	free(next);
	outcomes[0].reset_error = -EPERM;
	assert_int_equal(escalate(), 1);
	assert_int_equal(next[0].method, PCIRESET_METHOD_FLR);
	assert_int_equal(next[0].engine, PCIRESET_ENGINE_KERNEL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(registers_are_enough_for_flr_and_af),
		TEST(all_else_is_the_kernels_and_it_is_said_why),
		TEST(ats_is_the_kernels_where_an_iommu_caches_translations),
		TEST(devices_that_need_more_are_the_kernels),
		TEST(a_reset_that_failed_is_followed_by_that_of_the_bus_once),
		TEST(never_by_a_weaker_one),
		TEST(a_kept_sibling_protects_the_bus),
		TEST(a_level_without_bus_resets_has_none),
		TEST(one_that_is_stuck_bars_its_bus),
		TEST(no_reset_of_the_kernels_reaches_one_that_does_not_answer),
		TEST(alone_on_its_bus_it_is_not_reset_either),
		TEST(siblings_that_were_reset_are_not_reset_anew_for_themselves),
		TEST(what_a_locked_down_kernel_refuses_it_makes_itself),
	};

	return cmocka_run_group_tests_name("escalate", tests, NULL, NULL);
}
