/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_io.h"
#include "terminal.h"

static const char *const cells[][3] = {
	{ "1", "a", "some words" },
	{ "22", "a longer one", "more words than fit" },
	{ "3", "", "" },
};

static const char *cell(const void *data, size_t row, size_t column, char *buffer,
			enum quiesce_color *color)
{
	(void)data;
	(void)buffer;
	if (row == 1 && column == 0)
		*color = QUIESCE_RED;
	return cells[row][column];
}

static size_t lead(const void *data, size_t row, FILE *out)
{
	(void)data;
	if (out && row)
		(void)fputs("─ ", out);
	return row ? 2 : 0;
}

static void assert_table(struct quiesce_terminal terminal, bool leads, const char *expected)
{
	const struct quiesce_table table = {
		.headings = { "N", "NAME", "WORDS" },
		.n = 3,
		.cell = cell,
		.lead = leads ? lead : NULL,
	};
	char text[1024] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	quiesce_table_print(&table, &terminal, out);
	(void)fclose(out);
	assert_string_equal(text, expected);
}

static void columns_are_as_wide_as_what_is_in_them(void **state)
{
	(void)state;
	assert_table((struct quiesce_terminal){ 0 }, false,
		     "N  NAME         WORDS\n"
		     "1  a            some words\n"
		     "22 a longer one more words than fit\n"
		     "3\n");
}

static void what_is_before_the_first_counts(void **state)
{
	(void)state;
	assert_table((struct quiesce_terminal){ 0 }, true,
		     "N    NAME         WORDS\n"
		     "1    a            some words\n"
		     "─ 22 a longer one more words than fit\n"
		     "─ 3\n");
}

static void the_last_column_goes_to_the_next_line_in_rows_where_it_is_long(void **state)
{
	(void)state;
	assert_table((struct quiesce_terminal){ .columns = 32 }, false,
		     "N  NAME         WORDS\n"
		     "1  a            some words\n"
		     "22 a longer one\n"
		     "    more words than fit\n"
		     "3\n");
}

static void what_does_not_fit_goes_to_the_next_line_in_all_rows(void **state)
{
	(void)state;
	assert_table((struct quiesce_terminal){ .columns = 20 }, false,
		     "N  NAME\n"
		     "    WORDS\n"
		     "1  a\n"
		     "    some words\n"
		     "22 a longer one\n"
		     "    more words th...\n"
		     "3\n");
	/* Wider than the terminal: it stays as it is, but for the last. */
	assert_table((struct quiesce_terminal){ .columns = 14 }, true,
		     "N\n"
		     "    NAME\n"
		     "    WORDS\n"
		     "1\n"
		     "    a\n"
		     "    some words\n"
		     "─ 22\n"
		     "    a longer one\n"
		     "    more wo...\n"
		     "─ 3\n");
	assert_table((struct quiesce_terminal){ .columns = 14, .utf8 = true }, false,
		     "N\n"
		     "    NAME\n"
		     "    WORDS\n"
		     "1\n"
		     "    a\n"
		     "    some words\n"
		     "22\n"
		     "    a longer one\n"
		     "    more word…\n"
		     "3\n");
}

static void colors_take_no_room(void **state)
{
	(void)state;
	assert_table((struct quiesce_terminal){ .colors = true }, false,
		     "\033[1mN\033[m  \033[1mNAME\033[m         \033[1mWORDS\033[m\n"
		     "1  a            some words\n"
		     "\033[31m22\033[m a longer one more words than fit\n"
		     "3\n");
}

static void only_printable_ascii_is_written(void **state)
{
	const struct quiesce_terminal plain = { 0 };
	char text[64] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	(void)state;
	quiesce_terminal_write(&plain, out, QUIESCE_RED, "a\033[31m\x9b\x7f\n\tb\xc2\x9b~", 64);
	(void)fclose(out);
	assert_string_equal(text, "a?[31m????b??~");
}

/* Standard output of a test is no terminal. */
static void a_pipe_has_neither_width_nor_color(void **state)
{
	struct quiesce_terminal terminal;

	(void)state;
	(void)setenv("TERM", "xterm", 1);
	(void)setenv("COLUMNS", "40", 1);
	(void)setenv("LANG", "C.UTF-8", 1);
	terminal = quiesce_terminal_look(NULL);
	if (terminal.is_terminal)
		skip();
	assert_false(terminal.colors);
	assert_false(terminal.utf8);
	assert_int_equal(terminal.columns, 0);
	assert_true(quiesce_terminal_look("always").colors);
	assert_false(quiesce_terminal_look("never").colors);
	assert_false(quiesce_terminal_look("auto").colors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_as_wide_as_what_is_in_them),
		cmocka_unit_test(what_is_before_the_first_counts),
		cmocka_unit_test(the_last_column_goes_to_the_next_line_in_rows_where_it_is_long),
		cmocka_unit_test(what_does_not_fit_goes_to_the_next_line_in_all_rows),
		cmocka_unit_test(colors_take_no_room),
		cmocka_unit_test(only_printable_ascii_is_written),
		cmocka_unit_test(a_pipe_has_neither_width_nor_color),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
