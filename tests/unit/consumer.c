/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A second program on libpcireset, with nothing of quiesce/: how many of this
 * machine's functions could be reset, and how. It decides differently, too:
 * whatever has no driver. Reads only.
 */
#include <stdio.h>
#include <stdlib.h>

#include "pcireset.h"

static void print_plan(const struct pcireset_machine *machine,
		       const struct pcireset_step *steps)
{
	size_t n = 0;

	for (size_t i = 0; i < machine->n; i++) {
		char address[PCIRESET_ADDRESS_BYTES];

		if (steps[i].action != PCIRESET_RESET)
			continue;
		n++;
		(void)printf("%s %s\n",
			     pcireset_address_format(machine->functions[i].address, address),
			     pcireset_method_word(steps[i].method));
	}
	(void)printf("%zu of %zu functions\n", n, machine->n);
}

int main(int argc, char **argv)
{
	struct pcireset_decision *decisions;
	struct pcireset_machine machine;
	struct pcireset_step *steps;
	struct pcireset_io *io;

	if (pcireset_io_open(argc > 1 ? argv[1] : "/", &io) < 0)
		return 1;
	if (pcireset_scan(io, &machine) < 0) {
		pcireset_io_close(io);
		(void)puts("0 of 0 functions");
		return 0;
	}
	pcireset_topology_read(io, &machine);
	decisions = calloc(machine.n, sizeof(*decisions));
	if (!decisions)
		return 1;

	for (size_t i = 0; i < machine.n; i++)
		if (!machine.functions[i].driver[0] && !pcireset_is_bridge(&machine.functions[i]))
			decisions[i] = (struct pcireset_decision){ PCIRESET_RESET, ~0u, false };

	if (pcireset_plan_make(&machine, decisions, &steps) < 0)
		return 1;
	print_plan(&machine, steps);
	free(steps);
	free(decisions);
	pcireset_machine_free(&machine);
	pcireset_io_close(io);
	return 0;
}
