/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "fake_io.h"

static struct fake fake;
static struct pcireset_machine machine;
static struct pcireset_decision decisions[FAKE_FUNCTIONS];
static struct pcireset_outcome outcomes[FAKE_FUNCTIONS];

static int setup(void **state)
{
	(void)state;
	fake_init(&fake);
	memset(decisions, 0, sizeof(decisions));
	memset(outcomes, 0, sizeof(outcomes));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pcireset_machine_free(&machine);
	return 0;
}

static size_t fence(enum pcireset_action action)
{
	assert_int_equal(pcireset_scan(&fake.io, &machine), 0);
	fake_forget_log(&fake);
	for (size_t i = 0; i < machine.n; i++)
		decisions[i].action = action;
	return pcireset_fence(&fake.io, &machine, decisions, outcomes);
}

static void all_are_off_before_the_first_is_read_back(void **state)
{
	(void)state;
	(void)fake_endpoint(&fake, "0000:00:01.0", 0x10d38086, 0x020000, 0x0507);
	(void)fake_endpoint(&fake, "0000:00:02.0", 0x00101b36, 0x010802, 0x0006);

	assert_int_equal(fence(PCIRESET_RESET), 0);
	assert_string_equal(fake.log, "w 00:01.0 04 0503\n"
				      "w 00:02.0 04 0402\n"
				      "r 00:01.0 04\n"
				      "r 00:02.0 04\n");
}

static void command_of_a_bridge_is_never_written(void **state)
{
	struct fake_function *cardbus;

	(void)state;
	(void)fake_port(&fake, "0000:00:03.0", 1, 1);
	cardbus = fake_endpoint(&fake, "0000:00:04.0", 0x04761180, 0x060700, 0x0007);
	cardbus->config[0x0e] = 2;

	/* Even if a caller asks for it. */
	assert_int_equal(fence(PCIRESET_RESET), 0);
	assert_string_equal(fake.log, "");
	pcireset_machine_free(&machine);
	assert_int_equal(fence(PCIRESET_FENCE), 0);
	assert_string_equal(fake.log, "");
}

static void kept_and_idle_functions_are_not_written(void **state)
{
	(void)state;
	(void)fake_endpoint(&fake, "0000:00:01.0", 0x10d38086, 0x020000, 0x0507);

	assert_int_equal(fence(PCIRESET_KEEP), 0);
	assert_string_equal(fake.log, "");
	pcireset_machine_free(&machine);
	assert_int_equal(fence(PCIRESET_IDLE), 0);
	assert_string_equal(fake.log, "");
}

static void what_is_off_already_is_not_written(void **state)
{
	(void)state;
	(void)fake_endpoint(&fake, "0000:00:01.0", 0x10d38086, 0x020000, 0x0103);

	assert_int_equal(fence(PCIRESET_RESET), 0);
	assert_string_equal(fake.log, "");
}

static void a_console_keeps_its_interrupt(void **state)
{
	(void)state;
	(void)fake_endpoint(&fake, "0000:00:01.0", 0x11111234, 0x030000, 0x0007);
	decisions[0].leave_intx = true;

	assert_int_equal(fence(PCIRESET_FENCE), 0);
	assert_string_equal(fake.log, "w 00:01.0 04 0003\n"
				      "r 00:01.0 04\n");
}

static void one_that_stays_on_is_counted(void **state)
{
	(void)state;
	fake_endpoint(&fake, "0000:00:01.0", 0x10d38086, 0x020000, 0x0507)->sticky_master = true;
	(void)fake_endpoint(&fake, "0000:00:02.0", 0x10d38086, 0x020000, 0x0507);

	assert_int_equal(fence(PCIRESET_RESET), 1);
	assert_int_equal(outcomes[0].fence_error, -16);
	assert_int_equal(outcomes[1].fence_error, 0);
}

static void under_lockdown_the_kernel_clears_it(void **state)
{
	struct fake_function *f;

	(void)state;
	f = fake_endpoint(&fake, "0000:00:01.0", 0x10d38086, 0x020000, 0x0507);
	f->locked_down = true;
	(void)fake_attr(&fake, f, "enable", "0");

	/* The scripted kernel does not clear anything: read back tells. */
	assert_int_equal(fence(PCIRESET_RESET), 1);
	assert_string_equal(fake.log, "w 00:01.0 04 0503\n"
				      "a 00:01.0/enable 1\n"
				      "a 00:01.0/enable 0\n"
				      "r 00:01.0 04\n");
}

static void chelsio_keeps_bus_master_until_its_reset(void **state)
{
	(void)state;
	(void)fake_endpoint(&fake, "0000:00:01.0", 0x54011425, 0x020000, 0x0506);
	(void)fake_endpoint(&fake, "0000:00:02.0", 0x44011425, 0x020000, 0x0506);

	assert_int_equal(fence(PCIRESET_RESET), 0);
	assert_string_equal(fake.log, "w 00:01.0 04 0502\n"
				      "r 00:01.0 04\n");
	pcireset_machine_free(&machine);

	/* No reset will follow: then it has to go off now. */
	fake_forget_log(&fake);
	assert_int_equal(fence(PCIRESET_FENCE), 0);
	assert_string_equal(fake.log, "w 00:02.0 04 0502\n"
				      "r 00:02.0 04\n");
}

static void registers_before_are_kept_as_evidence(void **state)
{
	(void)state;
	(void)fake_endpoint(&fake, "0000:00:01.0", 0x10d38086, 0x020000, 0x0507);
	fake_endpoint(&fake, "0000:00:02.0", 0x10d38086, 0x020000, 0x0507)->gone = true;

	(void)fence(PCIRESET_RESET);
	assert_int_equal(outcomes[0].before.id, 0x10d38086);
	assert_int_equal(outcomes[0].before.command, 0x0507);
	assert_int_equal(outcomes[1].before.command, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_are_off_before_the_first_is_read_back, setup,
						teardown),
		cmocka_unit_test_setup_teardown(command_of_a_bridge_is_never_written, setup,
						teardown),
		cmocka_unit_test_setup_teardown(kept_and_idle_functions_are_not_written, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_is_off_already_is_not_written, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_console_keeps_its_interrupt, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_stays_on_is_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(under_lockdown_the_kernel_clears_it, setup,
						teardown),
		cmocka_unit_test_setup_teardown(chelsio_keeps_bus_master_until_its_reset, setup,
						teardown),
		cmocka_unit_test_setup_teardown(registers_before_are_kept_as_evidence, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("fence", tests, NULL, NULL);
}
