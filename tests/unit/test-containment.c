/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is isolated, who is spared, and what is told of it. */
#include <sys/utsname.h>

#include "containment_stage.h"

#define D3HOT PCIRESET_CONTAIN_D3HOT
#define LINK  PCIRESET_CONTAIN_LINK

static struct fake_function *port;

/* Above bus 1, with a link that can be disabled. */
static void obedient_port(void)
{
	port = fake_port(&fake, "0000:00:03.0", 1, 1);
	fake_put(port->config, 0x4c, 0x00100000, 4);
	fake_put(port->config, 0x52, 0x2011, 2);
}

static void obey(bool made)
{
	if (made && port->config[0x50] & 0x10)
		fake_put(port->config, 0x52, 0x0011, 2);
}

static char *reported(size_t i, const char *key)
{
	struct cJSON *device = quiesce_report_device(&run, i);
	char *text = cJSON_PrintUnformatted(cJSON_GetObjectItem(device, key));

	cJSON_Delete(device);
	return text;
}

static void reports(size_t i, const char *contain, const char *from)
{
	_cleanup_free_ char *way = reported(i, "contain"), *before = reported(i, "contained_from");

	assert_string_equal(way, contain);
	assert_string_equal(before, from);
}

static void ways_are_tried_in_order_and_each_for_what_is_left(void **state)
{
	(void)state;
	obedient_port();
	(void)add("0000:00:1f.0");
	(void)add("0000:01:00.0");
	plan("link,d3hot");
	fake.on_write = obey;
	contain();
	is_contained(1, D3HOT);
	is_contained(2, LINK);
	reports(0, "null", "null");
	reports(1, "\"d3hot\"", "\"fenced\"");
	reports(2, "\"link\"", "\"fenced\"");
	assert_int_equal(run.n_bad, 0);
	assert_int_equal(port->config[0x04], 0x07); /* a port's COMMAND is not ours */
}

static void what_had_failed_is_bad_no_more(void **state)
{
	(void)state;
	(void)add("0000:00:1f.0");
	plan("d3hot");
	run.outcomes[0].verdict = PCIRESET_FAILED;
	run.n_bad = 1;
	contain();
	is_contained(0, D3HOT);
	reports(0, "\"d3hot\"", "\"failed\"");
	assert_int_equal(run.n_bad, 0);
}

static void what_is_lost_has_only_a_link(void **state)
{
	(void)state;
	obedient_port();
	(void)add("0000:01:00.0");
	plan("d3hot,link");
	fake.on_write = obey;
	run.outcomes[1].verdict = PCIRESET_LOST;
	run.n_bad = 1;
	contain();
	is_contained(1, LINK);
	reports(1, "\"link\"", "\"lost\"");
	assert_int_equal(run.n_bad, 0);
}

static void what_was_reset_is_left_to_drivers(void **state)
{
	(void)state;
	for (char n = '0'; n < '4'; n++) {
		char address[] = "0000:00:1f.0";

		address[11] = n;
		(void)add(address);
	}
	plan("d3hot");
	run.outcomes[0].verdict = PCIRESET_VERIFIED;
	run.outcomes[1].verdict = PCIRESET_COMPLETED;
	run.outcomes[2].verdict = PCIRESET_VERDICT_IDLE;
	run.outcomes[3].verdict = PCIRESET_KEPT;
	run.steps[3].action = PCIRESET_KEEP;
	contain();
	for (size_t i = 0; i < 4; i++)
		is_not(i, NULL);
	assert_string_equal(fake.log, "");
}

static void die_asleep(bool made)
{
	if (made && fake.functions[0].config[0x84] == 3)
		fake.functions[0].gone = true;
}

static void what_dies_of_it_is_lost(void **state)
{
	(void)state;
	(void)add("0000:00:1f.0");
	plan("d3hot");
	fake.on_write = die_asleep;
	contain();
	assert_int_equal(run.outcomes[0].verdict, PCIRESET_LOST);
	assert_int_equal(run.outcomes[0].ready, PCIRESET_NO);
	assert_int_equal(run.n_bad, 1);
	assert_false(run.journal->entries[0].in_use);
}

