/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices whose reset is the kernel's, from fence to verdict: all that is written to them,
 * and what the kernel is asked for.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fake_direct.h"

static struct pcireset_decision decisions[2];
static struct pcireset_step *planned;

/* Bus Master on, as the crash left it. */
static void running(const char *address, uint32_t id, const char *methods)
{
	struct fake_function *f = endpoint(address, FAKE_FLR_WORKS);

	fake_put(f->config, 0x00, id, 4);
	fake_put(f->config, 0x04, 0x0006, 2);
	(void)fake_resets(&direct, f, methods);
}

static void make(unsigned int methods, uint32_t deadline_ms)
{
	struct pcireset_task task = {
		.io = &direct.io,
		.machine = &machine,
		.limits = { .function_ms = FUNCTION_MS, .deadline_us = deadline_ms * 1000ull },
		.journal = journal,
		.outcomes = outcomes,
	};

	for (size_t i = 0; i < 2; i++)
		decisions[i] =
			(struct pcireset_decision){ .action = PCIRESET_RESET, .methods = methods };
	assert_int_equal(pcireset_scan(&direct.io, &machine), 0);
	direct.now_us = 0;
	fake_forget_log(&direct);
	(void)pcireset_fence(&direct.io, &machine, decisions, outcomes);
	pcireset_topology_read(&direct.io, &machine);
	free(planned);
	assert_int_equal(pcireset_plan_make(&machine, decisions, &planned), 0);
	task.steps = planned;
	(void)pcireset_drain(&direct.io, &machine, planned, 100, outcomes);
	assert_int_equal(pcireset_reset(&task), 0);
}

static int teardown(void **state)
{
	free(planned);
	planned = NULL;
	return direct_teardown(state);
}

/* Can wedge where Bus Master goes off with DMA in flight: it does only when all is over. */
static void chelsio_is_the_kernels_and_is_fenced_behind_its_reset(void **state)
{
	(void)state;
	running("0000:01:00.0", 0x44011425, "device_specific flr pm bus");
	make(PCIRESET_ANY_METHOD, 10000);

	assert_int_equal(planned[0].method, PCIRESET_METHOD_DEVICE_SPECIFIC);
	assert_int_equal(planned[0].engine, PCIRESET_ENGINE_KERNEL);
	assert_int_equal(planned[0].engine_why, PCIRESET_ENGINE_WHY_METHOD);
	assert_true(planned[0].fence_late);
	assert_int_equal(outcomes[0].pending, PCIRESET_UNKNOWN); /* it is not drained */
	assert_null(strstr(direct.log, "w "));
	assert_non_null(strstr(direct.log, "a 01:00.0/driver_override pci-quiesce\n"
					   "a 01:00.0/reset_method device_specific\n"
					   "a 01:00.0/reset 1\n"
					   "a 01:00.0/reset_method device_specific flr pm bus\n"
					   "a 01:00.0/driver_override \n"));
	fake_forget_log(&direct);
	assert_int_equal(pcireset_verify(&direct.io, &machine, planned, journal, outcomes), 0);
	assert_string_equal(direct.log, "r 01:00.0 00\n"
					"r 01:00.0 04\n"
					"r 01:00.0 4a\n"
					"r 01:00.0 52\n"
					"r 01:00.0 00\n" /* nothing is erased */
					"r 01:00.0 10\n"
					"r 01:00.0 3c\n"
					"r 01:00.0 48\n"
					"r 01:00.0 50\n"
					"r 01:00.0 68\n"
					"w 01:00.0 04 0402\n"
					"r 01:00.0 00\n"
					"r 01:00.0 04\n"
					"r 01:00.0 4a\n"
					"r 01:00.0 52\n");
	assert_int_equal(outcomes[0].verdict, PCIRESET_COMPLETED);
}

/* A kernel that does not know the device leaves nothing but its own FLR: also late. */
static void chelsio_without_a_reset_of_its_own_is_still_the_kernels(void **state)
{
	(void)state;
	running("0000:01:00.0", 0x44011425, "flr pm bus");
	make(PCIRESET_ANY_METHOD, 10000);

	assert_int_equal(planned[0].method, PCIRESET_METHOD_FLR);
	assert_int_equal(planned[0].engine_why, PCIRESET_ENGINE_WHY_QUIRK);
	assert_null(strstr(direct.log, "w "));
	assert_non_null(strstr(direct.log, "a 01:00.0/reset_method flr\n"
					   "a 01:00.0/reset 1\n"
					   "a 01:00.0/reset_method flr pm bus\n"));
}

