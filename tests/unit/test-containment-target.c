/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the dump is written through, and what may be when that is not known. */
#include "containment_stage.h"

#define D3HOT PCIRESET_CONTAIN_D3HOT

/* Nobody knows what the dump is written through, so it may be this one. */
static void without_a_dump_target_all_that_a_driver_takes_is_spared(void **state)
{
	(void)state;
	(void)add("0000:00:1e.0");
	(void)add("0000:00:1f.0");
	taken = "0000:00:1e.0";
	plan("d3hot");
	contain();
	is_not(0, "not contained: d3hot: a driver of the image takes it");
	is_contained(1, D3HOT);
}

static void with_a_dump_target_all_others_are_not(void **state)
{
	(void)state;
	(void)add("0000:00:1e.0");
	(void)add("0000:00:1f.0");
	taken = "0000:00:1e.0";
	targets[1] = true;
	plan("d3hot");
	contain();
	is_contained(0, D3HOT);
	is_not(1, "not contained: d3hot: it is the dump target");
}

/* One line of two: the other one may have moved, and be what a driver would find. */
static void a_dump_target_of_which_some_is_missing_is_not_known(void **state)
{
	static const char *const files[] = {
		"0000:00:1f.0 8086:10d3\n0000:07:00.0 8086:10d3\n",
		"0000:00:1f.0 8086:10d3\nnonsense\n",
		"# nothing\n",
	};
	char path[128], command[128];

	(void)state;
	(void)add("0000:00:1e.0");
	(void)add("0000:00:1f.0");
	taken = "0000:00:1e.0";
	plan("d3hot");
	run.dump_target = NULL;
	(void)snprintf(command, sizeof(command), "mkdir -p '%s/usr/lib/pci-quiesce'", root);
	assert_int_equal(system(command), 0);
	(void)snprintf(path, sizeof(path), "%s/usr/lib/pci-quiesce/dump-target", root);
	for (size_t k = 0; k < ARRAY_SIZE(files); k++) {
		FILE *out = fopen(path, "w");

		assert_non_null(out);
		(void)fputs(files[k], out);
		assert_int_equal(fclose(out), 0);
		contain();
		is_not(0, "not contained: d3hot: a driver of the image takes it");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_dump_target_all_that_a_driver_takes_is_spared),
		TEST(with_a_dump_target_all_others_are_not),
		TEST(a_dump_target_of_which_some_is_missing_is_not_known),
	};

	return cmocka_run_group_tests_name("containment-target", tests, NULL, NULL);
}
