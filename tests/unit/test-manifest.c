/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The healthy machine as the image remembers it, and what has become of it. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "fake_io.h"
#include "manifest.h"

#define N 5

/* A root port, a switch with two functions behind it, a VMD with one in its domain. */
static struct pcireset_function functions[N + 1];
static struct pcireset_machine machine;
static struct quiesce_comparison comparison;
static char root[64];

static void set(size_t i, const char *address, uint16_t vendor, uint16_t device, size_t parent)
{
	struct pcireset_function *f = &functions[i];

	*f = (struct pcireset_function){ .vendor = vendor,
					 .device = device,
					 .answers = true,
					 .parent = parent,
					 .physical = PCIRESET_NONE,
					 .behind = PCIRESET_NONE,
					 .iommu_group = -1 };
	assert_int_equal(pcireset_address_parse(address, &f->address), 0);
}

static int setup(void **state)
{
	(void)state;
	set(0, "0000:00:0e.0", 0x8086, 0x28c0, PCIRESET_NONE);
	set(1, "0000:00:1c.0", 0x8086, 0xa110, PCIRESET_NONE);
	set(2, "0000:02:00.0", 0x8086, 0x1572, 1);
	set(3, "0000:02:00.1", 0x8086, 0x1572, 1);
	set(4, "10000:e1:00.0", 0x8086, 0x0a54, PCIRESET_NONE);
	functions[4].behind = 0;
	machine = (struct pcireset_machine){ functions, N };
	comparison = (struct quiesce_comparison){ 0 };
	(void)strcpy(root, "test-manifest.XXXXXX");
	assert_non_null(mkdtemp(root));
	return 0;
}

