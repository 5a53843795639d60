/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a plan will come to, and how long it takes, if all goes well. */
#include <linux/pci_regs.h>

#include "internal.h"

/* drivers/pci/pci.c: pcie_flr(), pci_af_flr(), pci_pm_reset(), pci_reset_secondary_bus(),
 * pci_bridge_wait_for_secondary_bus(); quirks.c: delay_250ms_after_flr(). */
#define FLR_MS		    100
#define SLOW_FLR_MS	    250
#define PM_MS		    20
#define SBR_MS		    2
#define EXPRESS_BUS_MS	    100
#define CONVENTIONAL_BUS_MS 1100

bool pcireset_is_conventional(const struct pcireset_function *bridge)
{
	return !bridge->express || bridge->port_type == PCI_EXP_TYPE_PCI_BRIDGE;
}

/* One whose capabilities cannot be read is most likely a port. */
static uint32_t wait_ms(const struct pcireset_function *bridge)
{
	return pcireset_is_conventional(bridge) && !bridge->is_unknown ? CONVENTIONAL_BUS_MS :
									 EXPRESS_BUS_MS;
}

static uint32_t method_ms(const struct pcireset_planner *p, size_t i)
{
	const struct pcireset_function *f = &p->machine->functions[i];
	const struct pcireset_step *step = &p->steps[i];

	/* Also that of the PF that a VF falls with. */
	if (step->via != PCIRESET_NONE)
		return SBR_MS + (p->nodes[step->via].is_direct ? p->nodes[step->via].way_ms :
								 p->nodes[step->via].bus_ms);
	if (step->method == PCIRESET_METHOD_PM)
		return PM_MS;
	/* Most device specific resets are an FLR and something short; _RST is not known. */
	return FLR_MS + (f->quirks & PCIRESET_QUIRK_SLOW_FLR ? SLOW_FLR_MS : 0);
}

static enum pcireset_verdict expected(const struct pcireset_function *function,
				      const struct pcireset_step *step)
{
	if (!function->answers)
		return PCIRESET_LOST;

	switch (step->action) {
	case PCIRESET_KEEP:
		return PCIRESET_KEPT;
	case PCIRESET_IDLE:
		return PCIRESET_VERDICT_IDLE;
	case PCIRESET_FENCE:
		return PCIRESET_FENCED;
	case PCIRESET_RESET:
		break;
	}
	if (step->method == PCIRESET_METHOD_PM)
		return PCIRESET_FENCED;
	return step->engine == PCIRESET_ENGINE_DIRECT &&
			       pcireset_is_observable(function, step->leave_intx) ?
		       PCIRESET_VERIFIED :
		       PCIRESET_COMPLETED;
}

void pcireset_plan_foresee(struct pcireset_planner *p)
{
	/*
	 * The kernel waits for each bus that has somebody on it, one after the other. We do
	 * for those below, but not for those beside.
	 */
	for (size_t i = p->machine->n; i-- > 0;) {
		const struct pcireset_function *f = &p->machine->functions[i];
		struct pcireset_plan_node *node = &p->nodes[i];

		if (node->n_children > 0) {
			node->bus_ms += wait_ms(f);
			node->way_ms += wait_ms(f);
		}
		if (f->parent == PCIRESET_NONE)
			continue;
		p->nodes[f->parent].bus_ms += node->bus_ms;
		if (p->nodes[f->parent].way_ms < node->way_ms)
			p->nodes[f->parent].way_ms = node->way_ms;
	}

	for (size_t i = 0; i < p->machine->n; i++) {
		struct pcireset_step *step = &p->steps[i];

		step->expected = expected(&p->machine->functions[i], step);
		if (step->action == PCIRESET_RESET)
			step->estimate_ms = method_ms(p, i);
	}
}

/* The kernel's resets go side by side, so many at a time; ours all at once. */
struct busy {
	uint32_t kernel_ms[PCIRESET_AT_A_TIME];
	uint32_t direct_ms;
};

/* Whoever is free first takes what comes next. */
static void work(struct busy *busy, uint32_t ms)
{
	size_t first = 0;

	for (size_t k = 1; k < PCIRESET_AT_A_TIME; k++)
		if (busy->kernel_ms[k] < busy->kernel_ms[first])
			first = k;
	busy->kernel_ms[first] += ms;
}

static void add(struct busy *busy, const struct pcireset_step *step)
{
	if (step->engine == PCIRESET_ENGINE_KERNEL)
		work(busy, step->estimate_ms);
	else if (busy->direct_ms < step->estimate_ms)
		busy->direct_ms = step->estimate_ms;
}

static uint32_t latest_ms(const struct busy *busy)
{
	uint32_t ms = busy->direct_ms;

	for (size_t k = 0; k < PCIRESET_AT_A_TIME; k++)
		if (busy->kernel_ms[k] > ms)
			ms = busy->kernel_ms[k];
	return ms;
}

static bool is_made(const struct pcireset_step *step)
{
	return step->action == PCIRESET_RESET && step->engine != PCIRESET_ENGINE_NONE;
}

/* A bus waits for functions on it that have a reset of their own. */
static bool waits(const struct pcireset_machine *machine, const struct pcireset_step *steps,
		  size_t bus)
{
	for (size_t i = 0; i < machine->n; i++)
		if (is_made(&steps[i]) && !steps[i].whole_bus && pcireset_below(machine, i, bus))
			return true;
	return false;
}

/* By address, what is below one bridge is together. */
static void add_buses(const struct pcireset_machine *machine, const struct pcireset_step *steps,
		      struct busy *first, struct busy *later)
{
	size_t bus = PCIRESET_NONE;

	for (size_t i = 0; i < machine->n; i++) {
		if (!is_made(&steps[i]) || !steps[i].whole_bus || steps[i].via == bus)
			continue;
		bus = steps[i].via;
		add(waits(machine, steps, bus) ? later : first, &steps[i]);
	}
}

static void add_functions(const struct pcireset_machine *machine,
			  const struct pcireset_step *steps, struct busy *busy)
{
	size_t port = PCIRESET_NONE;
	uint32_t port_ms = 0;

	for (size_t i = 0; i < machine->n; i++) {
		size_t parent = machine->functions[i].parent;

		if (!is_made(&steps[i]) || steps[i].whole_bus)
			continue;
		if (steps[i].engine == PCIRESET_ENGINE_DIRECT) {
			add(busy, &steps[i]);
			continue;
		}
		/* On a root bus nobody waits for a neighbour. */
		if (parent != port || parent == PCIRESET_NONE) {
			work(busy, port_ms);
			port_ms = 0;
		}
		port = parent;
		port_ms += steps[i].estimate_ms;
	}
	work(busy, port_ms);
}

uint32_t pcireset_plan_estimate_ms(const struct pcireset_machine *machine,
				   const struct pcireset_step *steps)
{
	struct busy first = { 0 }, later = { 0 };
	uint32_t vfs_ms = 0;

	/* Once, for all of them. */
	for (size_t i = 0; i < machine->n; i++)
		if (pcireset_silences_vfs(&machine->functions[i], &steps[i]))
			vfs_ms = PCIRESET_VF_DISABLE_MS;
	add_buses(machine, steps, &first, &later);
	add_functions(machine, steps, &first);
	return vfs_ms + latest_ms(&first) + latest_ms(&later);
}
