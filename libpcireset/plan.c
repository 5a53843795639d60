/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which reset each function gets. Pure: nothing here touches the machine. */
#include <errno.h>

#include "internal.h"

/* The best first. PM is usable only where nothing else is allowed. */
static const enum pcireset_method order[] = {
	PCIRESET_METHOD_DEVICE_SPECIFIC,
	PCIRESET_METHOD_FLR,
	PCIRESET_METHOD_AF,
	PCIRESET_METHOD_SBR,
	PCIRESET_METHOD_CXL_BUS,
	PCIRESET_METHOD_ACPI,
	PCIRESET_METHOD_PM,
};

/* An older kernel offers what a newer one knows to do harm. */
static unsigned int forbidden(const struct pcireset_function *f)
{
	unsigned int mask = 0;

	if (f->quirks & PCIRESET_QUIRK_NO_FLR)
		mask |= PCIRESET_BIT(PCIRESET_METHOD_FLR) | PCIRESET_BIT(PCIRESET_METHOD_AF);
	if (f->quirks & PCIRESET_QUIRK_NO_BUS_RESET)
		mask |= PCIRESET_BIT(PCIRESET_METHOD_SBR) | PCIRESET_BIT(PCIRESET_METHOD_CXL_BUS);
	if (f->quirks & PCIRESET_QUIRK_NO_PM_RESET)
		mask |= PCIRESET_BIT(PCIRESET_METHOD_PM);
	return mask;
}

/* PM is for those who ask for that alone. */
static unsigned int allowed(const struct pcireset_planner *p, size_t i)
{
	unsigned int methods = p->decisions[i].methods;

	return methods == PCIRESET_BIT(PCIRESET_METHOD_PM) ? methods
							   : methods & PCIRESET_ANY_METHOD;
}

unsigned int pcireset_plan_usable(const struct pcireset_planner *p, size_t i)
{
	const struct pcireset_function *f = &p->machine->functions[i];

	if (p->decisions[i].action != PCIRESET_RESET || p->nodes[i].barred)
		return 0;
	return f->offers & allowed(p, i) & ~forbidden(f) & ~pcireset_plan_untold(p, i);
}

static bool is_spared(const struct pcireset_planner *p, size_t i)
{
	return p->decisions[i].action == PCIRESET_KEEP || p->decisions[i].action == PCIRESET_FENCE;
}

/* Whoever cannot be reset without harm to others, or at all. */
static void find_barred(struct pcireset_planner *p)
{
	for (size_t i = 0; i < p->machine->n; i++) {
		const struct pcireset_function *f = &p->machine->functions[i];

		if (!f->answers)
			p->nodes[i].barred = PCIRESET_WHY_NO_ANSWER;
		else if (pcireset_is_bridge(f))
			p->nodes[i].barred = PCIRESET_WHY_BRIDGE;
		if (f->behind != PCIRESET_NONE && !p->nodes[f->behind].barred)
			p->nodes[f->behind].barred = PCIRESET_WHY_PROVIDER;
		if (f->physical != PCIRESET_NONE && f->answers && is_spared(p, i) &&
		    !p->nodes[f->physical].barred)
			p->nodes[f->physical].barred = PCIRESET_WHY_VF_KEPT;
	}
}

static bool choose_bus(struct pcireset_planner *p, size_t i)
{
	size_t parent = p->machine->functions[i].parent;
	struct pcireset_step *step = &p->steps[i];
	size_t bridge = parent == PCIRESET_NONE ? PCIRESET_NONE : p->nodes[parent].cover;

	if (bridge == PCIRESET_NONE || !(allowed(p, i) & PCIRESET_BIT(PCIRESET_METHOD_SBR)))
		return false;

	if (p->nodes[bridge].is_direct) {
		step->whole_bus = true;
		step->why = PCIRESET_WHY_WHOLE_BUS;
	/* Nothing else on its bus, no bridge either: the kernel calls that "bus". */
	} else if (bridge == parent && pcireset_plan_bus_is_lone(p, bridge, i)) {
		step->why = PCIRESET_WHY_ALONE_ON_BUS;
	} else if (pcireset_plan_bus_reaches_whole(p, bridge)) {
		step->whole_bus = true;
		step->why = PCIRESET_WHY_WHOLE_BUS;
	} else {
		return false;
	}
	step->method = PCIRESET_METHOD_SBR;
	step->via = bridge;
	return true;
}

/* A port that masks bus resets lets this one through: for one that is alone there. */
static bool may_cxl_bus(const struct pcireset_planner *p, size_t i)
{
	const struct pcireset_function *f = &p->machine->functions[i];
	size_t parent = f->parent;

	return parent != PCIRESET_NONE && p->nodes[parent].n_children == 1 &&
	       p->nodes[parent].lone == i && !f->vfs_listed &&
	       !p->decisions[parent].no_bus_reset &&
	       (!p->machine->functions[parent].hotplug_bound ||
		pcireset_plan_may_pass_pciehp(f)) &&
	       !(p->machine->functions[parent].quirks & PCIRESET_QUIRK_NO_BUS_RESET);
}

