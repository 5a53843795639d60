/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drain and verify: what is known at the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_io.h"

static struct fake fake;
static struct pcireset_machine machine;
static struct pcireset_step steps[FAKE_FUNCTIONS];
static struct pcireset_outcome outcomes[FAKE_FUNCTIONS];
static struct pcireset_journal *journal;

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
	free(journal);
	journal = NULL;
	return 0;
}

/* Fenced, with PCI Express, as it is after the fence: Bus Master off. */
static struct fake_function *fenced(const char *address)
{
	struct fake_function *f = fake_endpoint(&fake, address, 0x10d38086, 0x020000, 0x0402);

	fake_express(f, true);
	return f;
}

static void read_machine(enum pcireset_action action)
{
	assert_int_equal(pcireset_scan(&fake.io, &machine), 0);
	pcireset_topology_read(&fake.io, &machine);
	for (size_t i = 0; i < machine.n; i++)
		steps[i] = (struct pcireset_step){ .action = action, .via = PCIRESET_NONE };
	fake_forget_log(&fake);
	fake.now_us = 0;
}

static void drain_ends_as_soon_as_nothing_is_pending(void **state)
{
	(void)state;
	fenced("0000:00:01.0")->pending_reads = 2;
	(void)fenced("0000:00:02.0");
	read_machine(PCIRESET_RESET);

	assert_int_equal(pcireset_drain(&fake.io, &machine, steps, 100, outcomes), 0);
	/* The one that was quiet is not asked again. */
	assert_string_equal(fake.log, "r 00:01.0 4a\n"
				      "r 00:02.0 4a\n"
				      "s 500\n"
				      "r 00:01.0 4a\n"
				      "s 1000\n"
				      "r 00:01.0 4a\n");
	assert_int_equal(outcomes[0].pending, PCIRESET_NO);
}

static void drain_gives_up_at_its_limit(void **state)
{
	(void)state;
	fenced("0000:00:01.0")->pending_reads = -1;
	read_machine(PCIRESET_RESET);

	assert_int_equal(pcireset_drain(&fake.io, &machine, steps, 100, outcomes), 1);
	assert_int_equal(outcomes[0].pending, PCIRESET_YES);
	assert_in_range(fake.now_us, 100000, 120000);
}

static void drain_of_nothing_takes_no_time(void **state)
{
	(void)state;
	(void)fenced("0000:00:01.0");
	read_machine(PCIRESET_KEEP);

	assert_int_equal(pcireset_drain(&fake.io, &machine, steps, 100, outcomes), 0);
	assert_string_equal(fake.log, "");
}

static void what_was_pending_at_the_crash_is_on_record(void **state)
{
	(void)state;
	fake_put(fenced("0000:00:01.0")->config, 0x4a, 0x0024, 2);
	(void)fake_endpoint(&fake, "0000:00:02.0", 0x10d38086, 0x020000, 0x0402);
	fenced("0000:00:03.0")->gone = true;
	outcomes[1].before.devsta = PCIRESET_UNREAD;
	read_machine(PCIRESET_KEEP);

	pcireset_record(&fake.io, &machine, outcomes);
	assert_string_equal(fake.log, "r 00:01.0 4a\n"
				      "r 00:01.0 52\n");
	assert_int_equal(outcomes[0].before.devsta, 0x0024);
	assert_int_equal(outcomes[1].before.devsta, PCIRESET_UNREAD);
}

static void silent_reset_and_ready_is_completed_and_no_more(void **state)
{
	(void)state;
	(void)fenced("0000:00:01.0");
	read_machine(PCIRESET_RESET);
	outcomes[0].tried = true;

	assert_int_equal(pcireset_verify(&fake.io, &machine, steps, NULL, outcomes), 0);
	assert_int_equal(outcomes[0].verdict, PCIRESET_COMPLETED);
	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_REPORTED);
	assert_int_equal(outcomes[0].silent, PCIRESET_YES);
	assert_int_equal(outcomes[0].ready, PCIRESET_YES);
	assert_int_equal(outcomes[0].after.command, 0x0402);
	assert_string_equal(fake.log, "r 00:01.0 00\n"
				      "r 00:01.0 04\n"
				      "r 00:01.0 4a\n"
				      "r 00:01.0 52\n");
}