/* Its controller has to be disabled before, which is done through its memory. */
static void samsung_sm961_is_the_kernels_and_is_fenced_at_once(void **state)
{
	(void)state;
	running("0000:01:00.0", 0xa804144d, "device_specific flr bus");
	make(PCIRESET_ANY_METHOD, 10000);

	assert_int_equal(planned[0].method, PCIRESET_METHOD_DEVICE_SPECIFIC);
	assert_int_equal(planned[0].engine, PCIRESET_ENGINE_KERNEL);
	assert_ptr_equal(strstr(direct.log, "w 01:00.0 04 0402\nr 01:00.0 04\n"), direct.log);
	assert_null(strstr(direct.log + 1, "w "));
	assert_non_null(strstr(direct.log, "r 01:00.0 4a\n" /* drain */
					   "r 01:00.0 48\n"
					   "r 01:00.0 50\n"
					   "r 01:00.0 68\n"
					   "a 01:00.0/driver_override pci-quiesce\n"
					   "a 01:00.0/reset_method device_specific\n"
					   "a 01:00.0/reset 1\n"
					   "a 01:00.0/reset_method device_specific flr bus\n"
					   "a 01:00.0/driver_override \n"));
	assert_int_equal(pcireset_verify(&direct.io, &machine, planned, journal, outcomes), 0);
	assert_int_equal(outcomes[0].verdict, PCIRESET_COMPLETED);
}

static void samsung_sm961_without_a_reset_of_its_own_is_still_the_kernels(void **state)
{
	(void)state;
	running("0000:01:00.0", 0xa804144d, "flr bus");
	make(PCIRESET_ANY_METHOD, 10000);

	assert_int_equal(planned[0].engine, PCIRESET_ENGINE_KERNEL);
	assert_int_equal(planned[0].engine_why, PCIRESET_ENGINE_WHY_QUIRK);
	assert_null(strstr(direct.log, "w 01:00.0 48"));
}

/* It says that it is done and is as it was: nobody believes that. */
static void pm_that_does_nothing_leaves_it_fenced(void **state)
{
	(void)state;
	running("0000:01:00.0", NIC, "pm");
	make(PCIRESET_BIT(PCIRESET_METHOD_PM), 10000);

	assert_int_equal(planned[0].method, PCIRESET_METHOD_PM);
	assert_non_null(strstr(direct.log, "a 01:00.0/driver_override pci-quiesce\n"
					   "a 01:00.0/reset_method pm\n"
					   "a 01:00.0/reset 1\n"
					   "a 01:00.0/reset_method pm\n"
					   "a 01:00.0/driver_override \n"));
	assert_int_equal(pcireset_verify(&direct.io, &machine, planned, journal, outcomes), 0);
	assert_int_equal(outcomes[0].reset_error, 0);
	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_NONE);
	assert_int_equal(outcomes[0].verdict, PCIRESET_FENCED);
}

/* The scripted machine fails the test where anybody touches it after that. */
static void a_reset_that_blocks_for_ever_is_left_with_its_function(void **state)
{
	(void)state;
	running("0000:01:00.0", 0xa804144d, "device_specific flr bus");
	fake_find_attr(&direct, "sys/bus/pci/devices/0000:01:00.0/reset")->blocks_us = UINT64_MAX;
	make(PCIRESET_ANY_METHOD, 10000);

	assert_true(outcomes[0].stuck);
	assert_int_equal(outcomes[0].reset_error, -ETIMEDOUT);
	assert_in_range(direct.now_us, 2000000, 2000200);
	fake_forget_log(&direct);
	assert_int_equal(pcireset_verify(&direct.io, &machine, planned, journal, outcomes), 1);
	assert_int_equal(pcireset_journal_restore(&direct.io, &entries[0]), -EBUSY);
	assert_string_equal(direct.log, "");
	assert_int_equal(outcomes[0].verdict, PCIRESET_LOST);
	assert_int_equal(outcomes[0].ready, PCIRESET_UNKNOWN);
	pcireset_job_free(direct.jobs[0].job);
}

/* The kernel has given up, and the function is there: it can be read. */
static void a_kernel_that_says_timeout_is_not_the_last_word(void **state)
{
	(void)state;
	running("0000:01:00.0", 0xa804144d, "device_specific flr bus");
	fake_find_attr(&direct, "sys/bus/pci/devices/0000:01:00.0/reset")->write_error = -ETIMEDOUT;
	make(PCIRESET_ANY_METHOD, 10000);

	assert_int_equal(outcomes[0].reset_error, -ETIMEDOUT);
	assert_false(outcomes[0].stuck);
	assert_int_equal(pcireset_verify(&direct.io, &machine, planned, journal, outcomes), 0);
	assert_int_equal(outcomes[0].verdict, PCIRESET_FENCED);
}

#define SPECIFIC(name) cmocka_unit_test_setup_teardown(name, direct_setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SPECIFIC(chelsio_is_the_kernels_and_is_fenced_behind_its_reset),
		SPECIFIC(chelsio_without_a_reset_of_its_own_is_still_the_kernels),
		SPECIFIC(samsung_sm961_is_the_kernels_and_is_fenced_at_once),
		SPECIFIC(samsung_sm961_without_a_reset_of_its_own_is_still_the_kernels),
		SPECIFIC(pm_that_does_nothing_leaves_it_fenced),
		SPECIFIC(a_reset_that_blocks_for_ever_is_left_with_its_function),
		SPECIFIC(a_kernel_that_says_timeout_is_not_the_last_word),
	};

	return cmocka_run_group_tests_name("specific", tests, NULL, NULL);
}
