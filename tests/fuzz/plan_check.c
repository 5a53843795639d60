/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What holds of any plan. Written from the promises in pcireset.h, not from
 * plan.c, and slowly: these machines are small.
 */
#include "fuzz.h"

/* Bus numbers have eight bits. */
#define DEPTH_MAX 256

static bool is_below(const struct pcireset_machine *machine, size_t i, size_t bridge)
{
	size_t depth = 0;

	for (i = machine->functions[i].parent; i != PCIRESET_NONE; i = machine->functions[i].parent) {
		fuzz_check(depth++ < DEPTH_MAX, "a bridge above itself");
		if (i == bridge)
			return true;
	}
	return false;
}

void fuzz_check_machine(const struct pcireset_machine *machine)
{
	for (size_t i = 0; i < machine->n; i++) {
		const struct pcireset_function *f = &machine->functions[i];

		fuzz_check(i == 0 || pcireset_address_compare(f[-1].address, f->address) < 0,
			   "a function twice, or out of order");
		fuzz_check(f->parent == PCIRESET_NONE || f->parent < machine->n,
			   "a parent that is not there");
		fuzz_check(f->physical == PCIRESET_NONE || f->physical < machine->n,
			   "a PF that is not there");
		fuzz_check(f->behind == PCIRESET_NONE || f->behind < machine->n,
			   "behind what is not there");
		fuzz_check(!is_below(machine, i, i), "a bridge below itself");
		if (f->parent != PCIRESET_NONE)
			fuzz_check(pcireset_is_bridge(&machine->functions[f->parent]) &&
					   machine->functions[f->parent].answers,
				   "a parent that is no bridge");
	}
}

static bool may_be_reset_with_bus(const struct pcireset_function *f,
				  const struct pcireset_decision *d)
{
	if (f->quirks & PCIRESET_QUIRK_NO_BUS_RESET || d->no_bus_reset)
		return false;
	if (f->answers && pcireset_is_bridge(f))
		return true;
	return d->action == PCIRESET_IDLE ||
	       (d->action == PCIRESET_RESET && d->methods & PCIRESET_BIT(PCIRESET_METHOD_SBR));
}

static void check_bus_reset(const struct pcireset_machine *machine,
			    const struct pcireset_decision *decisions,
			    const struct pcireset_step *step, size_t i)
{
	const size_t via = step->via;

	fuzz_check(via < machine->n && machine->functions[via].answers &&
			   pcireset_is_bridge(&machine->functions[via]),
		   "a bus reset through what is no bridge");
	fuzz_check(is_below(machine, i, via), "a bus reset that does not reach its function");
	fuzz_check(may_be_reset_with_bus(&machine->functions[via], &decisions[via]),
		   "a bus reset of a bridge that must not make one");
	for (size_t k = 0; k < machine->n; k++) {
		if (!is_below(machine, k, via))
			continue;
		fuzz_check(may_be_reset_with_bus(&machine->functions[k], &decisions[k]),
			   "a bus reset reaches what must not be reset");
		fuzz_check(!step->whole_bus || !machine->functions[k].hotplug_bound,
			   "a bus reset below which a hot-plug driver is bound");
	}
}

void fuzz_check_steps(const struct pcireset_machine *machine,
		      const struct pcireset_decision *decisions, const struct pcireset_step *steps)
{
	for (size_t i = 0; i < machine->n; i++) {
		const struct pcireset_function *f = &machine->functions[i];
		const struct pcireset_step *step = &steps[i];

		fuzz_check(step->action <= PCIRESET_RESET, "an action that does not exist");
		if (step->action != PCIRESET_RESET) {
			fuzz_check(step->method == PCIRESET_METHOD_NONE,
				   "a method for what is not reset");
			continue;
		}
		fuzz_check(decisions[i].action == PCIRESET_RESET, "a reset that nobody wanted");
		fuzz_check(f->answers && !pcireset_is_bridge(f), "a reset of a bridge");
		fuzz_check(step->method > PCIRESET_METHOD_NONE &&
				   step->method < PCIRESET_METHODS &&
				   step->method != PCIRESET_METHOD_PM &&
				   decisions[i].methods & PCIRESET_BIT(step->method),
			   "a method that is not allowed");
		if (step->method == PCIRESET_METHOD_SBR)
			check_bus_reset(machine, decisions, step, i);
	}
}
