/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "fake_io.h"

static const struct pcireset_function nvme = {
	.address = { 0x10000, 0xe1, 0x1f, 2 },
	.vendor = 0x144d,
	.device = 0xa80a,
	.class_code = 0x010802,
};

static const char *problem_of(const char *slot, const char *ids)
{
	struct pcireset_filter *filter;
	const char *problem = NULL;

	assert_int_equal(pcireset_filter_make(slot, ids, &problem, &filter), -22);
	return problem;
}

static bool takes(const char *slot, const char *ids)
{
	struct pcireset_filter *filter;
	const char *problem = "";
	bool matches;

	if (pcireset_filter_make(slot, ids, &problem, &filter) != 0)
		fail_msg("%s, %s: %s", slot ? slot : "", ids ? ids : "", problem);
	matches = pcireset_filter_matches(filter, &nvme);
	free(filter);
	return matches;
}

static void no_filter_takes_all(void **state)
{
	(void)state;
	assert_true(takes(NULL, NULL));
	assert_true(takes("", ":"));
}

static void parts_of_an_address_may_be_left_out(void **state)
{
	(void)state;
	assert_true(takes("10000:e1:1f.2", NULL));
	assert_true(takes("e1:1f.2", NULL));
	assert_true(takes("1f.2", NULL));
	assert_true(takes("1f", NULL));
	assert_true(takes(".2", NULL));
	assert_true(takes("e1:", NULL));
	assert_true(takes("10000::", NULL));
	assert_true(takes("*:e1:*.2", NULL));
	assert_false(takes("0:e1:1f.2", NULL));
	assert_false(takes("e0:", NULL));
	assert_false(takes("1e", NULL));
	assert_false(takes(".1", NULL));
}

static void ids_and_class_may_be_given(void **state)
{
	(void)state;
	assert_true(takes(NULL, "144d:"));
	assert_true(takes(NULL, ":a80a"));
	assert_true(takes(NULL, "144d:a80a:0108:02"));
	assert_true(takes(NULL, "::01xx"));
	assert_true(takes(NULL, ":::2"));
	assert_false(takes(NULL, "144e:"));
	assert_false(takes(NULL, ":a80b"));
	assert_false(takes(NULL, "::02xx"));
	assert_false(takes(NULL, ":::10"));
}

static void both_must_match(void **state)
{
	(void)state;
	assert_true(takes("e1:", "144d:"));
	assert_false(takes("e2:", "144d:"));
	assert_false(takes("e1:", "144e:"));
}

static void what_is_wrong_is_said(void **state)
{
	(void)state;
	assert_string_equal(problem_of("80000000:0:0.0", NULL), "Invalid domain number");
	assert_string_equal(problem_of("100:0.0", NULL), "Invalid bus number");
	assert_string_equal(problem_of("20.0", NULL), "Invalid slot number");
	assert_string_equal(problem_of("0.8", NULL), "Invalid function number");
	assert_string_equal(problem_of("nonsense", NULL), "Invalid slot number");
	assert_string_equal(problem_of(NULL, "8086"), "At least two fields must be given");
	assert_string_equal(problem_of(NULL, "10000:"), "Invalid vendor ID");
	assert_string_equal(problem_of("e1:", "8086:g"), "Invalid device ID");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_filter_takes_all),
		cmocka_unit_test(parts_of_an_address_may_be_left_out),
		cmocka_unit_test(ids_and_class_may_be_given),
		cmocka_unit_test(both_must_match),
		cmocka_unit_test(what_is_wrong_is_said),
	};

	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
