/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mark that a reset erases and the kernel does not write back: was the reset made?
 *
 * While MSI-X or MSI is off, Function Mask and Multiple Message Enable do nothing; both
 * are 0 after a reset: PCI Local Bus Specification 3.0, 6.8.2.3 and 6.8.1.3. The kernel
 * restores them of a function only whose driver has them on: drivers/pci/msi,
 * pci_restore_msi_state().
 */
#include <linux/pci_regs.h>

#include "internal.h"

/* Multiple Message Enable: two messages, of which none is sent. */
#define TWO_MESSAGES 0x0010

static bool find(const struct pcireset_function *f, struct pcireset_canary *canary,
		 uint16_t *ret_enable)
{
	if (f->msix) {
		*canary = (struct pcireset_canary){ f->msix + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_MASKALL };
		*ret_enable = PCI_MSIX_FLAGS_ENABLE;
		return true;
	}
	*canary = (struct pcireset_canary){ f->msi + PCI_MSI_FLAGS, TWO_MESSAGES };
	*ret_enable = PCI_MSI_FLAGS_ENABLE;
	return f->msi;
}

void pcireset_canary_set(const struct pcireset_io *io, const struct pcireset_function *function,
			 struct pcireset_saved *saved, struct pcireset_canary *ret_canary)
{
	struct pcireset_canary canary;
	uint16_t control, enable, now;

	*ret_canary = (struct pcireset_canary){ 0 };
	/* What is not in the journal is not written. */
	if (!find(function, &canary, &enable) || saved->n == PCIRESET_SAVED_MAX ||
	    pcireset_read16_alive(io, function, canary.reg, &control) < 0 || control & enable)
		return;
	pcireset_saved_add(saved, canary.reg, 2, control);
	canary.before = control | canary.bits;
	if (pcireset_write16(io, function, canary.reg, canary.before) < 0 ||
	    pcireset_read16_alive(io, function, canary.reg, &now) < 0 ||
	    (now & canary.bits) != canary.bits)
		return;
	canary.before = now;
	canary.control = control;
	*ret_canary = canary;
}

enum pcireset_known pcireset_canary_look(const struct pcireset_io *io,
					 const struct pcireset_function *function,
					 const struct pcireset_canary *canary,
					 struct pcireset_observed *ret_observed)
{
	uint16_t now;

	if (!canary->reg || pcireset_read16_alive(io, function, canary->reg, &now) < 0)
		return PCIRESET_UNKNOWN;
	*ret_observed = (struct pcireset_observed){ canary->reg, canary->before, now };
	if (!(now & canary->bits))
		return PCIRESET_YES;
	/* Where that fails, the journal has it. */
	(void)pcireset_write16(io, function, canary->reg, canary->control);
	return PCIRESET_NO;
}
