/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_io.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define ACCESS_US 1

static void __attribute__((format(printf, 2, 3))) note(struct fake *fake, const char *format, ...)
{
	size_t used = strlen(fake->log);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(fake->log + used, sizeof(fake->log) - used, format, args);
	va_end(args);
}

void fake_forget_log(struct fake *fake)
{
	fake->log[0] = '\0';
}

void fake_put(uint8_t *config, unsigned int reg, uint32_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		config[reg + i] = (uint8_t)(value >> 8 * i);
}

uint32_t fake_get(const uint8_t *config, unsigned int reg, size_t bytes)
{
	uint32_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value |= (uint32_t)config[reg + i] << 8 * i;
	return value;
}

static struct fake_function *find(struct fake *fake, struct pcireset_address address)
{
	for (size_t i = 0; i < fake->n_functions; i++)
		if (pcireset_address_compare(fake->functions[i].address, address) == 0)
			return &fake->functions[i];
	fail_msg("access to a function that is not there");
	return NULL;
}

static const char *name_of(struct pcireset_address address)
{
	static char text[PCIRESET_ADDRESS_BYTES];

	return pcireset_address_format(address, text) + 5; /* without 0000: */
}

static int scan(void *data, struct pcireset_address **ret_addresses, size_t *ret_n)
{
	struct fake *fake = data;
	struct pcireset_address *addresses = calloc(fake->n_functions + 1, sizeof(*addresses));

	fake->unscanned = false;
	/* Backwards, as libpci does it. */
	for (size_t i = 0; i < fake->n_functions; i++)
		addresses[i] = fake->functions[fake->n_functions - 1 - i].address;
	*ret_addresses = addresses;
	*ret_n = fake->n_functions;
	return 0;
}

static void live(struct fake_function *f)
{
	if (f->dies_after > 0 && --f->dies_after == 0)
		f->gone = true;
}

static bool is_silent(const struct fake *fake, const struct fake_function *f)
{
	return f->gone || fake->now_us < f->answers_at_us || !fake_bus_reaches(f);
}

/* Its own reset, that of the bus that it is on or leads to, or of one that is there. */
static bool is_locked_by(struct fake *fake, const struct fake_function *f, const char *path)
{
	static const char devices[] = "sys/bus/pci/devices/";
	const char *name = strrchr(path, '/');
	const struct fake_function *target;
	char text[PCIRESET_ADDRESS_BYTES];
	struct pcireset_address address;
	const bool whole_bus = strcmp(name, "/reset_subordinate") == 0;

	if ((!whole_bus && strcmp(name, "/reset") != 0) ||
	    strncmp(path, devices, sizeof(devices) - 1) != 0)
		return false;
	(void)snprintf(text, sizeof(text), "%.*s", (int)(name - path - (int)sizeof(devices) + 1),
		       path + sizeof(devices) - 1);
	assert_int_equal(pcireset_address_parse(text, &address), 0);
	target = find(fake, address);
	if (f == target)
		return true;
	if (whole_bus)
		return f->address.domain == address.domain &&
		       f->address.bus >= target->config[0x19] &&
		       f->address.bus <= target->config[0x1a];
	return f->config[0x0e] == 1 && f->address.domain == address.domain &&
	       f->config[0x19] == address.bus;
}

/*
 * Nobody reads or writes a function that resets itself; while the kernel resets it, such
 * an access would block for as long: drivers/pci/access.c, pci_wait_cfg().
 */
static void not_in_its_window(struct fake *fake, const struct fake_function *f)
{
	if (fake->now_us < f->quiet_until_us)
		fail_msg("access to %s during its reset", name_of(f->address));
	for (size_t i = 0; i < fake->n_jobs; i++)
		for (size_t k = 0; k < fake->jobs[i].job->n_writes; k++)
			if (is_locked_by(fake, f, fake->jobs[i].job->writes[k].path))
				fail_msg("access to %s blocks: the kernel resets it",
					 name_of(f->address));
}

