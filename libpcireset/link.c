/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long what is below a bridge must be left alone after a reset of its bus. */
#include <linux/pci_regs.h>

#include "internal.h"

/* PCI Express Base Specification 6.0, 6.6.1: of the reset, or of an active link. */
#define EXPRESS_US	100000
/* PCI Local Bus Specification 3.0, 4.3.2: Trhfa; and Tpvrh as drivers/pci/pci.c has it. */
#define CONVENTIONAL_US 1100000

/* Names of later kernels' headers: PCI_EXP_LNKCAP2_SLS_*. */
#define SPEEDS	      0xfeu
#define SPEEDS_TO_5GT 0x06u

static bool leads_to_link(const struct pcireset_function *bridge)
{
	return bridge->express && (bridge->port_type == PCI_EXP_TYPE_ROOT_PORT ||
				   bridge->port_type == PCI_EXP_TYPE_DOWNSTREAM ||
				   bridge->port_type == PCI_EXP_TYPE_PCIE_BRIDGE);
}

/* drivers/pci/pci.c, pcie_get_speed_cap() */
static bool exceeds_5gt(const struct pcireset_io *io, const struct pcireset_function *bridge,
			uint32_t capability)
{
	uint32_t more = 0;

	if (bridge->express_version > 1 &&
	    pcireset_read32(io, bridge, bridge->express + PCI_EXP_LNKCAP2, &more) == 0 &&
	    more & SPEEDS)
		return more & SPEEDS & ~SPEEDS_TO_5GT;
	return (capability & PCI_EXP_LNKCAP_SLS) > PCI_EXP_LNKCAP_SLS_5_0GB;
}

/* Offset of Device Control 2 where it is enabled there, or 0. */
static uint16_t ltr_of(const struct pcireset_io *io, const struct pcireset_function *bridge)
{
	const uint16_t reg = bridge->express + PCI_EXP_DEVCTL2;
	uint16_t control;

	if (!leads_to_link(bridge) || bridge->express_version < 2 ||
	    reg + 2 > PCI_CFG_SPACE_SIZE ||
	    pcireset_read16_alive(io, bridge, reg, &control) < 0)
		return 0;
	return control & PCI_EXP_DEVCTL2_LTR_EN ? reg : 0;
}

void pcireset_below_read(const struct pcireset_io *io, const struct pcireset_function *bridge,
			 struct pcireset_below *ret_below)
{
	const uint16_t link = bridge->express + PCI_EXP_LNKSTA;
	uint32_t capability;

	*ret_below = (struct pcireset_below){ EXPRESS_US, 0, ltr_of(io, bridge) };
	if (pcireset_is_conventional(bridge)) {
		ret_below->settle_us = CONVENTIONAL_US;
		return;
	}
	if (!leads_to_link(bridge) ||
	    pcireset_read32(io, bridge, bridge->express + PCI_EXP_LNKCAP, &capability) < 0 ||
	    !exceeds_5gt(io, bridge, capability))
		return;
	/* One that is not active while it is in use will not be so later either. */
	if (capability & PCI_EXP_LNKCAP_DLLLARC &&
	    pcireset_link_is_active(io, bridge->address, link))
		ret_below->link = link;
	else
		ret_below->settle_us += PCIRESET_LINK_US;
}

bool pcireset_link_is_active(const struct pcireset_io *io, struct pcireset_address address,
			     uint16_t reg)
{
	uint32_t status;

	return pcireset_read_register(io, address, reg, 2, &status) == 0 && status != 0xffff &&
	       status & PCI_EXP_LNKSTA_DLLLA;
}

/*
 * PCI Express Base Specification 6.0, 7.5.3.16 (LTR Mechanism Enable);
 * drivers/pci/pcie/aspm.c, pci_bridge_reconfigure_ltr().
 */
void pcireset_below_enable_ltr(const struct pcireset_io *io,
			       const struct pcireset_journal_entry *entry)
{
	const struct pcireset_function bridge = { .address = entry->address };
	const uint16_t reg = entry->below.ltr;
	uint16_t control;

	if (reg && pcireset_read16_alive(io, &bridge, reg, &control) == 0 &&
	    !(control & PCI_EXP_DEVCTL2_LTR_EN))
		(void)pcireset_write16(io, &bridge, reg, control | PCI_EXP_DEVCTL2_LTR_EN);
}

/* PCI Express Base Specification 6.0, 6.7.3.2 (Command Completed Events). */
bool pcireset_below_completed(const struct pcireset_io *io,
			      const struct pcireset_journal_entry *entry)
{
	const struct pcireset_function bridge = { .address = entry->address };
	const uint16_t reg = entry->below.slot;
	uint16_t status;

	if (!reg || pcireset_read16_alive(io, &bridge, reg, &status) < 0)
		return true;
	if (!(status & PCI_EXP_SLTSTA_CC))
		return false;
	(void)pcireset_write16(io, &bridge, reg, PCI_EXP_SLTSTA_CC);
	return true;
}
