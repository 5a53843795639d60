/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A function after vfio: silent still, or not, or gone. */
#include <errno.h>
#include <linux/pci_regs.h>

#include "iommu.h"

bool quiesce_condemn(struct quiesce_run *run, size_t i, enum pcireset_verdict verdict)
{
	struct pcireset_outcome *o = &run->outcomes[i];

	if (o->verdict == PCIRESET_LOST || o->verdict == verdict)
		return false;
	run->n_bad += o->verdict != PCIRESET_FAILED;
	o->verdict = verdict;
	return true;
}

static void lose(struct quiesce_run *run, size_t i)
{
	char address[PCIRESET_ADDRESS_BYTES];

	run->outcomes[i].ready = PCIRESET_NO;
	if (!quiesce_condemn(run, i, PCIRESET_LOST))
		return;
	quiesce_log(run->log, QUIESCE_WARNING, "%s: lost: it no longer answers after vfio",
		    pcireset_address_format(run->machine.functions[i].address, address));
}

void quiesce_keep_silent(struct quiesce_run *run, size_t i)
{
	const struct pcireset_io *io = run->io;
	struct pcireset_function f = run->machine.functions[i];
	const struct pcireset_decision fence = { .action = PCIRESET_FENCE,
						 .leave_intx = run->steps[i].leave_intx };
	struct pcireset_outcome again = { .fence_error = 0 };
	char address[PCIRESET_ADDRESS_BYTES];
	uint8_t command[2];

	if (io->config_read(io->data, f.address, PCI_COMMAND, command, sizeof(command)) < 0)
		return;
	f.command = (uint16_t)(command[0] | command[1] << 8);
	if (f.command == 0xffff) {
		lose(run, i);
		return;
	}
	if (!(f.command & PCI_COMMAND_MASTER))
		return;

	quiesce_log(run->log, QUIESCE_WARNING, "%s: Bus Master came back with vfio",
		    pcireset_address_format(f.address, address));
	(void)pcireset_fence(io, &(struct pcireset_machine){ &f, 1 }, &fence, &again);
	if (again.fence_error == 0)
		return;

	run->outcomes[i].fence_error = again.fence_error;
	run->outcomes[i].silent = PCIRESET_NO;
	(void)quiesce_condemn(run, i, again.fence_error == -ENODEV ? PCIRESET_LOST : PCIRESET_FAILED);
}
