/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bridges of a scripted machine: what is below is reached through them, and reset. */
#include "fake_io.h"

#include <string.h>

#define BRIDGE_CONTROL 0x3e
#define BUS_RESET      0x40
#define DISCARD	       0x04 /* Discard Timer Status, of its second byte: a 1 clears it */
#define SLOT_FLAG      0x43
#define NO_COMPLETION  0x56
#define SLOT_CONTROL   0x58
#define SLOT_STATUS    0x5a
#define DEVCTL2	       0x68
#define LTR_ENABLE     0x04 /* of its second byte */

void fake_below(struct fake_function *function, struct fake_function *bridge)
{
	function->above = bridge;
}

bool fake_bus_reaches(const struct fake_function *f)
{
	return !f->above || (f->above->config[0x19] == f->address.bus && !f->above->gone &&
			     fake_bus_reaches(f->above));
}

static bool is_below(const struct fake_function *f, const struct fake_function *bridge)
{
	return f->above && (f->above == bridge || is_below(f->above, bridge));
}

/* PCI Express Base Specification 6.0, 7.5.3.16: a port whose link is down has no LTR. */
static void link_goes_down(struct fake *fake, struct fake_function *bridge)
{
	bridge->config[DEVCTL2 + 1] &= (uint8_t)~LTR_ENABLE;
	bridge->link_at_us = fake->now_us + bridge->link_us;
}

/* What firmware and kernel have set up of a bridge. */
static void erase_bridge(struct fake *fake, struct fake_function *f)
{
	link_goes_down(fake, f);
	memset(f->config + 0x18, 0, 0x34 - 0x18);
	memset(f->config + 0x38, 0, 4);
	fake_put(f->config, BRIDGE_CONTROL, 0, 2);
}

void fake_bus_written(struct fake *fake, struct fake_function *bridge, uint16_t reg,
		      uint32_t before)
{
	bool in_reset;

	if (bridge->config[0x0e] != 1)
		return;
	if (reg == 0x18 && bridge->forgets)
		fake_put(bridge->config, 0x18, before, 4);
	/* PCI Express Base Specification 6.0, 7.5.3.9 to 7.5.3.11: a 1 clears events */
	if (reg == SLOT_STATUS)
		fake_put(bridge->config, reg, before & ~fake_get(bridge->config, reg, 2), 2);
	if (reg == SLOT_CONTROL && bridge->config[SLOT_FLAG] & 1 &&
	    !(bridge->config[NO_COMPLETION] & 0x04))
		bridge->config[SLOT_STATUS] |= 0x10;
	if (reg == DEVCTL2 && fake->now_us < bridge->link_at_us)
		bridge->config[DEVCTL2 + 1] &= (uint8_t)~LTR_ENABLE;
	if (reg != BRIDGE_CONTROL)
		return;
	bridge->config[BRIDGE_CONTROL + 1] =
		(uint8_t)((bridge->config[BRIDGE_CONTROL + 1] & ~DISCARD) |
			  (before >> 8 & ~bridge->config[BRIDGE_CONTROL + 1] & DISCARD));
	if (bridge->holds && before & BUS_RESET)
		bridge->config[BRIDGE_CONTROL] |= BUS_RESET;
	in_reset = bridge->config[BRIDGE_CONTROL] & BUS_RESET;
	if (in_reset == !!(before & BUS_RESET))
		return;
	for (size_t i = 0; i < fake->n_functions; i++) {
		struct fake_function *f = &fake->functions[i];

		if (!is_below(f, bridge))
			continue;
		f->quiet_until_us = UINT64_MAX;
		if (in_reset)
			continue;
		fake_reset_function(fake, f, f->bus_reset);
		if (f->config[0x0e] == 1)
			erase_bridge(fake, f);
	}
	if (in_reset)
		return;
	link_goes_down(fake, bridge);
	if (bridge->released)
		bridge->released(bridge->config);
}
