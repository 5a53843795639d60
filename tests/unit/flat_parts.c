/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flat_parts.h"

#include <linux/pci_regs.h>

#include "flat_live.h"

static struct flat_function *add(struct flat *flat, uint32_t domain, unsigned int place,
				 uint32_t id, uint32_t class_revision)
{
	const struct pcireset_address address = { domain, (uint8_t)(place >> 8),
						  (uint8_t)(place >> 3 & 0x1f),
						  (uint8_t)(place & 7) };
	struct flat_function *f = flat_add(flat, address);

	flat_put(f, PCI_VENDOR_ID, id, 4);
	flat_put(f, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 2);
	flat_put(f, PCI_STATUS, PCI_STATUS_CAP_LIST, 2);
	flat_put(f, PCI_CLASS_REVISION, class_revision, 4);
	flat_put(f, PCI_CACHE_LINE_SIZE, 0x10, 1);
	flat_put(f, PCI_INTERRUPT_LINE, 0x10b, 2);
	return f;
}

static void erases_header(struct flat_function *f)
{
	flat_erases(f, PCI_COMMAND, PCI_STATUS_CAP_LIST << 16);
	flat_erases(f, PCI_CACHE_LINE_SIZE, f->config[PCI_HEADER_TYPE] << 16);
	flat_erases(f, PCI_INTERRUPT_LINE, 0x00000100);
}

static void erases_capabilities(struct flat_function *f)
{
	flat_erases(f, FLAT_EXPRESS + PCI_EXP_DEVCTL, 0x00002810);
	flat_erases(f, FLAT_EXPRESS + PCI_EXP_DEVCTL2, 0);
	flat_erases(f, FLAT_LTR + PCI_LTR_MAX_SNOOP_LAT, 0);
	flat_erases(f, FLAT_L1SS + PCI_L1SS_CTL1, 0);
	flat_erases(f, FLAT_L1SS + PCI_L1SS_CTL2, 0);
}

static void add_capabilities(struct flat_function *f, unsigned int type)
{
	flat_put(f, PCI_CAPABILITY_LIST, FLAT_POWER, 1);
	flat_put(f, FLAT_POWER, PCI_CAP_ID_PM | FLAT_MSI << 8, 2);
	flat_put(f, FLAT_MSI, PCI_CAP_ID_MSI | FLAT_EXPRESS << 8, 2);
	flat_put(f, FLAT_EXPRESS, PCI_CAP_ID_EXP | FLAT_MSIX << 8, 2);
	flat_put(f, FLAT_EXPRESS + PCI_EXP_FLAGS, 2 | type << 4, 2);
	flat_put(f, FLAT_EXPRESS + PCI_EXP_DEVCTL, 0x2950, 2);
	flat_put(f, FLAT_EXPRESS + PCI_EXP_LNKCTL, 0x0042, 2);
	flat_put(f, FLAT_EXPRESS + PCI_EXP_LNKSTA, 0x1043, 2);
	flat_put(f, FLAT_EXPRESS + PCI_EXP_DEVCTL2, 0x0409, 2);
	flat_put(f, FLAT_MSIX, PCI_CAP_ID_MSIX, 2);

	flat_put(f, FLAT_AER, PCI_EXT_CAP_ID_ERR | 2 << 16 | FLAT_DSN << 20, 4);
	flat_put(f, FLAT_DSN, PCI_EXT_CAP_ID_DSN | 1 << 16 | FLAT_ARI << 20, 4);
	flat_put(f, FLAT_ARI, PCI_EXT_CAP_ID_ARI | 1 << 16 | FLAT_SECONDARY << 20, 4);
	flat_put(f, FLAT_SECONDARY, PCI_EXT_CAP_ID_SECPCI | 1 << 16 | FLAT_LTR << 20, 4);
	flat_put(f, FLAT_LTR, PCI_EXT_CAP_ID_LTR | 1 << 16 | FLAT_L1SS << 20, 4);
	flat_put(f, FLAT_L1SS, PCI_EXT_CAP_ID_L1SS | 1 << 16 | FLAT_ACS << 20, 4);
	flat_put(f, FLAT_ACS, PCI_EXT_CAP_ID_ACS | 1 << 16, 4);
	flat_put(f, FLAT_LTR + PCI_LTR_MAX_SNOOP_LAT, 0x10031003, 4);
	flat_put(f, FLAT_L1SS + PCI_L1SS_CTL1, 0x4055000f, 4);
	flat_put(f, FLAT_L1SS + PCI_L1SS_CTL2, 0x00000028, 4);
}

