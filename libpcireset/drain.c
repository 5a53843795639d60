/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wait, for all fenced functions at once, until their requests are answered. */
#include <errno.h>

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
	uint64_t end_us = io->now_us(io->data) + limit_ms * 1000ull;
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
			pending += outcomes[i].pending == PCIRESET_YES;
		}
	}
	return pending;
}
