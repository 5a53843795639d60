/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the reset of a bus erases beyond what an FLR does, and what of the bridge above
 * has to be quiet meanwhile: drivers/pci/pci.c, pci_save_state();
 * drivers/pci/hotplug/pciehp_hpc.c, pciehp_reset_slot().
 */
#include <errno.h>
#include <linux/pci_regs.h>

#include "internal.h"

/* Of a slot what may have changed, and who is told of it. */
#define SLOT_EVENTS                                                                  \
	((uint32_t)(PCI_EXP_SLTSTA_ABP | PCI_EXP_SLTSTA_PFD | PCI_EXP_SLTSTA_MRLSC | \
		    PCI_EXP_SLTSTA_PDC | PCI_EXP_SLTSTA_CC | PCI_EXP_SLTSTA_DLLSC))
#define SLOT_NOTICES                                                                    \
	((uint32_t)(PCI_EXP_SLTCTL_ABPE | PCI_EXP_SLTCTL_PFDE | PCI_EXP_SLTCTL_MRLSCE | \
		    PCI_EXP_SLTCTL_PDCE | PCI_EXP_SLTCTL_CCIE | PCI_EXP_SLTCTL_HPIE |   \
		    PCI_EXP_SLTCTL_DLLSCE))
/* Triggered, and its interrupt: the others only tell why. */
#define DPC_EVENTS ((uint32_t)(PCI_EXP_DPC_STATUS_TRIGGER | PCI_EXP_DPC_STATUS_INTERRUPT))
#define DPC_NOTICES                                                          \
	((uint32_t)(PCI_EXP_DPC_CTL_EN_FATAL | PCI_EXP_DPC_CTL_EN_NONFATAL | \
		    PCI_EXP_DPC_CTL_INT_EN))

/* Whatever a link that goes down may look like; a bit that is not there stays 0. */
#define UNCORRECTABLE                                                                      \
	(PCI_ERR_UNC_DLP | PCI_ERR_UNC_SURPDN | PCI_ERR_UNC_POISON_TLP | PCI_ERR_UNC_FCP | \
	 PCI_ERR_UNC_COMP_TIME | PCI_ERR_UNC_COMP_ABORT | PCI_ERR_UNC_UNX_COMP |           \
	 PCI_ERR_UNC_RX_OVER | PCI_ERR_UNC_MALF_TLP | PCI_ERR_UNC_ECRC | PCI_ERR_UNC_UNSUP)
#define CORRECTABLE                                                                             \
	(PCI_ERR_COR_RCVR | PCI_ERR_COR_BAD_TLP | PCI_ERR_COR_BAD_DLLP | PCI_ERR_COR_REP_ROLL | \
	 PCI_ERR_COR_REP_TIMER | PCI_ERR_COR_ADV_NFAT)

/* Not the way to its bus: base addresses and ROM of the bridge itself. */
static const uint16_t of_bridge[] = { PCI_BASE_ADDRESS_0, PCI_BASE_ADDRESS_1, PCI_ROM_ADDRESS1 };

/* 0 where there is no slot. */
static uint16_t slot_of(const struct pcireset_io *io, const struct pcireset_function *f)
{
	uint16_t flags;

	if (!f->express ||
	    (f->port_type != PCI_EXP_TYPE_ROOT_PORT && f->port_type != PCI_EXP_TYPE_DOWNSTREAM) ||
	    pcireset_read16(io, f, f->express + PCI_EXP_FLAGS, &flags) < 0 ||
	    !(flags & PCI_EXP_FLAGS_SLOT))
		return 0;
	return f->express;
}

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
	const uint16_t slot = slot_of(io, f), dpc = pcireset_extended_find(f, PCI_EXT_CAP_ID_DPC);
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
		      struct pcireset_saved *saved, bool with_severity)
{
	int r;

	if (!f->aer)
		return 0;
	r = pcireset_saved_read(io, f, saved, f->aer + PCI_ERR_UNCOR_MASK, 4, 0);
	if (r == 0 && with_severity)
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
		r = add_errors(io, f, ret_saved, true);
	if (r == 0 && pcireset_is_bridge(f))
		r = add_bridge(io, f, ret_saved);
	/* The last: until then nothing passes a bridge, and nothing comes in. */
	pcireset_saved_add(ret_saved, PCI_COMMAND, 2, command);
	return r == 0 && ret_saved->is_cut ? -ENOSPC : r;
}

/* What is there already belongs to whoever reads it. */
static int add_events(const struct pcireset_io *io, const struct pcireset_function *f,
		      struct pcireset_saved *saved, uint16_t reg, uint8_t bytes, uint32_t events)
{
	const uint8_t n = saved->n;
	int r = pcireset_saved_read(io, f, saved, reg, bytes, 0);

