/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What "lspci -xxxx" prints, made clean for libpci: that gives up a dump for a
 * long line or a missing newline, names no line, and takes offsets unchecked.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

/* Longer addresses are ignored by libpci, and their rows go to the function before. */
#define DOMAIN_DIGITS_MAX 6
#define ROW_BYTES 16
/* What "lspci -x" prints of a CardBus bridge. */
#define CARDBUS_BYTES 128

/* A function and the line that begins it; a mere list of names has no rows. */
struct place {
	struct pcireset_address address;
	unsigned int line;
	bool has_rows;
};

struct cleaner {
	char *out;
	size_t bytes; /* room left there */
	unsigned int line;
	struct place *places; /* of the functions, as many as fit the text */
	size_t n_functions;
	size_t n_rows;
	/* Of the last function: its bytes, how far they reach, the line that said so. */
	uint8_t config[PCI_CFG_SPACE_EXP_SIZE];
	bool seen[PCI_CFG_SPACE_EXP_SIZE];
	size_t end;
	unsigned int row_line;
	struct pcireset_dump_problem *problem;
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

static void begin_function(struct cleaner *c, struct pcireset_address address)
{
	char text[PCIRESET_ADDRESS_BYTES];

	put(c, "\n", pcireset_address_format(address, text), sizeof(text));
	c->out[-1] = ' ';
	put(c, "", "", 0);
}

static void put_row(struct cleaner *c, size_t at, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	char before[sizeof("ffffffff: ")], text[3 * ROW_BYTES];

	for (size_t k = 0; k < n; k++) {
		text[3 * k] = digits[c->config[at + k] >> 4];
		text[3 * k + 1] = digits[c->config[at + k] & 15];
		text[3 * k + 2] = ' ';
	}
	(void)snprintf(before, sizeof(before), "%02x: ", (unsigned int)at);
	put(c, before, text, 3 * n - 1);
}

static bool is_whole(const struct cleaner *c, size_t bytes)
{
	const uint8_t type = c->config[PCI_HEADER_TYPE] & 0x7f;

	return bytes == PCI_STD_HEADER_SIZEOF || bytes == PCI_CFG_SPACE_SIZE ||
	       bytes == PCI_CFG_SPACE_EXP_SIZE ||
	       (bytes == CARDBUS_BYTES && type == PCI_HEADER_TYPE_CARDBUS);
}

static void note_cut(struct cleaner *c, struct pcireset_address address, unsigned int line)
{
	if (c->problem->n_cut++ > 0 && line >= c->problem->line)
		return;
	c->problem->line = line;
	c->problem->cut = address;
}

/* Rows in order, up to the first gap: libpci would fill it with ones. */
static void end_function(struct cleaner *c)
{
	struct pcireset_address address;
	size_t bytes = 0;

	if (c->end == 0)
		return;
	address = c->places[c->n_functions - 1].address;
	while (bytes < c->end && c->seen[bytes])
		bytes++;
	begin_function(c, address);
	for (size_t at = 0; at < bytes; at += ROW_BYTES)
		put_row(c, at, bytes - at < ROW_BYTES ? bytes - at : ROW_BYTES);
	if (bytes < c->end || !is_whole(c, bytes))
		note_cut(c, address, c->row_line);
	memset(c->seen, 0, c->end);
	c->end = 0;
}

/* "0000:01:00.0 Ethernet controller ..." or "01:00.0 ..." */
static bool take_address(struct cleaner *c, const char *line, const char *end)
{
	const size_t digits = hex_digits(line, end);
	char text[PCIRESET_ADDRESS_BYTES];
	size_t before = 0, length;

	if (digits >= 4 && line + digits < end && line[digits] == ':')
		before = digits + 1;
	length = slot_length(line + before, end);
	if (!length)
		return false;

	if (digits > DOMAIN_DIGITS_MAX)
		c->problem->words = "a domain of more than six digits";
	else if (line[before + 3] > '1')
		c->problem->words = "a device number above 1f";
	if (c->problem->words)
		return true;

	end_function(c);
	(void)snprintf(text, sizeof(text), "%.*s", (int)(before + length), line);
	(void)pcireset_address_parse(text, &c->places[c->n_functions].address);
	c->places[c->n_functions++].line = c->line;
	return true;
}

static uint8_t digit(char c)
{
	return (uint8_t)(isdigit((unsigned char)c) ? c - '0' : tolower(c) - 'a' + 10);
}

/* The text may end in the middle of a byte. */
static bool is_row_over(const char *at, const char *end)
{
	if (*end == '\0' && end - at == 2 && at[0] == ' ' && isxdigit((unsigned char)at[1]))
		return true;
	while (at < end && isspace((unsigned char)*at))
		at++;
	return at == end;
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
	if (!is_row_over(at, end) || (n == 0 && *end) || n > ROW_BYTES)
		c->problem->words = "not a row of up to 16 bytes";
	else if (offset + n > PCI_CFG_SPACE_EXP_SIZE)
		c->problem->words = "configuration space ends at fff";
	else if (c->n_functions == 0)
		c->problem->words = "a row before the first function";
	if (c->problem->words || n == 0)
		return true;

	c->places[c->n_functions - 1].has_rows = true;
	c->n_rows++;
	c->row_line = c->line;
	at -= 3 * n;
	for (size_t k = 0; k < n; k++, at += 3) {
		c->config[offset + k] = (uint8_t)(digit(at[1]) << 4 | digit(at[2]));
		c->seen[offset + k] = true;
	}
	if (offset + n > c->end)
		c->end = offset + n;
	return true;
}

static void take_line(struct cleaner *c, const char *line, const char *end)
{
	if (end > line && end[-1] == '\r')
		end--;
	/* Quoted in a mail, or indented in a report: lspci itself indents by tabs. */
	while (line < end && (*line == ' ' || *line == '>'))
		line++;
	/* Everything else is what lspci has decoded, or said. */
	if (!take_address(c, line, end))
		(void)take_row(c, line, end);
}

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	const int c = pcireset_address_compare(x->address, y->address);

