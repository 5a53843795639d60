/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flat_io.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEVICES "sys/bus/pci/devices/"

static int compare(const void *a, const void *b)
{
	return pcireset_address_compare(((const struct flat_function *)a)->address,
					((const struct flat_function *)b)->address);
}

static int compare_address(const void *address, const void *function)
{
	return pcireset_address_compare(*(const struct pcireset_address *)address,
					((const struct flat_function *)function)->address);
}

struct flat_function *flat_find(const struct flat *flat, struct pcireset_address address)
{
	return flat->n == 0 ? NULL :
			      bsearch(&address, flat->functions, flat->n, sizeof(*flat->functions),
				      compare_address);
}

static int scan(void *data, struct pcireset_address **ret_addresses, size_t *ret_n)
{
	const struct flat *flat = data;
	struct pcireset_address *addresses = calloc(flat->n + 1, sizeof(*addresses));

	if (!addresses)
		return -ENOMEM;
	for (size_t i = 0; i < flat->n; i++)
		addresses[i] = flat->functions[i].address;
	*ret_addresses = addresses;
	*ret_n = flat->n;
	return 0;
}

static int config_read(void *data, struct pcireset_address address, uint16_t reg, void *buffer,
		       size_t bytes)
{
	struct flat_function *f = flat_find(data, address);

	if (!f)
		return -ENODEV;
	f->n_reads++;
	if (reg + bytes > f->config_bytes)
		return -EIO;
	memcpy(buffer, f->config + reg, bytes);
	return 0;
}

static int config_write(void *data, struct pcireset_address address, uint16_t reg, uint32_t value,
			size_t bytes)
{
	abort();
}

static int attr_read(void *data, const char *path, char *buffer, size_t bytes)
{
	const struct flat_function *f;
	struct pcireset_address address;
	char text[PCIRESET_ADDRESS_BYTES] = "";
	const char *name;
	size_t length;

	if (strncmp(path, DEVICES, strlen(DEVICES)) != 0)
		return -ENOENT;
	path += strlen(DEVICES);
	length = strcspn(path, "/");
	name = path + length;
	if (length >= sizeof(text) || !*name)
		return -ENOENT;
	memcpy(text, path, length);
	if (pcireset_address_parse(text, &address) < 0)
		return -ENOENT;
	f = flat_find(data, address);
	if (!f)
		return -ENOENT;

	if (strcmp(name, "/reset_method") == 0 && f->methods) {
		(void)snprintf(buffer, bytes, "%s", f->methods);
		return 0;
	}
	/* Write-only: opened, and not read. */
	if (strcmp(name, "/reset_subordinate") == 0 && f->has_reset_subordinate)
		return -EIO;
	return -ENOENT;
}

static int attr_write(void *data, const char *path, const char *text)
{
	abort();
}

static int link_read(void *data, const char *path, char *buffer, size_t bytes)
{
	return -ENOENT;
}

static int job_start(void *data, struct pcireset_job *job)
{
	abort();
}

static int job_wait(void *data, uint64_t deadline_us, struct pcireset_job **ret_job)
{
	abort();
}

static uint64_t now_us(void *data)
{
	return 0;
}

static void sleep_us(void *data, uint64_t us)
{
	abort();
}

struct flat_function *flat_add(struct flat *flat, struct pcireset_address address)
{
	struct flat_function *f;

	if (flat->n == flat->capacity) {
		flat->capacity = flat->capacity ? 2 * flat->capacity : 16;
		flat->functions = reallocarray(flat->functions, flat->capacity,
					       sizeof(*flat->functions));
		if (!flat->functions)
			abort();
	}
	f = &flat->functions[flat->n++];
	memset(f, 0, sizeof(*f));
	f->address = address;
	f->config_bytes = FLAT_CONFIG_BYTES;
	return f;
}

const struct pcireset_io *flat_open(struct flat *flat)
{
	size_t n = 0;

	if (flat->n > 0)
		qsort(flat->functions, flat->n, sizeof(*flat->functions), compare);
	for (size_t i = 0; i < flat->n; i++)
		if (n == 0 || compare(&flat->functions[n - 1], &flat->functions[i]) != 0)
			flat->functions[n++] = flat->functions[i];
	flat->n = n;
	flat->io = (struct pcireset_io){
		.scan = scan,
		.config_read = config_read,
		.config_write = config_write,
		.attr_read = attr_read,
		.attr_write = attr_write,
		.link_read = link_read,
		.job_start = job_start,
		.job_wait = job_wait,
		.now_us = now_us,
		.sleep_us = sleep_us,
		.data = flat,
	};
	return &flat->io;
}

void flat_free(struct flat *flat)
{
	free(flat->functions);
	*flat = (struct flat){ 0 };
}

void flat_put(struct flat_function *function, unsigned int reg, uint32_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		function->config[reg + i] = (uint8_t)(value >> 8 * i);
}
