/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The door to a real machine: libpci for config space, files for the rest. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "internal.h"

/* libpci builds its paths in 1,024 bytes. */
#define ROOT_BYTES 512

struct host {
	struct pcireset_io io;
	struct pcireset_pci pci;
	int root_fd;
	int pipe[2];
	size_t n_jobs;
	char sysfs[ROOT_BYTES];
};

static int host_scan(void *data, struct pcireset_address **ret_addresses, size_t *ret_n)
{
	struct host *host = data;

	if (faccessat(host->root_fd, "sys/bus/pci/devices", R_OK | X_OK, 0) < 0)
		return -errno;
	return pcireset_pci_scan(&host->pci, PCIRESET_PCI_SYSFS, host->sysfs, ret_addresses,
				 ret_n);
}

static int host_config_read(void *data, struct pcireset_address address, uint16_t reg,
			    void *buffer, size_t bytes)
{
	struct host *host = data;

	return pcireset_pci_read(&host->pci, address, reg, buffer, bytes);
}

static int host_config_write(void *data, struct pcireset_address address, uint16_t reg,
			     uint32_t value, size_t bytes)
{
	struct host *host = data;

	return pcireset_pci_write(&host->pci, address, reg, value, bytes);
}

static int host_attr_read(void *data, const char *path, char *buffer, size_t bytes)
{
	const struct host *host = data;
	_cleanup_close_ int fd = -1;
	ssize_t n;

	/* O_NONBLOCK: a copy of a machine may hold anything. */
	fd = openat(host->root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;

	n = read(fd, buffer, bytes - 1);
	if (n < 0)
		return -errno;

	if (n > 0 && buffer[n - 1] == '\n')
		n--;
	buffer[n] = '\0';
	return 0;
}

static int host_attr_write(void *data, const char *path, const char *text)
{
	const struct host *host = data;

	return pcireset_file_write(host->root_fd, path, text);
}

static int host_link_read(void *data, const char *path, char *buffer, size_t bytes)
{
	const struct host *host = data;
	char target[512], *last;
	ssize_t n;

	n = readlinkat(host->root_fd, path, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;

	target[n] = '\0';
	last = strrchr(target, '/');
	last = last ? last + 1 : target;
	(void)snprintf(buffer, bytes, "%s", last);
	return 0;
}

static int host_job_start(void *data, struct pcireset_job *job)
{
	struct host *host = data;
	int r;

	if (host->n_jobs >= PCIRESET_JOBS_MAX)
		return -EAGAIN;

	r = pcireset_jobs_start(host->root_fd, host->pipe[1], job);
	if (r == 0)
		host->n_jobs++;
	return r;
}

uint64_t pcireset_now_us(void *data)
{
	struct timespec now;

	(void)data;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int host_job_wait(void *data, uint64_t deadline_us, struct pcireset_job **ret_job)
{
	struct host *host = data;
	int r;

	do {
		uint64_t now_us = pcireset_now_us(data);

		r = pcireset_jobs_wait(host->pipe[0],
				       deadline_us > now_us ? deadline_us - now_us : 0, ret_job);
	} while (r == -EINTR);
	if (r == 0)
		host->n_jobs--;
	return r;
}

static void host_sleep_us(void *data, uint64_t us)
{
	struct timespec rest = { (time_t)(us / 1000000), (long)(us % 1000000) * 1000 };

	(void)data;
	while (nanosleep(&rest, &rest) < 0 && errno == EINTR)
		;
}

static const struct pcireset_io host_io = {
	.scan = host_scan,
	.config_read = host_config_read,
	.config_write = host_config_write,
	.attr_read = host_attr_read,
	.attr_write = host_attr_write,
	.link_read = host_link_read,
	.job_start = host_job_start,
	.job_wait = host_job_wait,
	.now_us = pcireset_now_us,
	.sleep_us = host_sleep_us,
};

int pcireset_io_open(const char *root, struct pcireset_io **ret_io)
{
	struct host *host;
	int n, r;

	host = calloc(1, sizeof(*host));
	if (!host)
		return -ENOMEM;

	host->io = host_io;
	host->io.data = host;
	n = snprintf(host->sysfs, sizeof(host->sysfs), "%s/sys/bus/pci",
		     strcmp(root, "/") == 0 ? "" : root);
	host->root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = host->root_fd < 0 ? -errno : pcireset_jobs_open(host->pipe);
	if (r == 0 && (n < 0 || (size_t)n >= sizeof(host->sysfs))) {
		(void)close(host->pipe[0]);
		(void)close(host->pipe[1]);
		r = -ENAMETOOLONG;
	}
	if (r < 0) {
		if (host->root_fd >= 0)
			(void)close(host->root_fd);
		free(host);
		return r;
	}

	*ret_io = &host->io;
	return 0;
}

void pcireset_io_close(struct pcireset_io *io)
{
	struct host *host;

	if (!io)
		return;
	if (io->is_dump) {
		pcireset_io_close_dump(io);
		return;
	}

	host = io->data;
	pcireset_pci_forget(&host->pci);
	/* A job under way still uses these: better leaked than SIGPIPE. */
	if (host->n_jobs == 0) {
		(void)close(host->root_fd);
		(void)close(host->pipe[0]);
		(void)close(host->pipe[1]);
	}
	free(host);
}
