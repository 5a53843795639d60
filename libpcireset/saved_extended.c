/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers of extended capabilities that a reset may erase and that drivers need
 * as firmware or kernel have set them: drivers/pci/pci.c, pci_save_state().
 *
 * ATS, PRI, PASID, TPH and VF Enable are not among them: they end with a reset, and a
 * driver turns them on again.
 * AER's registers are sticky.
 */
#include <errno.h>
#include <linux/pci_regs.h>

#include "internal.h"

struct extended_register {
	uint16_t id;
	uint8_t offset;
	uint8_t bytes;
};

/*
 * What has to be there before Device Control 2 enables LTR, and Link Control ASPM;
 * of L1 PM Substates the times before their use.
 * Source: drivers/pci/pci.c, pci_restore_pcie_state();
 * drivers/pci/pcie/aspm.c, pci_restore_aspm_l1ss_state().
 */
static const struct extended_register of_power[] = {
	{ PCI_EXT_CAP_ID_LTR, PCI_LTR_MAX_SNOOP_LAT, 4 },
	{ PCI_EXT_CAP_ID_L1SS, PCI_L1SS_CTL2, 4 },
};

static const struct extended_register of_rest[] = {
	{ PCI_EXT_CAP_ID_ACS, PCI_ACS_CTRL, 2 },
	{ PCI_EXT_CAP_ID_PTM, PCI_PTM_CTRL, 4 },
};

void pcireset_saved_add(struct pcireset_saved *saved, uint16_t reg, uint8_t bytes, uint32_t value)
{
	/* A list of more than fit would be no list that the specification knows. */
	saved->is_cut |= saved->n == PCIRESET_SAVED_MAX;
	if (saved->is_cut)
		return;
	saved->registers[saved->n].reg = reg;
	saved->registers[saved->n].bytes = bytes;
	saved->registers[saved->n].value = value;
	saved->n++;
}

int pcireset_saved_read(const struct pcireset_io *io, const struct pcireset_function *function,
			struct pcireset_saved *saved, unsigned int reg, uint8_t bytes,
			uint32_t without)
{
	uint32_t value;
	int r;

	if (reg + bytes > PCI_CFG_SPACE_EXP_SIZE)
		return 0;
	r = pcireset_read_register(io, function->address, (uint16_t)reg, bytes, &value);
	if (r < 0)
		return r;
	/* Some of the bits of each are 0 by specification. */
	if (value == UINT32_MAX >> (32 - 8 * bytes))
		return -ENODEV;
	pcireset_saved_add(saved, (uint16_t)reg, bytes, value & ~without);
	return 0;
}

/* One for its own, one for those of its VFs. */
static int add_sizes(const struct pcireset_io *io, const struct pcireset_function *function,
		     struct pcireset_saved *saved, uint16_t id)
{
	const unsigned int at = pcireset_extended_find(function, id);
	uint32_t control;
	unsigned int n;
	int r;

	if (!at || at + PCI_REBAR_CTRL + 4 > PCI_CFG_SPACE_EXP_SIZE)
		return 0;
	r = pcireset_read32(io, function, (uint16_t)(at + PCI_REBAR_CTRL), &control);
	n = (control & PCI_REBAR_CTRL_NBAR_MASK) >> PCI_REBAR_CTRL_NBAR_SHIFT;
	/* One entry a base address register. */
	for (unsigned int i = 0; r == 0 && i < n && i < 6; i++)
		r = pcireset_saved_read(io, function, saved, at + PCI_REBAR_CTRL + 8 * i, 4, 0);
	return r;
}

int pcireset_saved_add_sizes(const struct pcireset_io *io, const struct pcireset_function *function,
			     struct pcireset_saved *saved)
{
	int r = add_sizes(io, function, saved, PCI_EXT_CAP_ID_REBAR);

	return r < 0 ? r : add_sizes(io, function, saved, PCIRESET_EXT_CAP_ID_VF_REBAR);
}

/*
 * Where its VFs will be, which the kernel sets up once: ARI Capable Hierarchy, System
 * Page Size and VF BARs. No reset leaves an address where there was none. VFs that are
 * listed come back with the kernel's reset: drivers/pci/iov.c, sriov_restore_state().
 */
static int add_virtual(const struct pcireset_io *io, const struct pcireset_function *function,
		       struct pcireset_saved *saved)
{
	uint32_t value;
	int r = 0;

	if (function->sriov_ari && !function->vfs_listed)
		pcireset_saved_add(saved, function->sriov + PCI_SRIOV_CTRL, 2, PCI_SRIOV_CTRL_ARI);
	for (unsigned int reg = PCI_SRIOV_SYS_PGSIZE; r == 0 && function->sriov &&
						      reg < PCI_SRIOV_BAR + 4 * PCI_SRIOV_NUM_BARS;
	     reg += 4) {
		r = pcireset_read32(io, function, (uint16_t)(function->sriov + reg), &value);
		if (r == 0 && value)
			pcireset_saved_add(saved, (uint16_t)(function->sriov + reg), 4, value);
	}
	return r;
}

static int add_registers(const struct pcireset_io *io, const struct pcireset_function *function,
			 struct pcireset_saved *saved, const struct extended_register *registers,
			 size_t n)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		const uint16_t at = pcireset_extended_find(function, registers[i].id);

		if (at)
			r = pcireset_saved_read(io, function, saved, at + registers[i].offset,
						registers[i].bytes, 0);
	}
	return r;
}

/* Times and threshold before L1.2 is enabled, though it is one register. */
static int add_substates(const struct pcireset_io *io, const struct pcireset_function *function,
			 struct pcireset_saved *saved)
{
	const uint16_t at = pcireset_extended_find(function, PCI_EXT_CAP_ID_L1SS);
	uint32_t control;
	int r;

	if (!at || at + PCI_L1SS_CTL1 + 4 > PCI_CFG_SPACE_EXP_SIZE)
		return 0;
	r = pcireset_read32(io, function, at + PCI_L1SS_CTL1, &control);
	if (r < 0 || control == UINT32_MAX)
		return r < 0 ? r : -ENODEV;
	if (control & PCI_L1SS_CTL1_L1_2_MASK)
		pcireset_saved_add(saved, at + PCI_L1SS_CTL1, 4,
				   control & ~PCI_L1SS_CTL1_L1_2_MASK);
	pcireset_saved_add(saved, at + PCI_L1SS_CTL1, 4, control);
	return 0;
}

int pcireset_saved_add_power(const struct pcireset_io *io, const struct pcireset_function *function,
			     struct pcireset_saved *saved)
{
	int r = add_registers(io, function, saved, of_power, ARRAY_SIZE(of_power));

	return r < 0 ? r : add_substates(io, function, saved);
}

int pcireset_saved_add_extended(const struct pcireset_io *io,
				const struct pcireset_function *function,
				struct pcireset_saved *saved)
{
	int r = add_virtual(io, function, saved);

	return r < 0 ? r : add_registers(io, function, saved, of_rest, ARRAY_SIZE(of_rest));
}