static bool choose_method(struct pcireset_planner *p, size_t i, enum pcireset_method method)
{
	struct pcireset_step *step = &p->steps[i];

	if (method == PCIRESET_METHOD_SBR)
		return choose_bus(p, i);
	if (!(pcireset_plan_usable(p, i) & PCIRESET_BIT(method)))
		return false;
	if (method == PCIRESET_METHOD_DEVICE_SPECIFIC && pcireset_plan_is_slow_flr(p, i))
		return false;
	if (method == PCIRESET_METHOD_CXL_BUS) {
		if (!may_cxl_bus(p, i))
			return false;
		step->via = p->machine->functions[i].parent;
	}
	step->method = method;
	step->why = method == PCIRESET_METHOD_PM ? PCIRESET_WHY_PM : PCIRESET_WHY_OFFERED;
	return true;
}

static enum pcireset_why why_none(const struct pcireset_planner *p, size_t i)
{
	const struct pcireset_function *f = &p->machine->functions[i];
	unsigned int may = allowed(p, i), offered = f->offers & ~forbidden(f);
	size_t parent = f->parent;

	if (parent != PCIRESET_NONE && may & PCIRESET_BIT(PCIRESET_METHOD_SBR)) {
		if (p->nodes[parent].blocked)
			return p->nodes[parent].blocked;
		if (p->machine->functions[parent].cxl & PCIRESET_CXL_SBR_MASKED)
			return PCIRESET_WHY_CXL_MASKED;
	}
	if (f->offers & may & ~offered)
		return PCIRESET_WHY_QUIRK;
	if (offered & may & pcireset_plan_untold(p, i))
		return PCIRESET_WHY_UNTOLD;
	if (offered & PCIRESET_ANY_METHOD && !(offered & may))
		return PCIRESET_WHY_NOT_ALLOWED;
	return f->is_unknown ? PCIRESET_WHY_UNKNOWN : PCIRESET_WHY_NOTHING_OFFERED;
}

static void choose(struct pcireset_planner *p, size_t i)
{
	const size_t parent = p->machine->functions[i].parent;
	struct pcireset_step *step = &p->steps[i];

	step->action = PCIRESET_FENCE;
	step->why = p->nodes[i].barred;
	if (step->why)
		return;

	for (size_t k = 0; k < ARRAY_SIZE(order); k++) {
		if (!choose_method(p, i, order[k]))
			continue;
		step->action = PCIRESET_RESET;
		pcireset_plan_engine(p, i);
		return;
	}
	step->why = why_none(p, i);
	/* The kernel has none for its bus, and why there is none of ours. */
	if (step->why == PCIRESET_WHY_NOTHING_OFFERED && parent != PCIRESET_NONE &&
	    allowed(p, i) & PCIRESET_BIT(PCIRESET_METHOD_SBR))
		step->engine_why = p->nodes[parent].not_direct;
}

/* A second reset of its own, below the same port, would only take time. */
static bool falls_with(struct pcireset_planner *p, size_t i, size_t physical)
{
	const struct pcireset_step *pf = &p->steps[physical];
	struct pcireset_step *step = &p->steps[i];

	if (pf->action != PCIRESET_RESET || pf->method == PCIRESET_METHOD_PM || p->nodes[i].barred)
		return false;

	step->method = pf->method;
	step->via = pf->via;
	step->whole_bus = pf->whole_bus;
	if (pf->whole_bus) {
		step->engine = pf->engine;
		step->engine_why = pf->engine_why;
	}
	step->why = PCIRESET_WHY_WITH_PF;
	return true;
}

static void choose_all(struct pcireset_planner *p)
{
	const struct pcireset_machine *m = p->machine;

	for (size_t i = 0; i < m->n; i++) {
		struct pcireset_step *step = &p->steps[i];
		enum pcireset_why barred = p->nodes[i].barred;

		*step = (struct pcireset_step){
			.action = p->decisions[i].action,
			.via = PCIRESET_NONE,
			.leave_intx = p->decisions[i].leave_intx,
			.fence_late = p->decisions[i].action == PCIRESET_RESET &&
				      pcireset_fences_late(&m->functions[i]),
		};
		if (step->action != PCIRESET_KEEP &&
		    (barred == PCIRESET_WHY_BRIDGE || barred == PCIRESET_WHY_NO_ANSWER)) {
			step->action = PCIRESET_KEEP;
			step->why = barred;
		}
		if (step->action == PCIRESET_RESET && m->functions[i].physical == PCIRESET_NONE)
			choose(p, i);
	}

	/* Wherever their PF is. */
	for (size_t i = 0; i < m->n; i++)
		if (p->steps[i].action == PCIRESET_RESET &&
		    m->functions[i].physical != PCIRESET_NONE &&
		    !falls_with(p, i, m->functions[i].physical))
			choose(p, i);
}

int pcireset_plan_make(const struct pcireset_machine *machine,
		       const struct pcireset_decision *decisions, struct pcireset_step **ret_steps)
{
	_cleanup_free_ struct pcireset_step *steps = NULL;
	_cleanup_free_ struct pcireset_plan_node *nodes = NULL;
	struct pcireset_planner p;

	steps = calloc(machine->n + 1, sizeof(*steps));
	nodes = calloc(machine->n + 1, sizeof(*nodes));
	if (!steps || !nodes)
		return -ENOMEM;

	p = (struct pcireset_planner){ machine, decisions, steps, nodes };
	find_barred(&p);
	pcireset_plan_buses(&p);
	choose_all(&p);
	pcireset_plan_foresee(&p);

	*ret_steps = steps;
	steps = NULL;
	return 0;
}
