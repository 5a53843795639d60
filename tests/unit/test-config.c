/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration text. */
#include <string.h>

#include "fake_io.h"
#include "quiesce.h"

static struct quiesce_config config;
static char complaints[4096];

static void say(void *data, const char *file, unsigned int line, const char *problem)
{
	size_t used = strlen(complaints);

	(void)data;
	(void)snprintf(complaints + used, sizeof(complaints) - used, "%s:%u: %s\n", file, line,
		       problem);
}

static const struct quiesce_complaint complaint = { say, NULL };

static int setup(void **state)
{
	(void)state;
	complaints[0] = '\0';
	quiesce_config_defaults(&config);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	quiesce_config_free(&config);
	return 0;
}

static void parse(const char *text)
{
	assert_int_equal(quiesce_config_parse(&config, "t.conf", text, &complaint), 0);
}

static void defaults_are_those_of_the_shipped_file(void **state)
{
	(void)state;
	assert_int_equal(config.level, QUIESCE_LEVEL_IOMMU);
	assert_int_equal(config.drain_ms, 100);
	assert_int_equal(config.reset_ms, 2000);
	assert_int_equal(config.deadline_ms, 10000);
	assert_int_equal(config.drivers_ms, 15000);
}

static void rules_keep_their_order_and_their_lines(void **state)
{
	(void)state;
	parse("[rules]\n"
	      "keep = address 0000:01:00.*\n"
	      "\n"
	      "fence = id 8086:10D3\n"
	      "reset = id 8086:10d3:103c:1234\n"
	      "reset-flr = class 0c03*\n"
	      "keep = driver e1000e\n"
	      "keep = address 3:00.0\n"
	      "keep = address 10000:e1:00.0\n"
	      "keep = address 00010000:e1:00.0\n"
	      "keep = address 0000:01:00.8\n"
	      "keep = address 0000:01:20.0\n"
	      "keep = address 03:00.0\n");

	assert_int_equal(config.n_rules, 7);
	assert_string_equal(config.rules[5].pattern, "10000:e1:00.0");
	assert_int_equal(config.rules[0].action, PCIRESET_KEEP);
	assert_int_equal(config.rules[0].match, QUIESCE_MATCH_ADDRESS);
	assert_string_equal(config.rules[0].pattern, "0000:01:00.*");
	assert_string_equal(config.rules[0].origin, "t.conf:2");
	assert_string_equal(config.rules[1].pattern, "8086:10d3:*");
	assert_string_equal(config.rules[1].origin, "t.conf:4");
	assert_string_equal(config.rules[2].pattern, "8086:10d3:103c:1234");
	assert_int_equal(config.rules[3].methods, 1 << PCIRESET_METHOD_FLR);
	assert_string_equal(config.rules[3].pattern, "0c03*");
	assert_string_equal(config.rules[4].pattern, "e1000e");
	assert_string_equal(config.rules[6].pattern, "0000:03:00.0");
	assert_string_equal(complaints,
			    "t.conf:8: address \"3:00.0\" can match nothing: 0000:01:00.0 or 0000:01:00.*\n"
			    "t.conf:10: address \"00010000:e1:00.0\" can match nothing: 0000:01:00.0 or 0000:01:00.*\n"
			    "t.conf:11: address \"0000:01:00.8\" can match nothing: 0000:01:00.0 or 0000:01:00.*\n"
			    "t.conf:12: address \"0000:01:20.0\" can match nothing: 0000:01:00.0 or 0000:01:00.*\n");
}

static void keys_are_set(void **state)
{
	(void)state;
	parse("[quiesce]\nlevel = flr\ndrain_ms = 0\nreset_ms=60000 # long\n  deadline_ms = 500\n");

	assert_string_equal(complaints, "");
	assert_int_equal(config.level, QUIESCE_LEVEL_FLR);
	assert_int_equal(config.drain_ms, 0);
	assert_int_equal(config.reset_ms, 60000);
	assert_int_equal(config.deadline_ms, 500);
}

static void comments_and_indentation_mean_nothing(void **state)
{
	(void)state;
	parse("# all\n; of\n[rules] # it\n\tkeep = id 8086:10d3 ; this one\n    keep = class 02*\t# too\r\n");

	assert_string_equal(complaints, "");
	assert_int_equal(config.n_rules, 2);
	assert_string_equal(config.rules[0].pattern, "8086:10d3:*");
	assert_string_equal(config.rules[1].pattern, "02*");
}

