/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The minimal scan: 64 bytes of each function, its driver, and the tree. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "internal.h"

/* linux/pci_regs.h leaves classes to linux/pci_ids.h, which is not exported. */
#define BASE_CLASS_DISPLAY 0x03

static uint16_t header16(const struct pcireset_function *function, unsigned int reg)
{
	return (uint16_t)(function->header[reg] | function->header[reg + 1] << 8);
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

	if (reads_as_ones(function)) {
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

/*
 * The bridge whose bus range holds the function's bus; with several, the
 * innermost. VFs may sit on buses that no bridge has as its secondary.
 */
static size_t find_parent(const struct pcireset_machine *machine, size_t i, const size_t *bridges,
			  size_t n_bridges)
{
	const struct pcireset_address *a = &machine->functions[i].address;
	size_t best = PCIRESET_NONE;

	for (size_t k = 0; k < n_bridges; k++) {
		const struct pcireset_function *b = &machine->functions[bridges[k]];

		/* Bus numbers below a bridge are above its own: no loops. */
		if (b->address.domain != a->domain || b->secondary <= b->address.bus ||
		    a->bus < b->secondary || a->bus > b->subordinate)
			continue;
		if (best == PCIRESET_NONE || b->secondary > machine->functions[best].secondary)
			best = bridges[k];
	}
	return best;
}

static int find_parents(struct pcireset_machine *machine)
{
	_cleanup_free_ size_t *bridges = NULL;
	size_t n_bridges = 0;

	bridges = calloc(machine->n + 1, sizeof(*bridges));
	if (!bridges)
		return -ENOMEM;

	for (size_t i = 0; i < machine->n; i++)
		if (machine->functions[i].answers && pcireset_is_bridge(&machine->functions[i]))
			bridges[n_bridges++] = i;

	for (size_t i = 0; i < machine->n; i++) {
		struct pcireset_function *f = &machine->functions[i];

		/* Neighbours on a bus share their parent. */
		if (i > 0 && f->address.domain == f[-1].address.domain &&
		    f->address.bus == f[-1].address.bus)
			f->parent = f[-1].parent;
		else
			f->parent = find_parent(machine, i, bridges, n_bridges);
	}
	return 0;
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

static bool is_known(const struct pcireset_machine *known, struct pcireset_address address)
{
	for (size_t i = 0; i < known->n; i++)
		if (pcireset_address_compare(known->functions[i].address, address) == 0)
			return true;
	return false;
}

int pcireset_scan(const struct pcireset_io *io, struct pcireset_machine *ret_machine)
{
	const struct pcireset_machine nothing = { 0 };

	return pcireset_scan_more(io, &nothing, ret_machine);
}

int pcireset_scan_more(const struct pcireset_io *io, const struct pcireset_machine *known,
		       struct pcireset_machine *ret_machine)
{
	_cleanup_free_ struct pcireset_address *addresses = NULL;
	struct pcireset_machine machine = { 0 };
	size_t n;
	int r;

	r = pcireset_addresses_read(io, &addresses, &n);
	if (r < 0)
		return r;

	machine.functions = calloc(n + 1, sizeof(*machine.functions));
	if (!machine.functions)
		return -ENOMEM;

	for (size_t i = 0; i < n; i++) {
		struct pcireset_function *f = &machine.functions[machine.n];

		if (is_known(known, addresses[i]))
			continue;
		f->address = addresses[i];
		scan_function(io, f);
		machine.n++;
	}

	r = find_parents(&machine);
	if (r < 0) {
		pcireset_machine_free(&machine);
		return r;
	}

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
