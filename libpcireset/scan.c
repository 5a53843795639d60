/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The minimal scan: 64 bytes of each function, its driver, and the tree. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "internal.h"

/* linux/pci_regs.h leaves classes to linux/pci_ids.h, which is not exported. */
#define BASE_CLASS_DISPLAY 0x03
#define CLASS_VGA 0x0300
#define BUSES 256

static uint16_t header16(const struct pcireset_function *function, unsigned int reg)
{
	return (uint16_t)(function->header[reg] | function->header[reg + 1] << 8);
}

size_t pcireset_find(const struct pcireset_machine *machine, struct pcireset_address address)
{
	size_t low = 0, high = machine->n;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const int c = pcireset_address_compare(machine->functions[middle].address,
						       address);

		if (c == 0)
			return middle;
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return PCIRESET_NONE;
}

bool pcireset_is_bridge(const struct pcireset_function *function)
{
	return function->header_type != PCI_HEADER_TYPE_NORMAL;
}

/* A VF's own id registers read ffff by specification: ask the kernel. */
static void read_virtual_ids(const struct pcireset_io *io, struct pcireset_function *function)
{
	char text[16];

	if (pcireset_attr_read(io, function, "vendor", text, sizeof(text)) == 0)
		function->vendor = (uint16_t)strtoul(text, NULL, 16);
	if (pcireset_attr_read(io, function, "device", text, sizeof(text)) == 0)
		function->device = (uint16_t)strtoul(text, NULL, 16);
}

static void decode_header(struct pcireset_function *function)
{
	function->vendor = header16(function, PCI_VENDOR_ID);
	function->device = header16(function, PCI_DEVICE_ID);
	function->command = header16(function, PCI_COMMAND);
	function->class_code = (uint32_t)function->header[PCI_CLASS_PROG] |
			       (uint32_t)header16(function, PCI_CLASS_DEVICE) << 8;
	function->header_type = function->header[PCI_HEADER_TYPE] & 0x7f;

	if (function->header_type == PCI_HEADER_TYPE_NORMAL) {
		function->subsystem_vendor = header16(function, PCI_SUBSYSTEM_VENDOR_ID);
		function->subsystem_device = header16(function, PCI_SUBSYSTEM_ID);
	} else {
		/* PCI_CB_CARD_BUS and its neighbour sit at the same offsets. */
		function->secondary = function->header[PCI_SECONDARY_BUS];
		function->subordinate = function->header[PCI_SUBORDINATE_BUS];
	}
}

/*
 * Without its id: a function that is not ready yet may answer 0001 there (RRS
 * software visibility), and ones behind it.
 */
static bool reads_as_ones(const struct pcireset_function *function)
{
	for (size_t i = PCI_COMMAND; i < sizeof(function->header); i++)
		if (function->header[i] != 0xff)
			return false;
	return true;
}

/* Of no known type: after a bad reset a header may read as ones in part. */
static bool has_header(const struct pcireset_function *function)
{
	return (function->header[PCI_HEADER_TYPE] & 0x7f) <= PCI_HEADER_TYPE_CARDBUS;
}

static void scan_function(const struct pcireset_io *io, struct pcireset_function *function)
{
	char path[PCIRESET_PATH_BYTES], text[16];
	int r;

	function->parent = PCIRESET_NONE;
	function->physical = PCIRESET_NONE;
	function->behind = PCIRESET_NONE;
	function->iommu_group = -1;

	r = io->config_read(io->data, function->address, 0, function->header,
			    sizeof(function->header));
	if (r < 0)
		memset(function->header, 0xff, sizeof(function->header));

	/* Only a link that is not there means that no driver is. */
	r = io->link_read(io->data, pcireset_attr_path(function->address, "driver", path),
			  function->driver, sizeof(function->driver));
	if (r < 0)
		(void)strcpy(function->driver, r == -ENOENT ? "" : "?");

	if (reads_as_ones(function) || !has_header(function)) {
		function->vendor = 0xffff;
		function->device = 0xffff;
		return;
	}

	function->answers = true;
	decode_header(function);
	if (function->vendor == 0xffff) {
		function->is_virtual = true;
		read_virtual_ids(io, function);
	}
	if (function->class_code >> 16 == BASE_CLASS_DISPLAY &&
	    pcireset_attr_read(io, function, "boot_vga", text, sizeof(text)) == 0)
		function->boot_vga = text[0] == '1';
	function->quirks = pcireset_quirks(function);
}

/* Do accesses to VGA's fixed addresses come through to it. */
static bool is_vga_routed(const struct pcireset_machine *machine, size_t i)
{
	const uint16_t both = PCI_COMMAND_IO | PCI_COMMAND_MEMORY;
	const struct pcireset_function *f = &machine->functions[i];

	if ((f->command & both) != both)
		return false;
	for (size_t up = f->parent; up != PCIRESET_NONE; up = machine->functions[up].parent)
		if (!(machine->functions[up].header[PCI_BRIDGE_CONTROL] & PCI_BRIDGE_CTL_VGA))
			return false;
	return true;
}

