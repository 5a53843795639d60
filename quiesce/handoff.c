/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The next init. The only file that executes anything. */
#include <errno.h>
#include <string.h>

#include "pid1.h"

static const char *const next_inits[] = {
	"/init.pci-quiesce",
	"/usr/lib/systemd/systemd",
	"/sbin/init",
	"/bin/sh",
};

void quiesce_handoff(const struct quiesce_log *log, char **argv)
{
	for (size_t i = 0; i < ARRAY_SIZE(next_inits); i++) {
		/* argv[0] stays /init: some inits look at their name. */
		(void)execv(next_inits[i], argv);
		quiesce_log(log, QUIESCE_ERR, "cannot execute %s: %s", next_inits[i],
			    strerror(errno));
	}
}
