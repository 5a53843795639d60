/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the reset of a bus erases beyond what an FLR does: drivers/pci/pci.c,
 * pci_save_state().
 */
#include <errno.h>
#include <linux/pci_regs.h>

#include "internal.h"

/* Not the way to its bus: base addresses and ROM of the bridge itself. */
static const uint16_t of_bridge[] = { PCI_BASE_ADDRESS_0, PCI_BASE_ADDRESS_1, PCI_ROM_ADDRESS1 };

/* Message address and data before they are used. */
static int add_msi(const struct pcireset_io *io, const struct pcireset_function *f,
		   struct pcireset_saved *saved)
{
	const uint8_t at = f->msi;
	uint16_t flags;
	bool wide;
	int r;

	if (!at)
		return 0;
	r = pcireset_read16_alive(io, f, at + PCI_MSI_FLAGS, &flags);
	if (r < 0 || !(flags & PCI_MSI_FLAGS_ENABLE))
		return r;
	wide = flags & PCI_MSI_FLAGS_64BIT;
	r = pcireset_saved_read(io, f, saved, at + PCI_MSI_ADDRESS_LO, 4, 0);
	if (r == 0 && wide)
		r = pcireset_saved_read(io, f, saved, at + PCI_MSI_ADDRESS_HI, 4, 0);
	if (r == 0)
		r = pcireset_saved_read(io, f, saved,
					at + (wide ? PCI_MSI_DATA_64 : PCI_MSI_DATA_32), 2, 0);
	if (r == 0 && flags & PCI_MSI_FLAGS_MASKBIT)
		r = pcireset_saved_read(io, f, saved,
					at + (wide ? PCI_MSI_MASK_64 : PCI_MSI_MASK_32), 4, 0);
	pcireset_saved_add(saved, at + PCI_MSI_FLAGS, 2, flags);
	return r;
}

/* What its port driver has set up; a table of MSI-X is in memory, out of our reach. */
static int add_bridge(const struct pcireset_io *io, const struct pcireset_function *f,
		      struct pcireset_saved *saved)
{
	const uint16_t slot = pcireset_slot_of(io, f), dpc = pcireset_extended_find(f, PCI_EXT_CAP_ID_DPC);
	uint16_t flags = 0;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(of_bridge); i++)
		if (pcireset_header_get(f, of_bridge[i], 4))
			pcireset_saved_add(saved, of_bridge[i], 4,
					   pcireset_header_get(f, of_bridge[i], 4));
	pcireset_saved_add(saved, PCI_INTERRUPT_LINE, 1,
			   pcireset_header_get(f, PCI_INTERRUPT_LINE, 1));
	if (f->msix)
		r = pcireset_read16_alive(io, f, f->msix + PCI_MSIX_FLAGS, &flags);
	if (r == 0 && flags & PCI_MSIX_FLAGS_ENABLE)
		return -EOPNOTSUPP;
	if (r == 0 && slot)
		r = pcireset_saved_read(io, f, saved, slot + PCI_EXP_SLTCTL, 2, 0);
	if (r == 0 && dpc)
		r = pcireset_saved_read(io, f, saved, dpc + PCI_EXP_DPC_CTL, 2, 0);
	return r < 0 ? r : add_msi(io, f, saved);
}

static int add_errors(const struct pcireset_io *io, const struct pcireset_function *f,
		      struct pcireset_saved *saved)
{
	int r;

	if (!f->aer)
		return 0;
	r = pcireset_saved_read(io, f, saved, f->aer + PCI_ERR_UNCOR_MASK, 4, 0);
	if (r == 0)
		r = pcireset_saved_read(io, f, saved, f->aer + PCI_ERR_UNCOR_SEVER, 4, 0);
	return r < 0 ? r : pcireset_saved_read(io, f, saved, f->aer + PCI_ERR_COR_MASK, 4, 0);
}

/* Which class of traffic takes which channel; bits that load a table act when written. */
static int add_channels(const struct pcireset_io *io, const struct pcireset_function *f,
			struct pcireset_saved *saved)
{
	const uint16_t at = pcireset_extended_find(f, PCI_EXT_CAP_ID_VC);
	uint32_t capability;
	int r;

	if (!at)
		return 0;
	r = pcireset_read32(io, f, at + PCI_VC_PORT_CAP1, &capability);
	for (unsigned int n = 0; r == 0 && n <= (capability & PCI_VC_CAP1_EVCC); n++)
		r = pcireset_saved_read(io, f, saved,
					at + PCI_VC_RES_CTRL + n * PCI_CAP_VC_PER_VC_SIZEOF, 4,
					PCI_VC_RES_CTRL_LOAD_TABLE);
	return r;
}

int pcireset_saved_take_below(const struct pcireset_io *io, const struct pcireset_function *f,
			      uint16_t command, struct pcireset_saved *ret_saved)
{
	int r;

	r = pcireset_saved_take(io, f, ret_saved);
	/* Of one that has gone not even Device Control or its windows are saved. */
	if (r == 0 && ret_saved->n == 0 && (f->express || pcireset_is_bridge(f)))
		return -ENODEV;
	if (r == 0 && f->express_version > 1 && pcireset_has_link(f) &&
	    f->express + PCI_EXP_LNKCTL2 + 2 <= PCI_CFG_SPACE_SIZE)
		r = pcireset_saved_read(io, f, ret_saved, f->express + PCI_EXP_LNKCTL2, 2, 0);
	if (r == 0)
		r = add_channels(io, f, ret_saved);
	if (r == 0)
		r = add_errors(io, f, ret_saved);
	if (r == 0 && pcireset_is_bridge(f))
		r = add_bridge(io, f, ret_saved);
	/* The last: until then nothing passes a bridge, and nothing comes in. */
	pcireset_saved_add(ret_saved, PCI_COMMAND, 2, command);
	return r == 0 && ret_saved->is_cut ? -ENOSPC : r;
}
