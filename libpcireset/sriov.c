/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual functions: whose they are, and how to silence those that nobody lists. */
#include <errno.h>
#include <linux/pci_regs.h>

#include "internal.h"

/* Single Root I/O Virtualization 1.1, 2.1.2: "Routing ID". */
static unsigned int routing_id(struct pcireset_address address)
{
	return (unsigned int)address.bus << 8 | (unsigned int)address.device << 3 |
	       address.function;
}

/* A PF and where its VFs are. */
struct range {
	size_t physical;
	uint32_t domain;
	unsigned int first, stride;
	uint16_t device;
};

static bool read_range(const struct pcireset_io *io, const struct pcireset_machine *machine,
		       size_t i, struct range *ret_range)
{
	const struct pcireset_function *f = &machine->functions[i];
	uint16_t offset, stride, device;

	if (!f->vfs || pcireset_read16(io, f, f->sriov + PCI_SRIOV_VF_OFFSET, &offset) < 0 ||
	    pcireset_read16(io, f, f->sriov + PCI_SRIOV_VF_STRIDE, &stride) < 0 ||
	    pcireset_read16(io, f, f->sriov + PCI_SRIOV_VF_DID, &device) < 0)
		return false;

	*ret_range = (struct range){ i, f->address.domain, routing_id(f->address) + offset,
				     stride, device };
	return true;
}

static bool holds(const struct range *range, const struct pcireset_machine *machine,
		  const struct pcireset_function *vf)
{
	const unsigned int id = routing_id(vf->address);
	const unsigned int n = machine->functions[range->physical].vfs;

	if (vf->address.domain != range->domain || id < range->first)
		return false;
	if (n == 1 || range->stride == 0)
		return id == range->first;
	return (id - range->first) % range->stride == 0 &&
	       (id - range->first) / range->stride < n;
}

/* A dump has no physfn, and its VFs have no ids: their PF tells both. */
static void find_by_routing_id(const struct pcireset_io *io, struct pcireset_machine *machine)
{
	_cleanup_free_ struct range *ranges = calloc(machine->n + 1, sizeof(*ranges));
	size_t n = 0;

	if (!ranges)
		return;
	for (size_t i = 0; i < machine->n; i++)
		n += read_range(io, machine, i, &ranges[n]);

	for (size_t i = 0; i < machine->n; i++) {
		struct pcireset_function *vf = &machine->functions[i];

		for (size_t k = 0; vf->is_virtual && k < n; k++) {
			if (!holds(&ranges[k], machine, vf))
				continue;
			vf->physical = ranges[k].physical;
			vf->vendor = machine->functions[vf->physical].vendor;
			vf->device = ranges[k].device;
			vf->quirks = pcireset_quirks(vf);
			break;
		}
	}
}

/* A VF that reads as ones is still listed, and still one of its PF's. */
static void find_by_link(const struct pcireset_io *io, const struct pcireset_machine *machine,
			 struct pcireset_function *f)
{
	char path[PCIRESET_PATH_BYTES], text[PCIRESET_ADDRESS_BYTES];
	struct pcireset_address address;

	if ((f->is_virtual || !f->answers) &&
	    io->link_read(io->data, pcireset_attr_path(f->address, "physfn", path), text,
			  sizeof(text)) == 0 &&
	    pcireset_address_parse(text, &address) == 0)
		f->physical = pcireset_find(machine, address);
}

void pcireset_sriov_read(const struct pcireset_io *io, struct pcireset_machine *machine)
{
	if (io->is_dump)
		find_by_routing_id(io, machine);
	else
		for (size_t i = 0; i < machine->n; i++)
			find_by_link(io, machine, &machine->functions[i]);

	for (size_t i = 0; i < machine->n; i++)
		machine->functions[i].vfs_listed = 0;
	for (size_t i = 0; i < machine->n; i++)
		if (machine->functions[i].physical != PCIRESET_NONE)
			machine->functions[machine->functions[i].physical].vfs_listed++;
}

bool pcireset_silences_vfs(const struct pcireset_function *function,
			   const struct pcireset_step *step)
{
	return function->answers && function->vfs > function->vfs_listed &&
	       step->action != PCIRESET_KEEP;
}

/* 1: cleared; 0: was clear already. */
static int disable(const struct pcireset_io *io, const struct pcireset_function *f)
{
	const uint16_t on = PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE, at = f->sriov + PCI_SRIOV_CTRL;
	uint16_t control;
	int r;

	r = pcireset_read16_alive(io, f, at, &control);
	if (r < 0)
		return r;
	if (!(control & PCI_SRIOV_CTRL_VFE))
		return 0;

	r = pcireset_write16(io, f, at, control & ~on);
	if (r == 0)
		r = pcireset_read16(io, f, at, &control);
	if (r < 0)
		return r;
	return control & PCI_SRIOV_CTRL_VFE ? -EBUSY : 1;
}

size_t pcireset_sriov_silence(const struct pcireset_io *io, const struct pcireset_machine *machine,
			      const struct pcireset_step *steps, size_t *ret_failed)
{
	size_t cleared = 0, failed = 0;

	for (size_t i = 0; i < machine->n; i++) {
		const struct pcireset_function *f = &machine->functions[i];
		int r;

		if (!pcireset_silences_vfs(f, &steps[i]))
			continue;
		r = disable(io, f);
		cleared += r == 1;
		failed += r < 0;
	}
	*ret_failed = failed;
	return cleared;
}
