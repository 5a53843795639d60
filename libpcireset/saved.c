/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers that a reset may erase: what they were, and writing them back. */
#include <errno.h>
#include <linux/pci_regs.h>

#include "internal.h"

struct range {
	uint16_t reg;
	uint8_t bytes;
};

/*
 * Bus numbers before windows: what is behind is reached through them. Two bytes of
 * Cache Line Size: Latency Timer is the other one.
 */
static const struct range of_bridge[] = {
	{ PCI_PRIMARY_BUS, 4 },	     { PCI_IO_BASE, 2 },	   { PCI_MEMORY_BASE, 4 },
	{ PCI_PREF_MEMORY_BASE, 4 }, { PCI_PREF_BASE_UPPER32, 4 }, { PCI_PREF_LIMIT_UPPER32, 4 },
	{ PCI_IO_BASE_UPPER16, 4 },  { PCI_BRIDGE_CONTROL, 2 },	   { PCI_CACHE_LINE_SIZE, 2 },
};

static const struct range of_endpoint[] = {
	{ PCI_BASE_ADDRESS_0, 4 }, { PCI_BASE_ADDRESS_1, 4 },  { PCI_BASE_ADDRESS_2, 4 },
	{ PCI_BASE_ADDRESS_3, 4 }, { PCI_BASE_ADDRESS_4, 4 },  { PCI_BASE_ADDRESS_5, 4 },
	{ PCI_ROM_ADDRESS, 4 },	   { PCI_CACHE_LINE_SIZE, 2 }, { PCI_INTERRUPT_LINE, 1 },
};

/* Offsets in the PCI Express capability. Link Control 2 is sticky (7.5.3.19). */
static const struct range of_express[] = {
	{ PCI_EXP_DEVCTL, 2 },
	{ PCI_EXP_LNKCTL, 2 },
	{ PCI_EXP_DEVCTL2, 2 },
};

static void add_header(struct pcireset_saved *saved, const struct pcireset_function *function,
		       const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t value =
			pcireset_header_get(function, ranges[i].reg, ranges[i].bytes);

		/* Of an endpoint's 0 is what a reset leaves. */
		if (!value && !pcireset_is_bridge(function))
			continue;
		if (ranges[i].reg == PCI_BRIDGE_CONTROL)
			value &= ~(uint32_t)PCIRESET_BRIDGE_CTL_ACTS;
		pcireset_saved_add(saved, ranges[i].reg, ranges[i].bytes, value);
	}
}

bool pcireset_has_link(const struct pcireset_function *function)
{
	return function->express && function->port_type != PCI_EXP_TYPE_RC_END &&
	       function->port_type != PCI_EXP_TYPE_RC_EC;
}

/* A capability of version 1 ends before DEVCTL2. */
static bool has_register(const struct pcireset_function *function, uint16_t reg)
{
	if (reg >= PCI_EXP_DEVCTL2 && function->express_version < 2)
		return false;
	return reg != PCI_EXP_LNKCTL || pcireset_has_link(function);
}

/* Bits that act when they are written; all read as 0 where that is so. */
static uint16_t starts_something(const struct pcireset_function *function, uint16_t reg)
{
	if (reg == PCI_EXP_LNKCTL)
		return PCI_EXP_LNKCTL_RL;
	return reg == PCI_EXP_DEVCTL && function->port_type != PCI_EXP_TYPE_PCI_BRIDGE
		       ? PCI_EXP_DEVCTL_BCR_FLR
		       : 0;
}

static int add_express(const struct pcireset_io *io, struct pcireset_saved *saved,
		       const struct pcireset_function *function)
{
	int r = 0;

	for (size_t i = 0; r == 0 && function->express && i < ARRAY_SIZE(of_express); i++) {
		uint16_t reg = function->express + of_express[i].reg;

		if (reg + 2 > PCI_CFG_SPACE_SIZE ||
		    !has_register(function, of_express[i].reg))
			continue;
		r = pcireset_saved_read(io, function, saved, reg, 2,
					starts_something(function, of_express[i].reg));
	}
	return r;
}

/* Of a bridge that register is another one. */
static int add_pcix(const struct pcireset_io *io, struct pcireset_saved *saved,
		    const struct pcireset_function *function)
{
	if (!function->pcix || pcireset_is_bridge(function))
		return 0;
	return pcireset_saved_read(io, function, saved, function->pcix + PCI_X_CMD, 2, 0);
}

