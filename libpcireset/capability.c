/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One function's capability list: which resets it advertises. */
#include <errno.h>
#include <linux/pci_regs.h>

#include "internal.h"

/* What is read of these has to end before 100. */
#define EXPRESS_BYTES (PCI_EXP_DEVSTA + 2)
#define AF_BYTES (PCI_AF_STATUS + 1)
#define POWER_BYTES (PCI_PM_CTRL + 2)

static bool fits(struct pcireset_function *function, uint8_t at, unsigned int bytes)
{
	if (at + bytes <= PCI_CFG_SPACE_SIZE)
		return true;
	function->is_unknown = true;
	return false;
}

static void read_slot(const struct pcireset_io *io, struct pcireset_function *function)
{
	uint32_t slot;

	if ((function->port_type == PCI_EXP_TYPE_ROOT_PORT ||
	     function->port_type == PCI_EXP_TYPE_DOWNSTREAM) &&
	    fits(function, function->express, PCI_EXP_SLTCAP + sizeof(slot)) &&
	    pcireset_read32(io, function, function->express + PCI_EXP_SLTCAP, &slot) == 0)
		function->hotplug_capable = slot & PCI_EXP_SLTCAP_HPC;
}

static void read_express(const struct pcireset_io *io, struct pcireset_function *function,
			 uint8_t at, uint32_t head)
{
	uint16_t flags = (uint16_t)(head >> 16);
	uint32_t devcap;

	if (function->express || !fits(function, at, EXPRESS_BYTES))
		return;
	if (pcireset_read32(io, function, at + PCI_EXP_DEVCAP, &devcap) < 0) {
		function->is_unknown = true;
		return;
	}

	function->express = at;
	function->express_version = flags & PCI_EXP_FLAGS_VERS;
	function->port_type = (flags & PCI_EXP_FLAGS_TYPE) >> 4;
	if (devcap & PCI_EXP_DEVCAP_FLR)
		function->advertises |= PCIRESET_BIT(PCIRESET_METHOD_FLR);
	if (flags & PCI_EXP_FLAGS_SLOT)
		read_slot(io, function);
}

/* Source: Advanced Capabilities for Conventional PCI ECN, 13 April 2006. */
static void read_advanced_features(struct pcireset_function *function, uint8_t at, uint32_t head)
{
	const uint8_t both = PCI_AF_CAP_TP | PCI_AF_CAP_FLR;

	if (function->af || !fits(function, at, AF_BYTES))
		return;

	function->af = at;
	if ((head >> 8 * PCI_AF_CAP & both) == both)
		function->advertises |= PCIRESET_BIT(PCIRESET_METHOD_AF);
}

static bool is_d3hot(uint16_t control)
{
	return control != 0xffff && (control & PCI_PM_CTRL_STATE_MASK) == 3;
}

static void read_power_management(const struct pcireset_io *io,
				  struct pcireset_function *function, uint8_t at)
{
	uint16_t control;

	if (function->power || !fits(function, at, POWER_BYTES))
		return;

	function->power = at;
	if (pcireset_read16(io, function, at + PCI_PM_CTRL, &control) < 0)
		return;
	function->asleep = is_d3hot(control);
	if (!(control & PCI_PM_CTRL_NO_SOFT_RESET))
		function->advertises |= PCIRESET_BIT(PCIRESET_METHOD_PM);
}

static void read_capability(const struct pcireset_io *io, struct pcireset_function *function,
			    uint8_t at, uint32_t head)
{
	switch (head & 0xff) {
	case PCI_CAP_ID_EXP:
		read_express(io, function, at, head);
		break;
	case PCI_CAP_ID_PCIX:
		if (!function->pcix && fits(function, at, PCI_X_STATUS))
			function->pcix = at;
		break;
	case PCI_CAP_ID_AF:
		read_advanced_features(function, at, head);
		break;
	case PCI_CAP_ID_MSI:
		function->msi = at;
		break;
	case PCI_CAP_ID_MSIX:
		function->msix = at;
		break;
	case PCI_CAP_ID_PM:
		read_power_management(io, function, at);
		break;
	default:
		break;
	}
}

bool pcireset_visit(struct pcireset_visited *visited, uint16_t at)
{
	const uint8_t bit = (uint8_t)(1u << (at / 4) % 8);
	uint8_t *byte = &visited->dwords[at / 32];

	if (*byte & bit)
		return false;
	*byte |= bit;
	return true;
}

void pcireset_capabilities_read(const struct pcireset_io *io, struct pcireset_function *function)
{
	struct pcireset_visited visited = { 0 };
	uint32_t head;
	uint8_t at;

	/* Without a list nothing is read: some devices take offence at other registers. */
	if (!(function->header[PCI_STATUS] & PCI_STATUS_CAP_LIST)) {
		function->config_bytes = PCI_CFG_SPACE_SIZE;
		return;
	}

	function->config_bytes = PCI_STD_HEADER_SIZEOF;
	at = function->header[function->header_type == PCI_HEADER_TYPE_CARDBUS ?
				      PCI_CB_CAPABILITY_LIST :
				      PCI_CAPABILITY_LIST] & ~3;
	while (at) {
		if (at < PCI_STD_HEADER_SIZEOF || !pcireset_visit(&visited, at) ||
		    pcireset_read32(io, function, at, &head) < 0 || (head & 0xff) == 0xff) {
			function->is_unknown = true;
			return;
		}
		function->config_bytes = PCI_CFG_SPACE_SIZE;
		read_capability(io, function, at, head);
		at = (uint8_t)(head >> 8) & ~3;
	}
}

bool pcireset_is_asleep(const struct pcireset_io *io, const struct pcireset_function *function)
{
	uint16_t control;

	return function->power &&
	       pcireset_read16(io, function, function->power + PCI_PM_CTRL, &control) == 0 &&
	       is_d3hot(control);
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
		r = pcireset_read16_alive(io, function, function->express + PCI_EXP_DEVSTA,
					  &devsta);
		if (r < 0)
			return r;
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
