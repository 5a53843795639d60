/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting back what a reset changed in sysfs. */
#include <errno.h>

#include "internal.h"

int pcireset_journal_restore(const struct pcireset_io *io, struct pcireset_journal_entry *entry)
{
	char path[PCIRESET_PATH_BYTES];
	int method = 0, override = 0;

	if (!entry->in_use)
		return 0;

	if (entry->method_before[0])
		method = io->attr_write(io->data,
					pcireset_attr_path(entry->address, "reset_method", path),
					entry->method_before);
	if (entry->overridden)
		override = io->attr_write(
			io->data, pcireset_attr_path(entry->address, "driver_override", path),
			"\n");

	/* A function that is gone needs nothing put back. */
	if ((method < 0 && method != -ENOENT) || (override < 0 && override != -ENOENT))
		return method < 0 ? method : override;

	entry->in_use = false;
	return 0;
}
