/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fence: Bus Master off, read back. Nothing slow may come before it. */
#include <errno.h>
#include <linux/pci_regs.h>

#include "internal.h"

bool pcireset_fences_late(const struct pcireset_function *function)
{
	return function->quirks & PCIRESET_QUIRK_FENCE_LATE;
}

static bool wants_fence(const struct pcireset_function *function,
			const struct pcireset_decision *decision)
{
	if (decision->action != PCIRESET_FENCE && decision->action != PCIRESET_RESET)
		return false;
	if (!function->answers || pcireset_is_bridge(function))
		return false;
	if (decision->action == PCIRESET_RESET && pcireset_fences_late(function))
		return false;
	return function->command & PCI_COMMAND_MASTER;
}

/* Through the kernel: disabling a device that is enabled clears Bus Master. */
static int fence_by_enable(const struct pcireset_io *io,
			   const struct pcireset_function *function)
{
	int r;

	r = pcireset_attr_write(io, function, "enable", "1");
	if (r < 0)
		return r;

	return pcireset_attr_write(io, function, "enable", "0");
}

int pcireset_bus_master_off(const struct pcireset_io *io,
			    const struct pcireset_function *function, uint16_t command,
			    bool leave_intx, bool *ret_locked)
{
	int r;

	/* A bridge's driver would never turn it on again: pci_enable_bridge(). */
	if (pcireset_is_bridge(function))
		return -EINVAL;

	command &= ~PCI_COMMAND_MASTER;
	if (!leave_intx)
		command |= PCI_COMMAND_INTX_DISABLE;

	r = pcireset_write16(io, function, PCI_COMMAND, command);
	*ret_locked = r == -EPERM || r == -EACCES;
	return *ret_locked ? fence_by_enable(io, function) : r;
}

static int read_back(const struct pcireset_io *io, const struct pcireset_function *function)
{
	uint16_t command;
	int r;

	r = pcireset_read16_alive(io, function, PCI_COMMAND, &command);
	if (r < 0)
		return r;
	return command & PCI_COMMAND_MASTER ? -EBUSY : 0;
}

size_t pcireset_fence(const struct pcireset_io *io, const struct pcireset_machine *machine,
		      const struct pcireset_decision *decisions,
		      struct pcireset_outcome *outcomes)
{
	size_t failed = 0;

	for (size_t i = 0; i < machine->n; i++) {
		const struct pcireset_function *f = &machine->functions[i];

		outcomes[i].before = (struct pcireset_registers){
			.id = f->answers ? (int64_t)((uint32_t)f->device << 16 | f->vendor) :
					   PCIRESET_UNREAD,
			.command = f->answers ? f->command : PCIRESET_UNREAD,
			.devsta = PCIRESET_UNREAD,
			.link = PCIRESET_UNREAD,
		};
		if (wants_fence(f, &decisions[i]))
			outcomes[i].fence_error = pcireset_bus_master_off(
				io, f, f->command, decisions[i].leave_intx,
				&outcomes[i].locked);
	}

	/* All are off before the first is asked whether it is. */
	for (size_t i = 0; i < machine->n; i++) {
		if (!wants_fence(&machine->functions[i], &decisions[i]))
			continue;
		if (outcomes[i].fence_error == 0)
			outcomes[i].fence_error = read_back(io, &machine->functions[i]);
		if (outcomes[i].fence_error < 0)
			failed++;
	}
	return failed;
}
