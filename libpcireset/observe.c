/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Was it really reset? Registers that held something before must be at their
 * reset values before anything is written back.
 *
 * PCI Express Base Specification 6.0, 6.6.2: a Function Level Reset initialises
 * all registers that are neither sticky nor of the link. INTx Disable (7.5.1.1.3)
 * and the addresses in base address registers (7.5.1.2.1) are 0 then.
 */
#include <errno.h>
#include <linux/pci_regs.h>

#include "internal.h"

/* The low bits are fixed in silicon. */
static uint32_t address_in(uint32_t bar)
{
	return bar & PCI_BASE_ADDRESS_SPACE_IO ? bar & (uint32_t)PCI_BASE_ADDRESS_IO_MASK :
						 bar & (uint32_t)PCI_BASE_ADDRESS_MEM_MASK;
}

uint16_t pcireset_bar_in_use(const struct pcireset_function *function)
{
	for (uint16_t reg = PCI_BASE_ADDRESS_0; reg <= PCI_BASE_ADDRESS_5; reg += 4)
		if (address_in(pcireset_header_get(function, reg, 4)))
			return reg;
	return 0;
}

/*
 * A VF has neither INTx nor addresses of its own; INTx Disable may be 0 for good
 * where there is no INTx to disable (7.5.1.1.3).
 */
bool pcireset_is_observable(const struct pcireset_function *function, bool leave_intx)
{
	return !function->is_virtual &&
	       ((!leave_intx && function->header[PCI_INTERRUPT_PIN]) || pcireset_bar_in_use(function));
}

static void keep(struct pcireset_observed *observed, uint16_t reg, uint32_t before, uint32_t after)
{
	*observed = (struct pcireset_observed){ .reg = reg, .before = before, .after = after };
}

int pcireset_observe(const struct pcireset_io *io, const struct pcireset_function *function,
		     uint16_t command_before, uint32_t bar_before,
		     struct pcireset_observed *ret_observed,
		     enum pcireset_known *ret_was_reset)
{
	const uint16_t bar = pcireset_bar_in_use(function);
	struct pcireset_observed observed = { 0 };
	unsigned int asked = 0, erased = 0;
	uint16_t command;
	uint32_t now;
	int r;

	r = pcireset_read16_alive(io, function, PCI_COMMAND, &command);
	if (r < 0)
		return r;
	/* Some functions have no INTx, and the bit is 0 for good. */
	if (command_before & PCI_COMMAND_INTX_DISABLE) {
		asked++;
		erased += !(command & PCI_COMMAND_INTX_DISABLE);
		keep(&observed, PCI_COMMAND, command_before, command);
	}
	if (bar && address_in(bar_before)) {
		r = pcireset_read32(io, function, bar, &now);
		if (r < 0)
			return r;
		asked++;
		erased += !address_in(now);
		if (!observed.reg || erased < asked)
			keep(&observed, bar, bar_before, now);
	}

	*ret_observed = observed;
	*ret_was_reset = asked == 0	   ? PCIRESET_UNKNOWN :
			 erased == asked ? PCIRESET_YES :
			 erased == 0	   ? PCIRESET_NO :
					   PCIRESET_UNKNOWN;
	return 0;
}