/* One function of each kind that the dump, or a person, may need. */
static void whoever_may_be_needed_is_spared(void **state)
{
	static const struct {
		const char *why;
		uint32_t class_code;
	} kinds[] = {
		{ "not contained: d3hot: it is a console", 0x030000 },
		{ "not contained: d3hot: it is a console", 0x070002 },
		{ "not contained: d3hot: it is the dump target", 0x010802 },
		{ "not contained: d3hot: a load line names it", 0x020000 },
		{ "not contained: d3hot: its memory may be in the dump", 0x020000 },
		{ "not contained: d3hot: other functions sit behind it", 0x010400 },
		{ "not contained: d3hot: IDE controllers may break of it", 0x010180 },
		{ "not contained: d3hot: it is kept", 0x020000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		char address[32];

		(void)snprintf(address, sizeof(address), "0000:00:1e.%zu", i);
		(void)add_class(address, kinds[i].class_code);
	}
	assert_int_equal(quiesce_config_set(&run.config, "load", "0000:00:1e.3", "t:1"), 0);
	targets[2] = true;
	plan("d3hot");
	run.machine.functions[0].boot_vga = true;
	run.machine.functions[4].cxl = PCIRESET_CXL_MEMORY;
	run.steps[5].why = PCIRESET_WHY_PROVIDER;
	run.outcomes[7].bound = true;
	contain();
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		is_not(i, kinds[i].why);
	assert_string_equal(fake.log, "");
}

static void a_reset_that_is_stuck_holds_the_port_too(void **state)
{
	(void)state;
	obedient_port();
	(void)add("0000:01:00.0");
	plan("link");
	run.outcomes[1].verdict = PCIRESET_LOST;
	run.outcomes[1].stuck = true;
	contain();
	assert_false(run.journal->entries[1].isolation.stands);
	assert_string_equal(run.containments[1].why, "its reset is stuck");
	assert_null(strstr(fake.log, "w "));
}

/* Whoever comes after this process would give it to a driver. */
static void nothing_is_contained_that_only_this_process_knows_of(void **state)
{
	(void)state;
	(void)add("0000:00:1f.0");
	plan("d3hot");
	run.journal->dies_with_writer = true;
	contain();
	is_not(0, "not contained: d3hot: more functions than the journal has room for");
	assert_null(strstr(fake.log, "w "));
}

static void with_a_link_go_all_behind_it(void **state)
{
	(void)state;
	obedient_port();
	(void)add("0000:01:00.0");
	(void)add("0000:01:00.1");
	plan("link");
	fake.on_write = obey;
	run.outcomes[1].verdict = PCIRESET_VERIFIED;
	contain();
	is_contained(1, LINK);
	is_contained(2, LINK);
	reports(1, "\"link\"", "\"verified\"");
}

/* That it is known what the dump goes through is no reason to take a good one away. */
static void not_where_a_driver_can_work_with_one_of_them(void **state)
{
	(void)state;
	obedient_port();
	(void)add("0000:01:00.0");
	(void)add("0000:01:00.1");
	(void)add("0000:00:1f.0");
	taken = "0000:01:00.0";
	targets[1] = true;
	plan("link");
	run.outcomes[2].verdict = PCIRESET_VERIFIED;
	contain();
	is_not(2, NULL);
	is_not(3, "not contained: link: one beside it is kept, or a driver takes it");
	assert_null(strstr(fake.log, "w "));
}

static void a_rule_that_keeps_the_port_keeps_the_link(void **state)
{
	(void)state;
	obedient_port();
	(void)add("0000:01:00.0");
	plan("link");
	run.decisions[0].no_bus_reset = true;
	contain();
	is_not(1, "not contained: link: a rule keeps its port");
	assert_null(strstr(fake.log, "w "));
}

static void a_kept_one_keeps_the_link(void **state)
{
	(void)state;
	obedient_port();
	(void)add("0000:01:00.0");
	(void)add("0000:01:00.1");
	plan("link");
	run.steps[1].action = PCIRESET_KEEP;
	run.outcomes[1].verdict = PCIRESET_KEPT;
	contain();
	is_not(2, "not contained: link: one beside it is kept, or a driver takes it");
}

static void what_failed_is_told_with_its_error(void **state)
{
	(void)state;
	obedient_port();
	(void)add("0000:01:00.0");
	plan("link");
	contain(); /* the port does not obey */
	is_not(1, "not contained: link: its link did not go down");
	reports(1, "null", "null");
}

static void there_is_no_time_but_what_is_left(void **state)
{
	(void)state;
	obedient_port();
	(void)add("0000:01:00.0");
	run.drivers_deadline_us = 0;
	plan("link");
	contain();
	is_not(1, "not contained: link: no time was left");
	assert_null(strstr(fake.log, "w "));
}

static void a_plan_forecasts_it_and_writes_nothing(void **state)
{
	(void)state;
	obedient_port();
	(void)add("0000:00:1f.0");
	(void)add("0000:01:00.0");
	(void)add("0000:01:00.1");
	taken = "0000:01:00.1";
	run.dry_run = true;
	plan("d3hot,link");
	run.steps[2].expected = PCIRESET_LOST;
	run.steps[3].expected = PCIRESET_VERIFIED;
	assert_int_equal(quiesce_containment_plan(&run), 0);
	assert_int_equal(run.steps[0].expected, PCIRESET_KEPT);
	assert_int_equal(run.steps[1].expected, PCIRESET_CONTAINED);
	assert_int_equal(run.steps[2].expected, PCIRESET_CONTAINED);
	reports(1, "\"d3hot\"", "\"fenced\"");
	reports(2, "\"link\"", "\"lost\"");
	/* It goes with the link, since the plan does not know the image. */
	reports(3, "\"link\"", "\"verified\"");
	assert_null(strstr(fake.log, "w "));
	assert_null(strstr(fake.log, "a "));

	/* Of a run it is a forecast until it is done. */
	run.dry_run = false;
	reports(1, "null", "null");
}

static void it_is_asked_for_and_never_where_nothing_is_written(void **state)
{
	struct utsname kernel;
	char command[384];

	(void)state;
	(void)add("0000:00:1f.0");
	plan("none");
	assert_int_equal(quiesce_containment_plan(&run), 0);
	assert_int_equal(quiesce_containment_stage(&run), 0);
	assert_null(run.containments);

	assert_int_equal(quiesce_config_set(&run.config, "contain", "d3hot", "t:1"), 0);
	run.config.level = QUIESCE_LEVEL_OBSERVE;
	assert_int_equal(quiesce_containment_plan(&run), 0);
	assert_int_equal(quiesce_containment_stage(&run), 0);
	run.config.level = QUIESCE_LEVEL_FENCE;
	run.untouchable = "s390";
	assert_int_equal(quiesce_containment_stage(&run), 0);
	assert_null(run.containments);
	assert_string_equal(fake.log, "");

	run.untouchable = NULL;
	assert_int_equal(quiesce_containment_stage(&run), 0);
	is_not(0, "not contained: d3hot: a driver of the image takes it"); /* nobody knows */

	(void)uname(&kernel);
	(void)snprintf(command, sizeof(command),
		       "mkdir -p '%1$s/lib/modules/%2$s' && : >'%1$s/lib/modules/%2$s/modules.dep.bin'",
		       root, kernel.release);
	assert_int_equal(system(command), 0);
	assert_int_equal(quiesce_containment_stage(&run), 0);
	is_contained(0, D3HOT);
}

static void the_key_is_a_list_of_ways(void **state)
{
	static const char *const bad[] = { "",	       "d3hot,none", "none,d3hot", "d3hot,d3hot",
					   "d3hot,link,iommu,link", "d3cold",   "d3hot," };
	char text[128], *printed;
	size_t bytes;
	FILE *out;

	(void)state;
	assert_int_equal(run.config.contain[0], PCIRESET_CONTAIN_NONE);
	assert_int_equal(quiesce_config_set(&run.config, "contain", "link, d3hot,iommu", "t:1"), 0);
	assert_int_equal(run.config.contain[0], LINK);
	assert_int_equal(run.config.contain[1], D3HOT);
	assert_int_equal(run.config.contain[2], PCIRESET_CONTAIN_IOMMU);
	assert_int_equal(run.config.contain[3], PCIRESET_CONTAIN_NONE);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(quiesce_config_set(&run.config, "contain", bad[i], "t:1"),
				 -EINVAL);
	assert_string_equal(quiesce_config_explain(-EINVAL, "contain", "off", text, sizeof(text)),
			    "bad value \"off\" for contain: none, or some of d3hot, link and "
			    "iommu, each once, with commas between");
	assert_int_equal(run.config.contain[2], PCIRESET_CONTAIN_IOMMU);

	out = open_memstream(&printed, &bytes);
	assert_int_equal(quiesce_config_print(&run.config, "contain", out), 0);
	assert_int_equal(quiesce_config_set(&run.config, "contain", "none", "t:1"), 0);
	assert_int_equal(quiesce_config_print(&run.config, "contain", out), 0);
	(void)fclose(out);
	assert_string_equal(printed, "link,d3hot,iommu\nnone\n");
	free(printed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ways_are_tried_in_order_and_each_for_what_is_left),
		TEST(what_had_failed_is_bad_no_more),
		TEST(what_is_lost_has_only_a_link),
		TEST(what_was_reset_is_left_to_drivers),
		TEST(what_dies_of_it_is_lost),
		TEST(whoever_may_be_needed_is_spared),
		TEST(a_reset_that_is_stuck_holds_the_port_too),
		TEST(nothing_is_contained_that_only_this_process_knows_of),
		TEST(with_a_link_go_all_behind_it),
		TEST(not_where_a_driver_can_work_with_one_of_them),
		TEST(a_rule_that_keeps_the_port_keeps_the_link),
		TEST(a_kept_one_keeps_the_link),
		TEST(what_failed_is_told_with_its_error),
		TEST(there_is_no_time_but_what_is_left),
		TEST(a_plan_forecasts_it_and_writes_nothing),
		TEST(it_is_asked_for_and_never_where_nothing_is_written),
		TEST(the_key_is_a_list_of_ways),
	};

	return cmocka_run_group_tests_name("containment", tests, NULL, NULL);
}
