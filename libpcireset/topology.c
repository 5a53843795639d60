/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a reset has to know of each function beyond its header. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

static bool attr_exists(const struct pcireset_io *io, const struct pcireset_function *function,
			const char *name)
{
	char text[8];

	/* Write-only attributes open, for root, and fail to read: they exist. */
	return pcireset_attr_read(io, function, name, text, sizeof(text)) != -ENOENT;
}

static unsigned int method_of_kernel_word(const char *word)
{
	for (unsigned int m = PCIRESET_METHOD_NONE + 1; m < PCIRESET_METHODS; m++)
		if (strcmp(word, pcireset_method_kernel_word(m)) == 0)
			return PCIRESET_BIT(m);
	return 0; /* a method of a later kernel: unknown means leave it */
}

static void read_methods(const struct pcireset_io *io, struct pcireset_function *function)
{
	char text[64], *rest = text;
	const char *word;
	int r;

	r = pcireset_attr_read(io, function, "reset_method", text, sizeof(text));
	function->kernel_chooses = r == -ENOENT && attr_exists(io, function, "reset");
	if (function->kernel_chooses)
		function->offers = function->advertises & PCIRESET_FUNCTION_LEVEL;
	if (r < 0)
		return;

	function->has_reset_method = true;
	while ((word = strsep(&rest, " ")))
		function->offers |= method_of_kernel_word(word);
}

/*
 * Port services are named after the port's type and the service's bit:
 * drivers/pci/pcie/portdrv.c, get_descriptor_id().
 */
static bool is_hotplug_bound(const struct pcireset_io *io, const struct pcireset_function *function)
{
	char path[PCIRESET_PATH_BYTES], address[PCIRESET_ADDRESS_BYTES], driver[32];

	if (!function->express || function->port_type < PCI_EXP_TYPE_ROOT_PORT)
		return false;

	(void)snprintf(path, sizeof(path), "sys/bus/pci_express/devices/%s:pcie%x04/driver",
		       pcireset_address_format(function->address, address),
		       function->port_type - PCI_EXP_TYPE_ROOT_PORT);
	return io->link_read(io->data, path, driver, sizeof(driver)) == 0 &&
	       strcmp(driver, "pciehp") == 0;
}

/* Domains below are the firmware's: drivers/pci/controller/vmd.c, vmd_find_free_domain(). */
#define VMD_DOMAIN_MIN 0x10000

/* Its bus is "10000:e0": any root bus of that domain. */
static bool read_domain(const struct pcireset_io *io, const struct pcireset_function *vmd,
			uint32_t *ret_domain)
{
	char path[PCIRESET_PATH_BYTES], text[16], *end;

	if (io->link_read(io->data, pcireset_attr_path(vmd->address, "domain", path), text,
			  sizeof(text)) < 0)
		return false;
	*ret_domain = (uint32_t)strtoul(text, &end, 16);
	return end != text && *end == ':';
}

static void set_provider(struct pcireset_machine *machine, size_t vmd, bool any, uint32_t domain)
{
	for (size_t i = 0; i < machine->n; i++) {
		struct pcireset_function *f = &machine->functions[i];

		if (f->parent == PCIRESET_NONE && f->address.domain >= VMD_DOMAIN_MIN &&
		    (any || f->address.domain == domain))
			f->behind = vmd;
	}
}

/* A dump does not tell which domain is whose, but where there is one VMD only. */
static void read_providers(const struct pcireset_io *io, struct pcireset_machine *machine)
{
	size_t last = PCIRESET_NONE, n = 0;
	uint32_t domain;

	for (size_t i = 0; i < machine->n; i++) {
		const struct pcireset_function *f = &machine->functions[i];

		if (!(f->quirks & PCIRESET_QUIRK_VMD))
			continue;
		last = i;
		n++;
		if (!io->is_dump && read_domain(io, f, &domain))
			set_provider(machine, i, false, domain);
	}
	if (io->is_dump && n == 1)
		set_provider(machine, last, true, 0);
}

static bool has_byte(const struct pcireset_io *io, const struct pcireset_function *function,
		     uint16_t reg)
{
	uint8_t byte;

	return pcireset_read8(io, function, reg, &byte) == 0;
}

/* A dump may end anywhere. */
static void find_end_of_dump(const struct pcireset_io *io, struct pcireset_function *function)
{
	const bool has_all = has_byte(io, function, PCI_CFG_SPACE_EXP_SIZE - 1);
	const bool has_half = has_byte(io, function, PCI_CFG_SPACE_SIZE - 1);

	if (!has_half)
		function->config_bytes = PCI_STD_HEADER_SIZEOF;
	else if (!has_all)
		function->config_bytes = PCI_CFG_SPACE_SIZE;
	if (has_half != has_byte(io, function, PCI_STD_HEADER_SIZEOF) ||
	    has_all != has_byte(io, function, PCI_CFG_SPACE_SIZE))
		function->is_unknown = true;
}

static void read_function(const struct pcireset_io *io, struct pcireset_function *function)
{
	char path[PCIRESET_PATH_BYTES], group[16];

	if (io->link_read(io->data, pcireset_attr_path(function->address, "iommu_group", path),
			  group, sizeof(group)) == 0)
		function->iommu_group = atoi(group);

	if (!function->answers) {
		/* Of a dump that is cut in its header. */
		function->is_unknown =
			io->is_dump && !has_byte(io, function, PCIRESET_HEADER_BYTES - 1);
		return;
	}

	pcireset_capabilities_read(io, function);
	pcireset_extended_read(io, function);
	if (io->is_dump) {
		function->iommu_unknown = true;
		find_end_of_dump(io, function);
		/* Every distribution builds pciehp into its kernel. */
		function->hotplug_bound = function->hotplug_capable;
		return;
	}
	if (pcireset_is_bridge(function)) {
		function->has_reset_subordinate = attr_exists(io, function, "reset_subordinate");
		function->hotplug_bound = is_hotplug_bound(io, function);
	} else {
		read_methods(io, function);
	}
}

/* A scan of a dump may have read all of it already. */
static void forget(struct pcireset_function *function)
{
	function->is_unknown = false;
	function->express = 0;
	function->pcix = 0;
	function->af = 0;
	function->power = 0;
	function->asleep = false;
	function->sriov = 0;
	function->sriov_ari = false;
	function->vfs = 0;
	function->cxl = 0;
	function->advertises = 0;
	function->offers = 0;
}

void pcireset_topology_read(const struct pcireset_io *io, struct pcireset_machine *machine)
{
	for (size_t i = 0; i < machine->n; i++) {
		forget(&machine->functions[i]);
		read_function(io, &machine->functions[i]);
	}
	pcireset_sriov_read(io, machine);
	read_providers(io, machine);
	if (io->is_dump)
		pcireset_offers_derive(machine);
}
