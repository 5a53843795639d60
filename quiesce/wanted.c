/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which functions a load line means. */
#include <string.h>

#include "drivers.h"
#include "rules.h"

static size_t mark_address(const struct quiesce_run *run, const struct quiesce_load *load, bool say,
			   bool *wanted)
{
	char address[PCIRESET_ADDRESS_BYTES];
	size_t i = quiesce_find(&run->machine, load->address);

	if (i != PCIRESET_NONE) {
		wanted[i] = true;
		return 0;
	}
	if (say)
		quiesce_log(run->log, QUIESCE_WARNING, "%s: %s is not there", load->origin,
			    pcireset_address_format(load->address, address));
	return 1;
}

static size_t mark_dump_target(const struct quiesce_run *run, bool say, bool *wanted)
{
	size_t n_missing, n_bad;
	int r;

	r = quiesce_dump_target_mark(run->root, &run->machine, say ? run->log : NULL, wanted,
				     &n_missing, &n_bad);
	if (r == 0)
		return n_missing;
	if (say)
		quiesce_log(run->log, QUIESCE_WARNING,
			    "the dump target is not known: /" QUIESCE_DUMP_TARGET ": %s",
			    strerror(-r));
	return 0;
}

static void mark_console(const struct quiesce_run *run, bool *wanted)
{
	const bool usb = quiesce_has_usb_console(run->root);

	for (size_t i = 0; i < run->machine.n; i++)
		if (quiesce_is_console(&run->machine.functions[i], usb))
			wanted[i] = true;
}

size_t quiesce_wanted_mark(const struct quiesce_run *run, const struct quiesce_load *load, bool say,
			   bool *wanted)
{
	switch (load->what) {
	case QUIESCE_LOAD_ALL:
		memset(wanted, true, run->machine.n * sizeof(*wanted));
		return 0;
	case QUIESCE_LOAD_ADDRESS:
		return mark_address(run, load, say, wanted);
	case QUIESCE_LOAD_DUMP_TARGET:
		return mark_dump_target(run, say, wanted);
	case QUIESCE_LOAD_CONSOLE:
		mark_console(run, wanted);
		return 0;
	case QUIESCE_LOAD_MODULE:
		break;
	}
	return 0;
}
