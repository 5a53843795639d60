/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_io.h"
#include "terminal.h"

#define FUNCTIONS 12

static struct pcireset_function functions[FUNCTIONS];
static struct pcireset_machine machine = { functions, 0 };

static int empty(void **state)
{
	(void)state;
	machine.n = 0;
	return 0;
}

static struct pcireset_function *add(const char *address, size_t parent)
{
	struct pcireset_function *f = &functions[machine.n++];

	*f = (struct pcireset_function){ .parent = parent,
					 .physical = PCIRESET_NONE,
					 .behind = PCIRESET_NONE };
	assert_int_equal(pcireset_address_parse(address, &f->address), 0);
	return f;
}

/* The tree as it is drawn, without what is behind an address. */
static void assert_tree(bool utf8, const char *expected)
{
	struct quiesce_node *nodes;
	char text[2048] = "", name[PCIRESET_ADDRESS_BYTES];
	FILE *out = fmemopen(text, sizeof(text), "w");
	size_t n;

	assert_int_equal(quiesce_tree_make(&machine, &nodes, &n), 0);
	for (size_t i = 0; i < n; i++) {
		(void)quiesce_tree_draw(&nodes[i], utf8, out);
		if (nodes[i].function == PCIRESET_NONE)
			(void)fprintf(out, "%04x:%02x\n", nodes[i].bus.domain, nodes[i].bus.bus);
		else
			(void)fprintf(out, "%s\n",
				      pcireset_address_format(
					      functions[nodes[i].function].address, name));
	}
	(void)fclose(out);
	free(nodes);
	assert_string_equal(text, expected);
}

static void an_empty_machine_has_no_lines(void **state)
{
	(void)state;
	assert_tree(false, "");
}

static void domains_and_root_buses_are_roots(void **state)
{
	(void)state;
	add("0000:00:00.0", PCIRESET_NONE);
	add("0000:00:01.0", PCIRESET_NONE);
	add("0000:80:00.0", PCIRESET_NONE);
	add("0001:00:00.0", PCIRESET_NONE);
	assert_tree(false, "0000:00\n"
			   "+- 0000:00:00.0\n"
			   "\\- 0000:00:01.0\n"
			   "0000:80\n"
			   "\\- 0000:80:00.0\n"
			   "0001:00\n"
			   "\\- 0001:00:00.0\n");
}

static void what_is_below_a_bridge_is_below_its_line(void **state)
{
	(void)state;
	add("0000:00:01.0", PCIRESET_NONE);
	add("0000:00:02.0", PCIRESET_NONE);
	add("0000:01:00.0", 0);
	add("0000:02:00.0", 2);
	add("0000:02:01.0", 2);
	add("0000:03:00.0", 1);
	assert_tree(true, "0000:00\n"
			  "├─ 0000:00:01.0\n"
			  "│  └─ 0000:01:00.0\n"
			  "│     ├─ 0000:02:00.0\n"
			  "│     └─ 0000:02:01.0\n"
			  "└─ 0000:00:02.0\n"
			  "   └─ 0000:03:00.0\n");
	assert_tree(false, "0000:00\n"
			   "+- 0000:00:01.0\n"
			   "|  \\- 0000:01:00.0\n"
			   "|     +- 0000:02:00.0\n"
			   "|     \\- 0000:02:01.0\n"
			   "\\- 0000:00:02.0\n"
			   "   \\- 0000:03:00.0\n");
}

static void vfs_are_below_their_pf(void **state)
{
	(void)state;
	add("0000:00:01.0", PCIRESET_NONE);
	add("0000:01:00.0", 0);
	add("0000:01:00.1", 0);
	add("0000:01:10.0", 0)->physical = 1;
	add("0000:02:00.0", 0)->physical = 1;
	assert_tree(false, "0000:00\n"
			   "\\- 0000:00:01.0\n"
			   "   +- 0000:01:00.0\n"
			   "   |  +- 0000:01:10.0\n"
			   "   |  \\- 0000:02:00.0\n"
			   "   \\- 0000:01:00.1\n");
}

static void the_domain_of_a_vmd_is_below_it(void **state)
{
	(void)state;
	add("0000:00:0e.0", PCIRESET_NONE);
	add("0000:00:1f.0", PCIRESET_NONE);
	add("10000:e0:06.0", PCIRESET_NONE)->behind = 0;
	add("10000:e1:00.0", 2)->behind = 0;
	assert_tree(false, "0000:00\n"
			   "+- 0000:00:0e.0\n"
			   "|  \\- 10000:e0\n"
			   "|     \\- 10000:e0:06.0\n"
			   "|        \\- 10000:e1:00.0\n"
			   "\\- 0000:00:1f.0\n");
}

static void what_claims_to_be_below_itself_is_still_there(void **state)
{
	(void)state;
	add("0000:00:01.0", 1);
	add("0000:01:00.0", 0);
	add("0000:02:00.0", 1);
	add("0000:03:00.0", 3);
	assert_tree(false, "0000:00:01.0\n"
			   "\\- 0000:01:00.0\n"
			   "   \\- 0000:02:00.0\n"
			   "0000:03\n"
			   "\\- 0000:03:00.0\n");
}

/* Deeper than lines are drawn, and than bits of a mask. */
static void a_chain_of_bridges_ends_in_straight_lines(void **state)
{
	struct quiesce_node *nodes;
	struct pcireset_machine deep = { calloc(250, sizeof(*functions)), 250 };
	size_t n;

	(void)state;
	for (size_t i = 0; i < deep.n; i++)
		deep.functions[i] = (struct pcireset_function){
			.address = { 0, (uint8_t)i, 0, 0 },
			.parent = i ? i - 1 : PCIRESET_NONE,
			.physical = PCIRESET_NONE,
			.behind = PCIRESET_NONE,
		};
	assert_int_equal(quiesce_tree_make(&deep, &nodes, &n), 0);
	assert_int_equal(n, 251);
	assert_int_equal(nodes[250].depth, 250);
	assert_int_equal(nodes[250].function, 249);
	assert_int_equal(quiesce_tree_draw(&nodes[250], true, NULL), 72);
	assert_int_equal(quiesce_tree_draw(&nodes[2], true, NULL), 6);
	free(nodes);
	free(deep.functions);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_empty_machine_has_no_lines, empty),
		cmocka_unit_test_setup(domains_and_root_buses_are_roots, empty),
		cmocka_unit_test_setup(what_is_below_a_bridge_is_below_its_line, empty),
		cmocka_unit_test_setup(vfs_are_below_their_pf, empty),
		cmocka_unit_test_setup(the_domain_of_a_vmd_is_below_it, empty),
		cmocka_unit_test_setup(what_claims_to_be_below_itself_is_still_there, empty),
		cmocka_unit_test_setup(a_chain_of_bridges_ends_in_straight_lines, empty),
	};

	return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
