/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All resets of a scripted machine, and what the report says of them; for one test program each. */
#ifndef RESETS_STAGE_H
#define RESETS_STAGE_H

#include <cJSON.h>
#include <stdlib.h>

#include "fake_direct.h"
#include "quiesce.h"
#include "report.h"

static const struct quiesce_log quiet = { .kmsg_fd = -1, .stderr_max = -1 };
static struct quiesce_run run;
static struct fake_attr *reset;

static int setup(void **state)
{
	(void)direct_setup(state);
	run = (struct quiesce_run){ .root = "",
				    .io = &direct.io,
				    .log = &quiet,
				    .is_addition = true, /* no report */
				    .journal = journal,
				    .deadline_us = 10000000 };
	quiesce_config_defaults(&run.config);
	return 0;
}

static int teardown(void **state)
{
	quiesce_run_free(&run);
	return direct_teardown(state);
}

/* Alone below a root port: its bus may be reset for it. */
static struct fake_function *nic(enum fake_flr flr)
{
	struct fake_function *f, *port = fake_port(&direct, "0000:00:01.0", 1, 1);

	(void)fake_attr(&direct, port, "reset_subordinate", "");
	f = endpoint("0000:01:00.0", flr);
	reset = fake_resets(&direct, f, "flr bus");
	return f;
}

/* The log and the clock begin with the resets. */
static void make(unsigned int methods)
{
	assert_int_equal(pcireset_scan(&direct.io, &run.machine), 0);
	pcireset_topology_read(&direct.io, &run.machine);
	run.decisions = calloc(run.machine.n, sizeof(*run.decisions));
	run.outcomes = calloc(run.machine.n, sizeof(*run.outcomes));
	assert_true(run.decisions && run.outcomes);
	for (size_t i = 0; i < run.machine.n; i++) {
		run.outcomes[i].before.devsta = PCIRESET_UNREAD;
		run.outcomes[i].crash.uncorrectable = PCIRESET_UNREAD;
		if (!pcireset_is_bridge(&run.machine.functions[i]))
			run.decisions[i] = (struct pcireset_decision){ .action = PCIRESET_RESET,
								       .methods = methods };
	}
	assert_int_equal(pcireset_plan_make(&run.machine, run.decisions, &run.steps), 0);
	direct.now_us = 0;
	fake_forget_log(&direct);
	assert_int_equal(quiesce_resets_make(&run), 0);
}

static size_t verify(void)
{
	return pcireset_verify(&direct.io, &run.machine, run.steps, run.journal, run.outcomes);
}

static void assert_report(void (*report)(struct cJSON *device, const struct quiesce_run *run,
					 size_t i),
			  size_t i, const char *expected)
{
	struct cJSON *device = cJSON_CreateObject();
	char *text;

	run.silence_us = 1;
	report(device, &run, i);
	text = cJSON_PrintUnformatted(device);
	assert_string_equal(text, expected);
	cJSON_free(text);
	cJSON_Delete(device);
}

#define FLR_THAT_DID_NOTHING(ms)                                                          \
	"{\"escalated_from\":{\"method\":\"flr\",\"engine\":\"direct\",\"engine_reason\":" \
	"\"its registers are enough\",\"problem\":\"FLR did nothing: BAR 0 is still "     \
	"fe000004\",\"ms\":" ms                                   \
	",\"observed\":{\"register\":\"10\",\"before\":"           \
	"\"fe000004\",\"after\":\"fe000004\"}},\"reset_again_via\":"

#define RESETS(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