static int teardown(void **state)
{
	char command[96];

	(void)state;
	quiesce_manifest_free(&comparison.manifest);
	free(comparison.differences);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

static char *print(void)
{
	/* It has a key "functions" of its own. */
	struct quiesce_target_function disk = { { .bus = 2 }, 0x8086, 0x1572 };
	struct quiesce_target_source source = { (char *)"block device sda", &disk, 1 };
	const struct quiesce_target target = { &source, 1 };
	char *text = NULL;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);

	assert_int_equal(quiesce_manifest_print(root, &machine, &target, out), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void remember(void)
{
	_cleanup_free_ char *text = print();

	assert_int_equal(quiesce_manifest_parse(text, &comparison.manifest), 0);
}

static void compare(size_t n)
{
	assert_int_equal(quiesce_manifest_compare(&machine, &comparison), 0);
	assert_int_equal(comparison.n, n);
}

static void what_is_printed_can_be_read(void **state)
{
	const struct quiesce_manifest_function *f;

	(void)state;
	functions[3].is_virtual = true;
	functions[3].physical = 2;
	remember();
	assert_int_equal(comparison.manifest.n, N);
	f = comparison.manifest.functions;
	assert_string_equal(f[1].path, "0000:00:1c.0");
	assert_string_equal(f[2].path, "0000:00:1c.0/00.0");
	assert_int_equal(f[2].vendor, 0x8086);
	assert_int_equal(f[2].device, 0x1572);
	assert_int_equal(f[2].address.bus, 2);
	assert_false(f[2].is_virtual);
	assert_true(f[3].is_virtual);
	assert_true(f[4].is_behind);
	assert_string_equal(f[4].path, "0000:00:0e.0/00.0");
}

static void the_same_machine_has_no_difference(void **state)
{
	(void)state;
	remember();
	compare(0);
}

static void buses_with_new_numbers_are_moves(void **state)
{
	(void)state;
	remember();
	functions[2].address.bus = 5;
	functions[3].address.bus = 5;
	functions[4].address.domain = 0x10001;
	compare(3);
	assert_int_equal(comparison.differences[0].was, 4);
	assert_int_equal(comparison.differences[0].is, 4);
	assert_int_equal(comparison.differences[1].was, 2);
	assert_int_equal(comparison.differences[1].is, 2);
	assert_int_equal(comparison.differences[2].was, 3);
	assert_int_equal(comparison.differences[2].is, 3);
}

static void a_bridge_that_is_not_read_moves_nothing(void **state)
{
	(void)state;
	remember();
	functions[2].parent = PCIRESET_NONE;
	functions[3].parent = PCIRESET_NONE;
	compare(0);
}

static void another_device_in_the_slot_is_new_and_the_old_one_missing(void **state)
{
	(void)state;
	remember();
	functions[3].device = 0x1573;
	compare(2);
	assert_int_equal(comparison.differences[0].was, 3);
	assert_int_equal(comparison.differences[0].is, PCIRESET_NONE);
	assert_int_equal(comparison.differences[1].was, PCIRESET_NONE);
	assert_int_equal(comparison.differences[1].is, 3);
}

static void a_function_that_is_gone_is_missing(void **state)
{
	(void)state;
	remember();
	functions[3] = functions[4];
	machine.n = N - 1;
	compare(1);
	assert_int_equal(comparison.differences[0].was, 3);
	assert_int_equal(comparison.differences[0].is, PCIRESET_NONE);
}

static void vfs_and_domains_that_nobody_provides_yet_are_not_missing(void **state)
{
	(void)state;
	functions[3].is_virtual = true;
	functions[3].physical = 2;
	remember();
	machine.n = N - 2;
	compare(0);
}

static void one_function_of_a_domain_that_is_there_can_be_missing(void **state)
{
	(void)state;
	set(5, "10000:e2:00.0", 0x144d, 0xa80a, PCIRESET_NONE);
	functions[5].behind = 0;
	machine.n = N + 1;
	remember();
	machine.n = N;
	compare(1);
	assert_int_equal(comparison.differences[0].was, 5);
}

static void every_manifest_that_ends_early_is_none(void **state)
{
	_cleanup_free_ char *text = print();
	struct quiesce_manifest manifest;

	(void)state;
	/* The last two are the line break and the brace before it. */
	for (size_t n = strlen(text) - 1; n-- > 0;) {
		text[n] = '\0';
		assert_int_equal(quiesce_manifest_parse(text, &manifest), -EBADMSG);
	}
}

static void what_is_no_manifest_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"null",
		"{\"functions\":[]}",
		"{\"schema\":2,\"functions\":[]}",
		"{\"schema\":1,\"functions\":[]} x",
		"{\"schema\":1,\"functions\":[1]}",
		"{\"schema\":1,\"functions\":[{}]}",
		"{\"schema\":1,\"functions\":[,]}",
		"{\"schema\":1,\"functions\":[{\"address\":\"00:00.0\",\"path\":\"\","
		"\"vendor\":\"8086\",\"device\":\"15\"}]}",
		"{\"schema\":1,\"functions\":[{\"address\":\"00:00.0\",\"path\":\"\","
		"\"vendor\":\"8086\",\"device\":\"1572\"},]}",
		"{\"schema\":1,\"functions\":[{\"address\":\"here\",\"path\":\"\","
		"\"vendor\":\"8086\",\"device\":\"1572\"}]}",
	};
	struct quiesce_manifest manifest;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(quiesce_manifest_parse(texts[i], &manifest), -EBADMSG);
	assert_int_equal(quiesce_manifest_parse("{\"schema\":1,\"functions\":[ ]}\n", &manifest),
			 0);
	assert_int_equal(manifest.n, 0);
}

/* What the stage says of the manifest in the root, and what the report has of it. */
static void stage(const char *text, char *ret_said, char *ret_report, size_t bytes)
{
	const struct quiesce_log log = { memfd_create("log", MFD_CLOEXEC), -1 };
	struct quiesce_run run = { .root = root, .log = &log, .machine = machine };
	char path[128];
	ssize_t n;
	FILE *out;

	if (text) {
		(void)snprintf(path, sizeof(path), "mkdir -p '%s/usr/lib/pci-quiesce'", root);
		assert_int_equal(system(path), 0);
		(void)snprintf(path, sizeof(path), "%s/" QUIESCE_MANIFEST, root);
		out = fopen(path, "w");
		assert_non_null(out);
		(void)fputs(text, out);
		assert_int_equal(fclose(out), 0);
	}
	quiesce_manifest_stage(&run);
	n = pread(log.kmsg_fd, ret_said, bytes - 1, 0);
	assert_true(n >= 0);
	ret_said[n] = '\0';
	memset(ret_report, 0, bytes);
	out = fmemopen(ret_report, bytes, "w");
	assert_int_equal(quiesce_manifest_report(&run, out), 0);
	assert_int_equal(fclose(out), 0);
	(void)close(log.kmsg_fd);
	quiesce_comparison_free(run.comparison);
}

