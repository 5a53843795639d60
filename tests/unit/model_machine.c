/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model_machine.h"

#include <linux/pci_regs.h>
#include <stdio.h>

#define NIC_ID	0x15728086
#define DISK_ID 0xa808144d

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* One root port and what is behind it. */
struct part {
	unsigned int downstream; /* ports of a switch; 0: no switch */
	unsigned int functions;	 /* of the device at each port */
	bool has_flr;
	bool is_conventional; /* a bridge with them behind the port */
};

static const struct part flr_parts[] = {
	{ 0, 2, true, false },
	{ 0, 8, true, false },
	{ 4, 2, true, false },
	{ 0, 1, true, false },
};

/* The first of them only once. */
static const struct part mixed_parts[] = {
	{ 0, 2, false, true },	{ 0, 1, false, false }, { 0, 2, true, false },
	{ 4, 1, false, false }, { 4, 2, true, false },
};

#define PARTS_A_DOMAIN 32
#define BUSES_A_PART   7

const char *model_machine_word(enum model_machine machine)
{
	return machine == MODEL_FLR ? "FLR" : "mixed";
}

static unsigned int place(unsigned int bus, unsigned int device, unsigned int function)
{
	return bus << 8 | device << 3 | function;
}

static void add_device(struct flat *flat, uint32_t domain, unsigned int bus,
		       const struct part *part, size_t n)
{
	for (unsigned int k = 0; k < part->functions && flat->n < n; k++) {
		struct flat_function *f;

		if (part->is_conventional) {
			(void)flat_add_conventional(flat, domain, place(bus, k, 0), NIC_ID);
		} else if (part->has_flr) {
			f = flat_add_endpoint(flat, domain, place(bus, 0, k), NIC_ID, FLAT_NIC);
			flat_give_flr(f);
		} else {
			f = flat_add_endpoint(flat, domain, place(bus, 0, k), DISK_ID, FLAT_DISK);
			f->methods = "bus";
		}
	}
}

static void add_part(struct flat *flat, uint32_t domain, unsigned int slot, const struct part *part,
		     size_t n)
{
	const unsigned int first = 1 + slot * BUSES_A_PART;
	const unsigned int last = first + BUSES_A_PART - 1;

	(void)flat_add_port(flat, domain, place(0, slot, 0), PCI_EXP_TYPE_ROOT_PORT, first, last);
	if (part->is_conventional) {
		(void)flat_add_port(flat, domain, place(first, 0, 0), PCI_EXP_TYPE_PCI_BRIDGE,
				    first + 1, first + 1);
		add_device(flat, domain, first + 1, part, n);
		return;
	}
	if (part->downstream == 0) {
		add_device(flat, domain, first, part, n);
		return;
	}
	(void)flat_add_port(flat, domain, place(first, 0, 0), PCI_EXP_TYPE_UPSTREAM, first + 1,
			    last);
	for (unsigned int k = 0; k < part->downstream && flat->n + 1 < n; k++) {
		(void)flat_add_port(flat, domain, place(first + 1, k, 0), PCI_EXP_TYPE_DOWNSTREAM,
				    first + 2 + k, first + 2 + k);
		add_device(flat, domain, first + 2 + k, part, n);
	}
}

void model_machine_make(struct flat *flat, enum model_machine machine, size_t n)
{
	const struct part *parts = machine == MODEL_FLR ? flr_parts : mixed_parts;
	const size_t n_parts =
		machine == MODEL_FLR ? ARRAY_SIZE(flr_parts) : ARRAY_SIZE(mixed_parts);
	size_t next = 0;

	for (unsigned int k = 0; flat->n < n; k++) {
		const uint32_t domain = k / PARTS_A_DOMAIN;
		const unsigned int slot = k % PARTS_A_DOMAIN;

		/* No room for ports and what is behind them: on the root bus. */
		if (n - flat->n < 4)
			flat_give_flr(flat_add_endpoint(flat, domain, place(0, slot, 0), NIC_ID,
							FLAT_NIC));
		else
			add_part(flat, domain, slot, &parts[next], n);
		if (++next == n_parts)
			next = machine == MODEL_FLR ? 0 : 1;
	}
}

static const struct {
	uint16_t reg;
	const char *word;
} registers[] = {
	{ PCI_VENDOR_ID, "Vendor and Device ID" },
	{ PCI_COMMAND, "Command, Status" },
	{ PCI_CLASS_REVISION, "Class, Revision" },
	{ PCI_CACHE_LINE_SIZE, "Cache Line Size" },
	{ PCI_BASE_ADDRESS_0, "BAR 0" },
	{ PCI_BASE_ADDRESS_1, "BAR 1" },
	{ PCI_BASE_ADDRESS_2, "BAR 2" },
	{ PCI_BASE_ADDRESS_3, "BAR 3" },
	{ PCI_BASE_ADDRESS_4, "BAR 4" },
	{ PCI_BASE_ADDRESS_5, "BAR 5" },
	{ PCI_CARDBUS_CIS, "CardBus CIS" },
	{ PCI_SUBSYSTEM_VENDOR_ID, "Subsystem IDs" },
	{ PCI_ROM_ADDRESS, "Expansion ROM" },
	{ PCI_CAPABILITY_LIST, "Capabilities" },
	{ PCI_INTERRUPT_LINE, "Interrupt Line" },
	{ FLAT_POWER, "PM head" },
	{ FLAT_POWER + PCI_PM_CTRL, "PM Control" },
	{ FLAT_MSI, "MSI head" },
	{ FLAT_MSIX, "MSI-X head" },
	{ FLAT_EXPRESS, "Express head, Flags" },
	{ FLAT_EXPRESS + PCI_EXP_DEVCAP, "Device Capabilities" },
	{ FLAT_EXPRESS + PCI_EXP_DEVCTL, "Device Control, Status" },
	{ FLAT_EXPRESS + PCI_EXP_LNKCTL, "Link Control, Status" },
	{ FLAT_EXPRESS + PCI_EXP_DEVCTL2, "Device Control 2" },
	{ FLAT_AER, "AER head" },
	{ FLAT_AER + PCI_ERR_UNCOR_STATUS, "AER Uncorrectable" },
	{ FLAT_AER + PCI_ERR_COR_STATUS, "AER Correctable" },
	{ FLAT_DSN, "Serial Number head" },
	{ FLAT_ARI, "ARI head" },
	{ FLAT_SECONDARY, "Secondary Express head" },
	{ FLAT_LTR, "LTR head" },
	{ FLAT_LTR + PCI_LTR_MAX_SNOOP_LAT, "LTR Latencies" },
	{ FLAT_L1SS, "L1SS head" },
	{ FLAT_L1SS + PCI_L1SS_CTL1, "L1SS Control 1" },
	{ FLAT_L1SS + PCI_L1SS_CTL2, "L1SS Control 2" },
	{ FLAT_ACS, "ACS head" },
	{ FLAT_ACS + (PCI_ACS_CTRL & ~3), "ACS Control" },
};

const char *model_register_word(unsigned int reg, char *text, size_t bytes)
{
	(void)snprintf(text, bytes, "%#05x", reg);
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++)
		if (registers[i].reg == reg)
			(void)snprintf(text, bytes, "%s", registers[i].word);
	return text;
}
