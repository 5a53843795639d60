/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting back what a reset changed in sysfs. */
#include <errno.h>

#include "internal.h"

/* A function that is gone needs nothing put back. */
static int write_attr(const struct pcireset_io *io, const struct pcireset_journal_entry *entry,
		      const char *name, const char *text)
{
	char path[PCIRESET_PATH_BYTES];
	int r;

	r = io->attr_write(io->data, pcireset_attr_path(entry->address, name, path), text);
	return r == -ENOENT ? 0 : r;
}

int pcireset_journal_restore(const struct pcireset_io *io, struct pcireset_journal_entry *entry)
{
	int r, first = 0;

	if (!entry->in_use)
		return 0;
	if (entry->stuck)
		return -EBUSY;

	if (entry->method_before[0]) {
		r = write_attr(io, entry, "reset_method", entry->method_before);
		if (r == 0)
			entry->method_before[0] = '\0';
		else
			first = r;
	}
	if (entry->overridden) {
		r = write_attr(io, entry, "driver_override", "\n");
		if (r == 0)
			entry->overridden = false;
		else if (first == 0)
			first = r;
	}
	if (first == 0)
		entry->in_use = false;
	return first;
}
