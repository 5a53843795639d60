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

	if (pcireset_attr_read(io, function, "reset_method", text, sizeof(text)) < 0)
		return;

	function->has_reset_method = true;
	while ((word = strsep(&rest, " ")))
		function->offers |= method_of_kernel_word(word);
}

/*
 * Port services are named after the port's type and the service's bit:
 * drivers/pci/pcie/portdrv.c, get_descriptor_id().
 */
static bool is_hotplug_bound(const struct pcireset_io *io,
			     const struct pcireset_function *function)
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

static void read_function(const struct pcireset_io *io, struct pcireset_function *function)
{
	char path[PCIRESET_PATH_BYTES], group[16];

	if (io->link_read(io->data, pcireset_attr_path(function->address, "iommu_group", path),
			  group, sizeof(group)) == 0)
		function->iommu_group = atoi(group);

	if (!function->answers)
		return;

	pcireset_capabilities_read(io, function);
	if (pcireset_is_bridge(function)) {
		function->has_reset_subordinate =
			attr_exists(io, function, "reset_subordinate");
		function->hotplug_bound = is_hotplug_bound(io, function);
	} else {
		read_methods(io, function);
	}
}

void pcireset_topology_read(const struct pcireset_io *io, struct pcireset_machine *machine)
{
	for (size_t i = 0; i < machine->n; i++)
		read_function(io, &machine->functions[i]);
}
