/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How things look: terminals, tables and trees. No control character gets through. */
#ifndef QUIESCE_TERMINAL_H
#define QUIESCE_TERMINAL_H

#include "quiesce.h"

/** enum quiesce_color - few, and none that only the colour tells */
enum quiesce_color {
	QUIESCE_PLAIN,
	QUIESCE_BOLD,
	QUIESCE_RED,
	QUIESCE_GREEN,
	QUIESCE_YELLOW,
	QUIESCE_CYAN,
	QUIESCE_COLORS,
};

/**
 * struct quiesce_terminal - what the output can show
 * @is_terminal: somebody looks at it; a pipe gets lines that stand for themselves
 * @colors: terminal codes may be used
 * @utf8: the locale's codeset is UTF-8
 * @columns: its width; 0: no limit
 */
struct quiesce_terminal {
	bool is_terminal;
	bool colors;
	bool utf8;
	size_t columns;
};

/**
 * quiesce_terminal_look() - what standard output can show
 * @color: "always", "never", or anything else for automatically: on a terminal
 *	with a TERM other than dumb, without NO_COLOR (https://no-color.org)
 *
 * COLUMNS is believed before the terminal, which may not know. A pipe is as
 * wide as what is written.
 */
struct quiesce_terminal quiesce_terminal_look(const char *color);

/** What a cell has at most; more is cut. */
#define QUIESCE_CELL_BYTES 256

/** quiesce_terminal_write() - @text in @color, in at most @bytes bytes, printable */
void quiesce_terminal_write(const struct quiesce_terminal *terminal, FILE *out,
			    enum quiesce_color color, const char *text, size_t bytes);

#define QUIESCE_TABLE_COLUMNS 9

/**
 * struct quiesce_table - rows with columns as wide as what is in them
 * @headings: of its columns, then NULL
 * @n: rows
 * @cell: text of a cell, perhaps in @buffer; @color may be set
 * @lead: draws what is before the first cell where @out is not NULL, and
 *	returns how wide it is; may be NULL
 * @data: first argument of both
 *
 * What a terminal has no room for goes to further lines, the same columns of all
 * rows, but the last of those only where it does not fit; there it is cut.
 */
struct quiesce_table {
	const char *headings[QUIESCE_TABLE_COLUMNS + 1];
	size_t n;
	const char *(*cell)(const void *data, size_t row, size_t column, char *buffer,
			    enum quiesce_color *color);
	size_t (*lead)(const void *data, size_t row, FILE *out);
	const void *data;
};

void quiesce_table_print(const struct quiesce_table *table,
			 const struct quiesce_terminal *terminal, FILE *out);

/**
 * struct quiesce_node - one line of the tree
 * @function: index, or PCIRESET_NONE for a root bus
 * @bus: domain and number of a root bus
 * @depth: 0 for what is below nothing
 * @last: no other follows below the same
 * @more: nodes below which this one is and that are not the last: for the lines
 *	beside it, one a depth, from 1; those beyond are not drawn
 */
struct quiesce_node {
	size_t function;
	struct pcireset_address bus;
	size_t depth;
	bool last;
	uint64_t more;
};

/** Depth that is still drawn: switches below switches are not nested deeper. */
#define QUIESCE_DEPTH_DRAWN 24

/**
 * quiesce_tree_make() - every function once: root buses, bridges, what is below
 * @ret_nodes: in the order of lines; heap
 * @ret_n: how many
 *
 * VFs are below their PF, the root buses of a domain that a function provides
 * (VMD) below that function.
 *
 * Return: 0 or -ENOMEM.
 */
int quiesce_tree_make(const struct pcireset_machine *machine, struct quiesce_node **ret_nodes,
		      size_t *ret_n);
/** quiesce_tree_draw() - lines before a node where @out is not NULL; how wide they are */
size_t quiesce_tree_draw(const struct quiesce_node *node, bool utf8, FILE *out);

#endif
