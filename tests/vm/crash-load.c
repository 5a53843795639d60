// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * crash-load KERNEL INITRD CMDLINE: what "kexec -s -p" does, as one static
 * program for a small initramfs (kexec-tools drags in a dozen libraries).
 */
#include <fcntl.h>
#include <linux/kexec.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int kernel, initrd;

	if (argc != 4) {
		fputs("usage: crash-load KERNEL INITRD CMDLINE\n", stderr);
		return 2;
	}
	kernel = open(argv[1], O_RDONLY | O_CLOEXEC);
	initrd = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (kernel < 0 || initrd < 0) {
		perror("crash-load: open");
		return 1;
	}
	/* The length counts the terminating NUL. */
	if (syscall(SYS_kexec_file_load, kernel, initrd, strlen(argv[3]) + 1,
		    argv[3], (unsigned long)KEXEC_FILE_ON_CRASH)) {
		perror("crash-load: kexec_file_load");
		return 1;
	}
	return 0;
}