static void a_failed_reset_leaves_it_fenced(void **state)
{
	(void)state;
	(void)fenced("0000:00:01.0");
	read_machine(PCIRESET_RESET);
	outcomes[0].tried = true;
	outcomes[0].reset_error = -25;

	assert_int_equal(pcireset_verify(&fake.io, &machine, steps, NULL, outcomes), 0);
	assert_int_equal(outcomes[0].verdict, PCIRESET_FENCED);
	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_NONE);
}

static void one_that_turned_bus_master_on_again_is_fenced_again(void **state)
{
	(void)state;
	(void)fenced("0000:00:01.0");
	read_machine(PCIRESET_RESET);
	outcomes[0].tried = true;
	fake_put(fake.functions[0].config, 4, 0x0006, 2);

	assert_int_equal(pcireset_verify(&fake.io, &machine, steps, NULL, outcomes), 0);
	assert_non_null(strstr(fake.log, "w 00:01.0 04 0402\n"));
	assert_int_equal(outcomes[0].verdict, PCIRESET_COMPLETED);
}

static void bus_master_that_stays_on_is_failed(void **state)
{
	(void)state;
	fenced("0000:00:01.0")->sticky_master = true;
	fake_put(fake.functions[0].config, 4, 0x0006, 2);
	read_machine(PCIRESET_RESET);
	outcomes[0].tried = true;

	assert_int_equal(pcireset_verify(&fake.io, &machine, steps, NULL, outcomes), 1);
	assert_int_equal(outcomes[0].verdict, PCIRESET_FAILED);
	assert_int_equal(outcomes[0].silent, PCIRESET_NO);
}

static void requests_that_stay_pending_are_not_silence(void **state)
{
	(void)state;
	fenced("0000:00:01.0")->pending_reads = -1;
	read_machine(PCIRESET_FENCE);

	assert_int_equal(pcireset_verify(&fake.io, &machine, steps, NULL, outcomes), 1);
	assert_int_equal(outcomes[0].verdict, PCIRESET_FAILED);
}

static void another_id_or_none_is_lost(void **state)
{
	(void)state;
	(void)fenced("0000:00:01.0");
	(void)fenced("0000:00:02.0");
	(void)fenced("0000:00:03.0");
	read_machine(PCIRESET_RESET);
	fake_put(fake.functions[0].config, 0, 0x02b21000, 4); /* a switch's placeholder */
	fake.functions[1].gone = true;
	fake_put(fake.functions[2].config, 0, 0xffff0001, 4);

	assert_int_equal(pcireset_verify(&fake.io, &machine, steps, NULL, outcomes), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(outcomes[i].verdict, PCIRESET_LOST);
		assert_int_equal(outcomes[i].ready, PCIRESET_NO);
	}
}

static void one_that_needs_a_second_after_its_reset_is_waited_for(void **state)
{
	(void)state;
	(void)fenced("0000:00:01.0");
	(void)fenced("0000:00:02.0");
	read_machine(PCIRESET_RESET);
	outcomes[0].tried = true;
	outcomes[1].tried = true;
	fake.functions[1].answers_at_us = 1000000;

	assert_int_equal(pcireset_verify(&fake.io, &machine, steps, NULL, outcomes), 0);
	assert_int_equal(outcomes[0].verdict, PCIRESET_COMPLETED);
	assert_int_equal(outcomes[1].verdict, PCIRESET_COMPLETED);
	assert_in_range(fake.now_us, 1000000, 1100000);
}