static int config_read(void *data, struct pcireset_address address, uint16_t reg, void *buffer,
		       size_t bytes)
{
	struct fake *fake = data;
	struct fake_function *f = find(fake, address);

	if (fake->unscanned)
		return -ENODEV;
	fake->now_us += ACCESS_US * ((bytes + 3) / 4);
	assert_true(reg + bytes <= FAKE_CONFIG_BYTES);
	if (reg + bytes > f->config_bytes)
		return -EIO;
	not_in_its_window(fake, f);
	if (is_silent(fake, f)) {
		memset(buffer, 0xff, bytes);
		fake->now_us += f->dead_read_us;
	} else {
		memcpy(buffer, f->config + reg, bytes);
	}

	live(f);
	/* Link Status, the same */
	if (reg == 0x52 && fake->now_us < f->link_at_us)
		((uint8_t *)buffer)[1] &= (uint8_t)~0x20;
	/* Device Status of a capability at 0x40 */
	if (reg == 0x4a && f->pending_reads != 0) {
		((uint8_t *)buffer)[0] |= 0x20;
		if (f->pending_reads > 0)
			f->pending_reads--;
	}
	if (bytes <= 4)
		note(fake, "r %s %02x\n", name_of(address), reg);
	else
		note(fake, "r %s %02x+%zu\n", name_of(address), reg, bytes);
	return 0;
}

/* PCI Express Base Specification 6.0, 6.6.2 */
void fake_reset_function(struct fake *fake, struct fake_function *f, enum fake_flr kind)
{
	const uint32_t fixed = fake_get(f->config, f->fixed, 4);

	f->quiet_until_us = fake->now_us + f->quiet_us;
	if (kind == FAKE_FLR_DOES_NOTHING)
		return;
	f->answers_at_us = fake->now_us + f->flr_us;
	fake_put(f->config, 0x04, 0, 2);
	memset(f->config + 0x0c, 0, 2);
	memset(f->config + 0x10, 0, 24);
	f->config[0x3c] = 0;
	for (size_t i = 0; i < 2 && f->erased[i]; i++)
		fake_put(f->config, f->erased[i], 0, 4);
	if (f->erases)
		f->erases(f->config);
	if (f->fixed)
		fake_put(f->config, f->fixed, fixed, 4);
	f->gone = kind == FAKE_FLR_NEVER_RETURNS;
	if (kind == FAKE_FLR_STAYS_BUSY)
		fake_put(f->config, 0x00, 0xffff0001, 4);
	if (kind == FAKE_FLR_CHANGES_ID)
		fake_put(f->config, 0x00, 0x02b21000, 4);
}

/* FLR of a capability at 0x40, AF FLR of one at 0x60: bits that read as 0 */
static bool is_reset(const struct fake_function *f, uint16_t reg, uint32_t value)
{
	if (f->flr == FAKE_FLR_NONE)
		return false;
	return (reg == 0x48 && value & 0x8000) || (reg == 0x64 && value & 1);
}

static int write_register(struct fake *fake, struct pcireset_address address, uint16_t reg,
			  uint32_t value, size_t bytes)
{
	struct fake_function *f = find(fake, address);
	uint32_t before;

	if (fake->unscanned)
		return -ENODEV;
	fake->now_us += ACCESS_US;
	note(fake, "w %s %02x %0*x\n", name_of(address), reg, (int)bytes * 2, value);
	not_in_its_window(fake, f);
	if (f->locked_down)
		return -EPERM;
	f->gone |= f->dies_of_writes;
	if (f->gone || !fake_bus_reaches(f)) {
		fake->now_us += f->dead_read_us;
		return 0;
	}
	live(f);
	if (reg == 4 && f->sticky_master)
		value |= 4;
	if (is_reset(f, reg, value)) {
		fake_reset_function(fake, f, f->flr);
		return 0;
	}
	before = fake_get(f->config, reg, bytes);
	fake_put(f->config, reg, value, bytes);
	fake_bus_written(fake, f, reg, before);
	return 0;
}

static void tell(const struct fake *fake, bool made)
{
	if (fake->on_write)
		fake->on_write(made);
}

static int config_write(void *data, struct pcireset_address address, uint16_t reg, uint32_t value,
			size_t bytes)
{
	int r;

	tell(data, false);
	r = write_register(data, address, reg, value, bytes);
	tell(data, true);
	return r;
}

