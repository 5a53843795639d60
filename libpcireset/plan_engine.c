/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who makes a reset: our own writes where they are enough, else the kernel. */
#include <linux/pci_regs.h>
#include <string.h>

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

/* Whose registers are not ours to write. */
static enum pcireset_engine_why why_not_ours(const struct pcireset_planner *p, size_t i)
{
	const struct pcireset_function *f = &p->machine->functions[i];

	if (p->decisions[i].locked)
		return PCIRESET_ENGINE_WHY_LOCKED;
	if (p->decisions[i].engine == PCIRESET_ENGINE_KERNEL)
		return PCIRESET_ENGINE_WHY_ASKED;
	if (f->driver[0])
		return PCIRESET_ENGINE_WHY_DRIVER;
	return f->is_unknown ? PCIRESET_ENGINE_WHY_UNKNOWN : PCIRESET_ENGINE_WHY_NONE;
}

/* What a reset would take from it that only the kernel gives back. */
static enum pcireset_engine_why why_more(const struct pcireset_planner *p, size_t i)
{
	const struct pcireset_function *f = &p->machine->functions[i];

	/* PCI Express Base Specification 6.0, 5.3.1.4: it may lose its context on its way to D0. */
	if (f->asleep)
		return PCIRESET_ENGINE_WHY_ASLEEP;
	/* A reset clears VF Enable; what is bound to them would be gone. */
	if (f->vfs_listed)
		return PCIRESET_ENGINE_WHY_VFS;
	/* PCI Express Base Specification 6.0, 10.3.1: the IOMMU has to know before. */
	return why_ats(p, i);
}

static enum pcireset_engine_why why_kernel(const struct pcireset_planner *p, size_t i,
					   enum pcireset_method method)
{
	const struct pcireset_function *f = &p->machine->functions[i];
	enum pcireset_engine_why why = why_not_ours(p, i);

	if (method != PCIRESET_METHOD_FLR && method != PCIRESET_METHOD_AF)
		return PCIRESET_ENGINE_WHY_METHOD;
	if (why != PCIRESET_ENGINE_WHY_NONE)
		return why;
	if (!has_capability(f, method))
		return PCIRESET_ENGINE_WHY_UNKNOWN;
	return needs_more(f) ? PCIRESET_ENGINE_WHY_QUIRK : why_more(p, i);
}

/*
 * Without memory-mapped configuration space (pci=nommconf, or firmware that does not tell
 * where it is) nobody sees CXL, ATS, DPC, AER or sizes of base addresses, which the reset of
 * a bus erases. An FLR stays ours all the same: the kernel sees of it as little as we do.
 */
static bool hides_registers(const struct pcireset_function *f)
{
	return f->express && f->config_bytes < PCI_CFG_SPACE_EXP_SIZE;
}

/* A port's driver knows nothing that is not restored; others may have set up more. */
enum pcireset_engine_why pcireset_plan_not_direct(const struct pcireset_planner *p, size_t i)
{
	const struct pcireset_function *f = &p->machine->functions[i];
	enum pcireset_engine_why why;

	/* What a CXL reset erases is not in the PCI capabilities alone. */
	if (f->cxl)
		return PCIRESET_ENGINE_WHY_QUIRK;
	if (hides_registers(f))
		return PCIRESET_ENGINE_WHY_HIDDEN;
	if (pcireset_is_bridge(f)) {
		if (p->decisions[i].locked)
			return PCIRESET_ENGINE_WHY_LOCKED;
		if (f->driver[0] && strcmp(f->driver, "pcieport") != 0)
			return PCIRESET_ENGINE_WHY_DRIVER;
		if (f->header_type != PCI_HEADER_TYPE_BRIDGE || f->is_unknown)
			return PCIRESET_ENGINE_WHY_UNKNOWN;
		return f->asleep ? PCIRESET_ENGINE_WHY_ASLEEP : PCIRESET_ENGINE_WHY_NONE;
	}
	why = why_not_ours(p, i);
	if (why != PCIRESET_ENGINE_WHY_NONE)
		return why;
	if (pcireset_fences_late(f))
		return PCIRESET_ENGINE_WHY_QUIRK;
	why = why_more(p, i);
	return why == PCIRESET_ENGINE_WHY_DIRECT ? PCIRESET_ENGINE_WHY_NONE : why;
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

	if (step->whole_bus && p->nodes[step->via].is_direct) {
		step->engine = PCIRESET_ENGINE_DIRECT;
		step->engine_why = p->decisions[i].engine == PCIRESET_ENGINE_DIRECT
					   ? PCIRESET_ENGINE_WHY_ASKED
					   : PCIRESET_ENGINE_WHY_NO_OFFER;
		return;
	}
	step->engine_why = why_kernel(p, i, step->method);
	step->engine = PCIRESET_ENGINE_KERNEL;
	/* Asked for, and not to be had. */
	if (step->method == PCIRESET_METHOD_SBR &&
	    p->decisions[i].engine == PCIRESET_ENGINE_DIRECT &&
	    p->nodes[step->via].not_direct != PCIRESET_ENGINE_WHY_NONE)
		step->engine_why = p->nodes[step->via].not_direct;
	if (step->engine_why != PCIRESET_ENGINE_WHY_DIRECT)
		return;
	step->engine = PCIRESET_ENGINE_DIRECT;
	step->why = PCIRESET_WHY_OWN;
}
