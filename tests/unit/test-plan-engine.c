/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who makes a reset where there is a choice, and the reason that is given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pcireset.h"

#define OWN  PCIRESET_BIT(PCIRESET_METHOD_DEVICE_SPECIFIC)
#define FLR  PCIRESET_BIT(PCIRESET_METHOD_FLR)
#define PM   PCIRESET_BIT(PCIRESET_METHOD_PM)
#define ACPI PCIRESET_BIT(PCIRESET_METHOD_ACPI)

static struct pcireset_function function;
static struct pcireset_decision decision;
static struct pcireset_machine machine = { &function, 1 };
static struct pcireset_step *step;

/* An endpoint on a root bus with an FLR that the kernel offers, and a base address. */
static int setup(void **state)
{
	(void)state;
	function = (struct pcireset_function){
		.answers = true,
		.express = 0x60,
		.advertises = FLR,
		.offers = FLR,
		.parent = PCIRESET_NONE,
		.physical = PCIRESET_NONE,
		.behind = PCIRESET_NONE,
		.iommu_group = -1,
	};
	function.header[0x13] = 0xfe;
	decision = (struct pcireset_decision){ .action = PCIRESET_RESET,
					       .methods = PCIRESET_ANY_METHOD };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(step);
	step = NULL;
	return 0;
}

static void assert_plan(enum pcireset_method method, enum pcireset_engine engine,
			const char *engine_reason, const char *reason,
			enum pcireset_verdict expected)
{
	free(step);
	step = NULL;
	assert_int_equal(pcireset_plan_make(&machine, &decision, &step), 0);
	assert_int_equal(step->action, PCIRESET_RESET);
	assert_int_equal(step->method, method);
	assert_int_equal(step->engine, engine);
	assert_string_equal(pcireset_engine_why_words(step->engine_why), engine_reason);
	assert_string_equal(pcireset_why_words(step->why), reason);
	assert_int_equal(step->expected, expected);
}

/* The kernel's own reset of an Intel P4510 is an FLR and a wait of 250 ms more. */
static void an_flr_that_only_takes_longer_is_made_directly(void **state)
{
	(void)state;
	function.quirks = PCIRESET_QUIRK_DEVICE_SPECIFIC | PCIRESET_QUIRK_SLOW_FLR;
	function.offers |= OWN;
	assert_plan(PCIRESET_METHOD_FLR, PCIRESET_ENGINE_DIRECT, "its registers are enough",
		    "its own FLR", PCIRESET_VERIFIED);
	assert_int_equal(step->estimate_ms, 350);
}

static void where_the_kernel_has_to_make_it_that_is_the_kernels_own(void **state)
{
	(void)state;
	function.quirks = PCIRESET_QUIRK_DEVICE_SPECIFIC | PCIRESET_QUIRK_SLOW_FLR;
	function.offers |= OWN;
	decision.engine = PCIRESET_ENGINE_KERNEL;
	assert_plan(PCIRESET_METHOD_DEVICE_SPECIFIC, PCIRESET_ENGINE_KERNEL, "only the kernel can",
		    "the kernel offers it", PCIRESET_COMPLETED);
	decision.engine = PCIRESET_ENGINE_NONE;
	decision.methods = OWN;
	assert_plan(PCIRESET_METHOD_DEVICE_SPECIFIC, PCIRESET_ENGINE_KERNEL, "only the kernel can",
		    "the kernel offers it", PCIRESET_COMPLETED);
	decision.methods = PCIRESET_ANY_METHOD;
	function.offers = OWN;
	assert_plan(PCIRESET_METHOD_DEVICE_SPECIFIC, PCIRESET_ENGINE_KERNEL, "only the kernel can",
		    "the kernel offers it", PCIRESET_COMPLETED);
}

