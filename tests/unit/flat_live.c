/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flat_live.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEVICES "sys/bus/pci/devices/"

static bool is_bridge(const struct flat_function *f)
{
	return f->config[PCI_HEADER_TYPE] & 0x7f;
}

static void count(struct flat_live *live, const struct flat_function *f, uint16_t reg, size_t bytes,
		  bool is_write)
{
	for (size_t dword = reg / 4; dword <= (reg + bytes - 1) / 4; dword++) {
		struct flat_accesses *a = &live->accesses[live->phase][dword % FLAT_DWORDS];

		live->now_us += FLAT_ACCESS_US;
		if (is_bridge(f))
			continue;
		a->reads += !is_write;
		a->writes += is_write;
	}
}

/* Counted whether it is answered or not. */
static bool is_quiet(struct flat_live *live, const struct flat_function *f)
{
	const bool quiet = live->now_us < f->quiet_until_us;

	live->n_early += quiet;
	return quiet;
}

static int config_read(void *data, struct pcireset_address address, uint16_t reg, void *buffer,
		       size_t bytes)
{
	struct flat_live *live = data;
	struct flat_function *f = flat_find(&live->flat, address);

	if (!f || bytes == 0)
		return -ENODEV;
	if (is_quiet(live, f)) {
		memset(buffer, 0xff, bytes);
		return 0;
	}
	count(live, f, reg, bytes, false);
	f->n_dwords_read += (reg + bytes - 1) / 4 - reg / 4 + 1;
	return live->still->config_read(live->still->data, address, reg, buffer, bytes);
}

static void reset(struct flat_function *f)
{
	for (size_t i = 0; i < f->n_erased; i++)
		flat_put(f, f->erased[i].reg, f->erased[i].value, 4);
}

static uint64_t bus_us(const struct flat_function *bridge)
{
	if (!bridge)
		abort();
	return bridge->is_conventional ? FLAT_CONVENTIONAL_US : FLAT_BUS_US;
}

/* All below are away while Secondary Bus Reset is set, and for a while after that. */
static void hold(struct flat_live *live, const struct flat_function *bridge, bool is_held)
{
	for (size_t i = 0; i < live->flat.n; i++) {
		struct flat_function *f = &live->flat.functions[i];

		if (f->address.domain != bridge->address.domain ||
		    f->address.bus < bridge->config[PCI_SECONDARY_BUS] ||
		    f->address.bus > bridge->config[PCI_SUBORDINATE_BUS])
			continue;
		reset(f);
		f->quiet_until_us = is_held ? UINT64_MAX : live->now_us + bus_us(bridge) - FLAT_HOLD_US;
	}
}

static int config_write(void *data, struct pcireset_address address, uint16_t reg, uint32_t value,
			size_t bytes)
{
	struct flat_live *live = data;
	struct flat_function *f = flat_find(&live->flat, address);

	if (!f || reg + bytes > f->config_bytes)
		abort();
	if (is_quiet(live, f))
		return 0;
	count(live, f, reg, bytes, true);
	f->n_writes++;
	if (is_bridge(f) && reg == PCI_BRIDGE_CONTROL &&
	    (f->config[reg] ^ value) & PCI_BRIDGE_CTL_BUS_RESET)
		hold(live, f, value & PCI_BRIDGE_CTL_BUS_RESET);
	flat_put(f, reg, value, bytes);
	if (f->device_control && reg == f->device_control && value & PCI_EXP_DEVCTL_BCR_FLR) {
		/* The bit itself always reads as 0. */
		flat_put(f, reg, value & ~(uint32_t)PCI_EXP_DEVCTL_BCR_FLR, 2);
		reset(f);
		f->quiet_until_us = live->now_us + FLAT_FLR_US;
	}
	return 0;
}

/* The function of an attribute's path, and the attribute's name. */
static struct flat_function *find_attr(const struct flat *flat, const char *path,
				       const char **ret_name)
{
	struct pcireset_address address;
	char text[PCIRESET_ADDRESS_BYTES] = "";
	size_t length;

	if (strncmp(path, DEVICES, strlen(DEVICES)) != 0)
		return NULL;
	path += strlen(DEVICES);
	length = strcspn(path, "/");
	if (length >= sizeof(text) || !path[length])
		return NULL;
	memcpy(text, path, length);
	*ret_name = path + length + 1;
	return pcireset_address_parse(text, &address) < 0 ? NULL : flat_find(flat, address);
}

