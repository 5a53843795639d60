/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine whose functions are reset by the kernel's engine; for one test program each. */
#ifndef KERNEL_STAGE_H
#define KERNEL_STAGE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_io.h"

static struct fake fake;
static struct pcireset_machine machine;
static struct pcireset_step steps[FAKE_FUNCTIONS];
static struct pcireset_outcome outcomes[FAKE_FUNCTIONS];
static struct pcireset_journal_entry entries[FAKE_FUNCTIONS];
static struct pcireset_journal journal[1];
static char started[1024];

static int setup(void **state)
{
	(void)state;
	fake_init(&fake);
	memset(steps, 0, sizeof(steps));
	memset(outcomes, 0, sizeof(outcomes));
	started[0] = '\0';
	memset(entries, 0, sizeof(entries));
	journal[0] = (struct pcireset_journal){ .capacity = FAKE_FUNCTIONS, .entries = entries };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < fake.n_jobs; i++)
		pcireset_job_free(fake.jobs[i].job);
	pcireset_machine_free(&machine);
	return 0;
}

static struct fake_function *endpoint(const char *address)
{
	return fake_endpoint(&fake, address, 0x10d38086, 0x020000, 0x0402);
}

static void reset_starts(void *data, size_t i, enum pcireset_method method)
{
	char address[PCIRESET_ADDRESS_BYTES];

	(void)data;
	(void)strcat(started, pcireset_address_format(machine.functions[i].address, address));
	(void)strcat(started, " ");
	(void)strcat(started, pcireset_method_word(method));
	(void)strcat(started, "\n");
}

static void read_machine(void)
{
	assert_int_equal(pcireset_scan(&fake.io, &machine), 0);
	pcireset_topology_read(&fake.io, &machine);
	for (size_t i = 0; i < machine.n; i++)
		steps[i].via = PCIRESET_NONE;
	fake_forget_log(&fake);
	fake.now_us = 0;
}

static void reset_by(size_t i, enum pcireset_method method)
{
	steps[i].action = PCIRESET_RESET;
	steps[i].method = method;
	steps[i].engine = PCIRESET_ENGINE_KERNEL;
	if (method == PCIRESET_METHOD_SBR)
		steps[i].via = machine.functions[i].parent;
}

static void run(uint32_t function_ms, uint32_t deadline_ms)
{
	const struct pcireset_observer observer = { reset_starts, NULL };
	const struct pcireset_task task = {
		.io = &fake.io,
		.machine = &machine,
		.steps = steps,
		.limits = { function_ms, 1100, 100, deadline_ms * 1000ull },
		.journal = journal,
		.observer = &observer,
		.outcomes = outcomes,
	};

	assert_int_equal(pcireset_reset(&task), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
