/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the journal knows of a function that is isolated; pcireset.h includes it. */
#ifndef PCIRESET_ISOLATION_H
#define PCIRESET_ISOLATION_H

#include "pcireset_io.h"

/** enum pcireset_contain - ways to isolate a function */
enum pcireset_contain {
	PCIRESET_CONTAIN_NONE,
	PCIRESET_CONTAIN_D3HOT,
	PCIRESET_CONTAIN_LINK,
	PCIRESET_CONTAIN_IOMMU,
	PCIRESET_CONTAINS,
};

/**
 * struct pcireset_isolation - how a function is isolated, or is about to be
 * @way: how; PCIRESET_CONTAIN_NONE: it is not
 * @stands: it is, and nothing of its journal entry is undone any more
 * @at: the function that tells whether it stands
 * @reg: its register of 16 bits
 * @bits: which of these are set then; 0: @stands alone tells
 */
struct pcireset_isolation {
	enum pcireset_contain way;
	bool stands;
	struct pcireset_address at;
	uint16_t reg;
	uint16_t bits;
};

#endif
