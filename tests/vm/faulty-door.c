/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "faulty-door.h"

#include <linux/pci_regs.h>
#include <signal.h>

static void die(const struct faulty_door *door, const char *what)
{
	quiesce_log(door->log, QUIESCE_INFO, "faulty: kill after %s", what);
	(void)raise(SIGKILL);
}

static void count(struct faulty_door *door, const char *what)
{
	if (door->left == 0 || door->left-- > 1)
		return;
	die(door, what);
}

static int scan(void *data, struct pcireset_address **ret_addresses, size_t *ret_n)
{
	const struct pcireset_io *io = ((struct faulty_door *)data)->behind;

	return io->scan(io->data, ret_addresses, ret_n);
}

/* Its Bus Master reads as off, and stays on whatever is written. */
static bool is_lie(const struct faulty_door *door, struct pcireset_address address, uint16_t reg)
{
	return door->lies && reg == PCI_COMMAND &&
	       pcireset_address_compare(door->liar, address) == 0;
}

static int config_read(void *data, struct pcireset_address address, uint16_t reg, void *buffer,
		       size_t bytes)
{
	const struct pcireset_io *io = ((struct faulty_door *)data)->behind;
	int r = io->config_read(io->data, address, reg, buffer, bytes);

	if (r == 0 && is_lie(data, address, reg))
		*(uint8_t *)buffer &= (uint8_t)~PCI_COMMAND_MASTER;
	return r;
}

static int config_write(void *data, struct pcireset_address address, uint16_t reg, uint32_t value,
			size_t bytes)
{
	const struct pcireset_io *io = ((struct faulty_door *)data)->behind;
	const uint32_t extra = is_lie(data, address, reg) ? PCI_COMMAND_MASTER : 0;
	int r = io->config_write(io->data, address, reg, value | extra, bytes);

	count(data, "config");
	return r;
}

static int attr_read(void *data, const char *path, char *buffer, size_t bytes)
{
	const struct pcireset_io *io = ((struct faulty_door *)data)->behind;

	return io->attr_read(io->data, path, buffer, bytes);
}

static int attr_write(void *data, const char *path, const char *text)
{
	const struct pcireset_io *io = ((struct faulty_door *)data)->behind;
	int r = io->attr_write(io->data, path, text);

	count(data, "attribute");
	return r;
}

static int link_read(void *data, const char *path, char *buffer, size_t bytes)
{
	const struct pcireset_io *io = ((struct faulty_door *)data)->behind;

	return io->link_read(io->data, path, buffer, bytes);
}

static int job_start(void *data, struct pcireset_job *job)
{
	const struct pcireset_io *io = ((struct faulty_door *)data)->behind;
	int r = io->job_start(io->data, job);

	/* With time enough to be inside the reset, which takes 100 ms. */
	if (r == 0 && ((struct faulty_door *)data)->left == 1)
		io->sleep_us(io->data, 30000);
	count(data, "job");
	return r;
}

static int job_wait(void *data, uint64_t deadline_us, struct pcireset_job **ret_job)
{
	const struct pcireset_io *io = ((struct faulty_door *)data)->behind;

	return io->job_wait(io->data, deadline_us, ret_job);
}

static uint64_t now_us(void *data)
{
	const struct pcireset_io *io = ((struct faulty_door *)data)->behind;

	return io->now_us(io->data);
}

static void sleep_us(void *data, uint64_t us)
{
	const struct faulty_door *door = data;
	const struct pcireset_io *io = door->behind;

	if (us == door->last_sleep_us && us) {
		io->sleep_us(io->data, us / 2);
		die(door, "sleep");
	}
	io->sleep_us(io->data, us);
}

void faulty_door_open(struct faulty_door *door, const struct pcireset_io *behind,
		      const struct quiesce_log *log, long n)
{
	*door = (struct faulty_door){
		.io = { scan, config_read, config_write, attr_read, attr_write, link_read,
			job_start, job_wait, now_us, sleep_us, door },
		.behind = behind,
		.log = log,
		.left = n,
	};
}
