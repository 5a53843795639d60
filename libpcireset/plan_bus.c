/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which buses are reset: as few as can be, each as low as can be.
 *
 * What a bus reset reaches is a subtree, and two subtrees are nested or apart.
 * So every function that needs one has a highest bridge that may be used, two of
 * those are apart, and no cover is smaller than one reset for each of them that
 * has somebody in need below; the lowest bridge above all of these does as well.
 * A bridge comes before what is below it: each step is one pass over all.
 */
#include <linux/pci_regs.h>

#include "internal.h"

/* Of the header type; kernels before 6.7 do not export it. */
#define MULTIFUNCTION 0x80

static const unsigned int sbr = PCIRESET_BIT(PCIRESET_METHOD_SBR);

static bool must_not_be_reset(const struct pcireset_planner *p, size_t i)
{
	const struct pcireset_decision *d = &p->decisions[i];

	/* Bridges are kept, but what counts is what sits below them. */
	if (p->nodes[i].barred)
		return p->nodes[i].barred != PCIRESET_WHY_BRIDGE;
	return d->action == PCIRESET_KEEP || d->action == PCIRESET_FENCE ||
	       (d->action == PCIRESET_RESET && !(d->methods & sbr));
}

static void block_up(struct pcireset_planner *p, size_t b, enum pcireset_why why)
{
	/* Once a bridge is blocked, so are all above it. */
	for (; b != PCIRESET_NONE && !p->nodes[b].blocked; b = p->machine->functions[b].parent)
		p->nodes[b].blocked = why;
}

/* What a bus reset would do harm to protects all bridges above it. */
static void find_blocked(struct pcireset_planner *p)
{
	const struct pcireset_function *functions = p->machine->functions;

	for (size_t i = 0; i < p->machine->n; i++)
		if (must_not_be_reset(p, i))
			block_up(p, functions[i].parent, PCIRESET_WHY_KEPT_BESIDE);
	for (size_t i = 0; i < p->machine->n; i++)
		if (p->decisions[i].no_bus_reset)
			block_up(p, i, PCIRESET_WHY_KEPT_BESIDE);
	for (size_t i = 0; i < p->machine->n; i++)
		if (functions[i].quirks & PCIRESET_QUIRK_NO_BUS_RESET)
			block_up(p, pcireset_is_bridge(&functions[i]) ? i : functions[i].parent,
				 PCIRESET_WHY_NO_BUS_RESET);
	for (size_t i = 0; i < p->machine->n; i++)
		if (functions[i].hotplug_bound)
			block_up(p, i, PCIRESET_WHY_HOTPLUG);
}

static void count_children(struct pcireset_planner *p)
{
	for (size_t i = 0; i < p->machine->n; i++) {
		const struct pcireset_function *f = &p->machine->functions[i];

		if (f->parent == PCIRESET_NONE ||
		    (f->physical != PCIRESET_NONE &&
		     p->machine->functions[f->physical].parent == f->parent))
			continue;
		p->nodes[f->parent].n_children++;
		p->nodes[f->parent].lone = i;
	}
}

static bool is_needy(const struct pcireset_planner *p, size_t i)
{
	const struct pcireset_function *f = &p->machine->functions[i];

	if (p->nodes[i].barred || p->decisions[i].action != PCIRESET_RESET ||
	    !(p->decisions[i].methods & sbr) ||
	    pcireset_plan_usable(p, i) & PCIRESET_FUNCTION_LEVEL)
		return false;
	/* Of what is not known, only the kernel can tell whether it stands that. */
	return !f->is_unknown || f->offers & sbr;
}

/* A VF whose PF will have a reset has that. */
static bool has_pf_to_fall_with(const struct pcireset_planner *p, size_t i)
{
	size_t pf = p->machine->functions[i].physical;

	return pf != PCIRESET_NONE &&
	       (is_needy(p, pf) || pcireset_plan_usable(p, pf) & PCIRESET_FUNCTION_LEVEL);
}

bool pcireset_plan_bus_reaches_whole(const struct pcireset_planner *p, size_t bridge)
{
	const struct pcireset_function *f = &p->machine->functions[bridge];

	return f->has_reset_subordinate && !p->nodes[bridge].blocked &&
	       !p->nodes[bridge].has_away && !(f->cxl & PCIRESET_CXL_SBR_MASKED);
}

bool pcireset_plan_bus_is_direct(const struct pcireset_planner *p, size_t bridge)
{
	const struct pcireset_function *f = &p->machine->functions[bridge];

	return pcireset_is_bridge(f) && f->answers && f->secondary > 0 &&
	       !p->nodes[bridge].blocked && p->nodes[bridge].not_direct == PCIRESET_ENGINE_WHY_NONE;
}

/*
 * The slot's own reset hides the event from pciehp, but is not for a device that
 * says it has several functions: drivers/pci/pci.c, pci_dev_reset_slot_function().
 */
bool pcireset_plan_may_pass_pciehp(const struct pcireset_function *function)
{
	return !(function->header[PCI_HEADER_TYPE] & MULTIFUNCTION);
}

/*
 * The kernel probes "bus" before it knows the later functions of a device, and
 * refuses then: only one that is alone can use it.
 */
