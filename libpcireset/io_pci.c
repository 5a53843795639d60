/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration space through libpci, of this machine or out of a dump, and its filters. */
#include <pci/pci.h>

#include <errno.h>
#include <setjmp.h>
#include <string.h>

#include "internal.h"

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

/* libpci keeps domains in a signed int. */
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

void pcireset_pci_forget(struct pcireset_pci *pci)
{
	free(pci->devices);
	if (pci->access)
		pci_cleanup(pci->access);
	*pci = (struct pcireset_pci){ 0 };
}

/* Every local that is used after the longjmp lives in @pci. */
static int scan_with_libpci(struct pcireset_pci *pci, enum pcireset_pci_source source,
			    const char *path)
{
	const bool is_dump = source == PCIRESET_PCI_DUMP;

	pci->access = pci_alloc();
	pci->access->error = libpci_error;
	pci->access->warning = libpci_quiet;
	pci->access->debug = libpci_quiet;
	pci->access->method = is_dump ? PCI_ACCESS_DUMP : PCI_ACCESS_SYS_BUS_PCI;
	pci->access->writeable = 0;

	if (setjmp(libpci_escape) != 0)
		return -EIO;

	if (pci_set_param(pci->access, (char *)(is_dump ? "dump.name" : "sysfs.path"),
			  (char *)path) < 0)
		return -EIO;
	pci_init(pci->access);
	pci_scan_bus(pci->access);
	return 0;
}

int pcireset_pci_scan(struct pcireset_pci *pci, enum pcireset_pci_source source, const char *path,
		      struct pcireset_address **ret_addresses, size_t *ret_n)
{
	_cleanup_free_ struct pcireset_address *addresses = NULL;
	size_t n = 0;
	int r;

	pcireset_pci_forget(pci);
	r = scan_with_libpci(pci, source, path);
	if (r < 0)
		return r;

	for (struct pci_dev *d = pci->access->devices; d; d = d->next)
		n++;
	pci->devices = calloc(n + 1, sizeof(*pci->devices));
	addresses = calloc(n + 1, sizeof(*addresses));
	if (!pci->devices || !addresses)
		return -ENOMEM;

	for (struct pci_dev *d = pci->access->devices; d; d = d->next)
		pci->devices[pci->n_devices++] = d;
	qsort(pci->devices, n, sizeof(struct pci_dev *), compare_devices);
	for (size_t i = 0; i < n; i++)
		addresses[i] = address_of(pci->devices[i]);

	*ret_addresses = addresses;
	addresses = NULL;
	*ret_n = n;
	return 0;
}

static struct pci_dev *find_device(const struct pcireset_pci *pci, struct pcireset_address address)
{
	struct pci_dev wanted, *key = &wanted, **found;

	wanted.domain = (int)address.domain;
	wanted.bus = address.bus;
	wanted.dev = address.device;
	wanted.func = address.function;
	found = bsearch(&key, pci->devices, pci->n_devices, sizeof(key), compare_devices);
	return found ? *found : NULL;
}

int pcireset_pci_read(const struct pcireset_pci *pci, struct pcireset_address address,
		      uint16_t reg, void *buffer, size_t bytes)
{
	struct pci_dev *device = find_device(pci, address);

	if (!device)
		return -ENODEV;
	if (setjmp(libpci_escape) != 0)
		return -EIO;
	return pci_read_block(device, reg, buffer, (int)bytes) ? 0 : -EIO;
}

int pcireset_pci_write(const struct pcireset_pci *pci, struct pcireset_address address,
		       uint16_t reg, uint32_t value, size_t bytes)
{
	uint8_t block[4] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
			     (uint8_t)(value >> 24) };
	struct pci_dev *device = find_device(pci, address);

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

struct pcireset_filter {
	struct pci_filter libpci;
};

int pcireset_filter_make(const char *slot, const char *ids, const char **ret_problem,
			 struct pcireset_filter **ret_filter)
{
	struct pcireset_filter *filter = malloc(sizeof(*filter));
	const char *problem = NULL;

	if (!filter)
		return -ENOMEM;

	/* It parses a copy: the texts stay as they are. */
	pci_filter_init(NULL, &filter->libpci);
	if (slot)
		problem = pci_filter_parse_slot(&filter->libpci, (char *)slot);
	if (!problem && ids)
		problem = pci_filter_parse_id(&filter->libpci, (char *)ids);
	if (problem) {
		free(filter);
		*ret_problem = problem;
		return -EINVAL;
	}
	*ret_filter = filter;
	return 0;
}

bool pcireset_filter_matches(const struct pcireset_filter *filter,
			     const struct pcireset_function *function)
{
	struct pci_filter libpci = filter->libpci;
	/* All that is compared is known: libpci asks no back end. */
	struct pci_dev device = {
		.domain = (int)function->address.domain,
		.bus = function->address.bus,
		.dev = function->address.device,
		.func = function->address.function,
		.known_fields = ~0u,
		.vendor_id = function->vendor,
		.device_id = function->device,
		.device_class = (uint16_t)(function->class_code >> 8),
		.prog_if = (uint8_t)function->class_code,
	};

	return pci_filter_match(&libpci, &device);
}
