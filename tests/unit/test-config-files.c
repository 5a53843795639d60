/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files are read, and which of them has the first word. */
#include <string.h>
#include <sys/stat.h>

#include "fake_io.h"
#include "quiesce.h"

static struct quiesce_config config;
static char complaints[1024];
static char root[64];

static void say(void *data, const char *file, unsigned int line, const char *problem)
{
	size_t used = strlen(complaints);

	(void)data;
	(void)snprintf(complaints + used, sizeof(complaints) - used, "%s:%u: %s\n", file, line,
		       problem);
}

static void make_directories(char *path)
{
	for (char *slash = strchr(path + strlen(root) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0700);
		*slash = '/';
	}
}

static void put(const char *name, const char *text)
{
	char path[256];
	FILE *out;

	(void)snprintf(path, sizeof(path), "%s%s", root, name);
	make_directories(path);
	out = fopen(path, "w");
	assert_non_null(out);
	(void)fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

static void mask(const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s%s", root, name);
	make_directories(path);
	assert_int_equal(symlink("/dev/null", path), 0);
}

static int load(const char *path)
{
	const struct quiesce_complaint complaint = { say, NULL };

	return quiesce_config_load(&config, root, path, &complaint);
}

/* "ORIGIN ORIGIN", in the order in which they are looked at. */
static const char *order(void)
{
	static char text[1024];

	text[0] = '\0';
	for (size_t i = 0; i < config.n_rules; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
			       i ? " " : "", config.rules[i].origin);
	return text;
}

static int setup(void **state)
{
	(void)state;
	complaints[0] = '\0';
	(void)strcpy(root, "test-config-files.XXXXXX");
	assert_non_null(mkdtemp(root));
	quiesce_config_defaults(&config);
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	quiesce_config_free(&config);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

static void without_files_the_defaults_hold(void **state)
{
	(void)state;
	assert_int_equal(load(NULL), 1);
	assert_int_equal(config.level, QUIESCE_LEVEL_IOMMU);
	assert_false(config.level_is_set);
	assert_string_equal(complaints, "");
}

static void the_first_main_file_counts_alone(void **state)
{
	(void)state;
	put("/usr/lib/pci-quiesce.conf", "[quiesce]\nlevel = fence\nreset_ms = 300\n");
	put("/run/pci-quiesce.conf", "[quiesce]\nlevel = flr\n");
	assert_int_equal(load(NULL), 0);
	assert_int_equal(config.level, QUIESCE_LEVEL_FLR);
	assert_true(config.level_is_set);
	assert_int_equal(config.reset_ms, 2000);
	put("/etc/pci-quiesce.conf", "[quiesce]\nlevel = sbr\n");
	assert_int_equal(load(NULL), 0);
	assert_int_equal(config.level, QUIESCE_LEVEL_SBR);
}

static void the_last_drop_in_has_the_first_word(void **state)
{
	(void)state;
	put("/etc/pci-quiesce.conf", "[quiesce]\nlevel = flr\nload = console\n[rules]\n"
				     "keep = id 8086:0001\nkeep = id 8086:0002\n");
	put("/usr/lib/pci-quiesce.conf.d/90-vendor.conf",
	    "[quiesce]\nlevel = sbr\nload = all\n[rules]\nfence = id 8086:0001\n"
	    "fence = id 8086:0003\n");
	put("/etc/pci-quiesce.conf.d/10-site.conf", "[rules]\nreset = id 8086:0001\n");
	assert_int_equal(load(NULL), 0);
	assert_string_equal(complaints, "");
	assert_int_equal(config.level, QUIESCE_LEVEL_SBR);
	assert_int_equal(config.n_loads, 2);
	assert_string_equal(config.loads[1].origin,
			    "/usr/lib/pci-quiesce.conf.d/90-vendor.conf:3");
	assert_string_equal(order(), "/usr/lib/pci-quiesce.conf.d/90-vendor.conf:5 "
				     "/usr/lib/pci-quiesce.conf.d/90-vendor.conf:6 "
				     "/etc/pci-quiesce.conf.d/10-site.conf:2 "
				     "/etc/pci-quiesce.conf:5 /etc/pci-quiesce.conf:6");
}

/* @n lines "[rules]", "keep=bound", "keep=bound" and so on. */
static void put_rules(const char *name, size_t n)
{
	static const char line[] = "keep=bound\n";
	char *text = calloc(n, sizeof(line)), *end = text;

	assert_non_null(text);
	end = stpcpy(end, "[rules]\n");
	for (size_t i = 1; i < n; i++)
		end = stpcpy(end, line);
	put(name, text);
	free(text);
}

/* The fence waits for it, and a crash kernel has little memory. */
static void rules_beyond_4096_are_not_read_and_nothing_is_touched(void **state)
{
	(void)state;
	put_rules("/etc/pci-quiesce.conf.d/1.conf", 2049);
	put_rules("/etc/pci-quiesce.conf.d/2.conf", 2049);
	assert_int_equal(load(NULL), 0);
	assert_string_equal(complaints, "");
	assert_int_equal(config.n_rules, 4096);
	assert_string_equal(config.rules[0].origin, "/etc/pci-quiesce.conf.d/2.conf:2");
	assert_string_equal(config.rules[2048].origin, "/etc/pci-quiesce.conf.d/1.conf:2");
	assert_int_equal(config.level, QUIESCE_LEVEL_IOMMU);

	quiesce_config_free(&config);
	quiesce_config_defaults(&config);
	put("/etc/pci-quiesce.conf.d/3.conf", "[quiesce]\nload = all\nload = none\nlevel = sbr\n");
	put("/etc/pci-quiesce.conf.d/4.conf", "nonsense\n");
	assert_int_equal(load(NULL), -27);
	assert_string_equal(complaints, "/etc/pci-quiesce.conf.d/3.conf:2: more than 4096 rules and "
					"load lines: the rest is not read, and nothing is "
					"touched\n");
	assert_int_equal(config.n_errors, 1);
	assert_int_equal(config.level, QUIESCE_LEVEL_OBSERVE);
}

static void files_of_more_than_256_kib_are_not_read_and_nothing_is_touched(void **state)
{
	static char text[100 * 1024];

	(void)state;
	memset(text, '\n', sizeof(text) - 1);
	put("/etc/pci-quiesce.conf", "[quiesce]\nlevel = flr\n");
	put("/etc/pci-quiesce.conf.d/1.conf", text);
	put("/etc/pci-quiesce.conf.d/2.conf", text);
	assert_int_equal(load(NULL), 0);
	assert_int_equal(config.level, QUIESCE_LEVEL_FLR);
	put("/etc/pci-quiesce.conf.d/3.conf", text);
	put("/etc/pci-quiesce.conf.d/4.conf", text);
	assert_int_equal(load(NULL), -27);
	assert_string_equal(complaints,
			    "/etc/pci-quiesce.conf.d/3.conf:0: more than 256 KiB of configuration: "
			    "the rest is not read, and nothing is touched\n");
	assert_int_equal(config.level, QUIESCE_LEVEL_OBSERVE);
}

static void of_too_many_drop_ins_the_first_by_name_are_read(void **state)
{
	char name[64], text[64];

	(void)state;
	for (unsigned int i = 256; i > 0; i--) {
		(void)snprintf(name, sizeof(name), "/%s/pci-quiesce.conf.d/%03u.conf",
			       i % 2 ? "etc" : "run", i);
		(void)snprintf(text, sizeof(text), "[quiesce]\nreset_ms = %u\n", 1000 + i);
		put(name, text);
	}
	assert_int_equal(load(NULL), 0);
	assert_int_equal(config.reset_ms, 1256);
	put("/usr/lib/pci-quiesce.conf.d/000.conf", "[quiesce]\ndrain_ms = 7\n");
	put("/usr/lib/pci-quiesce.conf.d/999.conf", "[quiesce]\ndrain_ms = 8\n");
	assert_int_equal(load(NULL), -27);
	assert_string_equal(complaints, "pci-quiesce.conf.d:0: more than 256 files: the rest is "
					"not read, and nothing is touched\n");
	assert_int_equal(config.reset_ms, 1255);
	assert_int_equal(config.drain_ms, 7);
	assert_int_equal(config.level, QUIESCE_LEVEL_OBSERVE);
}

static void a_drop_in_hides_others_of_its_name(void **state)
{
	(void)state;
	put("/usr/lib/pci-quiesce.conf.d/a.conf", "[quiesce]\nlevel = fence\n");
	put("/run/pci-quiesce.conf.d/a.conf", "[quiesce]\nreset_ms = 300\n");
	put("/usr/lib/pci-quiesce.conf.d/b.conf", "[quiesce]\nlevel = fence\n");
	put("/etc/pci-quiesce.conf.d/b.conf", "");
	put("/usr/lib/pci-quiesce.conf.d/c.conf", "[quiesce]\nlevel = fence\n");
	mask("/run/pci-quiesce.conf.d/c.conf");
	put("/etc/pci-quiesce.conf.d/.hidden.conf", "[quiesce]\nlevel = fence\n");
	put("/etc/pci-quiesce.conf.d/d.conf.rpmsave", "[quiesce]\nlevel = fence\n");
	put("/usr/lib/pci-quiesce.conf", "[quiesce]\ndrain_ms = 7\n");
	mask("/etc/pci-quiesce.conf");
	assert_int_equal(load(NULL), 0);
	assert_string_equal(complaints, "");
	assert_int_equal(config.level, QUIESCE_LEVEL_IOMMU);
	assert_int_equal(config.reset_ms, 300);
	assert_int_equal(config.drain_ms, 100);
}

static void a_drop_in_that_cannot_be_read_does_not_hide_the_others(void **state)
{
	(void)state;
	put("/etc/pci-quiesce.conf.d/a.conf/x", "");
	put("/etc/pci-quiesce.conf.d/b.conf", "[quiesce]\nlevel = flr\nlevel = most\n");
	assert_int_equal(load(NULL), -21);
	assert_string_equal(complaints,
			    "/etc/pci-quiesce.conf.d/a.conf:0: not read: Is a directory\n"
			    "/etc/pci-quiesce.conf.d/b.conf:3: bad value \"most\" for level: "
			    "observe, fence, flr, sbr or iommu\n");
	assert_int_equal(config.n_errors, 2);
	assert_int_equal(config.level, QUIESCE_LEVEL_FLR);
}

static void a_file_that_is_named_is_read_alone(void **state)
{
	char path[128];

	(void)state;
	put("/etc/pci-quiesce.conf", "[quiesce]\nlevel = flr\n");
	put("/etc/pci-quiesce.conf.d/a.conf", "[quiesce]\nlevel = sbr\n");
	put("/other.conf", "[quiesce]\nreset_ms = 300\n");
	(void)snprintf(path, sizeof(path), "%s/other.conf", root);
	assert_int_equal(load(path), 0);
	assert_int_equal(config.level, QUIESCE_LEVEL_IOMMU);
	assert_int_equal(config.reset_ms, 300);
	assert_int_equal(load("none.conf"), -2);
	assert_string_equal(complaints, "none.conf:0: not read: No such file or directory\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_files_the_defaults_hold),
		TEST(the_first_main_file_counts_alone),
		TEST(the_last_drop_in_has_the_first_word),
		TEST(rules_beyond_4096_are_not_read_and_nothing_is_touched),
		TEST(files_of_more_than_256_kib_are_not_read_and_nothing_is_touched),
		TEST(of_too_many_drop_ins_the_first_by_name_are_read),
		TEST(a_drop_in_hides_others_of_its_name),
		TEST(a_drop_in_that_cannot_be_read_does_not_hide_the_others),
		TEST(a_file_that_is_named_is_read_alone),
	};

	return cmocka_run_group_tests_name("config-files", tests, NULL, NULL);
}