#define MATCHES "address, id, class, driver, path, console, boot-vga, dump-target or bound"
#define ACTIONS                                                                           \
	"keep, fence, reset, reset-flr, reset-af, reset-sbr, reset-device_specific, "     \
	"reset-cxl_bus, reset-acpi or reset-pm"

static void what_is_not_known_is_named_with_its_line(void **state)
{
	(void)state;
	parse("[quiesce]\n"
	      "levle = flr\n"
	      "level = most\n"
	      "reset_ms = 20000000000000000000000\n"
	      "reset_ms = -1\n"
	      "reset_ms = 2s\n"
	      "[rulez]\n"
	      "keep = id 8086:10d3\n"
	      "[rules]\n"
	      "keep = vendor 8086\n"
	      "keep = id 8086\n"
	      "keep = driver\n"
	      "keep =\n");

	assert_string_equal(complaints,
			    "t.conf:2: unknown key \"levle\": did you mean \"level\"?\n"
			    "t.conf:3: bad value \"most\" for level: observe, fence, flr, sbr or iommu\n"
			    "t.conf:4: bad value \"20000000000000000000000\" for reset_ms: 200 to 60000\n"
			    "t.conf:5: bad value \"-1\" for reset_ms: 200 to 60000\n"
			    "t.conf:6: bad value \"2s\" for reset_ms: 200 to 60000\n"
			    "t.conf:7: unknown section \"[rulez]\": quiesce or rules\n"
			    "t.conf:10: unknown match \"vendor\": " MATCHES "\n"
			    "t.conf:11: id \"8086\" can match nothing: 8086:10d3 or 8086:10d3:103c:1234\n"
			    "t.conf:12: driver \"\" can match nothing: e1000e\n"
			    "t.conf:13: unknown match \"\": " MATCHES "\n");
	assert_int_equal(config.n_errors, 10);
	assert_int_equal(config.n_rules, 0);
	/* and every default is as it was */
	assert_int_equal(config.level, QUIESCE_LEVEL_IOMMU);
	assert_int_equal(config.reset_ms, 2000);
}

static void a_bad_action_with_a_good_match_means_keep(void **state)
{
	(void)state;
	parse("[rules]\nspare = id 8086:10d3\n");

	assert_string_equal(complaints, "t.conf:2: unknown action \"spare\": " ACTIONS "\n");
	assert_int_equal(config.n_rules, 1);
	assert_int_equal(config.rules[0].action, PCIRESET_KEEP);
}

static void every_action_can_be_asked_for(void **state)
{
	static const unsigned int methods[] = {
		0, 0, ~(1u << PCIRESET_METHOD_PM), 1 << PCIRESET_METHOD_FLR,
		1 << PCIRESET_METHOD_AF, 1 << PCIRESET_METHOD_SBR,
		1 << PCIRESET_METHOD_DEVICE_SPECIFIC, 1 << PCIRESET_METHOD_CXL_BUS,
		1 << PCIRESET_METHOD_ACPI, 1 << PCIRESET_METHOD_PM,
	};

	(void)state;
	parse("[rules]\nkeep = bound\nfence = console\nreset = boot-vga\n"
	      "reset-flr = dump-target\nreset-af = id 8086:10d3\nreset-sbr = id 8086:10d3\n"
	      "reset-device_specific = id 8086:10d3\nreset-cxl_bus = id 8086:10d3\n"
	      "reset-acpi = id 8086:10d3\nreset-pm = id 8086:10d3\n");

	assert_string_equal(complaints, "");
	assert_int_equal(config.n_rules, 10);
	for (size_t i = 0; i < config.n_rules; i++)
		assert_int_equal(config.rules[i].methods, methods[i]);
	assert_int_equal(config.rules[0].match, QUIESCE_MATCH_BOUND);
	assert_null(config.rules[0].pattern);
}

static void what_was_meant_is_guessed_where_one_word_is_near(void **state)
{
	(void)state;
	parse("[rules]\nflr = id 8086:10d3\nkep = id 8086:10d3\nkeep = adress 01:00.0\n"
	      "keep = dump_target\nkeep = bound to vfio\nreset-a = bound\n[quiesce]\nloads = all\n");
	assert_string_equal(complaints,
			    "t.conf:2: unknown action \"flr\": did you mean \"reset-flr\"?\n"
			    "t.conf:3: unknown action \"kep\": did you mean \"keep\"?\n"
			    "t.conf:4: unknown match \"adress\": did you mean \"address\"?\n"
			    "t.conf:5: unknown match \"dump_target\": did you mean \"dump-target\"?\n"
			    "t.conf:6: bound takes no \"to vfio\"\n"
			    "t.conf:7: unknown action \"reset-a\": did you mean \"reset-af\"?\n"
			    "t.conf:9: unknown key \"loads\": did you mean \"load\"?\n");
	assert_int_equal(config.n_rules, 3);
}

