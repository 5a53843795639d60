/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which reset each function gets. Pure: nothing here touches the machine. */
#include <errno.h>

#include "internal.h"

struct planner {
	const struct pcireset_machine *machine;
	const struct pcireset_decision *decisions;
	struct pcireset_step *steps;
	enum pcireset_why *blocked; /* why a bridge's bus must not be reset, or 0 */
};

static const enum pcireset_method function_level[] = {
	PCIRESET_METHOD_DEVICE_SPECIFIC,
	PCIRESET_METHOD_FLR,
	PCIRESET_METHOD_AF,
};

static const enum pcireset_method last_resorts[] = {
	PCIRESET_METHOD_CXL_BUS,
	PCIRESET_METHOD_ACPI,
};

static bool choose_among(struct planner *p, size_t i, const enum pcireset_method *methods,
			 size_t n, unsigned int usable)
{
	for (size_t k = 0; k < n; k++) {
		if (!(usable & PCIRESET_BIT(methods[k])))
			continue;
		p->steps[i].method = methods[k];
		p->steps[i].why = PCIRESET_WHY_OFFERED;
		return true;
	}
	return false;
}

static bool must_not_be_reset(const struct planner *p, size_t i)
{
	const struct pcireset_function *f = &p->machine->functions[i];
	const struct pcireset_decision *d = &p->decisions[i];

	/* Bridges are kept, but what counts is what sits below them. */
	if (f->answers && pcireset_is_bridge(f))
		return false;
	return d->action == PCIRESET_KEEP || d->action == PCIRESET_FENCE ||
	       (d->action == PCIRESET_RESET && !(d->methods & PCIRESET_BIT(PCIRESET_METHOD_SBR)));
}

static void block_up(struct planner *p, size_t b, enum pcireset_why why)
{
	/* Once a bridge is blocked, so are all above it. */
	for (; b != PCIRESET_NONE && !p->blocked[b]; b = p->machine->functions[b].parent)
		p->blocked[b] = why;
}

/* What a bus reset would do harm to protects all bridges above it. */
static void find_blocked(struct planner *p)
{
	for (size_t i = 0; i < p->machine->n; i++)
		if (must_not_be_reset(p, i))
			block_up(p, p->machine->functions[i].parent, PCIRESET_WHY_KEPT_BESIDE);
	for (size_t i = 0; i < p->machine->n; i++)
		if (p->decisions[i].no_bus_reset)
			block_up(p, i, PCIRESET_WHY_KEPT_BESIDE);
	for (size_t i = 0; i < p->machine->n; i++)
		if (p->machine->functions[i].hotplug_bound)
			block_up(p, i, PCIRESET_WHY_HOTPLUG);
}

/* Nothing else on its bus, no bridge either: the kernel calls that "bus". */
static bool choose_own_bus(struct planner *p, size_t i, unsigned int usable)
{
	const struct pcireset_function *f = &p->machine->functions[i];

	if (!(usable & PCIRESET_BIT(PCIRESET_METHOD_SBR)))
		return false;
	/* pciehp's own slot reset hides the event from it. */
	if (f->parent == PCIRESET_NONE || p->blocked[f->parent] == PCIRESET_WHY_KEPT_BESIDE)
		return false;

	p->steps[i].method = PCIRESET_METHOD_SBR;
	p->steps[i].via = f->parent;
	p->steps[i].why = PCIRESET_WHY_ALONE_ON_BUS;
	return true;
}

static bool choose_whole_bus(struct planner *p, size_t i)
{
	const struct pcireset_function *f = &p->machine->functions[i];
	struct pcireset_step *step = &p->steps[i];

	if (f->parent == PCIRESET_NONE ||
	    !p->machine->functions[f->parent].has_reset_subordinate)
		return false;
	if (!(p->decisions[i].methods & PCIRESET_BIT(PCIRESET_METHOD_SBR)))
		return false;
	if (p->blocked[f->parent]) {
		step->why = p->blocked[f->parent];
		return false;
	}

	step->method = PCIRESET_METHOD_SBR;
	step->via = f->parent;
	step->whole_bus = true;
	step->why = PCIRESET_WHY_WHOLE_BUS;
	return true;
}

static void choose(struct planner *p, size_t i)
{
	const struct pcireset_function *f = &p->machine->functions[i];
	struct pcireset_step *step = &p->steps[i];
	unsigned int offered = f->offers, usable = offered & p->decisions[i].methods;

	step->why = offered & ~PCIRESET_BIT(PCIRESET_METHOD_PM) ? PCIRESET_WHY_NOT_ALLOWED :
								   PCIRESET_WHY_NOTHING_OFFERED;
	if (choose_among(p, i, function_level, ARRAY_SIZE(function_level), usable) ||
	    choose_own_bus(p, i, usable) || choose_whole_bus(p, i) ||
	    choose_among(p, i, last_resorts, ARRAY_SIZE(last_resorts), usable)) {
		step->action = PCIRESET_RESET;
		step->engine = PCIRESET_ENGINE_KERNEL;
		return;
	}
	step->action = PCIRESET_FENCE;
}

static bool takes_whole_bus(const struct planner *p, size_t bridge)
{
	for (size_t i = 0; i < p->machine->n; i++)
		if (p->steps[i].whole_bus && p->steps[i].via == bridge)
			return true;
	return false;
}

/*
 * A bus reset reaches all below the bridge at once: bus resets further down go
 * with it. Functions with a reset of their own keep that, and have it first:
 * it is still done where the bus reset fails.
 */
static void join_whole_buses(struct planner *p)
{
	for (size_t b = 0; b < p->machine->n; b++) {
		if (!pcireset_is_bridge(&p->machine->functions[b]) || !takes_whole_bus(p, b))
			continue;
		for (size_t i = 0; i < p->machine->n; i++) {
			if (p->steps[i].method != PCIRESET_METHOD_SBR ||
			    !pcireset_below(p->machine, i, b))
				continue;
			p->steps[i].via = b;
			p->steps[i].whole_bus = true;
			p->steps[i].why = PCIRESET_WHY_WHOLE_BUS;
		}
	}
}

int pcireset_plan_make(const struct pcireset_machine *machine,
		       const struct pcireset_decision *decisions, struct pcireset_step **ret_steps)
{
	_cleanup_free_ struct pcireset_step *steps = NULL;
	_cleanup_free_ enum pcireset_why *blocked = NULL;
	struct planner p;

	steps = calloc(machine->n + 1, sizeof(*steps));
	blocked = calloc(machine->n + 1, sizeof(*blocked));
	if (!steps || !blocked)
		return -ENOMEM;

	p = (struct planner){ machine, decisions, steps, blocked };
	find_blocked(&p);
	for (size_t i = 0; i < machine->n; i++) {
		steps[i].action = decisions[i].action;
		steps[i].via = PCIRESET_NONE;
		steps[i].leave_intx = decisions[i].leave_intx;
		steps[i].fence_late = decisions[i].action == PCIRESET_RESET &&
				      pcireset_fences_late(&machine->functions[i]);
		if (decisions[i].action == PCIRESET_RESET)
			choose(&p, i);
	}
	join_whole_buses(&p);

	*ret_steps = steps;
	steps = NULL;
	return 0;
}
