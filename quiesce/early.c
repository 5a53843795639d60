/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What PID 1 has to find before anything else can: mounts, and which kernel this is. */
#include <sys/mount.h>
#include <sys/stat.h>

#include "pid1.h"

bool quiesce_is_kdump(const char *root)
{
	char path[512];

	/* Only a kernel after a crash has it: fs/proc/vmcore.c. */
	(void)snprintf(path, sizeof(path), "%s/proc/vmcore", root);
	return access(path, F_OK) == 0;
}

void quiesce_early_mounts(void)
{
	static const struct {
		const char *there; /* exists once it is mounted */
		const char *target;
		const char *type;
		unsigned long flags;
		const char *options;
	} mounts[] = {
		{ "/proc/self", "/proc", "proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL },
		{ "/sys/kernel", "/sys", "sysfs", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL },
		{ "/dev/kmsg", "/dev", "devtmpfs", MS_NOSUID | MS_STRICTATIME, "mode=0755" },
		{ "/run/.", "/run", "tmpfs", MS_NOSUID | MS_NODEV | MS_STRICTATIME, "mode=0755" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		struct stat top, up;

		(void)mkdir(mounts[i].target, 0755);
		/* A directory that is not on its parent's device is mounted already. */
		if (stat(mounts[i].target, &top) == 0 && stat("/", &up) == 0 &&
		    top.st_dev != up.st_dev && access(mounts[i].there, F_OK) == 0)
			continue;
		(void)mount(mounts[i].type, mounts[i].target, mounts[i].type, mounts[i].flags,
			    mounts[i].options);
	}
}
