/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A port whose link is to be disabled, and what is behind it; for one test program each. */
#ifndef LINK_STAGE_H
#define LINK_STAGE_H

#include "contain_stage.h"

static struct fake_function *port;

/* A port of 00:03.0 with an active link; slot, AER at 100 and DPC at 140 are enabled. */
static inline void active_port(void)
{
	port = fake_port(&direct, "0000:00:03.0", 1, 1);
	fake_put(port->config, 0x42, 0x0142, 2);
	fake_put(port->config, 0x4c, 0x00100000, 4);
	fake_put(port->config, 0x50, 0x0040, 2);
	fake_put(port->config, 0x52, 0x2011, 2);
	fake_put(port->config, 0x58, 0x1038, 2);
	fake_put(port->config, 0x5a, 0x0040, 2);
	fake_extended(port, 0x100, 0x01);
	fake_put(port->config, 0x108, 0x00100000, 4);
	fake_put(port->config, 0x114, 0x00002000, 4);
	fake_extended(port, 0x140, 0x1d);
	fake_put(port->config, 0x146, 0x0001, 2);
}

static inline struct fake_function *behind(const char *address)
{
	struct fake_function *f = fake_endpoint(&direct, address, NIC, 0x020000, 0x0402);

	fake_put(f->config, 0x10, 0xfe000004, 4);
	(void)fake_attr(&direct, f, "driver_override", "(null)");
	return f;
}

/* Its link goes down, and with it what is behind is reset. */
static inline void obey(bool made)
{
	if (!made || !(port->config[0x50] & 0x10) || !(port->config[0x53] & 0x20))
		return;
	fake_put(port->config, 0x52, 0x0011, 2);
	port->config[0x5b] |= 1;
	for (size_t i = 0; i < direct.n_functions; i++)
		if (direct.functions[i].address.bus == 1)
			direct.functions[i].gone = true;
}

static inline void cut_all(void)
{
	pcireset_contain_link(&direct.io, &machine, journal, 1000000, list);
}

#endif