static void a_path_has_an_address_and_then_a_function_of_each_level(void **state)
{
	(void)state;
	parse("[rules]\nkeep = path 0000:00:1C.0/00.0/02.*\nkeep = path 00:1c.0\n"
	      "keep = path 10000:00:0?.0/00.0\nkeep = path 00:1c.0/\nkeep = path 00:1c.0/00.8\n"
	      "keep = path 00.0\nkeep = path\nkeep = path 00:1c.0//00.0\n");
	assert_int_equal(config.n_rules, 3);
	assert_string_equal(config.rules[0].pattern, "0000:00:1c.0/00.0/02.*");
	assert_string_equal(config.rules[1].pattern, "0000:00:1c.0");
	assert_string_equal(config.rules[2].pattern, "10000:00:0?.0/00.0");
	assert_int_equal(config.n_errors, 5);
	assert_non_null(strstr(complaints, "t.conf:8: path \"\" can match nothing: "
					   "0000:00:1c.0/00.0/02.0\n"));
}

static void lines_that_are_none_are_errors_in_order_and_the_rest_is_read(void **state)
{
	(void)state;
	parse("[rules]\nhello\nspare = id 8086:10d3\n[open\nkeep = class 02*\n  again # a = b\n");

	assert_string_equal(complaints,
			    "t.conf:2: \"=\" is missing: KEY = VALUE or ACTION = MATCH\n"
			    "t.conf:3: unknown action \"spare\": " ACTIONS "\n"
			    "t.conf:4: neither [section] nor key = value\n"
			    "t.conf:6: \"=\" is missing: KEY = VALUE or ACTION = MATCH\n");
	assert_int_equal(config.n_errors, 4);
	assert_int_equal(config.n_rules, 2);
}

static void a_byte_order_mark_can_be_read_and_colons_cannot(void **state)
{
	(void)state;
	parse("\xef\xbb\xbf[quiesce]\nlevel = flr\nlevel : fence\nlevel: x = y\n");

	assert_string_equal(complaints,
			    "t.conf:3: \"=\" is missing: KEY = VALUE or ACTION = MATCH\n"
			    "t.conf:4: \"=\" is missing: KEY = VALUE or ACTION = MATCH\n");
	assert_int_equal(config.level, QUIESCE_LEVEL_FLR);
}

static void a_line_that_is_too_long_is_an_error_and_the_rest_is_read(void **state)
{
	char text[2000] = "[rules]\nkeep = driver ";

	(void)state;
	memset(text + strlen(text), 'a', 1500);
	(void)strcat(text, "\nkeep = class 02*\n");
	parse(text);

	assert_int_equal(config.n_errors, 1);
	assert_non_null(strstr(complaints, "t.conf:2: longer than "));
	assert_int_equal(config.n_rules, 1);
	assert_string_equal(config.rules[0].pattern, "02*");
}

static void an_empty_text_is_good(void **state)
{
	(void)state;
	parse("");
	assert_int_equal(config.n_errors, 0);
}

