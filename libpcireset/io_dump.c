/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The door to a dump: configuration space, and nothing of sysfs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "internal.h"

#define PATH_BYTES 32

struct dump {
	struct pcireset_io io;
	struct pcireset_pci pci;
	int fd;
};

static int dump_scan(void *data, struct pcireset_address **ret_addresses, size_t *ret_n)
{
	struct dump *dump = data;
	char path[PATH_BYTES];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", dump->fd);
	return pcireset_pci_scan(&dump->pci, PCIRESET_PCI_DUMP, path, ret_addresses, ret_n);
}

static int dump_config_read(void *data, struct pcireset_address address, uint16_t reg,
			    void *buffer, size_t bytes)
{
	struct dump *dump = data;

	return pcireset_pci_read(&dump->pci, address, reg, buffer, bytes);
}

static int dump_config_write(void *data, struct pcireset_address address, uint16_t reg,
			     uint32_t value, size_t bytes)
{
	return -EROFS;
}

static int dump_text_read(void *data, const char *path, char *buffer, size_t bytes)
{
	return -ENOENT;
}

static int dump_attr_write(void *data, const char *path, const char *text)
{
	return -EROFS;
}

static int dump_job_start(void *data, struct pcireset_job *job)
{
	return -EROFS;
}

static int dump_job_wait(void *data, uint64_t deadline_us, struct pcireset_job **ret_job)
{
	return -ETIMEDOUT;
}

static void dump_sleep_us(void *data, uint64_t us)
{
}

static const struct pcireset_io dump_io = {
	.scan = dump_scan,
	.config_read = dump_config_read,
	.config_write = dump_config_write,
	.attr_read = dump_text_read,
	.attr_write = dump_attr_write,
	.link_read = dump_text_read,
	.job_start = dump_job_start,
	.job_wait = dump_job_wait,
	.now_us = pcireset_now_us,
	.sleep_us = dump_sleep_us,
	.is_dump = true,
};

static int write_clean(int fd, const char *text, struct pcireset_dump_problem *ret_problem)
{
	_cleanup_free_ char *clean = NULL;
	size_t bytes;
	ssize_t n;
	int r;

	r = pcireset_dump_clean(text, &clean, ret_problem);
	if (r < 0)
		return r;
	bytes = strlen(clean);
	for (size_t done = 0; done < bytes; done += (size_t)n) {
		n = write(fd, clean + done, bytes - done);
		if (n < 0)
			return -errno;
	}
	return 0;
}

int pcireset_io_open_dump(const char *text, struct pcireset_dump_problem *ret_problem,
			  struct pcireset_io **ret_io)
{
	struct dump *dump = calloc(1, sizeof(*dump));
	int r;

	if (!dump)
		return -ENOMEM;

	dump->io = dump_io;
	dump->io.data = dump;
	dump->fd = memfd_create("pci-dump", MFD_CLOEXEC);
	r = dump->fd < 0 ? -errno : write_clean(dump->fd, text, ret_problem);
	if (r < 0) {
		pcireset_io_close(&dump->io);
		return r;
	}

	*ret_io = &dump->io;
	return 0;
}

void pcireset_io_close_dump(struct pcireset_io *io)
{
	struct dump *dump = io->data;

	pcireset_pci_forget(&dump->pci);
	if (dump->fd >= 0)
		(void)close(dump->fd);
	free(dump);
}