uint32_t pcireset_saved_find(const struct pcireset_saved *saved, uint16_t reg)
{
	for (size_t i = 0; i < saved->n; i++)
		if (saved->registers[i].reg == reg)
			return saved->registers[i].value;
	return 0;
}

int pcireset_saved_take(const struct pcireset_io *io, const struct pcireset_function *function,
			struct pcireset_saved *ret_saved)
{
	struct pcireset_saved saved = { .id = pcireset_id_read(function) };
	int r;

	r = pcireset_saved_add_sizes(io, function, &saved);
	if (function->header_type == PCI_HEADER_TYPE_BRIDGE)
		add_header(&saved, function, of_bridge, ARRAY_SIZE(of_bridge));
	else if (function->header_type == PCI_HEADER_TYPE_NORMAL)
		add_header(&saved, function, of_endpoint, ARRAY_SIZE(of_endpoint));

	if (r == 0)
		r = pcireset_saved_add_power(io, function, &saved);
	if (r == 0)
		r = add_express(io, &saved, function);
	if (r == 0)
		r = add_pcix(io, &saved, function);
	if (r == 0)
		r = pcireset_saved_add_extended(io, function, &saved);
	/* One that has gone holds nothing that could be written back later. */
	if (r == -ENODEV)
		saved.n = 0;
	else if (r < 0)
		return r;

	*ret_saved = saved;
	return 0;
}

int pcireset_saved_restore(const struct pcireset_io *io, struct pcireset_address address,
			   const struct pcireset_saved *saved)
{
	/* Each access may cost a timeout; another function has other registers. */
	if (saved->n > 0 && !pcireset_is_ready(io, address, saved->id))
		return -ENODEV;
	return pcireset_saved_write_back(io, address, saved, 0);
}

/* Write 1 to clear; what was there before is left to whoever reads it. */
static void clear_events(const struct pcireset_io *io, struct pcireset_address address,
			 uint16_t reg, uint8_t bytes, uint32_t before)
{
	uint32_t now;

	if (pcireset_read_register(io, address, reg, bytes, &now) == 0 &&
	    now != UINT32_MAX >> (32 - 8 * bytes) && now & ~before)
		(void)io->config_write(io->data, address, reg, now & ~before, bytes);
}

/* But for what is no setting. */
static int read_setting(const struct pcireset_io *io, struct pcireset_address address, uint16_t reg,
			uint8_t bytes, uint32_t *ret_value)
{
	int r = pcireset_read_register(io, address, reg, bytes, ret_value);

	if (r == 0 && reg == PCI_BRIDGE_CONTROL && *ret_value != 0xffff)
		*ret_value &= ~PCIRESET_BRIDGE_CTL_DISCARD;
	return r;
}

/* A register that is written in two steps and holds its value needs neither. */
static bool is_done_later(const struct pcireset_saved *saved, size_t i, uint32_t now)
{
	return i + 1 < saved->n && saved->registers[i + 1].reg == saved->registers[i].reg &&
	       saved->registers[i + 1].value == now;
}

int pcireset_saved_write_back(const struct pcireset_io *io, struct pcireset_address address,
			      const struct pcireset_saved *saved, uint16_t erased_bytes)
{
	int written = 0, error = 0;

	for (size_t i = 0; i < saved->n; i++) {
		const uint16_t reg = saved->registers[i].reg;
		const uint8_t bytes = saved->registers[i].bytes;
		const uint32_t value = saved->registers[i].value;
		uint32_t now;
		int r = 0;

		if (bytes & PCIRESET_SAVED_EVENTS) {
			clear_events(io, address, reg, bytes & ~PCIRESET_SAVED_EVENTS, value);
			continue;
		}
		if (reg >= erased_bytes) {
			r = read_setting(io, address, reg, bytes, &now);
			if (r == 0 && (now == value || is_done_later(saved, i, now)))
				continue;
		}
		if (r == 0)
			r = io->config_write(io->data, address, reg, value, bytes);
		if (r == 0)
			r = read_setting(io, address, reg, bytes, &now);
		/* Of one that has gone each further access may cost a timeout. */
		if (r == 0 && now != value)
			r = pcireset_is_ready(io, address, saved->id) ? -EIO : -ENODEV;
		if (r == -ENODEV)
			return r;
		if (r == 0)
			written++;
		else if (error == 0)
			error = r;
	}
	return error ? error : written;
}