struct fake_attr *fake_find_attr(struct fake *fake, const char *path)
{
	for (size_t i = 0; i < fake->n_attrs; i++)
		if (strcmp(fake->attrs[i].path, path) == 0)
			return &fake->attrs[i];
	return NULL;
}

static int attr_read(void *data, const char *path, char *buffer, size_t bytes)
{
	const struct fake_attr *attr = fake_find_attr(data, path);

	if (!attr || attr->link)
		return -ENOENT;
	if (attr->read_error)
		return attr->read_error;
	(void)snprintf(buffer, bytes, "%s", attr->text);
	return 0;
}

static int write_now(struct fake *fake, const char *path, const char *text)
{
	static const char *const devices = "sys/bus/pci/devices/0000:";
	struct fake_attr *attr = fake_find_attr(fake, path);
	size_t length = strcspn(text, "\n");

	if (strncmp(path, devices, strlen(devices)) == 0)
		note(fake, "a %s %.*s\n", path + strlen(devices), (int)length, text);
	else
		note(fake, "a %s %.*s\n", path, (int)length, text);
	if (!attr)
		return -ENOENT;
	if (attr->busy_writes) {
		attr->busy_writes--;
		return -EAGAIN;
	}
	if (attr->write_error)
		return attr->write_error;
	if (attr->refused && strncmp(attr->refused, text, length) == 0 && !attr->refused[length])
		return -EINVAL;
	(void)snprintf(attr->text, sizeof(attr->text), "%.*s", (int)length, text);
	if (attr->written)
		attr->written(attr->function);
	return 0;
}

static int attr_write(void *data, const char *path, const char *text)
{
	int r;

	tell(data, false);
	r = write_now(data, path, text);
	tell(data, true);
	return r;
}

static int link_read(void *data, const char *path, char *buffer, size_t bytes)
{
	const struct fake_attr *attr = fake_find_attr(data, path);

	if (attr && attr->link_error)
		return attr->link_error;
	if (!attr || !attr->link)
		return -ENOENT;
	(void)snprintf(buffer, bytes, "%s", attr->text);
	return 0;
}

static int job_start(void *data, struct pcireset_job *job)
{
	struct fake *fake = data;
	uint64_t ends_us = fake->now_us;

	if (fake->n_jobs >= PCIRESET_JOBS_MAX)
		return -EAGAIN;
	for (size_t i = 0; i < job->n_writes; i++) {
		const struct fake_attr *attr = fake_find_attr(fake, job->writes[i].path);
		uint64_t us = attr && !attr->busy_writes ? attr->blocks_us : 0;

		ends_us = us == UINT64_MAX || ends_us == UINT64_MAX ? UINT64_MAX : ends_us + us;
	}
	fake->jobs[fake->n_jobs++] = (struct fake_job){ job, ends_us };
	if (fake->n_jobs > fake->most_jobs)
		fake->most_jobs = fake->n_jobs;
	return 0;
}

static int job_wait(void *data, uint64_t deadline_us, struct pcireset_job **ret_job)
{
	struct fake *fake = data;
	struct fake_job *first = NULL;

	for (size_t i = 0; i < fake->n_jobs; i++)
		if (!first || fake->jobs[i].ends_us < first->ends_us)
			first = &fake->jobs[i];
	if (!first || first->ends_us > deadline_us) {
		if (fake->now_us < deadline_us)
			fake->now_us = deadline_us;
		return -ETIMEDOUT;
	}

	if (fake->now_us < first->ends_us)
		fake->now_us = first->ends_us;
	*ret_job = first->job;
	pcireset_job_run(first->job, attr_write, fake);
	*first = fake->jobs[--fake->n_jobs];
	return 0;
}

static uint64_t now_us(void *data)
{
	return ((struct fake *)data)->now_us;
}

static void sleep_us(void *data, uint64_t us)
{
	struct fake *fake = data;

	note(fake, "s %llu\n", (unsigned long long)us);
	fake->now_us += us;
}

void fake_init(struct fake *fake)
{
	memset(fake, 0, sizeof(*fake));
	fake->io = (struct pcireset_io){
		scan,	   config_read, config_write, attr_read, attr_write, link_read,
		job_start, job_wait,	now_us,	      sleep_us,	 fake,
	};
}

void fake_hang(void)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		(void)pause();
}
