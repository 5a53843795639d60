/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Assignments in the files that kdump's scripts source. */
#include <errno.h>

#include "fake_io.h"
#include "target.h"

static void expect(const char *text, const char *wanted, unsigned int wanted_line)
{
	_cleanup_free_ char *value = NULL;
	unsigned int line = 0;

	assert_int_equal(quiesce_shell_variable(text, "NAME", &value, &line), 0);
	assert_string_equal(value, wanted);
	assert_int_equal(line, wanted_line);
}

static void quotes_are_taken_off(void **state)
{
	(void)state;
	expect("NAME=a", "a", 1);
	expect("\nNAME=\"a b\"\n", "a b", 2);
	expect("NAME='a \"b'", "a \"b", 1);
	expect("NAME=a\" b \"'c'", "a b c", 1);
	expect("NAME=", "", 1);
}

static void a_comment_ends_a_value_and_is_none_itself(void **state)
{
	char *value;

	(void)state;
	expect("NAME=a # b\n", "a", 1);
	expect("  export NAME=a; OTHER=b\n", "a", 1);
	assert_int_equal(quiesce_shell_variable("#NAME=a\nOTHERNAME=b\nNAMES=c", "NAME", &value,
						NULL),
			 -ENOENT);
}

static void a_quoted_value_may_have_lines_that_are_no_assignments(void **state)
{
	(void)state;
	expect("OTHER=1\nNAME=\"a \\\nb\nc\"\n", "a  b c", 2);
	expect("NAME='a\nb'\nNAME=c\n", "c", 3);
}

static void the_last_assignment_counts(void **state)
{
	(void)state;
	expect("NAME=a\nNAME=b\n", "b", 2);
}

static void an_assignment_may_add_to_those_before(void **state)
{
	(void)state;
	expect("NAME=\"a\"\nNAME+=\" b\"\n", "a b", 2);
	expect("NAME+=a\nNAMES+=b\nNAME+ =c\n", "a", 1);
	expect("NAME=a\nNAME+=b\nNAME=c\nexport NAME+='d e'\n", "cd e", 4);
}

static void a_quote_that_does_not_end_ends_with_the_file(void **state)
{
	(void)state;
	expect("NAME=\"a b\n", "a b ", 1);
	expect("NAME=a\\", "a\\", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_are_taken_off),
		cmocka_unit_test(a_comment_ends_a_value_and_is_none_itself),
		cmocka_unit_test(a_quoted_value_may_have_lines_that_are_no_assignments),
		cmocka_unit_test(the_last_assignment_counts),
		cmocka_unit_test(an_assignment_may_add_to_those_before),
		cmocka_unit_test(a_quote_that_does_not_end_ends_with_the_file),
	};

	return cmocka_run_group_tests_name("shell-variable", tests, NULL, NULL);
}
