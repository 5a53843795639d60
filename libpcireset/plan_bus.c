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
	       !(f->cxl & PCIRESET_CXL_SBR_MASKED);
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
	       pcireset_plan_usable(p, i) & sbr &&
	       (!node->blocked || (node->blocked == PCIRESET_WHY_HOTPLUG &&
				   pcireset_plan_may_pass_pciehp(&p->machine->functions[i]))) &&
	       !(p->machine->functions[bridge].cxl & PCIRESET_CXL_SBR_MASKED);
}

static void find_tops(struct pcireset_planner *p)
{
	for (size_t i = 0; i < p->machine->n; i++) {
		struct pcireset_plan_node *node = &p->nodes[i];
		size_t parent = p->machine->functions[i].parent;

		node->is_available =
			pcireset_plan_bus_reaches_whole(p, i) ||
			(node->n_children == 1 && pcireset_plan_bus_is_lone(p, i, node->lone));
		node->chosen = PCIRESET_NONE;
		node->top = parent == PCIRESET_NONE ? PCIRESET_NONE : p->nodes[parent].top;
		if (node->top == PCIRESET_NONE && node->is_available)
			node->top = i;
	}
}

static void find_cover(struct pcireset_planner *p)
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

		node->cover = parent == PCIRESET_NONE ? PCIRESET_NONE : p->nodes[parent].cover;
		if (node->top != PCIRESET_NONE && p->nodes[node->top].chosen == i)
			node->cover = i;
	}
}

void pcireset_plan_buses(struct pcireset_planner *p)
{
	find_blocked(p);
	count_children(p);
	for (size_t i = 0; i < p->machine->n; i++)
		p->nodes[i].is_needy = is_needy(p, i) && !has_pf_to_fall_with(p, i);
	for (size_t i = p->machine->n; i-- > 0;) {
		size_t parent = p->machine->functions[i].parent;

		if (parent != PCIRESET_NONE)
			p->nodes[parent].n_needy += p->nodes[i].n_needy + p->nodes[i].is_needy;
	}
	find_tops(p);
	find_cover(p);
}
