/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One function's capability list: which resets it advertises. */
#include <errno.h>
#include <linux/pci_regs.h>

#include "internal.h"

/* 192 bytes behind the header, a capability takes at least four. */
#define CAPABILITIES_MAX 48

static void read_express(const struct pcireset_io *io, struct pcireset_function *function,
			 uint8_t at)
{
	uint16_t flags;
	uint32_t devcap;

	if (pcireset_read16(io, function, at + PCI_EXP_FLAGS, &flags) < 0 ||
	    pcireset_read32(io, function, at + PCI_EXP_DEVCAP, &devcap) < 0)
		return;

	function->express = at;
	function->port_type = (flags & PCI_EXP_FLAGS_TYPE) >> 4;
	if (devcap & PCI_EXP_DEVCAP_FLR)
		function->advertises |= PCIRESET_BIT(PCIRESET_METHOD_FLR);
}

/* Source: Advanced Capabilities for Conventional PCI ECN, 13 April 2006. */
static void read_advanced_features(const struct pcireset_io *io,
				   struct pcireset_function *function, uint8_t at)
{
	const uint8_t both = PCI_AF_CAP_TP | PCI_AF_CAP_FLR;
	uint8_t cap;

	if (pcireset_read8(io, function, at + PCI_AF_CAP, &cap) < 0)
		return;

	function->af = at;
	if ((cap & both) == both)
		function->advertises |= PCIRESET_BIT(PCIRESET_METHOD_AF);
}

static void read_power_management(const struct pcireset_io *io,
				  struct pcireset_function *function, uint8_t at)
{
	uint16_t control;

	function->power = at;
	if (pcireset_read16(io, function, at + PCI_PM_CTRL, &control) == 0 &&
	    !(control & PCI_PM_CTRL_NO_SOFT_RESET))
		function->advertises |= PCIRESET_BIT(PCIRESET_METHOD_PM);
}

void pcireset_capabilities_read(const struct pcireset_io *io, struct pcireset_function *function)
{
	uint8_t at;

	if (!(function->header[PCI_STATUS] & PCI_STATUS_CAP_LIST))
		return;

	at = function->header[function->header_type == PCI_HEADER_TYPE_CARDBUS ?
				      PCI_CB_CAPABILITY_LIST :
				      PCI_CAPABILITY_LIST] & ~3;
	for (size_t n = 0; n < CAPABILITIES_MAX && at >= PCI_STD_HEADER_SIZEOF; n++) {
		uint16_t head;

		if (pcireset_read16(io, function, at + PCI_CAP_LIST_ID, &head) < 0 ||
		    head == 0xffff)
			return;

		if ((head & 0xff) == PCI_CAP_ID_EXP)
			read_express(io, function, at);
		else if ((head & 0xff) == PCI_CAP_ID_AF)
			read_advanced_features(io, function, at);
		else if ((head & 0xff) == PCI_CAP_ID_PM)
			read_power_management(io, function, at);

		at = (uint8_t)(head >> 8) & ~3;
	}
}

bool pcireset_is_port(const struct pcireset_io *io, struct pcireset_address address)
{
	struct pcireset_function function = { .address = address };

	if (io->config_read(io->data, address, 0, function.header, PCIRESET_HEADER_BYTES) < 0)
		return false;

	function.header_type = function.header[PCI_HEADER_TYPE] & 0x7f;
	pcireset_capabilities_read(io, &function);
	return function.express && (function.port_type == PCI_EXP_TYPE_ROOT_PORT ||
				    function.port_type == PCI_EXP_TYPE_UPSTREAM ||
				    function.port_type == PCI_EXP_TYPE_DOWNSTREAM);
}

/* -ENODATA: it has no register that would tell; -ENODEV: it reads as ones. */
int pcireset_pending(const struct pcireset_io *io, const struct pcireset_function *function,
		     bool *ret_pending)
{
	uint16_t devsta;
	uint8_t status;
	int r;

	if (function->express) {
		r = pcireset_read16(io, function, function->express + PCI_EXP_DEVSTA, &devsta);
		if (r < 0)
			return r;
		if (devsta == 0xffff)
			return -ENODEV;
		*ret_pending = devsta & PCI_EXP_DEVSTA_TRPND;
		return 0;
	}
	if (function->advertises & PCIRESET_BIT(PCIRESET_METHOD_AF)) {
		r = pcireset_read8(io, function, function->af + PCI_AF_STATUS, &status);
		if (r < 0)
			return r;
		if (status == 0xff)
			return -ENODEV;
		*ret_pending = status & PCI_AF_STATUS_TP;
		return 0;
	}
	return -ENODATA;
}
