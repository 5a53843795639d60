/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Buses that are reset by our own writes: steps for what is below a bridge. */
#ifndef BUS_STAGE_H
#define BUS_STAGE_H

#include <string.h>

#include "fake_direct.h"

/* Fenced: memory decoding on, INTx off; one 64-bit base address; no FLR. */
static inline struct fake_function *below(struct fake_function *bridge, const char *address)
{
	struct fake_function *f = fake_endpoint(&direct, address, NIC, 0x020000, 0x0402);

	fake_express(f, false);
	fake_put(f->config, 0x10, 0xfe000004, 4);
	fake_put(f->config, 0x3c, 0x0b, 1);
	fake_put(f->config, 0x48, 0x2810, 2);
	f->quiet_us = 100000;
	f->erased[0] = 0x48;
	f->config_bytes = FAKE_CONFIG_BYTES;
	fake_below(f, bridge);
	return f;
}

/* Up to 5 GT/s, without a slot. */
static inline struct fake_function *port(const char *address, uint8_t secondary,
					 uint8_t subordinate)
{
	struct fake_function *f = fake_port(&direct, address, secondary, subordinate);

	fake_put(f->config, 0x4c, 0x00000012, 4);
	fake_put(f->config, 0x3e, 0x0003, 2);
	return f;
}

/* A port, a function below, and a switch port with one more: 0, 2, 1 and 3. */
static inline struct fake_function *nested(struct fake_function **ret_bridge)
{
	struct fake_function *p = port("0000:00:03.0", 1, 2), *b = port("0000:01:00.0", 2, 2);

	fake_below(b, p);
	fake_put(b->config, 0x42, 0x0052, 2);
	b->quiet_us = 100000;
	(void)below(p, "0000:01:01.0");
	below(b, "0000:02:00.0")->quiet_us = 200000;
	*ret_bridge = b;
	return p;
}

static inline void bus_read(void)
{
	assert_int_equal(pcireset_scan(&direct.io, &machine), 0);
	pcireset_topology_read(&direct.io, &machine);
	for (size_t i = 0; i < machine.n; i++)
		steps[i].via = PCIRESET_NONE;
}

/* All below function @via are reset with its bus. */
static inline void bus_planned(size_t via)
{
	for (size_t i = 0; i < machine.n; i++) {
		if (machine.functions[i].header_type || !pcireset_below(&machine, i, via))
			continue;
		steps[i] = (struct pcireset_step){ .action = PCIRESET_RESET,
						   .method = PCIRESET_METHOD_SBR,
						   .engine = PCIRESET_ENGINE_DIRECT,
						   .via = via,
						   .whole_bus = true,
						   .estimate_ms = 102 };
	}
}

static inline void bus_run(uint32_t deadline_ms)
{
	bus_read();
	bus_planned(0);
	direct_reset(deadline_ms);
}

#endif
