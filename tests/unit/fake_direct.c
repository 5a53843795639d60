/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_direct.h"

#include <string.h>

struct fake direct;
struct pcireset_machine machine;
struct pcireset_step steps[FAKE_FUNCTIONS];
struct pcireset_outcome outcomes[FAKE_FUNCTIONS];
struct pcireset_journal_entry entries[FAKE_FUNCTIONS];
struct pcireset_journal journal[1];
bool vanishes;

int direct_setup(void **state)
{
	(void)state;
	fake_init(&direct);
	memset(steps, 0, sizeof(steps));
	memset(outcomes, 0, sizeof(outcomes));
	memset(entries, 0, sizeof(entries));
	vanishes = false;
	journal[0] = (struct pcireset_journal){ .capacity = FAKE_FUNCTIONS, .entries = entries };
	return 0;
}

int direct_teardown(void **state)
{
	(void)state;
	pcireset_machine_free(&machine);
	return 0;
}

struct fake_function *endpoint(const char *address, enum fake_flr flr)
{
	struct fake_function *f = fake_endpoint(&direct, address, NIC, 0x020000, 0x0402);

	fake_express(f, true);
	fake_put(f->config, 0x10, 0xfe000004, 4);
	fake_put(f->config, 0x3c, 0x0b, 1);
	fake_put(f->config, 0x48, 0x2810, 2);
	f->config_bytes = FAKE_CONFIG_BYTES;
	f->flr = flr;
	f->quiet_us = 100000;
	return f;
}

void direct_prepare(void)
{
	assert_int_equal(pcireset_scan(&direct.io, &machine), 0);
	pcireset_topology_read(&direct.io, &machine);
	for (size_t i = 0; i < machine.n; i++) {
		steps[i].via = PCIRESET_NONE;
		steps[i].action = PCIRESET_RESET;
		steps[i].method =
			machine.functions[i].af ? PCIRESET_METHOD_AF : PCIRESET_METHOD_FLR;
		steps[i].engine = PCIRESET_ENGINE_DIRECT;
	}
}

void direct_reset(uint32_t deadline_ms)
{
	const struct pcireset_task task = {
		.io = &direct.io,
		.machine = &machine,
		.steps = steps,
		.limits = { .function_ms = FUNCTION_MS, .deadline_us = deadline_ms * 1000ull },
		.journal = journal,
		.outcomes = outcomes,
	};

	fake_forget_log(&direct);
	direct.now_us = 0;
	if (vanishes)
		direct.functions[0].gone = true;
	assert_int_equal(pcireset_reset(&task), 0);
}

void direct_run(uint32_t deadline_ms)
{
	direct_prepare();
	direct_reset(deadline_ms);
}