static void a_reset_that_does_more_than_an_flr_stays_the_kernels(void **state)
{
	(void)state;
	function.quirks = PCIRESET_QUIRK_DEVICE_SPECIFIC;
	function.offers |= OWN;
	assert_plan(PCIRESET_METHOD_DEVICE_SPECIFIC, PCIRESET_ENGINE_KERNEL, "only the kernel can",
		    "the kernel offers it", PCIRESET_COMPLETED);
	function.quirks |= PCIRESET_QUIRK_SLOW_FLR | PCIRESET_QUIRK_FENCE_LATE;
	assert_plan(PCIRESET_METHOD_DEVICE_SPECIFIC, PCIRESET_ENGINE_KERNEL, "only the kernel can",
		    "the kernel offers it", PCIRESET_COMPLETED);
}

static void assert_kernel(const char *engine_reason)
{
	assert_plan(PCIRESET_METHOD_FLR, PCIRESET_ENGINE_KERNEL, engine_reason,
		    "the kernel offers it", PCIRESET_COMPLETED);
}

static void assert_direct(void)
{
	assert_plan(PCIRESET_METHOD_FLR, PCIRESET_ENGINE_DIRECT, "its registers are enough",
		    "its own FLR", PCIRESET_VERIFIED);
}

/* The kernel brings it to D0 first; whoever asks for our own writes gets no less. */
static void one_that_sleeps_is_woken_by_the_kernel(void **state)
{
	(void)state;
	function.asleep = true;
	assert_kernel("it sleeps: D3hot");
	decision.engine = PCIRESET_ENGINE_DIRECT;
	assert_kernel("it sleeps: D3hot");
}

static void where_registers_cannot_be_written_the_kernel_makes_it(void **state)
{
	(void)state;
	decision.locked = true;
	assert_kernel("the kernel is locked down");
	decision.engine = PCIRESET_ENGINE_DIRECT;
	assert_kernel("the kernel is locked down");
	decision.engine = PCIRESET_ENGINE_KERNEL;
	assert_kernel("the kernel is locked down");
	decision.locked = false;
	assert_kernel("as configured");
}

static void a_dump_cannot_tell_that_there_is_no_iommu(void **state)
{
	(void)state;
	function.iommu_unknown = true;
	assert_direct();
	function.ats = 0x200;
	assert_kernel("ATS, if there is an IOMMU");
	decision.engine = PCIRESET_ENGINE_DIRECT;
	assert_direct();
}

static void assert_fenced(const char *reason)
{
	free(step);
	step = NULL;
	assert_int_equal(pcireset_plan_make(&machine, &decision, &step), 0);
	assert_int_equal(step->action, PCIRESET_FENCE);
	assert_int_equal(step->method, PCIRESET_METHOD_NONE);
	assert_string_equal(pcireset_why_words(step->why), reason);
}

static void pm_is_for_those_who_ask_for_nothing_else(void **state)
{
	(void)state;
	function.advertises = function.offers = PM;
	assert_fenced("no usable reset");

	decision.methods = PM;
	assert_plan(PCIRESET_METHOD_PM, PCIRESET_ENGINE_KERNEL, "only the kernel can",
		    "as decided; believed where it is seen", PCIRESET_FENCED);
	assert_int_equal(step->estimate_ms, 20);

	decision.methods = PM | FLR;
	assert_fenced("no usable reset");

	decision.methods = PM;
	function.quirks = PCIRESET_QUIRK_NO_PM_RESET;
	assert_fenced("its resets are known not to work");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_flr_that_only_takes_longer_is_made_directly),
		TEST(where_the_kernel_has_to_make_it_that_is_the_kernels_own),
		TEST(a_reset_that_does_more_than_an_flr_stays_the_kernels),
		TEST(one_that_sleeps_is_woken_by_the_kernel),
		TEST(where_registers_cannot_be_written_the_kernel_makes_it),
		TEST(pm_is_for_those_who_ask_for_nothing_else),
		TEST(a_dump_cannot_tell_that_there_is_no_iommu),
	};

	return cmocka_run_group_tests_name("plan-engine", tests, NULL, NULL);
}
