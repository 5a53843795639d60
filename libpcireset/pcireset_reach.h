/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each reset of a plan reaches; beside pcireset.h. */
#ifndef PCIRESET_REACH_H
#define PCIRESET_REACH_H

#include "pcireset.h"

/**
 * struct pcireset_reach - whom each reset of a plan reaches, listed once
 * @first: where the list of a bridge or PF starts, and the next one ends the last
 * @members: the lists, one behind the other, each in order; heap, with @first
 */
struct pcireset_reach {
	size_t *first;
	size_t *members;
};

/**
 * pcireset_reach_make() - what pcireset_step_reaches() says, for the whole plan
 * @machine: the machine
 * @steps: the plan
 * @ret_reach: pcireset_reach_free()
 *
 * Return: 0 or -ENOMEM.
 */
int pcireset_reach_make(const struct pcireset_machine *machine,
			const struct pcireset_step *steps, struct pcireset_reach *ret_reach);

/**
 * pcireset_reach_of() - who is reset with a function
 * @machine: the machine
 * @steps: the plan
 * @reach: of the same plan
 * @i: the function
 * @ret_members: indexes, in order; @i may be among them
 *
 * Return: how many.
 */
size_t pcireset_reach_of(const struct pcireset_machine *machine,
			 const struct pcireset_step *steps, const struct pcireset_reach *reach,
			 size_t i, const size_t **ret_members);

/**
 * pcireset_reach_free() - free what pcireset_reach_make() made
 * @reach: may be empty; is emptied
 */
void pcireset_reach_free(struct pcireset_reach *reach);

/**
 * pcireset_bus_since() - was its bus reset for others after its own reset had failed; pure
 * @machine: with its topology
 * @steps: the plan
 * @outcomes: of pcireset_reset()
 * @i: the function
 *
 * pcireset_escalate() would have that bus reset once more.
 *
 * Return: index of a function whose step and outcome are those of that bus, or PCIRESET_NONE.
 */
size_t pcireset_bus_since(const struct pcireset_machine *machine,
			  const struct pcireset_step *steps,
			  const struct pcireset_outcome *outcomes, size_t i);

#endif
