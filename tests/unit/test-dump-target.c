/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions that the dump is written through, and those beside them. */
#include <string.h>
#include <sys/stat.h>

#include "fake_io.h"
#include "quiesce.h"
#include "rules.h"

static struct fake fake;
static struct quiesce_run run;
static struct pcireset_machine machine;
static struct pcireset_decision decisions[FAKE_FUNCTIONS];
static struct quiesce_ground grounds[FAKE_FUNCTIONS];
static struct quiesce_config config;
static char root[64];

static const struct quiesce_log no_log = { .kmsg_fd = -1, .stderr_max = -1 };

static int setup(void **state)
{
	(void)state;
	fake_init(&fake);
	(void)strcpy(root, "test-dump-target.XXXXXX");
	assert_non_null(mkdtemp(root));
	quiesce_config_defaults(&config);
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	quiesce_config_free(&config);
	pcireset_machine_free(&machine);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

static void write_file(const char *text)
{
	static const char *const directories[] = { "usr", "usr/lib", "usr/lib/pci-quiesce" };
	char path[128];
	FILE *out;

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", root, directories[i]);
		(void)mkdir(path, 0700);
	}
	(void)snprintf(path, sizeof(path), "%s/" QUIESCE_DUMP_TARGET, root);
	out = fopen(path, "w");
	assert_non_null(out);
	(void)fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

static void decide(const char *file)
{
	struct quiesce_scene scene;

	write_file(file);
	assert_int_equal(pcireset_scan(&fake.io, &machine), 0);
	run = (struct quiesce_run){
		.root = root, .log = &no_log, .io = &fake.io, .machine = machine
	};
	assert_int_equal(quiesce_scene_read(&run, &scene), 0);
	quiesce_rules_decide(&fake.io, &machine, &config, &scene, decisions, grounds);
	quiesce_scene_free(&scene);
}

static void expect(size_t i, enum pcireset_action action, const char *rule)
{
	assert_string_equal(grounds[i].rule, rule);
	assert_int_equal(decisions[i].action, action);
}

/* Two functions of @class_code behind one port that can be reset with its bus. */
static struct pcireset_step *plan_for_dump_target(uint32_t class_code, uint16_t command)
{
	struct pcireset_step *steps;
	struct fake_function *port, *f;

	port = fake_port(&fake, "0000:00:1c.0", 1, 1);
	(void)fake_attr(&fake, port, "reset_subordinate", "");
	for (unsigned int i = 0; i < 2; i++) {
		f = fake_endpoint(&fake, i ? "0000:01:00.1" : "0000:01:00.0", 0x10d38086,
				  class_code, command);
		(void)fake_resets(&fake, f, "flr bus");
	}
	decide("0000:01:00.0 8086:10d3\n");
	pcireset_topology_read(&fake.io, &machine);
	assert_int_equal(pcireset_plan_make(&machine, decisions, &steps), 0);
	return steps;
}

static void a_dump_target_is_reset_alone_or_not_at_all(void **state)
{
	static const struct {
		uint32_t class_code;
		enum pcireset_action action;
	} cases[] = {
		{ 0x010802, PCIRESET_RESET }, { 0x020000, PCIRESET_RESET },
		{ 0x020700, PCIRESET_RESET }, { 0x010400, PCIRESET_FENCE },
		{ 0x010601, PCIRESET_FENCE }, { 0x010700, PCIRESET_FENCE },
		{ 0x0c0330, PCIRESET_FENCE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pcireset_step *steps = plan_for_dump_target(cases[i].class_code, 0x0006);

		expect(1, cases[i].action, "default:dump-target");
		expect(2, PCIRESET_FENCE, "default:dump-target-port");
		assert_int_equal(steps[1].action, cases[i].action);
		assert_int_equal(steps[1].method, cases[i].action == PCIRESET_RESET ?
							  PCIRESET_METHOD_FLR :
							  PCIRESET_METHOD_NONE);
		assert_int_equal(steps[2].action, PCIRESET_FENCE);
		free(steps);
		pcireset_machine_free(&machine);
		fake_init(&fake);
	}
}

static void no_bus_reset_reaches_a_dump_target(void **state)
{
	struct pcireset_step *steps;

	(void)state;
	/* Idle: nothing is written to it, and its bus is not reset for its neighbour. */
	steps = plan_for_dump_target(0x010802, 0x0002);
	expect(1, PCIRESET_KEEP, "default:dump-target");
	expect(2, PCIRESET_IDLE, "default:idle");
	free(steps);

	pcireset_machine_free(&machine);
	fake_init(&fake);
	config.level = QUIESCE_LEVEL_SBR;
	steps = plan_for_dump_target(0x010802, 0x0006);
	decisions[2] = (struct pcireset_decision){
		.action = PCIRESET_RESET, .methods = 1 << PCIRESET_METHOD_SBR,
	};
	free(steps);
	assert_int_equal(pcireset_plan_make(&machine, decisions, &steps), 0);
	assert_int_equal(steps[2].action, PCIRESET_FENCE);
	assert_int_equal(steps[1].method, PCIRESET_METHOD_FLR);
	free(steps);
}

static bool sees_usb_console(void)
{
	struct quiesce_scene scene;
	bool sees;

	assert_int_equal(quiesce_scene_read(&run, &scene), 0);
	sees = scene.usb_console;
	quiesce_scene_free(&scene);
	return sees;
}

/* A console that writes may hold the lock of that file for long. */
static void consoles_are_read_only_for_a_rule_that_asks(void **state)
{
	struct quiesce_rule rules[] = { { .match = QUIESCE_MATCH_BOUND },
					{ .match = QUIESCE_MATCH_CONSOLE } };
	char path[128];
	FILE *out;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/proc", root);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/proc/consoles", root);
	out = fopen(path, "w");
	assert_non_null(out);
	(void)fputs("ttyUSB0              -W- (EC     )  188:0\n", out);
	assert_int_equal(fclose(out), 0);

	run = (struct quiesce_run){
		.root = root, .log = &no_log, .io = &fake.io, .config.rules = rules
	};
	run.config.n_rules = 1;
	assert_false(sees_usb_console());
	run.config.n_rules = 2;
	assert_true(sees_usb_console());
	/* Of another machine, perhaps. */
	fake.io.is_dump = true;
	assert_false(sees_usb_console());
}

/* It is read before the fence, and serial consoles are slow. */
static void a_file_of_nonsense_is_complained_about_in_few_lines(void **state)
{
	FILE *out = tmpfile();
	struct quiesce_log log = { .kmsg_fd = fileno(out), .stderr_max = -1 };
	bool marked[FAKE_FUNCTIONS] = { false };
	char text[2048] = "# nonsense\n", line[512];
	size_t n_missing, n_bad, n_lines = 0;

	(void)state;
	for (size_t i = 0; i < 30; i++)
		(void)strcat(strcat(text, "nonsense\n\n"), "0000:00:1f.0 1234:5678\n");
	write_file(text);
	assert_int_equal(pcireset_scan(&fake.io, &machine), 0);
	assert_int_equal(quiesce_dump_target_mark(root, &machine, &log, marked, &n_missing,
						  &n_bad), 0);
	assert_int_equal(n_missing, 30);
	assert_int_equal(n_bad, 30);

	rewind(out);
	while (fgets(line, sizeof(line), out))
		n_lines++;
	assert_int_equal(n_lines, 21);
	assert_string_equal(line, "<4>pci-quiesce: /usr/lib/pci-quiesce/dump-target: "
				  "and 40 lines more\n");
	(void)fclose(out);
}

/* What the image was told that no function leads to may be what the dump is written to. */
static void of_a_device_that_nothing_leads_to_the_name_is_told(void **state)
{
	FILE *out = tmpfile();
	struct quiesce_log log = { .kmsg_fd = fileno(out), .stderr_max = -1 };
	struct quiesce_scene scene;
	char line[512];

	(void)state;
	(void)fake_endpoint(&fake, "0000:01:00.0", 0x10d38086, 0x020000, 0x0006);
	decide("unknown block device /dev/sdb1\n0000:01:00.0 8086:10d3\n");
	run.log = &log;
	assert_int_equal(quiesce_scene_read(&run, &scene), 0);
	assert_true(scene.dump_target[0]);
	assert_false(scene.dump_target_known);
	quiesce_scene_free(&scene);

	rewind(out);
	assert_non_null(fgets(line, sizeof(line), out));
	assert_string_equal(line, "<4>pci-quiesce: dump target: no PCI function is known to lead to "
				  "block device /dev/sdb1\n");
	assert_null(fgets(line, sizeof(line), out));
	(void)fclose(out);
}

static void what_is_another_function_now_is_no_dump_target(void **state)
{
	(void)state;
	(void)fake_port(&fake, "0000:00:1c.0", 1, 1);
	(void)fake_endpoint(&fake, "0000:01:00.0", 0x10d38086, 0x020000, 0x0006);
	(void)fake_endpoint(&fake, "0000:01:00.1", 0x10d38086, 0x020000, 0x0006);
	decide("# comment\n0000:01:00.0 8086:10d4\n0000:02:00.0 8086:10d3\nnonsense\n");

	expect(1, PCIRESET_RESET, "default:reset");
	expect(2, PCIRESET_RESET, "default:reset");
	assert_int_equal(decisions[1].methods, ~(1u << PCIRESET_METHOD_PM));
}

/* Of two that are equal, each may be it. */
static void a_dump_target_is_found_where_buses_have_other_numbers(void **state)
{
	(void)state;
	(void)fake_port(&fake, "0000:00:1c.0", 3, 3);
	(void)fake_port(&fake, "0000:00:1d.0", 4, 4);
	(void)fake_endpoint(&fake, "0000:03:00.0", 0xa80a144d, 0x010802, 0x0006);
	(void)fake_endpoint(&fake, "0000:04:00.0", 0xa80a144d, 0x010802, 0x0006);
	decide("0000:02:00.0 144d:a80a 0000:00:1c.0/00.0\n");
	expect(2, PCIRESET_RESET, "default:dump-target");
	expect(3, PCIRESET_RESET, "default:reset");

	pcireset_machine_free(&machine);
	decide("0000:04:00.0 144d:a80a 0000:00:1c.0/00.0\n");
	expect(2, PCIRESET_RESET, "default:dump-target");
	expect(3, PCIRESET_RESET, "default:dump-target");

	pcireset_machine_free(&machine);
	decide("0000:02:00.0 144d:a80b 0000:00:1c.0/00.0\n0000:04:00.0 144d:a80a\n");
	expect(2, PCIRESET_RESET, "default:reset");
	expect(3, PCIRESET_RESET, "default:dump-target");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_dump_target_is_reset_alone_or_not_at_all),
		TEST(no_bus_reset_reaches_a_dump_target),
		TEST(what_is_another_function_now_is_no_dump_target),
		TEST(a_dump_target_is_found_where_buses_have_other_numbers),
		TEST(consoles_are_read_only_for_a_rule_that_asks),
		TEST(a_file_of_nonsense_is_complained_about_in_few_lines),
		TEST(of_a_device_that_nothing_leads_to_the_name_is_told),
	};

	return cmocka_run_group_tests_name("dump-target", tests, NULL, NULL);
}
