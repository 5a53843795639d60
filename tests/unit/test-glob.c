/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "quiesce.h"

static void patterns_match_as_they_read(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} cases[] = {
		{ "", "", true },
		{ "", "a", false },
		{ "*", "", true },
		{ "a*c", "abbbc", true },
		{ "a*c", "abbbd", false },
		{ "*ab*ab", "abaab", true },
		{ "?", "", false },
		{ "0c03*", "0c0330", true },
		{ "103c:330[0-9a-f]:*", "103c:3306:103c:330e", true },
		{ "103c:330[0-9a-f]:*", "103c:330g:103c:330e", false },
		{ "070[02]*", "070100", false },
		{ "[!0]", "0", false },
		{ "[]a]", "]", true },
		{ "[a", "[a", true },
		{ "\\*", "*", true },
		{ "\\*", "a", false },
		{ "[\\]]", "]", true },
		{ "[a-]", "-", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(quiesce_glob(cases[i].pattern, cases[i].text, 0),
				 cases[i].matches ? 0 : FNM_NOMATCH);
}

/* Of brackets that make sense: what an odd one means is every library's own. */
static void add_random(char *pattern, size_t bytes)
{
	static const char *const parts[] = { "a", "b", "-", "*", "?", "[ab]", "[!a]", "[a-c]",
					     "[^b-]", "[]b]", "\\*", "\\a" };

	pattern[0] = '\0';
	for (int n = rand() % 6; n > 0; n--)
		(void)strncat(pattern, parts[(size_t)rand() % ARRAY_SIZE(parts)],
			      bytes - strlen(pattern) - 1);
}

static void the_c_library_says_the_same(void **state)
{
	size_t matched = 0;

	(void)state;
	srand(1);
	for (int i = 0; i < 200000; i++) {
		static const char letters[] = "abc-*]";
		char pattern[32], text[8] = "";
		int r;

		add_random(pattern, sizeof(pattern));
		for (int n = rand() % 6; n > 0; n--)
			text[strlen(text)] = letters[(size_t)rand() % (sizeof(letters) - 1)];
		r = quiesce_glob(pattern, text, 0);
		if (r != fnmatch(pattern, text, 0))
			fail_msg("\"%s\", \"%s\": %d", pattern, text, r);
		matched += r == 0;
	}
	assert_in_range(matched, 10000, 190000);
}

static void many_stars_take_no_time(void **state)
{
	char pattern[512], text[512];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (size_t i = 0; i < sizeof(pattern) - 2; i += 2)
		memcpy(&pattern[i], "*a", 2);
	memcpy(&pattern[sizeof(pattern) - 2], "b", 2);
	assert_int_equal(quiesce_glob(pattern, text, 0), FNM_NOMATCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_match_as_they_read),
		cmocka_unit_test(the_c_library_says_the_same),
		cmocka_unit_test(many_stars_take_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