static void a_value_is_printed_as_it_would_be_written(void **state)
{
	static const struct {
		const char *key;
		const char *expected;
	} cases[] = {
		{ "level", "flr\n" },	   { "mode", "unit\n" },   { "strict", "yes\n" },
		{ "deadline_ms", "7000\n" }, { "drain_ms", "100\n" },
		{ "load", "dump-target\n0000:01:00.0\nmodule nvme\n" },
	};
	char *text;
	size_t bytes;

	(void)state;
	parse("[quiesce]\nlevel = flr\nmode = unit\nstrict = yes\ndeadline_ms = 7000\n"
	      "load = dump-target\nload = 01:00.0\nload = module nvme\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		FILE *out = open_memstream(&text, &bytes);

		assert_int_equal(quiesce_config_print(&config, cases[i].key, out), 0);
		(void)fclose(out);
		assert_string_equal(text, cases[i].expected);
		free(text);
	}
	assert_int_equal(quiesce_config_print(&config, "rules", stdout), -2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void modes_and_answers_are_words(void **state)
{
	(void)state;
	assert_int_equal(config.mode, QUIESCE_MODE_INIT);
	assert_false(config.strict);
	assert_int_equal(config.window_ms, 0);
	parse("[quiesce]\nmode = late\nstrict = yes\nmodule_ms = 700\nwindow_ms = 500\n");
	assert_int_equal(config.window_ms, 500);
	assert_string_equal(complaints, "");
	assert_int_equal(config.mode, QUIESCE_MODE_LATE);
	assert_true(config.strict);
	assert_int_equal(config.module_ms, 700);

	parse("[quiesce]\nmode = early\nstrict = 1\n");
	assert_string_equal(complaints, "t.conf:2: bad value \"early\" for mode: init, unit or late\n"
					"t.conf:3: bad value \"1\" for strict: no or yes\n");
	assert_int_equal(config.mode, QUIESCE_MODE_LATE);
	assert_true(config.strict);
}

static void load_lines_add_up_in_order(void **state)
{
	(void)state;
	parse("[quiesce]\nload = console\nload = dump-target\nload = 0000:02:00.0\n"
	      "load = module nvme\nload = all\n");
	assert_string_equal(complaints, "");
	assert_int_equal(config.n_loads, 5);
	assert_int_equal(config.loads[0].what, QUIESCE_LOAD_CONSOLE);
	assert_string_equal(config.loads[0].origin, "t.conf:2");
	assert_int_equal(config.loads[1].what, QUIESCE_LOAD_DUMP_TARGET);
	assert_int_equal(config.loads[2].what, QUIESCE_LOAD_ADDRESS);
	assert_int_equal(config.loads[2].address.bus, 2);
	assert_int_equal(config.loads[3].what, QUIESCE_LOAD_MODULE);
	assert_string_equal(config.loads[3].name, "nvme");
	assert_int_equal(config.loads[4].what, QUIESCE_LOAD_ALL);

	/* Those of the kernel's command line replace the file's. */
	(void)quiesce_parameters_parse("rd.pci_quiesce.load=module:virtio_blk "
				       "rd.pci_quiesce.load=console", &config, &complaint);
	assert_int_equal(config.n_loads, 2);
	assert_string_equal(config.loads[0].name, "virtio_blk");
	assert_string_equal(config.loads[0].origin, "kernel command line");
	(void)quiesce_parameters_parse("rd.pci_quiesce.load=none", &config, &complaint);
	assert_string_equal(complaints, "");
	assert_int_equal(config.n_loads, 0);
}

#define LOADS ": dump-target, console, all, none, ADDRESS or module NAME"

static void what_cannot_be_loaded_is_said(void **state)
{
	(void)state;
	parse("[quiesce]\nload = module\nload = modules x\nload = module a/b\nload = module a b\n"
	      "load = 02:00\nload =\n");
	assert_string_equal(complaints, "t.conf:2: bad value \"module\" for load" LOADS "\n"
					"t.conf:3: bad value \"modules x\" for load" LOADS "\n"
					"t.conf:4: bad value \"module a/b\" for load" LOADS "\n"
					"t.conf:5: bad value \"module a b\" for load" LOADS "\n"
					"t.conf:6: bad value \"02:00\" for load" LOADS "\n"
					"t.conf:7: bad value \"\" for load" LOADS "\n");
	assert_int_equal(config.n_loads, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(modes_and_answers_are_words),
		TEST(load_lines_add_up_in_order),
		TEST(what_cannot_be_loaded_is_said),
		TEST(defaults_are_those_of_the_shipped_file),
		TEST(rules_keep_their_order_and_their_lines),
		TEST(keys_are_set),
		TEST(comments_and_indentation_mean_nothing),
		TEST(what_is_not_known_is_named_with_its_line),
		TEST(a_bad_action_with_a_good_match_means_keep),
		TEST(every_action_can_be_asked_for),
		TEST(what_was_meant_is_guessed_where_one_word_is_near),
		TEST(a_path_has_an_address_and_then_a_function_of_each_level),
		TEST(lines_that_are_none_are_errors_in_order_and_the_rest_is_read),
		TEST(a_byte_order_mark_can_be_read_and_colons_cannot),
		TEST(a_line_that_is_too_long_is_an_error_and_the_rest_is_read),
		TEST(an_empty_text_is_good),
		TEST(a_value_is_printed_as_it_would_be_written),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