static void all_that_never_come_back_cost_one_wait(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 9; i++) {
		char address[32];

		(void)snprintf(address, sizeof(address), "0000:00:%02x.0", i);
		(void)fenced(address);
	}
	read_machine(PCIRESET_RESET);
	for (size_t i = 0; i < 9; i++) {
		outcomes[i].tried = true;
		fake.functions[i].gone = true;
	}

	assert_int_equal(pcireset_verify(&fake.io, &machine, steps, NULL, outcomes), 9);
	assert_in_range(fake.now_us, 1100000, 1200000);
}

static void stuck_and_dead_functions_are_not_read(void **state)
{
	(void)state;
	(void)fenced("0000:00:01.0");
	fenced("0000:00:02.0")->gone = true;
	read_machine(PCIRESET_RESET);
	outcomes[0].stuck = true;
	steps[1].action = PCIRESET_KEEP;

	assert_int_equal(pcireset_verify(&fake.io, &machine, steps, NULL, outcomes), 2);
	assert_string_equal(fake.log, "");
	assert_int_equal(outcomes[0].verdict, PCIRESET_LOST);
	assert_int_equal(outcomes[1].verdict, PCIRESET_LOST);
}

static void kept_and_idle_functions_are_not_read_either(void **state)
{
	(void)state;
	(void)fenced("0000:00:01.0");
	(void)fenced("0000:00:02.0");
	read_machine(PCIRESET_KEEP);
	steps[1].action = PCIRESET_IDLE;

	assert_int_equal(pcireset_verify(&fake.io, &machine, steps, NULL, outcomes), 0);
	assert_string_equal(fake.log, "");
	assert_int_equal(outcomes[0].verdict, PCIRESET_KEPT);
	assert_int_equal(outcomes[1].verdict, PCIRESET_VERDICT_IDLE);
}

/* As the engine leaves it: saved before the reset, everything else put back. */
static void save_all(void)
{
	journal = calloc(1, sizeof(*journal) + machine.n * sizeof(journal->entries[0]));
	assert_non_null(journal);
	journal->entries = (struct pcireset_journal_entry *)(journal + 1);
	journal->capacity = journal->n = machine.n;
	for (size_t i = 0; i < machine.n; i++) {
		journal->entries[i].address = machine.functions[i].address;
		journal->entries[i].in_use = true;
		assert_int_equal(pcireset_saved_take(&fake.io, &machine.functions[i],
						     &journal->entries[i].saved), 0);
	}
	fake_forget_log(&fake);
}

static void registers_that_a_reset_erased_are_written_back(void **state)
{
	struct fake_function *f;

	(void)state;
	f = fenced("0000:00:01.0");
	fake_put(f->config, 0x10, 0xfe000000, 4);
	fake_put(f->config, 0x14, 0x0000e001, 4);
	fake_put(f->config, 0x48, 0x2830, 2);
	read_machine(PCIRESET_RESET);
	save_all();
	fake_put(f->config, 0x10, 0, 4);
	fake_put(f->config, 0x48, 0x2810, 2);
	outcomes[0].tried = true;

	assert_int_equal(pcireset_verify(&fake.io, &machine, steps, journal, outcomes), 0);
	assert_int_equal(fake_get(f->config, 0x10, 4), 0xfe000000);
	assert_int_equal(fake_get(f->config, 0x48, 2), 0x2830);
	/* Nothing else is written. */
	assert_non_null(strstr(fake.log, "w 00:01.0 10 fe000000\n"));
	assert_non_null(strstr(fake.log, "w 00:01.0 48 2830\n"));
	assert_null(strstr(fake.log, "w 00:01.0 14"));
	assert_int_equal(outcomes[0].restored, 2);
	assert_int_equal(outcomes[0].verdict, PCIRESET_COMPLETED);
	assert_false(journal->entries[0].in_use);
}

