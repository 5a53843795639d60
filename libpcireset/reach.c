/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom a reset reaches besides its own function. */
#include <errno.h>

#include "internal.h"
#include "pcireset_reach.h"

/* The bridge or the PF whose reset it is that a step names, or NONE: nobody else's. */
static size_t key_of(const struct pcireset_machine *machine, const struct pcireset_step *steps,
		     size_t i)
{
	if (steps[i].action != PCIRESET_RESET)
		return PCIRESET_NONE;
	if (steps[i].via != PCIRESET_NONE)
		return steps[i].via;
	if (steps[i].why == PCIRESET_WHY_WITH_PF)
		return machine->functions[i].physical;
	return i;
}

bool pcireset_step_reaches(const struct pcireset_machine *machine,
			   const struct pcireset_step *steps, size_t i, size_t other)
{
	size_t key = key_of(machine, steps, i);

	if (key == PCIRESET_NONE || other == i)
		return false;
	if (key == steps[i].via)
		return pcireset_below(machine, other, key);
	return other == key || machine->functions[other].physical == key;
}

/*
 * Files each function under the bridge whose bus it is reset with (bus, one per
 * function: such bridges are never below one another) and under its PF.
 */
static void file(const struct pcireset_machine *machine, const size_t *bus, const bool *is_pf,
		 size_t *first, size_t *members)
{
	for (size_t i = 0; i < machine->n; i++) {
		size_t pf = machine->functions[i].physical;
		size_t keys[] = { bus[i], is_pf[i] ? i : pf };

		for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
			if (keys[k] == PCIRESET_NONE)
				continue;
			if (members)
				members[first[keys[k]]] = i;
			first[keys[k]]++;
		}
	}
}

int pcireset_reach_make(const struct pcireset_machine *machine, const struct pcireset_step *steps,
			struct pcireset_reach *ret_reach)
{
	_cleanup_free_ size_t *first = calloc(machine->n + 1, sizeof(*first));
	_cleanup_free_ size_t *members = calloc(machine->n * 2 + 1, sizeof(*members));
	_cleanup_free_ size_t *bus = calloc(machine->n + 1, sizeof(*bus));
	_cleanup_free_ bool *is_pf = calloc(machine->n * 2 + 1, sizeof(*is_pf));
	bool *is_reset = is_pf ? is_pf + machine->n : NULL;
	size_t at = 0;

	if (!first || !members || !bus || !is_pf)
		return -ENOMEM;

	for (size_t i = 0; i < machine->n; i++) {
		if (steps[i].action == PCIRESET_RESET && steps[i].via != PCIRESET_NONE)
			is_reset[steps[i].via] = true;
		if (machine->functions[i].physical != PCIRESET_NONE)
			is_pf[machine->functions[i].physical] = true;
	}
	for (size_t i = 0; i < machine->n; i++) {
		size_t parent = machine->functions[i].parent;

		if (parent == PCIRESET_NONE)
			bus[i] = PCIRESET_NONE;
		else
			bus[i] = is_reset[parent] ? parent : bus[parent];
	}

	/* Count, then sort by counts; starts end up one place early. */
	file(machine, bus, is_pf, first, NULL);
	for (size_t i = 0; i <= machine->n; i++) {
		size_t count = first[i];

		first[i] = at;
		at += count;
	}
	file(machine, bus, is_pf, first, members);
	for (size_t i = machine->n; i > 0; i--)
		first[i] = first[i - 1];
	first[0] = 0;

	*ret_reach = (struct pcireset_reach){ first, members };
	first = NULL;
	members = NULL;
	return 0;
}

size_t pcireset_reach_of(const struct pcireset_machine *machine, const struct pcireset_step *steps,
			 const struct pcireset_reach *reach, size_t i, const size_t **ret_members)
{
	size_t key = key_of(machine, steps, i);

	if (key == PCIRESET_NONE || !reach->first)
		return 0;
	*ret_members = reach->members + reach->first[key];
	return reach->first[key + 1] - reach->first[key];
}

void pcireset_reach_free(struct pcireset_reach *reach)
{
	free(reach->first);
	free(reach->members);
	*reach = (struct pcireset_reach){ 0 };
}
