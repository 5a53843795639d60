/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What "lspci -xxxx" prints, made clean for libpci: that gives up a dump for a
 * long line or a missing newline, names no line, and takes offsets unchecked.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

/* Longer addresses are ignored by libpci, and their rows go to the function before. */
#define DOMAIN_DIGITS_MAX 6
#define ROW_BYTES 16
#define CONFIG_BYTES_MAX 4096

struct cleaner {
	char *out;
	size_t bytes; /* room left there */
	bool in_function;
	size_t n_functions;
	size_t n_rows;
	const char *problem;
};

static void put(struct cleaner *c, const char *before, const char *text, size_t length)
{
	const int n = snprintf(c->out, c->bytes, "%s%.*s\n", before, (int)length, text);

	c->out += n;
	c->bytes -= (size_t)n;
}

static size_t hex_digits(const char *text, const char *end)
{
	size_t n = 0;

	while (text + n < end && isxdigit((unsigned char)text[n]))
		n++;
	return n;
}

/* Length of "bus:device.function", or 0. */
static size_t slot_length(const char *text, const char *end)
{
	static const size_t length = sizeof("00:00.0") - 1;

	if ((size_t)(end - text) < length || hex_digits(text, end) != 2 || text[2] != ':' ||
	    hex_digits(text + 3, end) != 2 || text[5] != '.' || text[6] < '0' || text[6] > '7')
		return 0;
	return text + length == end || text[length] == ' ' ? length : 0;
}

/* "0000:01:00.0 Ethernet controller ..." or "01:00.0 ..." */
static bool take_address(struct cleaner *c, const char *line, const char *end)
{
	const size_t digits = hex_digits(line, end);
	size_t before = 0, length;

	if (digits >= 4 && line + digits < end && line[digits] == ':')
		before = digits + 1;
	length = slot_length(line + before, end);
	if (!length)
		return false;

	if (digits > DOMAIN_DIGITS_MAX)
		c->problem = "a domain of more than six digits";
	else if (line[before + 3] > '1')
		c->problem = "a device number above 1f";
	c->in_function = true;
	c->n_functions++;
	put(c, "\n", line, before + length);
	c->out[-1] = ' ';
	put(c, "", "", 0);
	return true;
}

/* "10: 00 00 00 00 ..." */
static bool take_row(struct cleaner *c, const char *line, const char *end)
{
	const size_t digits = hex_digits(line, end);
	const char *at = line + digits;
	unsigned long offset;
	size_t n = 0;

	if (digits < 2 || digits > 8 || end - at < 2 || at[0] != ':' || at[1] != ' ')
		return false;

	offset = strtoul(line, NULL, 16);
	for (at++; end - at >= 3 && at[0] == ' ' && hex_digits(at + 1, end) == 2; at += 3)
		n++;
	while (at < end && isspace((unsigned char)*at))
		at++;
	if (at != end || n == 0 || n > ROW_BYTES)
		c->problem = "not a row of up to 16 bytes";
	else if (offset + n > CONFIG_BYTES_MAX)
		c->problem = "configuration space ends at fff";
	else if (!c->in_function)
		c->problem = "a row before the first function";
	if (c->problem)
		return true;

	c->n_rows++;
	put(c, "", line, digits + 1 + 3 * n);
	return true;
}

static void take_line(struct cleaner *c, const char *line, const char *end)
{
	if (end > line && end[-1] == '\r')
		end--;
	/* Everything else is what lspci has decoded, or said. */
	if (!take_address(c, line, end))
		(void)take_row(c, line, end);
}

int pcireset_dump_clean(const char *text, char **ret_clean,
			struct pcireset_dump_problem *ret_problem)
{
	/* An address gets two characters more, and has at least seven. */
	const size_t bytes = 2 * strlen(text) + 16;
	_cleanup_free_ char *clean = calloc(1, bytes);
	struct cleaner c = { .out = clean, .bytes = bytes };
	unsigned int line = 0;

	if (!clean)
		return -ENOMEM;

	while (*text && !c.problem) {
		const char *end = strchrnul(text, '\n');

		line++;
		take_line(&c, text, end);
		text = *end ? end + 1 : end;
	}
	if (!c.problem && c.n_functions == 0) {
		line = 0;
		c.problem = "no PCI function: not what \"lspci -xxxx\" prints";
	} else if (!c.problem && c.n_rows == 0) {
		line = 0;
		c.problem = "no configuration space: made without -xxxx";
	}
	if (c.problem) {
		*ret_problem = (struct pcireset_dump_problem){ line, c.problem };
		return -EBADMSG;
	}

	*ret_clean = clean;
	clean = NULL;
	return 0;
}
