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
 * Files each function under the bridge whose bus it is reset with (there is one
 * at most), and under its PF or itself. Without @members it only counts.
 */
static void file(const struct pcireset_machine *machine, const size_t *under, size_t *first,
		 size_t *members)
{
	for (size_t i = 0; i < machine->n; i++) {
		const struct pcireset_function *f = &machine->functions[i];
		size_t keys[] = { PCIRESET_NONE, f->physical == PCIRESET_NONE ? i : f->physical };

		if (f->parent != PCIRESET_NONE)
			keys[0] = under[f->parent];
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
			if (keys[k] == PCIRESET_NONE || (keys[k] == i && pcireset_is_bridge(f)))
				continue;
			if (members)
				members[first[keys[k]]] = i;
			first[keys[k]]++;
		}
	}
}

/* For each function the bridge, itself or above, whose bus is reset, or NONE. */
static void find_under(const struct pcireset_machine *machine, const struct pcireset_step *steps,
		       size_t *under)
{
	for (size_t i = 0; i < machine->n; i++)
		under[i] = PCIRESET_NONE;
	for (size_t i = 0; i < machine->n; i++)
		if (steps[i].action == PCIRESET_RESET && steps[i].via != PCIRESET_NONE)
			under[steps[i].via] = steps[i].via;
	for (size_t i = 0; i < machine->n; i++)
		if (under[i] == PCIRESET_NONE && machine->functions[i].parent != PCIRESET_NONE)
			under[i] = under[machine->functions[i].parent];
}

int pcireset_reach_make(const struct pcireset_machine *machine, const struct pcireset_step *steps,
			struct pcireset_reach *ret_reach)
{
	/* One more, so that a list starts where the one before it was filled up to. */
	size_t *first = calloc(machine->n + 2, sizeof(*first));
	size_t *members = calloc(machine->n * 2 + 1, sizeof(*members));
	_cleanup_free_ size_t *under = calloc(machine->n + 1, sizeof(*under));

	if (!first || !members || !under) {
		free(first);
		free(members);
		return -ENOMEM;
	}

	find_under(machine, steps, under);
	file(machine, under, first + 2, NULL);
	for (size_t i = 2; i < machine->n + 2; i++)
		first[i] += first[i - 1];
	file(machine, under, first + 1, members);

	*ret_reach = (struct pcireset_reach){ first, members };
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
