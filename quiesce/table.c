/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables: made twice, first for the widths, so that no row is kept. */
#include <string.h>

#include "terminal.h"

#define HEADING SIZE_MAX

/* Of what a row has on further lines. */
#define INDENT 4

/*
 * @widths: of what is in a column
 * @begins: it begins a further line, since the terminal ends; of the last column each
 *	row has its own mind
 */
struct layout {
	size_t widths[QUIESCE_TABLE_COLUMNS];
	bool begins[QUIESCE_TABLE_COLUMNS];
};

static const char *cell_of(const struct quiesce_table *table, size_t row, size_t column,
			   char *buffer, enum quiesce_color *ret_color)
{
	const char *text;

	*ret_color = QUIESCE_PLAIN;
	if (row == HEADING) {
		*ret_color = QUIESCE_BOLD;
		return table->headings[column];
	}
	text = table->cell(table->data, row, column, buffer, ret_color);
	return text ? text : "";
}

static size_t lead_of(const struct quiesce_table *table, size_t row, size_t column, FILE *out)
{
	if (row == HEADING || column > 0 || !table->lead)
		return 0;
	return table->lead(table->data, row, out);
}

/* Whole on a line of its own, rather than cut behind others. */
static bool is_last_and_long(const struct quiesce_table *table,
			     const struct quiesce_terminal *terminal, size_t column, size_t at,
			     const char *text)
{
	return !table->headings[column + 1] && terminal->columns && at > INDENT &&
	       at + strlen(text) > terminal->columns;
}

/* Columns of @text behind @at others that a terminal has; what is cut gets an ellipsis. */
static size_t fitting(const struct quiesce_terminal *terminal, size_t at, const char *text)
{
	const size_t length = strlen(text), dots = terminal->utf8 ? 1 : 3;

	if (!terminal->columns || at + length <= terminal->columns)
		return length;
	return terminal->columns > at + dots ? terminal->columns - at - dots : 0;
}

static void print_row(const struct quiesce_table *table, const struct quiesce_terminal *terminal,
		      size_t row, const struct layout *layout, FILE *out)
{
	size_t at = 0, wanted = 0;
	bool is_over = false;

	for (size_t c = 0; table->headings[c]; c++) {
		char buffer[QUIESCE_CELL_BYTES];
		enum quiesce_color color;
		const char *text = cell_of(table, row, c, buffer, &color);
		size_t bytes = strlen(text);

		if (layout->begins[c] || is_last_and_long(table, terminal, c, wanted, text)) {
			wanted = INDENT;
			is_over = true;
		}
		/* Blanks, and lines, only where something follows. */
		if (text[0] && is_over) {
			(void)fputs("\n", out);
			at = 0;
			is_over = false;
		}
		if (text[0] && at < wanted)
			at += (size_t)fprintf(out, "%*s", (int)(wanted - at), "");
		at += lead_of(table, row, c, out);
		if (!table->headings[c + 1])
			bytes = fitting(terminal, at, text);
		quiesce_terminal_write(terminal, out, color, text, bytes);
		if (bytes < strlen(text))
			(void)fputs(terminal->utf8 ? "\u2026" : "...", out);
		at += bytes;
		wanted += layout->widths[c] + 1;
	}
	(void)fputs("\n", out);
}

static void measure(const struct quiesce_table *table, struct layout *layout)
{
	for (size_t c = 0; table->headings[c]; c++)
		layout->widths[c] = strlen(table->headings[c]);
	for (size_t row = 0; row < table->n; row++)
		for (size_t c = 0; table->headings[c]; c++) {
			char buffer[QUIESCE_CELL_BYTES];
			enum quiesce_color color;
			size_t width = strlen(cell_of(table, row, c, buffer, &color)) +
				       lead_of(table, row, c, NULL);

			if (width > layout->widths[c])
				layout->widths[c] = width;
		}
}

/* The same for all rows, so that columns stay columns. */
static void break_lines(const struct quiesce_table *table, size_t columns, struct layout *layout)
{
	size_t at = 0;

	for (size_t c = 0; columns && table->headings[c]; c++) {
		layout->begins[c] = c > 0 && table->headings[c + 1] &&
				    at + layout->widths[c] > columns;
		if (layout->begins[c])
			at = INDENT;
		at += layout->widths[c] + 1;
	}
}

void quiesce_table_print(const struct quiesce_table *table, const struct quiesce_terminal *terminal,
			 FILE *out)
{
	struct layout layout = { 0 };

	measure(table, &layout);
	break_lines(table, terminal->columns, &layout);
	print_row(table, terminal, HEADING, &layout, out);
	for (size_t row = 0; row < table->n; row++)
		print_row(table, terminal, row, &layout, out);
}
