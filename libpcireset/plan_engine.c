/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who makes a reset: our own writes where they are enough, else the kernel. */
#include <linux/pci_regs.h>

#include "internal.h"

static bool has_capability(const struct pcireset_function *f, enum pcireset_method method)
{
	return f->header_type == PCI_HEADER_TYPE_NORMAL && f->advertises & PCIRESET_BIT(method) &&
	       (method == PCIRESET_METHOD_FLR ? f->express : f->af);
}

/* Where all that the kernel does beyond FLR is to wait, so do we. */
static bool needs_more(const struct pcireset_function *f)
{
	return pcireset_fences_late(f) || (f->quirks & PCIRESET_QUIRK_DEVICE_SPECIFIC &&
					   !(f->quirks & PCIRESET_QUIRK_SLOW_FLR));
}

/* A reset clears the device's cache of translations, and the IOMMU may be invalidating it. */
static enum pcireset_engine_why why_ats(const struct pcireset_planner *p, size_t i)
{
	const struct pcireset_function *f = &p->machine->functions[i];

	if (!f->ats || p->decisions[i].engine == PCIRESET_ENGINE_DIRECT)
		return PCIRESET_ENGINE_WHY_DIRECT;
	if (f->iommu_group >= 0)
		return PCIRESET_ENGINE_WHY_ATS;
	return f->iommu_unknown ? PCIRESET_ENGINE_WHY_ATS_PERHAPS : PCIRESET_ENGINE_WHY_DIRECT;
}

static enum pcireset_engine_why why_kernel(const struct pcireset_planner *p, size_t i,
					   enum pcireset_method method)
{
	const struct pcireset_function *f = &p->machine->functions[i];

	if (method != PCIRESET_METHOD_FLR && method != PCIRESET_METHOD_AF)
		return PCIRESET_ENGINE_WHY_METHOD;
	if (p->decisions[i].locked)
		return PCIRESET_ENGINE_WHY_LOCKED;
	if (p->decisions[i].engine == PCIRESET_ENGINE_KERNEL)
		return PCIRESET_ENGINE_WHY_ASKED;
	if (f->driver[0])
		return PCIRESET_ENGINE_WHY_DRIVER;
	if (f->is_unknown || !has_capability(f, method))
		return PCIRESET_ENGINE_WHY_UNKNOWN;
	if (needs_more(f))
		return PCIRESET_ENGINE_WHY_QUIRK;
	/* PCI Express Base Specification 6.0, 5.3.1.4: it may lose its context on its way to D0. */
	if (f->asleep)
		return PCIRESET_ENGINE_WHY_ASLEEP;
	/* A reset clears VF Enable; what is bound to them would be gone. */
	if (f->vfs_listed)
		return PCIRESET_ENGINE_WHY_VFS;
	/* PCI Express Base Specification 6.0, 10.3.1: the IOMMU has to know before. */
	return why_ats(p, i);
}

unsigned int pcireset_plan_untold(const struct pcireset_planner *p, size_t i)
{
	unsigned int methods = 0;

	if (!p->machine->functions[i].kernel_chooses)
		return 0;
	for (unsigned int m = PCIRESET_METHOD_NONE + 1; m < PCIRESET_METHODS; m++)
		if (PCIRESET_BIT(m) & PCIRESET_FUNCTION_LEVEL &&
		    why_kernel(p, i, m) != PCIRESET_ENGINE_WHY_DIRECT)
			methods |= PCIRESET_BIT(m);
	return methods;
}

bool pcireset_plan_is_slow_flr(const struct pcireset_planner *p, size_t i)
{
	return p->machine->functions[i].quirks & PCIRESET_QUIRK_SLOW_FLR &&
	       pcireset_plan_usable(p, i) & PCIRESET_BIT(PCIRESET_METHOD_FLR) &&
	       why_kernel(p, i, PCIRESET_METHOD_FLR) == PCIRESET_ENGINE_WHY_DIRECT;
}

void pcireset_plan_engine(struct pcireset_planner *p, size_t i)
{
	struct pcireset_step *step = &p->steps[i];

	step->engine_why = why_kernel(p, i, step->method);
	step->engine = PCIRESET_ENGINE_KERNEL;
	if (step->engine_why != PCIRESET_ENGINE_WHY_DIRECT)
		return;
	step->engine = PCIRESET_ENGINE_DIRECT;
	step->why = PCIRESET_WHY_OWN;
}