/* Where the kernel cannot be asked: drivers/pci/vgaarb.c, vga_is_boot_device(). */
static void guess_boot_vga(struct pcireset_machine *machine)
{
	for (size_t i = 0; i < machine->n; i++) {
		struct pcireset_function *f = &machine->functions[i];

		if (!f->answers || f->class_code >> 8 != CLASS_VGA || !is_vga_routed(machine, i))
			continue;
		f->boot_vga = true;
		return;
	}
}

/*
 * Of each bus of a domain the bridge whose range holds it; with several, the
 * innermost. VFs may sit on buses that no bridge has as its secondary.
 */
static void find_bridges(const struct pcireset_machine *machine, size_t first, size_t end,
			 size_t *bridges)
{
	for (size_t bus = 0; bus < BUSES; bus++)
		bridges[bus] = PCIRESET_NONE;

	for (size_t i = first; i < end; i++) {
		const struct pcireset_function *b = &machine->functions[i];

		/* Bus numbers below a bridge are above its own: no loops. */
		if (!b->answers || !pcireset_is_bridge(b) || b->secondary <= b->address.bus)
			continue;
		for (size_t bus = b->secondary; bus <= b->subordinate; bus++)
			if (bridges[bus] == PCIRESET_NONE ||
			    b->secondary > machine->functions[bridges[bus]].secondary)
				bridges[bus] = i;
	}
}

static void find_parents(struct pcireset_machine *machine)
{
	size_t bridges[BUSES];
	size_t end;

	for (size_t first = 0; first < machine->n; first = end) {
		struct pcireset_function *functions = machine->functions;

		for (end = first; end < machine->n && functions[end].address.domain ==
							      functions[first].address.domain;)
			end++;
		find_bridges(machine, first, end, bridges);
		for (size_t i = first; i < end; i++)
			functions[i].parent = bridges[functions[i].address.bus];
	}
}

static int compare(const void *a, const void *b)
{
	return pcireset_address_compare(*(const struct pcireset_address *)a,
					*(const struct pcireset_address *)b);
}

int pcireset_addresses_read(const struct pcireset_io *io,
			    struct pcireset_address **ret_addresses, size_t *ret_n)
{
	int r = io->scan(io->data, ret_addresses, ret_n);

	if (r < 0)
		return r;
	qsort(*ret_addresses, *ret_n, sizeof(**ret_addresses), compare);
	return 0;
}

/* Functions that appeared later stand behind all others in @known. */
static int sort_known(const struct pcireset_machine *known, struct pcireset_address **ret_sorted)
{
	struct pcireset_address *sorted = calloc(known->n + 1, sizeof(*sorted));

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < known->n; i++)
		sorted[i] = known->functions[i].address;
	qsort(sorted, known->n, sizeof(*sorted), compare);
	*ret_sorted = sorted;
	return 0;
}

/* The ids of a VF are needed as early as any other's: rules match them. */
static void name_virtual(const struct pcireset_io *io, struct pcireset_machine *machine)
{
	for (size_t i = 0; io->is_dump && i < machine->n; i++) {
		if (machine->functions[i].is_virtual) {
			pcireset_topology_read(io, machine);
			return;
		}
	}
}

int pcireset_scan(const struct pcireset_io *io, struct pcireset_machine *ret_machine)
{
	const struct pcireset_machine nothing = { 0 };

	return pcireset_scan_more(io, &nothing, ret_machine);
}

int pcireset_scan_more(const struct pcireset_io *io, const struct pcireset_machine *known,
		       struct pcireset_machine *ret_machine)
{
	_cleanup_free_ struct pcireset_address *addresses = NULL, *sorted = NULL;
	struct pcireset_machine machine = { 0 };
	size_t n;
	int r;

	r = pcireset_addresses_read(io, &addresses, &n);
	if (r < 0)
		return r;

	r = sort_known(known, &sorted);
	if (r < 0)
		return r;
	machine.functions = calloc(n + 1, sizeof(*machine.functions));
	if (!machine.functions)
		return -ENOMEM;

	for (size_t i = 0; i < n; i++) {
		struct pcireset_function *f = &machine.functions[machine.n];

		if (bsearch(&addresses[i], sorted, known->n, sizeof(*sorted), compare))
			continue;
		f->address = addresses[i];
		scan_function(io, f);
		machine.n++;
	}

	find_parents(&machine);
	name_virtual(io, &machine);
	if (io->is_dump)
		guess_boot_vga(&machine);
	*ret_machine = machine;
	return 0;
}

void pcireset_machine_free(struct pcireset_machine *machine)
{
	free(machine->functions);
	*machine = (struct pcireset_machine){ 0 };
}

bool pcireset_below(const struct pcireset_machine *machine, size_t i, size_t bridge)
{
	for (i = machine->functions[i].parent; i != PCIRESET_NONE; i = machine->functions[i].parent)
		if (i == bridge)
			return true;
	return false;
}
