/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wait, for all fenced functions at once, until their requests are answered. */
#include <errno.h>

#include <linux/pci_regs.h>

#include "internal.h"

#define POLL_FIRST_US 500
#define POLL_MAX_US 16000

static enum pcireset_known ask(const struct pcireset_io *io,
			       const struct pcireset_function *function)
{
	bool pending;

	if (pcireset_pending(io, function, &pending) < 0)
		return PCIRESET_UNKNOWN;
	return pending ? PCIRESET_YES : PCIRESET_NO;
}

size_t pcireset_drain(const struct pcireset_io *io, const struct pcireset_machine *machine,
		      const struct pcireset_step *steps, uint32_t limit_ms,
		      struct pcireset_outcome *outcomes)
{
	const uint64_t begin_us = io->now_us(io->data), end_us = begin_us + limit_ms * 1000ull;
	uint64_t pause_us = POLL_FIRST_US;
	size_t pending = 0;

	for (size_t i = 0; i < machine->n; i++) {
		if ((steps[i].action != PCIRESET_FENCE && steps[i].action != PCIRESET_RESET) ||
		    steps[i].fence_late || outcomes[i].fence_error < 0)
			continue;
		outcomes[i].pending = ask(io, &machine->functions[i]);
		pending += outcomes[i].pending == PCIRESET_YES;
	}

	while (pending > 0 && io->now_us(io->data) < end_us) {
		io->sleep_us(io->data, pause_us);
		pause_us = pause_us * 2 < POLL_MAX_US ? pause_us * 2 : POLL_MAX_US;

		pending = 0;
		for (size_t i = 0; i < machine->n; i++) {
			if (outcomes[i].pending != PCIRESET_YES)
				continue;
			outcomes[i].pending = ask(io, &machine->functions[i]);
			outcomes[i].drain_us = io->now_us(io->data) - begin_us;
			pending += outcomes[i].pending == PCIRESET_YES;
		}
	}
	return pending;
}

uint64_t pcireset_completion_timeout_us(const struct pcireset_io *io,
					const struct pcireset_function *function)
{
	/* Completion Timeout Value: the upper end of each range. */
	static const uint32_t upper_us[16] = {
		[0x0] = 50000,  [0x1] = 100,	 [0x2] = 10000,	  [0x5] = 55000,   [0x6] = 210000,
		[0x9] = 900000, [0xa] = 3500000, [0xd] = 13000000, [0xe] = 64000000,
	};
	const uint16_t reg = function->express + PCI_EXP_DEVCTL2;
	uint16_t control;
	uint32_t us;

	/* A capability of version 1 ends before. */
	if (!function->express || function->express_version < 2 ||
	    reg + 2 > PCI_CFG_SPACE_SIZE ||
	    pcireset_read16_alive(io, function, reg, &control) < 0)
		return upper_us[0];
	/* For ever: as long as anybody waits. */
	if (control & PCI_EXP_DEVCTL2_COMP_TMOUT_DIS)
		return upper_us[0xe];

	us = upper_us[control & PCI_EXP_DEVCTL2_COMP_TIMEOUT];
	return us ? us : upper_us[0];
}
