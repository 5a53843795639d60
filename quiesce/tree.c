/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree as lspci -t has it: which line is below which, and the lines between. */
#include <errno.h>
#include <string.h>

#include "terminal.h"

/*
 * Places are numbered: functions first, then root buses, then the top.
 * @first: the first place below one
 * @next: the next place below the same
 */
struct forest {
	const struct pcireset_machine *machine;
	struct pcireset_address *buses;
	size_t n_buses;
	size_t *above;
	size_t *first;
	size_t *next;
	size_t top;
	struct quiesce_node *nodes;
	size_t n_nodes;
};

static bool same_bus(struct pcireset_address a, struct pcireset_address b)
{
	return a.domain == b.domain && a.bus == b.bus;
}

/* Functions come ordered, so do their root buses. */
static void find_above(struct forest *forest)
{
	const struct pcireset_machine *machine = forest->machine;

	for (size_t i = 0; i < machine->n; i++) {
		const struct pcireset_function *f = &machine->functions[i];
		const size_t above = f->physical != PCIRESET_NONE ? f->physical : f->parent;

		if (above != PCIRESET_NONE && above != i) {
			forest->above[i] = above;
			continue;
		}
		if (forest->n_buses == 0 ||
		    !same_bus(f->address, forest->buses[forest->n_buses - 1])) {
			forest->above[machine->n + forest->n_buses] =
				f->behind != PCIRESET_NONE ? f->behind : forest->top;
			forest->buses[forest->n_buses++] = f->address;
		}
		forest->above[i] = machine->n + forest->n_buses - 1;
	}
}

/* What claims to be below itself would never be seen. */
static void cut_loops(struct forest *forest)
{
	const size_t n = forest->machine->n + forest->n_buses;

	for (size_t i = 0; i < n; i++) {
		size_t steps = 0;

		for (size_t up = i; up != forest->top && steps <= n; steps++)
			up = forest->above[up];
		if (steps > n)
			forest->above[i] = forest->top;
	}
}

static void link_places(struct forest *forest)
{
	const size_t n = forest->machine->n + forest->n_buses;

	for (size_t i = 0; i <= forest->top; i++)
		forest->first[i] = PCIRESET_NONE;
	for (size_t i = n; i-- > 0;) {
		forest->next[i] = forest->first[forest->above[i]];
		forest->first[forest->above[i]] = i;
	}
}

static void add_node(struct forest *forest, size_t place, size_t depth, uint64_t more)
{
	const size_t n = forest->machine->n;
	struct quiesce_node *node = &forest->nodes[forest->n_nodes++];

	node->function = place < n ? place : PCIRESET_NONE;
	if (place >= n)
		node->bus = forest->buses[place - n];
	node->depth = depth;
	node->last = forest->next[place] == PCIRESET_NONE;
	node->more = more;
}

/* Down first, then on, then up: no recursion. */
static void walk(struct forest *forest)
{
	size_t place = forest->first[forest->top], depth = 0;
	uint64_t more = 0;

	while (place != PCIRESET_NONE) {
		add_node(forest, place, depth, more);
		if (forest->first[place] != PCIRESET_NONE) {
			if (depth < QUIESCE_DEPTH_DRAWN && forest->next[place] != PCIRESET_NONE)
				more |= 1ull << depth;
			place = forest->first[place];
			depth++;
			continue;
		}
		while (forest->next[place] == PCIRESET_NONE && depth > 0) {
			place = forest->above[place];
			depth--;
			if (depth < QUIESCE_DEPTH_DRAWN)
				more &= ~(1ull << depth);
		}
		place = forest->next[place];
	}
}

int quiesce_tree_make(const struct pcireset_machine *machine, struct quiesce_node **ret_nodes,
		      size_t *ret_n)
{
	const size_t places = 2 * machine->n + 1;
	_cleanup_free_ size_t *links = calloc(places * 3, sizeof(*links));
	_cleanup_free_ struct pcireset_address *buses = calloc(machine->n + 1, sizeof(*buses));
	struct quiesce_node *nodes = calloc(places, sizeof(*nodes));
	struct forest forest = { .machine = machine, .buses = buses, .nodes = nodes };

	if (!links || !buses || !nodes) {
		free(nodes);
		return -ENOMEM;
	}
	forest.above = links;
	forest.first = links + places;
	forest.next = links + places * 2;
	forest.top = places - 1;
	find_above(&forest);
	cut_loops(&forest);
	link_places(&forest);
	walk(&forest);
	*ret_nodes = nodes;
	*ret_n = forest.n_nodes;
	return 0;
}

size_t quiesce_tree_draw(const struct quiesce_node *node, bool utf8, FILE *out)
{
	const size_t drawn = node->depth < QUIESCE_DEPTH_DRAWN ? node->depth : QUIESCE_DEPTH_DRAWN;

	for (size_t d = 1; out && d < drawn; d++)
		(void)fputs(!(node->more & 1ull << d) ? "   " : utf8 ? "\u2502  " : "|  ", out);
	if (out && drawn)
		(void)fputs(utf8	 ? node->last ? "\u2514\u2500 " : "\u251c\u2500 "
			    : node->last ? "\\- "
					 : "+- ",
			    out);
	return drawn * 3;
}