	if (c)
		return c;
	if (x->has_rows != y->has_rows)
		return x->has_rows ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

/*
 * Of two with rows libpci takes any. What "lspci" lists in front of a dump is named
 * again; what has no rows anywhere is there all the same, and does not answer.
 */
static void settle_twins(struct cleaner *c)
{
	unsigned int first = UINT_MAX;

	qsort(c->places, c->n_functions, sizeof(*c->places), compare_places);
	for (size_t i = 0; i < c->n_functions; i++) {
		const struct place *place = &c->places[i];
		const bool is_twin =
			i > 0 && pcireset_address_compare(place[-1].address, place->address) == 0;

		if (is_twin && place->has_rows && place->line < first)
			first = place->line;
		if (is_twin || place->has_rows)
			continue;
		begin_function(c, place->address);
		note_cut(c, place->address, place->line);
	}
	if (first == UINT_MAX)
		return;
	c->line = first;
	c->problem->words = "the same address again";
}

static size_t count_lines(const char *text)
{
	size_t n = 1;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

int pcireset_dump_clean(const char *text, char **ret_clean,
			struct pcireset_dump_problem *ret_problem)
{
	/* An address gets eight characters more, and has at least seven and a newline. */
	const size_t bytes = 2 * strlen(text) + 16;
	_cleanup_free_ char *clean = calloc(1, bytes);
	_cleanup_free_ struct place *places = calloc(count_lines(text), sizeof(*places));
	struct cleaner c = {
		.out = clean, .bytes = bytes, .places = places, .problem = ret_problem
	};

	if (!clean || !places)
		return -ENOMEM;

	*ret_problem = (struct pcireset_dump_problem){ 0 };
	/* The byte order mark of an editor. */
	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	while (*text && !ret_problem->words) {
		const char *end = strchrnul(text, '\n');

		c.line++;
		take_line(&c, text, end);
		text = *end ? end + 1 : end;
	}
	if (!ret_problem->words) {
		end_function(&c);
		settle_twins(&c);
	}
	if (!ret_problem->words && c.n_functions == 0) {
		c.line = 0;
		ret_problem->words = "no PCI function: not what \"lspci -xxxx\" prints";
	} else if (!ret_problem->words && c.n_rows == 0) {
		c.line = 0;
		ret_problem->words = "no configuration space: made without -xxxx";
	}
	if (ret_problem->words) {
		ret_problem->line = c.line;
		return -EBADMSG;
	}

	*ret_clean = clean;
	clean = NULL;
	return 0;
}