bool pcireset_plan_bus_is_lone(const struct pcireset_planner *p, size_t bridge, size_t i)
{
	const struct pcireset_plan_node *node = &p->nodes[bridge];

	return node->n_children == 1 && node->lone == i && p->nodes[i].is_needy &&
	       pcireset_plan_usable(p, i) & sbr && !p->decisions[i].away &&
	       (!node->blocked || (node->blocked == PCIRESET_WHY_HOTPLUG &&
				   pcireset_plan_may_pass_pciehp(&p->machine->functions[i]))) &&
	       !(p->machine->functions[bridge].cxl & PCIRESET_CXL_SBR_MASKED);
}

static bool is_available(const struct pcireset_planner *p, size_t bridge, bool direct)
{
	const struct pcireset_plan_node *node = &p->nodes[bridge];

	if (direct)
		return pcireset_plan_bus_is_direct(p, bridge);
	return pcireset_plan_bus_reaches_whole(p, bridge) ||
	       (node->n_children == 1 && pcireset_plan_bus_is_lone(p, bridge, node->lone));
}

static bool is_covered(const struct pcireset_planner *p, size_t i)
{
	size_t parent = p->machine->functions[i].parent;

	return parent == PCIRESET_NONE || p->nodes[parent].cover != PCIRESET_NONE;
}

/* The kernel's way around a port that masks bus resets comes before ours. */
static bool counts(const struct pcireset_planner *p, size_t i, bool direct)
{
	return p->nodes[i].is_needy && !is_covered(p, i) &&
	       !(direct && pcireset_plan_usable(p, i) & PCIRESET_BIT(PCIRESET_METHOD_CXL_BUS));
}

static void count_needy(struct pcireset_planner *p, bool direct)
{
	for (size_t i = 0; i < p->machine->n; i++)
		p->nodes[i].n_needy = 0;
	for (size_t i = p->machine->n; i-- > 0;) {
		size_t parent = p->machine->functions[i].parent;

		if (parent != PCIRESET_NONE)
			p->nodes[parent].n_needy += p->nodes[i].n_needy + counts(p, i, direct);
	}
}

static void find_tops(struct pcireset_planner *p, bool direct)
{
	for (size_t i = 0; i < p->machine->n; i++) {
		struct pcireset_plan_node *node = &p->nodes[i];
		size_t parent = p->machine->functions[i].parent;

		node->is_available = is_available(p, i, direct);
		node->chosen = PCIRESET_NONE;
		node->top = parent == PCIRESET_NONE ? PCIRESET_NONE : p->nodes[parent].top;
		if (node->top == PCIRESET_NONE && node->is_available)
			node->top = i;
	}
}

static void find_cover(struct pcireset_planner *p, bool direct)
{
	/* Those that cover all needy of their top are one chain: the last is lowest. */
	for (size_t i = 0; i < p->machine->n; i++) {
		const struct pcireset_plan_node *node = &p->nodes[i];

		if (node->is_available && node->n_needy > 0 &&
		    node->n_needy == p->nodes[node->top].n_needy)
			p->nodes[node->top].chosen = i;
	}

	for (size_t i = 0; i < p->machine->n; i++) {
		struct pcireset_plan_node *node = &p->nodes[i];
		size_t parent = p->machine->functions[i].parent;

		if (node->top != PCIRESET_NONE && p->nodes[node->top].chosen == i) {
			node->cover = i;
			node->is_direct = direct;
		}
		/* The highest reaches all below, whoever would make another one there. */
		if (parent != PCIRESET_NONE && p->nodes[parent].cover != PCIRESET_NONE)
			node->cover = p->nodes[parent].cover;
	}
}

static void cover(struct pcireset_planner *p, bool direct)
{
	count_needy(p, direct);
	find_tops(p, direct);
	find_cover(p, direct);
}

/* What a bridge must not lose, none above it may take. */
static void find_limits(struct pcireset_planner *p)
{
	for (size_t i = p->machine->n; i-- > 0;) {
		struct pcireset_plan_node *node = &p->nodes[i], *above;
		size_t parent = p->machine->functions[i].parent;

		if (node->not_direct == PCIRESET_ENGINE_WHY_NONE)
			node->not_direct = pcireset_plan_not_direct(p, i);
		node->has_away |= p->decisions[i].away;
		if (parent == PCIRESET_NONE)
			continue;
		above = &p->nodes[parent];
		above->has_away |= node->has_away;
		if (above->not_direct == PCIRESET_ENGINE_WHY_NONE)
			above->not_direct = node->not_direct;
	}
}

/* Ours come second, for what the kernel has none for, or must not be asked for. */
static bool prefers_direct(const struct pcireset_planner *p)
{
	for (size_t i = 0; i < p->machine->n; i++)
		if (p->nodes[i].is_needy && p->decisions[i].engine == PCIRESET_ENGINE_DIRECT)
			return true;
	return false;
}

void pcireset_plan_buses(struct pcireset_planner *p)
{
	bool direct_first;

	find_blocked(p);
	count_children(p);
	find_limits(p);
	for (size_t i = 0; i < p->machine->n; i++) {
		p->nodes[i].is_needy = is_needy(p, i) && !has_pf_to_fall_with(p, i);
		p->nodes[i].cover = PCIRESET_NONE;
	}
	direct_first = prefers_direct(p);
	cover(p, direct_first);
	cover(p, !direct_first);
}