static int attr_read(void *data, const char *path, char *buffer, size_t bytes)
{
	struct flat_live *live = data;
	const char *name;

	if (find_attr(&live->flat, path, &name) && strcmp(name, "driver_override") == 0) {
		(void)snprintf(buffer, bytes, "(null)");
		return 0;
	}
	return live->still->attr_read(live->still->data, path, buffer, bytes);
}

static int link_read(void *data, const char *path, char *buffer, size_t bytes)
{
	return -ENOENT;
}

static const struct flat_function *bridge_above(const struct flat *flat,
						const struct flat_function *f)
{
	for (size_t i = 0; i < flat->n; i++) {
		const struct flat_function *b = &flat->functions[i];

		if (is_bridge(b) && b->address.domain == f->address.domain &&
		    b->config[PCI_SECONDARY_BUS] == f->address.bus)
			return b;
	}
	return NULL;
}

static void quiet(struct flat_live *live, struct flat_function *target, bool whole_bus,
		  uint64_t end_us)
{
	for (size_t i = 0; i < live->flat.n; i++) {
		struct flat_function *f = &live->flat.functions[i];

		if (whole_bus ? !is_bridge(f) && bridge_above(&live->flat, f) == target
			      : f == target)
			f->quiet_until_us = end_us;
	}
}

/* When all that it writes is done; registers are as before: the kernel restores them. */
static uint64_t run_job(struct flat_live *live, const struct pcireset_job *job)
{
	const char *method = "", *name;
	uint64_t end_us = live->now_us;

	for (size_t i = 0; i < job->n_writes; i++) {
		const struct pcireset_write *w = &job->writes[i];
		struct flat_function *f = find_attr(&live->flat, w->path, &name);

		if (!f)
			abort();
		if (strcmp(name, "reset_method") == 0 && !w->restores) {
			method = w->text;
		} else if (strcmp(name, "reset_subordinate") == 0) {
			end_us += bus_us(f);
			quiet(live, f, true, end_us);
		} else if (strcmp(name, "reset") == 0) {
			end_us += strcmp(method, "bus") == 0 ? bus_us(bridge_above(&live->flat, f))
							     : FLAT_FLR_US;
			quiet(live, f, false, end_us);
		}
	}
	return end_us;
}

static int job_start(void *data, struct pcireset_job *job)
{
	struct flat_live *live = data;

	if (live->n_jobs == PCIRESET_JOBS_MAX)
		return -EAGAIN;
	live->jobs[live->n_jobs++] = (struct flat_job){ job, run_job(live, job) };
	return 0;
}

static int job_wait(void *data, uint64_t deadline_us, struct pcireset_job **ret_job)
{
	struct flat_live *live = data;
	struct flat_job *first = NULL;
	uint64_t until_us;

	for (size_t i = 0; i < live->n_jobs; i++)
		if (!first || live->jobs[i].end_us < first->end_us)
			first = &live->jobs[i];
	until_us = first && first->end_us < deadline_us ? first->end_us : deadline_us;
	if (until_us > live->now_us)
		live->now_us = until_us;
	if (!first || first->end_us > live->now_us)
		return -ETIMEDOUT;

	*ret_job = first->job;
	*first = live->jobs[--live->n_jobs];
	return 0;
}

static uint64_t now_us(void *data)
{
	return ((struct flat_live *)data)->now_us;
}

static void sleep_us(void *data, uint64_t us)
{
	((struct flat_live *)data)->now_us += us;
}

static int scan(void *data, struct pcireset_address **ret_addresses, size_t *ret_n)
{
	struct flat_live *live = data;

	return live->still->scan(live->still->data, ret_addresses, ret_n);
}

static int attr_write(void *data, const char *path, const char *text)
{
	abort();
}

const struct pcireset_io *flat_live_open(struct flat_live *live)
{
	live->still = flat_open(&live->flat);
	live->io = (struct pcireset_io){
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
		.data = live,
	};
	return &live->io;
}

void flat_erases(struct flat_function *function, uint16_t reg, uint32_t value)
{
	if (function->n_erased == FLAT_ERASED_MAX)
		abort();
	function->erased[function->n_erased++] = (struct flat_erased){ reg, value };
}