static void add_addresses(struct flat_function *f)
{
	flat_put(f, PCI_BASE_ADDRESS_0, 0xf000000c, 4);
	flat_put(f, PCI_BASE_ADDRESS_1, 0x00000038, 4);
	flat_put(f, PCI_BASE_ADDRESS_2, 0xf400000c, 4);
	flat_put(f, PCI_BASE_ADDRESS_3, 0x00000038, 4);
	flat_put(f, PCI_BASE_ADDRESS_4, 0x0000e001, 4);
	flat_erases(f, PCI_BASE_ADDRESS_0, 0x0000000c);
	flat_erases(f, PCI_BASE_ADDRESS_1, 0);
	flat_erases(f, PCI_BASE_ADDRESS_2, 0x0000000c);
	flat_erases(f, PCI_BASE_ADDRESS_3, 0);
	flat_erases(f, PCI_BASE_ADDRESS_4, 0x00000001);
}

struct flat_function *flat_add_endpoint(struct flat *flat, uint32_t domain, unsigned int place,
					uint32_t id, uint32_t class_revision)
{
	struct flat_function *f = add(flat, domain, place, id, class_revision);

	add_capabilities(f, PCI_EXP_TYPE_ENDPOINT);
	erases_header(f);
	erases_capabilities(f);
	add_addresses(f);
	return f;
}

struct flat_function *flat_add_port(struct flat *flat, uint32_t domain, unsigned int place,
				    unsigned int type, unsigned int secondary,
				    unsigned int subordinate)
{
	struct flat_function *f = add(flat, domain, place, 0x000c1b36, FLAT_PORT);

	add_capabilities(f, type);
	flat_put(f, PCI_HEADER_TYPE, PCI_HEADER_TYPE_BRIDGE, 1);
	flat_put(f, PCI_PRIMARY_BUS, place >> 8, 1);
	flat_put(f, PCI_SECONDARY_BUS, secondary, 1);
	flat_put(f, PCI_SUBORDINATE_BUS, subordinate, 1);
	erases_header(f);
	erases_capabilities(f);
	flat_erases(f, PCI_PRIMARY_BUS, 0);
	f->has_reset_subordinate = true;
	f->is_conventional = type == PCI_EXP_TYPE_PCI_BRIDGE;
	return f;
}

struct flat_function *flat_add_conventional(struct flat *flat, uint32_t domain, unsigned int place,
					    uint32_t id)
{
	struct flat_function *f = add(flat, domain, place, id, FLAT_NIC);

	flat_put(f, PCI_CAPABILITY_LIST, FLAT_POWER, 1);
	flat_put(f, FLAT_POWER, PCI_CAP_ID_PM, 2);
	flat_put(f, FLAT_POWER + PCI_PM_CTRL, PCI_PM_CTRL_NO_SOFT_RESET, 2);
	f->config_bytes = PCI_CFG_SPACE_SIZE;
	erases_header(f);
	add_addresses(f);
	return f;
}

/* What is fixed or of the link stays: PCI Express Base Specification 6.0, 6.6.2. */
void flat_give_flr(struct flat_function *f)
{
	f->methods = "flr";
	f->device_control = FLAT_EXPRESS + PCI_EXP_DEVCTL;
	flat_put(f, FLAT_EXPRESS + PCI_EXP_DEVCAP, PCI_EXP_DEVCAP_FLR, 4);
}