static void an_image_without_a_manifest_says_nothing(void **state)
{
	char said[512], report[512];

	(void)state;
	stage(NULL, said, report, sizeof(said));
	assert_string_equal(said, "");
	assert_string_equal(report, "\"manifest\":null,");
}

static void a_damaged_manifest_is_a_warning_and_no_more(void **state)
{
	char said[512], report[512];

	(void)state;
	stage("{\"schema\":1,\"functions\":[{\"addr", said, report, sizeof(said));
	assert_string_equal(said, "<4>pci-quiesce: /usr/lib/pci-quiesce/manifest.json: "
				  "not a manifest\n");
	assert_string_equal(report, "\"manifest\":null,");
}

static void differences_are_logged_and_reported(void **state)
{
	_cleanup_free_ char *text = print();
	char said[512], report[512];

	(void)state;
	functions[2].address.bus = 3;
	functions[3].device = 0x1573;
	stage(text, said, report, sizeof(said));
	assert_string_equal(said,
			    "<5>pci-quiesce: manifest: 0000:02:00.0 is now 0000:03:00.0\n"
			    "<4>pci-quiesce: manifest: 0000:02:00.1 8086:1572 is missing\n"
			    "<5>pci-quiesce: manifest: 0000:02:00.1 8086:1573 is new\n");
	assert_string_equal(report,
			    "\"manifest\":{\"missing\":[{\"address\":null,\"was\":\"0000:02:00.1\","
			    "\"vendor\":\"8086\",\"device\":\"1572\"}],"
			    "\"new\":[{\"address\":\"0000:02:00.1\",\"was\":null,"
			    "\"vendor\":\"8086\",\"device\":\"1573\"}],"
			    "\"moved\":[{\"address\":\"0000:03:00.0\",\"was\":\"0000:02:00.0\","
			    "\"vendor\":\"8086\",\"device\":\"1572\"}]},");
}

static void the_log_is_bounded(void **state)
{
	_cleanup_free_ char *text = NULL;
	char said[4096], report[4096], last[128];
	static struct pcireset_function many[40];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(many); i++) {
		many[i] = functions[0];
		many[i].address.device = (uint8_t)(i % 32);
		many[i].address.bus = (uint8_t)(i / 32);
	}
	machine = (struct pcireset_machine){ many, ARRAY_SIZE(many) };
	text = print();
	machine.n = 1;
	stage(text, said, report, sizeof(said));
	(void)snprintf(last, sizeof(last), "%s", strstr(said, "manifest: and"));
	assert_string_equal(last, "manifest: and 29 differences more: see the report\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_printed_can_be_read),
		TEST(the_same_machine_has_no_difference),
		TEST(buses_with_new_numbers_are_moves),
		TEST(a_bridge_that_is_not_read_moves_nothing),
		TEST(another_device_in_the_slot_is_new_and_the_old_one_missing),
		TEST(a_function_that_is_gone_is_missing),
		TEST(vfs_and_domains_that_nobody_provides_yet_are_not_missing),
		TEST(one_function_of_a_domain_that_is_there_can_be_missing),
		TEST(every_manifest_that_ends_early_is_none),
		TEST(what_is_no_manifest_is_refused),
		TEST(an_image_without_a_manifest_says_nothing),
		TEST(a_damaged_manifest_is_a_warning_and_no_more),
		TEST(differences_are_logged_and_reported),
		TEST(the_log_is_bounded),
	};

	return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
