/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The door to a real machine: libpci for config space, files for the rest. */
#include <pci/pci.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "internal.h"

/* libpci keeps domains in a signed int and builds its paths in 1,024 bytes. */
#define ROOT_BYTES 512

struct host {
	struct pcireset_io io;
	struct pci_access *pci;
	struct pci_dev **devices; /* ordered by address */
	size_t n_devices;
	int root_fd;
	int pipe[2];
	size_t n_jobs;
	char sysfs[ROOT_BYTES];
};

/*
 * libpci's error hook must not return and has no user data: the one static
 * variable of the library.
 */
static jmp_buf libpci_escape;

static void __attribute__((noreturn)) libpci_error(char *message, ...)
{
	(void)message;
	longjmp(libpci_escape, 1);
}

static void libpci_quiet(char *message, ...)
{
	(void)message;
}

static struct pcireset_address address_of(const struct pci_dev *device)
{
	return (struct pcireset_address){
		.domain = (uint32_t)device->domain,
		.bus = device->bus,
		.device = device->dev,
		.function = device->func,
	};
}

static int compare_devices(const void *a, const void *b)
{
	return pcireset_address_compare(address_of(*(struct pci_dev *const *)a),
					address_of(*(struct pci_dev *const *)b));
}

static void forget_scan(struct host *host)
{
	free(host->devices);
	host->devices = NULL;
	host->n_devices = 0;
	if (host->pci)
		pci_cleanup(host->pci);
	host->pci = NULL;
}

/* Every local that is used after the longjmp lives in @host. */
static int scan_with_libpci(struct host *host)
{
	host->pci = pci_alloc();
	host->pci->error = libpci_error;
	host->pci->warning = libpci_quiet;
	host->pci->debug = libpci_quiet;
	host->pci->method = PCI_ACCESS_SYS_BUS_PCI;
	host->pci->writeable = 0;

	if (setjmp(libpci_escape) != 0)
		return -EIO;

	if (pci_set_param(host->pci, (char *)"sysfs.path", host->sysfs) < 0)
		return -EIO;
	pci_init(host->pci);
	pci_scan_bus(host->pci);
	return 0;
}

static int host_scan(void *data, struct pcireset_address **ret_addresses, size_t *ret_n)
{
	struct host *host = data;
	_cleanup_free_ struct pcireset_address *addresses = NULL;
	size_t n = 0;
	int r;

	if (faccessat(host->root_fd, "sys/bus/pci/devices", R_OK | X_OK, 0) < 0)
		return -errno;

	forget_scan(host);
	r = scan_with_libpci(host);
	if (r < 0)
		return r;

	for (struct pci_dev *d = host->pci->devices; d; d = d->next)
		n++;
	host->devices = calloc(n + 1, sizeof(*host->devices));
	addresses = calloc(n + 1, sizeof(*addresses));
	if (!host->devices || !addresses)
		return -ENOMEM;

	for (struct pci_dev *d = host->pci->devices; d; d = d->next)
		host->devices[host->n_devices++] = d;
	qsort(host->devices, n, sizeof(struct pci_dev *), compare_devices);
	for (size_t i = 0; i < n; i++)
		addresses[i] = address_of(host->devices[i]);

	*ret_addresses = addresses;
	addresses = NULL;
	*ret_n = n;
	return 0;
}

static struct pci_dev *find_device(const struct host *host, struct pcireset_address address)
{
	struct pci_dev wanted, *key = &wanted, **found;

	wanted.domain = (int)address.domain;
	wanted.bus = address.bus;
	wanted.dev = address.device;
	wanted.func = address.function;
	found = bsearch(&key, host->devices, host->n_devices, sizeof(key), compare_devices);
	return found ? *found : NULL;
}

static int host_config_read(void *data, struct pcireset_address address, uint16_t reg,
			    void *buffer, size_t bytes)
{
	struct pci_dev *device = find_device(data, address);

	if (!device)
		return -ENODEV;
	if (setjmp(libpci_escape) != 0)
		return -EIO;
	return pci_read_block(device, reg, buffer, (int)bytes) ? 0 : -EIO;
}

static int host_config_write(void *data, struct pcireset_address address, uint16_t reg,
			     uint32_t value, size_t bytes)
{
	uint8_t block[4] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
			     (uint8_t)(value >> 24) };
	struct pci_dev *device = find_device(data, address);

	if (!device)
		return -ENODEV;
	if (setjmp(libpci_escape) != 0)
		return -EIO;

	/* libpci says yes or no; why not is still in errno. */
	errno = 0;
	if (pci_write_block(device, reg, block, (int)bytes))
		return 0;
	return errno ? -errno : -EIO;
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

static uint64_t host_now_us(void *data)
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
		uint64_t now_us = host_now_us(data);

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
	.now_us = host_now_us,
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

	host = io->data;
	forget_scan(host);
	/* A job under way still uses these: better leaked than SIGPIPE. */
	if (host->n_jobs == 0) {
		(void)close(host->root_fd);
		(void)close(host->pipe[0]);
		(void)close(host->pipe[1]);
	}
	free(host);
}
