/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What standard output can show, and writing to it without harm. */
#include <string.h>
#include <sys/ioctl.h>

#include "terminal.h"

static bool is_set(const char *value)
{
	return value && value[0];
}

/* The program needs no other part of a locale: it is not worth libc's tables. */
static bool is_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *codeset = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(names) && !is_set(codeset); i++)
		codeset = getenv(names[i]);
	return codeset && (strstr(codeset, ".UTF-8") || strstr(codeset, ".utf8") ||
			   strstr(codeset, ".utf-8") || strstr(codeset, ".UTF8"));
}

static size_t columns_of_terminal(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	unsigned long n;

	n = is_set(columns) ? strtoul(columns, NULL, 10) : 0;
	if (n > 0 && n < 10000)
		return n;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

struct quiesce_terminal quiesce_terminal_look(const char *color)
{
	struct quiesce_terminal terminal = { .is_terminal = isatty(STDOUT_FILENO) };
	const char *term = getenv("TERM");

	if (color && strcmp(color, "always") == 0)
		terminal.colors = true;
	else if (!color || strcmp(color, "never") != 0)
		terminal.colors = terminal.is_terminal && !is_set(getenv("NO_COLOR")) &&
				  is_set(term) && strcmp(term, "dumb") != 0;
	if (terminal.is_terminal) {
		terminal.utf8 = is_utf8();
		terminal.columns = columns_of_terminal();
	}
	return terminal;
}

void quiesce_terminal_write(const struct quiesce_terminal *terminal, FILE *out,
			    enum quiesce_color color, const char *text, size_t bytes)
{
	static const char codes[QUIESCE_COLORS][8] = {
		[QUIESCE_BOLD] = "\033[1m",
		[QUIESCE_RED] = "\033[31m",
		[QUIESCE_GREEN] = "\033[32m",
		[QUIESCE_YELLOW] = "\033[33m",
		[QUIESCE_CYAN] = "\033[36m",
	};
	char clean[QUIESCE_CELL_BYTES];
	const char *code = terminal->colors ? codes[color] : "";
	size_t n = 0;

	/* Also of what is not ASCII: C1 control characters are there. */
	for (; text[n] && n < bytes && n < sizeof(clean); n++)
		clean[n] = text[n] >= ' ' && text[n] <= '~' ? text[n] : '?';
	(void)fprintf(out, "%s%.*s%s", code, (int)n, clean, code[0] ? "\033[m" : "");
}
