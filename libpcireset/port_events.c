/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A link that goes down on purpose, with its bus's reset or for good, is an event all the
 * same: for the slot, for Advanced Error Reporting, and for Downstream Port Containment,
 * which would hold it down. The crashed kernel may have left any of them enabled. What comes
 * meanwhile is cleared when they are restored, by whoever does that:
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

uint16_t pcireset_slot_of(const struct pcireset_io *io, const struct pcireset_function *f)
{
	uint16_t flags;

	if (!f->express ||
	    (f->port_type != PCI_EXP_TYPE_ROOT_PORT && f->port_type != PCI_EXP_TYPE_DOWNSTREAM) ||
	    pcireset_read16(io, f, f->express + PCI_EXP_FLAGS, &flags) < 0 ||
	    !(flags & PCI_EXP_FLAGS_SLOT))
		return 0;
	return f->express;
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

int pcireset_port_events_take(const struct pcireset_io *io, const struct pcireset_function *f,
			      struct pcireset_saved *ret_saved, uint16_t *ret_slot)
{
	const uint16_t slot = pcireset_slot_of(io, f), dpc = pcireset_extended_find(f, PCI_EXT_CAP_ID_DPC);
	int r;

	*ret_saved = (struct pcireset_saved){ .id = pcireset_id_read(f) };
	r = pcireset_saved_read(io, f, ret_saved, PCI_BRIDGE_CONTROL, 2, PCIRESET_BRIDGE_CTL_ACTS);
	if (r == 0)
		r = add_all_events(io, f, ret_saved, slot, dpc);
	if (r == 0 && dpc)
		r = pcireset_saved_read(io, f, ret_saved, dpc + PCI_EXP_DPC_CTL, 2, 0);
	if (r == 0 && f->aer)
		r = pcireset_saved_read(io, f, ret_saved, f->aer + PCI_ERR_UNCOR_MASK, 4, 0);
	if (r == 0 && f->aer)
		r = pcireset_saved_read(io, f, ret_saved, f->aer + PCI_ERR_COR_MASK, 4, 0);
	if (r == 0 && slot)
		r = pcireset_saved_read(io, f, ret_saved, slot + PCI_EXP_SLTCTL, 2, 0);
	*ret_slot = r == 0 && slot ? tells_of_commands(io, f, ret_saved) : 0;
	return r;
}

int pcireset_port_events_mask(const struct pcireset_io *io, const struct pcireset_function *f,
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
