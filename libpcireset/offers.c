/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Linux would offer where it cannot be asked: drivers/pci/pci.c, pci_reset_fn_methods. */
#include "internal.h"

static bool is_beside(const struct pcireset_machine *machine, size_t i, size_t other)
{
	const struct pcireset_address *a = &machine->functions[i].address;
	const struct pcireset_address *b;

	if (other >= machine->n) /* below 0, too */
		return false;
	b = &machine->functions[other].address;
	return a->domain == b->domain && a->bus == b->bus;
}

/* pci_parent_bus_reset(): a bus that VFs alone use has no bridge of its own. */
static bool offers_bus(const struct pcireset_machine *machine, size_t i)
{
	const struct pcireset_function *f = &machine->functions[i], *bridge;

	if (f->parent == PCIRESET_NONE)
		return false;
	bridge = &machine->functions[f->parent];
	/* It is listed all the same, and fails: pci_reset_bus_function(). */
	if (bridge->cxl & PCIRESET_CXL_SBR_MASKED)
		return true;
	return bridge->secondary == f->address.bus &&
	       !((f->quirks | bridge->quirks) & PCIRESET_QUIRK_NO_BUS_RESET) &&
	       !is_beside(machine, i, i - 1) && !is_beside(machine, i, i + 1);
}

/* delay_250ms_after_flr() is for functions that have FLR. */
static bool offers_own(const struct pcireset_function *f)
{
	return f->quirks & PCIRESET_QUIRK_DEVICE_SPECIFIC &&
	       (!(f->quirks & PCIRESET_QUIRK_SLOW_FLR) ||
		f->advertises & PCIRESET_BIT(PCIRESET_METHOD_FLR));
}

static unsigned int offers_of(const struct pcireset_machine *machine, size_t i)
{
	const struct pcireset_function *f = &machine->functions[i];
	unsigned int offers = f->advertises;

	if (f->quirks & PCIRESET_QUIRK_NO_FLR)
		offers &= ~(PCIRESET_BIT(PCIRESET_METHOD_FLR) |
			    PCIRESET_BIT(PCIRESET_METHOD_AF));
	/* On a root bus there is nothing better: quirk_no_pm_reset(). */
	if (f->quirks & PCIRESET_QUIRK_NO_PM_RESET && f->parent != PCIRESET_NONE)
		offers &= ~PCIRESET_BIT(PCIRESET_METHOD_PM);
	if (offers_own(f))
		offers |= PCIRESET_BIT(PCIRESET_METHOD_DEVICE_SPECIFIC);
	/* An FLR may be behind what could not be read, and would come first. */
	if (f->is_unknown && !f->express && !(offers & PCIRESET_FUNCTION_LEVEL))
		return 0;
	if (offers_bus(machine, i))
		offers |= PCIRESET_BIT(PCIRESET_METHOD_SBR);
	if (f->parent != PCIRESET_NONE && machine->functions[f->parent].cxl & PCIRESET_CXL_PORT)
		offers |= PCIRESET_BIT(PCIRESET_METHOD_CXL_BUS);
	return offers;
}

void pcireset_offers_derive(struct pcireset_machine *machine)
{
	for (size_t i = 0; i < machine->n; i++) {
		struct pcireset_function *f = &machine->functions[i];

		if (!f->answers)
			continue;
		if (pcireset_is_bridge(f)) {
			f->has_reset_subordinate = true;
			continue;
		}
		f->offers = offers_of(machine, i);
		/* The attribute is there for functions that have a reset. */
		f->has_reset_method = f->offers != 0;
	}
}
