/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was not understood, and what may have been meant. */
#include <string.h>

#include "quiesce.h"

/* Longer words are not compared: none of ours is. */
#define WORD_MAX 32

static size_t least(size_t a, size_t b, size_t c)
{
	const size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* How many characters must change to make one of the other (Levenshtein). */
static size_t distance(const char *a, const char *b)
{
	const size_t n = strlen(b);
	size_t row[WORD_MAX + 1];

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < n; j++) {
			const size_t above = row[j + 1];

			row[j + 1] = least(above + 1, row[j] + 1, diagonal + (a[i] != b[j]));
			diagonal = above;
		}
	}
	return row[n];
}

/* The only known word that is near enough to be meant, or NULL. */
static const char *nearest(const char *word, quiesce_words *words)
{
	const size_t length = strlen(word);
	size_t best = length / 3 + 2;
	const char *found = NULL, *known;

	if (length < 3 || length > WORD_MAX)
		return NULL;
	for (size_t i = 0; (known = words(i)); i++) {
		/* "flr" for "reset-flr" */
		const char *part = strstr(known, word);
		size_t n = part && part > known && part[length] == '\0' ? 1 : distance(word, known);

		if (n == best)
			found = NULL;
		if (n < best) {
			best = n;
			found = known;
		}
	}
	return found;
}

char *quiesce_words_list(quiesce_words *words, char *text, size_t bytes)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; words(i) && used < bytes; i++)
		used += (size_t)snprintf(text + used, bytes - used, "%s%s",
					 i == 0		? "" :
					 words(i + 1)	? ", " :
							  " or ",
					 words(i));
	return text;
}

void quiesce_words_hint(quiesce_words *words, const char *word, char *text, size_t bytes)
{
	const char *meant = nearest(word, words);

	if (meant)
		(void)snprintf(text, bytes, "did you mean \"%s\"?", meant);
	else
		(void)quiesce_words_list(words, text, bytes);
}
