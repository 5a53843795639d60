/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the ids of a function tell: conf/quirks.conf, made into a table when built. */
#include <linux/pci_regs.h>

#include "internal.h"

#define ANY_REVISION 0x100

/* Zero: any class. */
struct quirk {
	uint16_t vendor, first, last, class, revision;
	uint16_t quirks;
};

static const struct quirk table[] = {
#include "quirk_table.h"
};

unsigned int pcireset_quirks(const struct pcireset_function *function)
{
	unsigned int quirks = 0;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct quirk *q = &table[i];

		if (q->vendor == function->vendor && q->first <= function->device &&
		    q->last >= function->device &&
		    (!q->class || q->class == function->class_code >> 8) &&
		    (q->revision == ANY_REVISION ||
		     q->revision == function->header[PCI_REVISION_ID]))
			quirks |= q->quirks;
	}
	return quirks;
}
