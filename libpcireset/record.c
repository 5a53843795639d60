/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the crashed kernel left in the registers, before a reset erases it. */
#include <linux/pci_regs.h>

#include "internal.h"

void pcireset_record(const struct pcireset_io *io, const struct pcireset_machine *machine,
		     struct pcireset_outcome *outcomes)
{
	for (size_t i = 0; i < machine->n; i++) {
		const struct pcireset_function *f = &machine->functions[i];
		uint16_t devsta;

		if (f->answers && f->express &&
		    pcireset_read16(io, f, f->express + PCI_EXP_DEVSTA, &devsta) == 0)
			outcomes[i].before.devsta = devsta;
	}
}
