/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fnmatch(3) without flags, for bytes. A C library's own knows the letters of
 * all languages: linked statically, its tables are a twentieth of the program.
 * The linker gives this one to libkmod as well.
 */
#include <fnmatch.h>

#include "quiesce.h"

/* The character that a backslash stands before is itself. */
static const char *literal(const char *pattern)
{
	return pattern[0] == '\\' && pattern[1] ? pattern + 1 : pattern;
}

/* Behind the bracket that ends an expression, or NULL: then the first is a letter. */
static const char *end_of_bracket(const char *pattern)
{
	const char *at = pattern + 1;

	if (*at == '!' || *at == '^')
		at++;
	/* A bracket that comes first is one of the set. */
	if (*at == ']')
		at++;
	for (; *at && *at != ']'; at++)
		if (*at == '\\' && at[1])
			at++;
	return *at ? at + 1 : NULL;
}

static bool is_in_bracket(const char *pattern, const char *end, unsigned char c)
{
	const char *at = pattern + 1, *last = end - 1;
	const bool wanted = *at != '!' && *at != '^';

	if (!wanted)
		at++;
	for (bool first = true; at < last || first; first = false) {
		unsigned char low, high;

		at = literal(at);
		low = high = (unsigned char)*at++;
		if (at + 1 < last && *at == '-') {
			at = literal(at + 1);
			high = (unsigned char)*at++;
		}
		if (low <= c && c <= high)
			return wanted;
	}
	return !wanted;
}

/* One character of the text against what stands at @pattern; not a star. */
static bool matches_one(const char *pattern, unsigned char c, const char **ret_next)
{
	const char *end;

	if (*pattern == '?') {
		*ret_next = pattern + 1;
		return c;
	}
	end = *pattern == '[' ? end_of_bracket(pattern) : NULL;
	if (end) {
		*ret_next = end;
		return c && is_in_bracket(pattern, end, c);
	}
	pattern = literal(pattern);
	*ret_next = pattern + 1;
	return c && (unsigned char)*pattern == c;
}

int quiesce_glob(const char *pattern, const char *text, int flags)
{
	const char *star = NULL, *behind = NULL, *next;

	(void)flags;
	/* Only the last star matters: each before it took the least that would do. */
	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			behind = text;
		} else if (*pattern && matches_one(pattern, (unsigned char)*text, &next)) {
			pattern = next;
			text++;
		} else if (star) {
			pattern = star;
			text = ++behind;
		} else {
			return FNM_NOMATCH;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern ? FNM_NOMATCH : 0;
}