static void a_bridge_gets_its_numbers_back_before_what_is_behind_it(void **state)
{
	struct fake_function *port, *f;

	(void)state;
	port = fake_port(&fake, "0000:00:02.0", 1, 1);
	fake_put(port->config, 0x20, 0xfe10fe00, 4);
	f = fenced("0000:01:00.0");
	fake_put(f->config, 0x10, 0xfe000000, 4);
	read_machine(PCIRESET_RESET);
	steps[0].action = PCIRESET_KEEP;
	save_all();
	fake_put(port->config, 0x18, 0, 4);
	fake_put(port->config, 0x20, 0, 4);
	fake_put(f->config, 0x10, 0, 4);
	outcomes[1].tried = true;

	assert_int_equal(pcireset_verify(&fake.io, &machine, steps, journal, outcomes), 0);
	assert_int_equal(fake_get(port->config, 0x18, 4), 0x00010100);
	assert_int_equal(fake_get(port->config, 0x20, 4), 0xfe10fe00);
	assert_true(strstr(fake.log, "w 00:02.0 18 00010100") <
		    strstr(fake.log, "w 01:00.0 10 fe000000"));
	/* COMMAND of a bridge is not ours. */
	assert_null(strstr(fake.log, "w 00:02.0 04"));
	assert_int_equal(outcomes[0].verdict, PCIRESET_KEPT);
}

static void no_register_below_a_stuck_bus_reset_is_read(void **state)
{
	struct pcireset_task task = { .io = &fake.io, .machine = &machine, .steps = steps,
				      .limits = { .function_ms = 2000, .deadline_us = UINT64_MAX },
				      .outcomes = outcomes };
	struct fake_function *port;

	(void)state;
	port = fake_port(&fake, "0000:00:02.0", 1, 2);
	fake_attr(&fake, port, "reset_subordinate", "")->blocks_us = UINT64_MAX;
	(void)fake_port(&fake, "0000:01:00.0", 2, 2);
	(void)fenced("0000:02:00.0");
	read_machine(PCIRESET_KEEP);
	steps[2] = (struct pcireset_step){ .action = PCIRESET_RESET, .whole_bus = true,
					   .method = PCIRESET_METHOD_SBR,
					   .engine = PCIRESET_ENGINE_KERNEL };
	save_all();
	memset(journal->entries, 0, machine.n * sizeof(journal->entries[0]));
	task.journal = journal;
	assert_int_equal(pcireset_reset(&task), 0);
	fake_forget_log(&fake);

	assert_int_equal(pcireset_verify(&fake.io, &machine, steps, journal, outcomes), 1);
	assert_string_equal(fake.log, "");
	assert_int_equal(outcomes[1].verdict, PCIRESET_KEPT);
	pcireset_job_free(fake.jobs[0].job);
}

static void a_stuck_function_is_not_restored(void **state)
{
	(void)state;
	(void)fenced("0000:00:01.0");
	read_machine(PCIRESET_RESET);
	save_all();
	journal->entries[0].stuck = true;
	outcomes[0].tried = outcomes[0].stuck = true;

	assert_int_equal(pcireset_verify(&fake.io, &machine, steps, journal, outcomes), 1);
	assert_string_equal(fake.log, "");
	assert_true(journal->entries[0].in_use);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(drain_ends_as_soon_as_nothing_is_pending),
		TEST(drain_gives_up_at_its_limit),
		TEST(drain_of_nothing_takes_no_time),
		TEST(what_was_pending_at_the_crash_is_on_record),
		TEST(silent_reset_and_ready_is_completed_and_no_more),
		TEST(a_failed_reset_leaves_it_fenced),
		TEST(one_that_turned_bus_master_on_again_is_fenced_again),
		TEST(bus_master_that_stays_on_is_failed),
		TEST(requests_that_stay_pending_are_not_silence),
		TEST(another_id_or_none_is_lost),
		TEST(one_that_needs_a_second_after_its_reset_is_waited_for),
		TEST(all_that_never_come_back_cost_one_wait),
		TEST(stuck_and_dead_functions_are_not_read),
		TEST(kept_and_idle_functions_are_not_read_either),
		TEST(registers_that_a_reset_erased_are_written_back),
		TEST(a_bridge_gets_its_numbers_back_before_what_is_behind_it),
		TEST(no_register_below_a_stuck_bus_reset_is_read),
		TEST(a_stuck_function_is_not_restored),
	};

	return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
