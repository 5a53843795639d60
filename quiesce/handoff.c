/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The next init, and the shell. The only file that executes anything. */
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

int quiesce_handoff_shell(const char *shell)
{
	/* Each shell knows $PWD in a prompt; not each knows \w. */
	static char ps1[] = "PS1=pci-quiesce:$PWD# ";
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	static char home[] = "HOME=/";
	char term[64], name[] = "sh";
	char *argv[] = { name, NULL }, *envp[] = { ps1, path, home, term, NULL };
	const char *inherited = getenv("TERM");

	(void)snprintf(term, sizeof(term), "TERM=%s", inherited ? inherited : "vt220");
	(void)execve(shell, argv, envp);
	return -errno;
}
