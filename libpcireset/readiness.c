/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long a function must be left alone after its own reset, and whether it is there again. */
#include <linux/pci_regs.h>

#include "internal.h"

/* PCI Express Base Specification 6.0, 6.6.2; Advanced Capabilities ECN for AF. */
#define RESET_US      100000
/* Functions that need more: drivers/pci/quirks.c, delay_250ms_after_flr(). */
#define SLOW_EXTRA_US 250000
#define ASK_MAX_US    32000
/* Whoever takes long to answer is asked seldom: a share of 1/16 of the time at most. */
#define SLOW_PAUSES   16

/*
 * Readiness Time Reporting: 9 bits of nanoseconds, times 32^scale;
 * PCI Express Base Specification 6.0, 7.9.17. RESET_US where it tells nothing.
 */
static uint32_t reported_us(const struct pcireset_io *io, const struct pcireset_function *f)
{
	static const uint32_t valid = 0x80000000;
	const uint16_t at = pcireset_extended_find(f, PCIRESET_EXT_CAP_ID_RTR);
	uint32_t first, second, scale;
	uint64_t ns;

	if (!at || pcireset_read32(io, f, at + 4, &first) < 0 || first == UINT32_MAX ||
	    !(first & valid) || pcireset_read32(io, f, at + 8, &second) < 0 ||
	    second == UINT32_MAX)
		return RESET_US;

	scale = second >> 9 & 7;
	if (scale > 5)
		return RESET_US; /* reserved */
	ns = (uint64_t)(second & 0x1ff) << 5 * scale;
	return ns < RESET_US * 1000ull ? (uint32_t)((ns + 999) / 1000) : RESET_US;
}

uint32_t pcireset_window_us(const struct pcireset_io *io, const struct pcireset_function *function)
{
	uint32_t us = RESET_US;

	if (!(function->quirks & PCIRESET_QUIRK_NOT_READY_EARLY))
		us = function->header[PCI_STATUS] & PCI_STATUS_IMM_READY
			     ? 0
			     : reported_us(io, function);
	if (function->quirks & PCIRESET_QUIRK_SLOW_FLR)
		us += SLOW_EXTRA_US;
	return us;
}

/*
 * By its id, which tells more than COMMAND: 0001 is Request Retry Status, ones are no
 * answer, and others a placeholder's. A root port without RRS Software Visibility
 * repeats a request by itself, whichever register it is for, and Linux turns that
 * visibility on wherever it exists: no other register would be read faster.
 * PCI Express Base Specification 6.0, 2.3.2; drivers/pci/pci.c, pci_dev_wait();
 * drivers/pci/probe.c, pci_enable_rrs_sv().
 */
bool pcireset_ask(const struct pcireset_io *io, struct pcireset_address address, uint32_t id,
		  uint32_t *ret_id)
{
	uint32_t now;

	/* A VF has no id of its own: all but ones in COMMAND is an answer. */
	if (id == UINT32_MAX)
		return pcireset_read_register(io, address, PCI_COMMAND, 2, &now) == 0 &&
		       now != 0xffff;
	return pcireset_read_register(io, address, PCI_VENDOR_ID, 4, ret_id) == 0 && *ret_id == id;
}

uint64_t pcireset_ask_again_us(uint64_t now_us, uint64_t end_us, uint64_t took_us,
			       uint64_t *pause_us)
{
	uint64_t pause = *pause_us;

	*pause_us = pause * 2 < ASK_MAX_US ? pause * 2 : ASK_MAX_US;
	if (pause < took_us * SLOW_PAUSES)
		pause = took_us * SLOW_PAUSES;
	return now_us + pause < end_us ? now_us + pause : end_us;
}

bool pcireset_is_ready(const struct pcireset_io *io, struct pcireset_address address, uint32_t id)
{
	uint32_t now;

	return pcireset_ask(io, address, id, &now);
}

uint32_t pcireset_id_read(const struct pcireset_function *function)
{
	return function->is_virtual ? UINT32_MAX
				    : (uint32_t)function->device << 16 | function->vendor;
}
