/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A link that goes down on purpose is an event all the same: for the slot, for Advanced
 * Error Reporting, and for Downstream Port Containment, which would hold it down.
 * The crashed kernel may have left any of them enabled.
 */
#include <errno.h>
#include <linux/pci_regs.h>

#include "internal.h"

/*
 * PCI Express Base Specification 6.0, 7.5.3.10 and 7.5.3.11 (Slot), 7.8.4 (AER),
 * 7.9.14 (DPC). @cleared: bits of the status that a 1 clears
 */
static const struct {
	uint16_t id; /* 0: the PCI Express capability itself */
	uint8_t bytes;
	uint8_t control;
	uint8_t status;
	uint32_t set;
	uint32_t clear;
	uint32_t cleared;
} events[PCIRESET_PORT_EVENTS] = {
	{ 0, 2, PCI_EXP_SLTCTL, PCI_EXP_SLTSTA, 0,
	  PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_PDCE | PCI_EXP_SLTCTL_DLLSCE,
	  PCI_EXP_SLTSTA_PDC | PCI_EXP_SLTSTA_DLLSC },
	{ PCI_EXT_CAP_ID_ERR, 4, PCI_ERR_UNCOR_MASK, PCI_ERR_UNCOR_STATUS,
	  PCI_ERR_UNC_SURPDN | PCI_ERR_UNC_COMP_TIME | PCI_ERR_UNC_UNX_COMP, 0,
	  PCI_ERR_UNC_SURPDN | PCI_ERR_UNC_COMP_TIME | PCI_ERR_UNC_UNX_COMP },
	{ PCI_EXT_CAP_ID_ERR, 4, PCI_ERR_COR_MASK, PCI_ERR_COR_STATUS,
	  PCI_ERR_COR_RCVR | PCI_ERR_COR_BAD_TLP | PCI_ERR_COR_BAD_DLLP, 0,
	  PCI_ERR_COR_RCVR | PCI_ERR_COR_BAD_TLP | PCI_ERR_COR_BAD_DLLP },
	{ PCI_EXT_CAP_ID_DPC, 2, PCI_EXP_DPC_CTL, PCI_EXP_DPC_STATUS, 0,
	  PCI_EXP_DPC_CTL_EN_FATAL | PCI_EXP_DPC_CTL_EN_NONFATAL, 0 },
};

/* Offset of its capability, or 0. */
static uint16_t base_of(const struct pcireset_function *port, size_t k)
{
	if (!events[k].id)
		return port->express;
	return events[k].id == PCI_EXT_CAP_ID_ERR ? port->aer :
						    pcireset_extended_find(port, events[k].id);
}

static int read_one(const struct pcireset_io *io, const struct pcireset_function *port, size_t k,
		    uint8_t reg, uint32_t *ret_value)
{
	return pcireset_read_register(io, port->address, (uint16_t)(base_of(port, k) + reg),
				      events[k].bytes, ret_value);
}

static int write_one(const struct pcireset_io *io, const struct pcireset_function *port, size_t k,
		     uint8_t reg, uint32_t value)
{
	return io->config_write(io->data, port->address, (uint16_t)(base_of(port, k) + reg), value,
				events[k].bytes);
}

int pcireset_port_events_mask(const struct pcireset_io *io, const struct pcireset_function *port,
			      struct pcireset_journal_entry *entry,
			      struct pcireset_port_events *ret_before)
{
	uint32_t control[PCIRESET_PORT_EVENTS] = { 0 };
	int r = 0;

	if (entry->in_use)
		return -EBUSY;
	*entry = (struct pcireset_journal_entry){ .address = port->address };
	entry->saved.id = pcireset_id_read(port);
	if (!pcireset_is_ready(io, port->address, entry->saved.id))
		return -ENODEV;
	for (size_t k = 0; r == 0 && k < PCIRESET_PORT_EVENTS; k++) {
		if (!base_of(port, k))
			continue;
		r = read_one(io, port, k, events[k].control, &control[k]);
		if (r == 0)
			r = read_one(io, port, k, events[k].status, &ret_before->status[k]);
		pcireset_saved_add(&entry->saved, (uint16_t)(base_of(port, k) + events[k].control),
				   events[k].bytes, control[k]);
	}
	if (r < 0)
		return r;

	/* Whoever restores must see all of it, or nothing. */
	__atomic_store_n(&entry->in_use, true, __ATOMIC_RELEASE);
	for (size_t k = 0; r == 0 && k < PCIRESET_PORT_EVENTS; k++) {
		const uint32_t masked = (control[k] | events[k].set) & ~events[k].clear;

		if (base_of(port, k) && masked != control[k])
			r = write_one(io, port, k, events[k].control, masked);
	}
	if (r < 0)
		(void)pcireset_journal_restore(io, entry);
	return r;
}

int pcireset_port_events_unmask(const struct pcireset_io *io, const struct pcireset_function *port,
				struct pcireset_journal_entry *entry,
				const struct pcireset_port_events *before)
{
	for (size_t k = 0; k < PCIRESET_PORT_EVENTS; k++) {
		uint32_t now;

		if (!base_of(port, k) || read_one(io, port, k, events[k].status, &now) < 0)
			continue;
		now &= ~before->status[k] & events[k].cleared;
		if (now)
			(void)write_one(io, port, k, events[k].status, now);
	}
	return pcireset_journal_restore(io, entry);
}
