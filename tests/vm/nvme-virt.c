// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nvme-virt DEVICE ACTION CONTROLLER RESOURCE NUMBER: one Virtualization Management
 * command, NVM Express Base Specification 2.0, 5.28. Actions: 1 what the primary
 * controller keeps of the flexible resources, 8 what a secondary one gets, 9 online.
 * Resources: 0 queues, 1 interrupts.
 */
#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#define VIRTUALIZATION_MANAGEMENT 0x1c

int main(int argc, char **argv)
{
	struct nvme_admin_cmd command = { .opcode = VIRTUALIZATION_MANAGEMENT };
	int fd, status;

	if (argc != 6) {
		fputs("usage: nvme-virt DEVICE ACTION CONTROLLER RESOURCE NUMBER\n", stderr);
		return 2;
	}
	fd = open(argv[1], O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		perror("nvme-virt: open");
		return 1;
	}
	command.cdw10 = (unsigned int)(atoi(argv[2]) | atoi(argv[4]) << 8 | atoi(argv[3]) << 16);
	command.cdw11 = (unsigned int)atoi(argv[5]);
	status = ioctl(fd, NVME_IOCTL_ADMIN_CMD, &command);
	if (status)
		fprintf(stderr, "nvme-virt: status %x\n", (unsigned int)status);
	return status != 0;
}
