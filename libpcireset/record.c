/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the crash left in the registers, before a reset erases it. */
#include <linux/pci_regs.h>

#include "internal.h"

static void read_errors(const struct pcireset_io *io, const struct pcireset_function *f,
			struct pcireset_crash *crash)
{
	uint32_t value;

	if (!f->aer)
		return;
	if (pcireset_read32(io, f, f->aer + PCI_ERR_UNCOR_STATUS, &value) < 0 ||
	    value == UINT32_MAX)
		return;
	crash->uncorrectable = value;
	if (value && pcireset_read32(io, f, f->aer + PCI_ERR_UNCOR_SEVER, &value) == 0)
		crash->fatal = crash->uncorrectable & value;
	if (crash->uncorrectable &&
	    pcireset_read32(io, f, f->aer + PCI_ERR_UNCOR_MASK, &value) == 0 &&
	    value != UINT32_MAX)
		crash->masked = crash->uncorrectable & value;
	if (pcireset_read32(io, f, f->aer + PCI_ERR_COR_STATUS, &value) == 0)
		crash->correctable = value;
}

void pcireset_record(const struct pcireset_io *io, const struct pcireset_machine *machine,
		     struct pcireset_outcome *outcomes)
{
	for (size_t i = 0; i < machine->n; i++) {
		const struct pcireset_function *f = &machine->functions[i];
		struct pcireset_crash *crash = &outcomes[i].crash;
		uint16_t word;

		*crash = (struct pcireset_crash){ PCIRESET_UNREAD, 0, PCIRESET_UNREAD, 0 };
		if (!f->answers || !f->express)
			continue;
		/* One that has gone tells nothing, and each read of it takes long. */
		if (pcireset_read16_alive(io, f, f->express + PCI_EXP_DEVSTA, &word) < 0)
			continue;
		outcomes[i].before.devsta = word;
		if (pcireset_has_link(f) && pcireset_read16(io, f, f->express + PCI_EXP_LNKSTA, &word) == 0)
			outcomes[i].before.link = word;
		read_errors(io, f, crash);
	}
}
