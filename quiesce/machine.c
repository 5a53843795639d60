/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine that newcomers may have been added to, behind those that were there. */
#include "quiesce.h"

size_t quiesce_find(const struct pcireset_machine *machine, struct pcireset_address address)
{
	for (size_t i = 0; i < machine->n; i++)
		if (pcireset_address_compare(machine->functions[i].address, address) == 0)
			return i;
	return PCIRESET_NONE;
}