	/* A capability at the end of all has no such register: none is like it. */
	if (r == 0 && saved->n == n)
		r = -EOPNOTSUPP;
	if (r == 0) {
		saved->registers[saved->n - 1].bytes |= PCIRESET_SAVED_EVENTS;
		saved->registers[saved->n - 1].value |= ~events;
	}
	return r;
}

static int add_all_events(const struct pcireset_io *io, const struct pcireset_function *f,
			  struct pcireset_saved *saved, uint16_t slot, uint16_t dpc)
{
	int r = 0;

	if (slot)
		r = add_events(io, f, saved, slot + PCI_EXP_SLTSTA, 2, SLOT_EVENTS);
	if (r == 0 && f->aer)
		r = add_events(io, f, saved, f->aer + PCI_ERR_UNCOR_STATUS, 4, UNCORRECTABLE);
	if (r == 0 && f->aer)
		r = add_events(io, f, saved, f->aer + PCI_ERR_COR_STATUS, 4, CORRECTABLE);
	if (r == 0 && dpc)
		r = add_events(io, f, saved, dpc + PCI_EXP_DPC_STATUS, 2, DPC_EVENTS);
	return r;
}

static uint32_t quiet(const struct pcireset_function *f, uint16_t reg, uint32_t value)
{
	if (reg == f->express + PCI_EXP_SLTCTL)
		return value & ~SLOT_NOTICES;
	if (f->aer && reg == f->aer + PCI_ERR_UNCOR_MASK)
		return value | UNCORRECTABLE;
	if (f->aer && reg == f->aer + PCI_ERR_COR_MASK)
		return value | CORRECTABLE;
	if (reg == pcireset_extended_find(f, PCI_EXT_CAP_ID_DPC) + PCI_EXP_DPC_CTL)
		return value & ~DPC_NOTICES;
	return value;
}

/* Offset of Slot Status, where that will be told of Slot Control's restoration, or 0. */
static uint16_t tells_of_commands(const struct pcireset_io *io, const struct pcireset_function *f,
				  const struct pcireset_saved *saved)
{
	const uint16_t control = f->express + PCI_EXP_SLTCTL, status = f->express + PCI_EXP_SLTSTA;
	const uint32_t before = pcireset_saved_find(saved, control);
	uint32_t capability;

	if (quiet(f, control, before) == before ||
	    pcireset_saved_find(saved, status) & PCI_EXP_SLTSTA_CC ||
	    pcireset_read32(io, f, f->express + PCI_EXP_SLTCAP, &capability) < 0 ||
	    capability & PCI_EXP_SLTCAP_NCCS)
		return 0;
	return status;
}

int pcireset_saved_take_above(const struct pcireset_io *io, const struct pcireset_function *f,
			      struct pcireset_saved *ret_saved, uint16_t *ret_slot)
{
	const uint16_t slot = slot_of(io, f), dpc = pcireset_extended_find(f, PCI_EXT_CAP_ID_DPC);
	int r;

	*ret_saved = (struct pcireset_saved){ .id = pcireset_id_read(f) };
	r = pcireset_saved_read(io, f, ret_saved, PCI_BRIDGE_CONTROL, 2, PCIRESET_BRIDGE_CTL_ACTS);
	if (r == 0)
		r = add_all_events(io, f, ret_saved, slot, dpc);
	if (r == 0 && dpc)
		r = pcireset_saved_read(io, f, ret_saved, dpc + PCI_EXP_DPC_CTL, 2, 0);
	if (r == 0)
		r = add_errors(io, f, ret_saved, false);
	if (r == 0 && slot)
		r = pcireset_saved_read(io, f, ret_saved, slot + PCI_EXP_SLTCTL, 2, 0);
	*ret_slot = r == 0 && slot ? tells_of_commands(io, f, ret_saved) : 0;
	return r;
}

int pcireset_saved_silence(const struct pcireset_io *io, const struct pcireset_function *f,
			   const struct pcireset_saved *saved)
{
	int r = 0;

	for (size_t i = 1; r == 0 && i < saved->n; i++) {
		const uint16_t reg = saved->registers[i].reg;
		const uint32_t value = saved->registers[i].value;

		if (!(saved->registers[i].bytes & PCIRESET_SAVED_EVENTS) &&
		    quiet(f, reg, value) != value)
			r = io->config_write(io->data, f->address, reg, quiet(f, reg, value),
					     saved->registers[i].bytes);
	}
	return r;
}
