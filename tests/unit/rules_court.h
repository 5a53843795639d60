/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scripted machine whose functions are decided on. */
#ifndef RULES_COURT_H
#define RULES_COURT_H

#include <string.h>

#include "fake_io.h"
#include "quiesce.h"
#include "rules.h"

static struct fake fake;
static struct pcireset_machine machine;
static struct pcireset_decision decisions[FAKE_FUNCTIONS];
static struct quiesce_ground grounds[FAKE_FUNCTIONS];
static struct quiesce_config config;
static bool targets[FAKE_FUNCTIONS];
static bool no_ports[FAKE_FUNCTIONS];
static struct quiesce_scene scene;

static void say(void *data, const char *file, unsigned int line, const char *problem)
{
	(void)data;
	fail_msg("%s:%u: %s", file, line, problem);
}

static int setup(void **state)
{
	(void)state;
	fake_init(&fake);
	memset(targets, false, sizeof(targets));
	scene = (struct quiesce_scene){ .dump_target = targets, .dump_target_port = no_ports };
	quiesce_config_defaults(&config);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	quiesce_config_free(&config);
	pcireset_machine_free(&machine);
	return 0;
}

static void decide(const char *rules)
{
	const struct quiesce_complaint complaint = { say, NULL };
	char text[512];

	(void)snprintf(text, sizeof(text), "[rules]\n%s", rules);
	assert_int_equal(quiesce_config_parse(&config, "t.conf", text, &complaint), 0);
	assert_int_equal(pcireset_scan(&fake.io, &machine), 0);
	fake_forget_log(&fake);
	quiesce_rules_decide(&fake.io, &machine, &config, &scene, decisions, grounds);
	assert_string_equal(fake.log, ""); /* no register is read for it */
}

static void expect(size_t i, enum pcireset_action action, const char *rule)
{
	assert_string_equal(grounds[i].rule, rule);
	assert_int_equal(decisions[i].action, action);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
