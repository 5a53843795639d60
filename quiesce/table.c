/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables: made twice, first for the widths, so that no row is kept. */
#include <string.h>

#include "terminal.h"

#define HEADING SIZE_MAX

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

/* Columns of @text behind @at others that a terminal has; what is cut gets an ellipsis. */
static size_t fitting(const struct quiesce_terminal *terminal, size_t at, const char *text)
{
	const size_t length = strlen(text), dots = terminal->utf8 ? 1 : 3;

	if (!terminal->columns || at + length <= terminal->columns)
		return length;
	return terminal->columns > at + dots ? terminal->columns - at - dots : 0;
}

static void print_row(const struct quiesce_table *table, const struct quiesce_terminal *terminal,
		      size_t row, const size_t *widths, FILE *out)
{
	size_t at = 0, wanted = 0;

	for (size_t c = 0; table->headings[c]; c++) {
		char buffer[QUIESCE_CELL_BYTES];
		enum quiesce_color color;
		const char *text = cell_of(table, row, c, buffer, &color);
		size_t bytes = strlen(text);

		/* Blanks only where something follows. */
		if (text[0] && at < wanted)
			at += (size_t)fprintf(out, "%*s", (int)(wanted - at), "");
		at += lead_of(table, row, c, out);
		if (!table->headings[c + 1])
			bytes = fitting(terminal, at, text);
		quiesce_terminal_write(terminal, out, color, text, bytes);
		if (bytes < strlen(text))
			(void)fputs(terminal->utf8 ? "\u2026" : "...", out);
		at += bytes;
		wanted += widths[c] + 1;
	}
	(void)fputs("\n", out);
}

void quiesce_table_print(const struct quiesce_table *table, const struct quiesce_terminal *terminal,
			 FILE *out)
{
	size_t widths[QUIESCE_TABLE_COLUMNS] = { 0 };

	for (size_t c = 0; table->headings[c]; c++)
		widths[c] = strlen(table->headings[c]);
	for (size_t row = 0; row < table->n; row++)
		for (size_t c = 0; table->headings[c]; c++) {
			char buffer[QUIESCE_CELL_BYTES];
			enum quiesce_color color;
			size_t width = strlen(cell_of(table, row, c, buffer, &color)) +
				       lead_of(table, row, c, NULL);

			if (width > widths[c])
				widths[c] = width;
		}

	print_row(table, terminal, HEADING, widths, out);
	for (size_t row = 0; row < table->n; row++)
		print_row(table, terminal, row, widths, out);
}
