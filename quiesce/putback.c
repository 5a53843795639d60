/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Before the next init: what the worker left changed in sysfs, and a probe for
 * whatever found its driver while probing was off. These writes take the lock
 * of a device, which a stuck reset may hold: they are made by a child, and
 * where that hangs, by another one that starts behind the function it hung on.
 */
#include <errno.h>
#include <string.h>

#include "quiesce.h"

#define AUTOPROBE "sys/bus/pci/drivers_autoprobe"
#define PROBE "sys/bus/pci/drivers_probe"
#define PROGRESS_MS 2000 /* a function must not take longer than this */
#define TOTAL_MS 15000	 /* nor all of them together longer than this */

static int write_root(const char *path, const char *text)
{
	struct pcireset_io *io;
	int r;

	r = pcireset_io_open("/", &io);
	if (r < 0)
		return r;
	r = io->attr_write(io->data, path, text);
	pcireset_io_close(io);
	return r;
}

bool quiesce_autoprobe_off(void)
{
	_cleanup_free_ char *text = NULL;

	return quiesce_file_read("", AUTOPROBE, 64, &text) == 0 && text[0] == '1' &&
	       write_root(AUTOPROBE, "0") == 0;
}

/* Takes no lock of any device: PID 1 may do this itself. */
void quiesce_autoprobe_on(void)
{
	(void)write_root(AUTOPROBE, "1");
}

static bool is_barred(const struct quiesce_shared *shared, struct pcireset_address address)
{
	for (size_t i = 0; i < shared->journal->n; i++)
		if (shared->journal->entries[i].in_use &&
		    pcireset_address_compare(shared->journal->entries[i].address, address) == 0)
			return true;
	return false;
}

/* Its driver is built in and had its turn; a probe may write its registers. */
static bool is_bridge(const struct pcireset_io *io, struct pcireset_address address)
{
	char path[PCIRESET_PATH_BYTES], class_code[16];

	return io->attr_read(io->data, pcireset_attr_path(address, "class", path), class_code,
			     sizeof(class_code)) == 0 &&
	       (strncmp(class_code, "0x0604", 6) == 0 || strncmp(class_code, "0x0607", 6) == 0);
}

static void probe(const struct pcireset_io *io, const struct quiesce_shared *shared,
		  struct pcireset_address address)
{
	char path[PCIRESET_PATH_BYTES], driver[32];

	if (io->link_read(io->data, pcireset_attr_path(address, "driver", path), driver,
			  sizeof(driver)) == 0 ||
	    is_barred(shared, address) || is_bridge(io, address))
		return;
	(void)pcireset_address_format(address, path);
	(void)io->attr_write(io->data, PROBE, path);
}

static int compare(const void *a, const void *b)
{
	return pcireset_address_compare(*(const struct pcireset_address *)a,
					*(const struct pcireset_address *)b);
}

int quiesce_put_back_from(const struct pcireset_io *io, struct quiesce_shared *shared)
{
	const size_t n_entries = shared->journal->n;
	_cleanup_free_ struct pcireset_address *addresses = NULL;
	size_t n = 0;
	int r;

	for (; shared->next < n_entries; shared->next++)
		(void)pcireset_journal_restore(io, &shared->journal->entries[shared->next]);

	r = io->scan(io->data, &addresses, &n);
	if (r < 0)
		return r;

	/* The next child has to count as this one does. */
	qsort(addresses, n, sizeof(*addresses), compare);
	for (; shared->next - n_entries < n; shared->next++)
		probe(io, shared, addresses[shared->next - n_entries]);
	return 0;
}

static int child_main(struct quiesce_shared *shared)
{
	struct pcireset_io *io;

	if (pcireset_io_open("/", &io) < 0)
		return 1;
	return quiesce_put_back_from(io, shared) < 0;
}

/* True where the child got to the end, or died: another one would, too. */
static bool watch(struct quiesce_child *child, const struct quiesce_shared *shared,
		  uint64_t end_us)
{
	int status, r;

	for (;;) {
		uint64_t until_us = quiesce_monotonic_us() + PROGRESS_MS * 1000ull;
		size_t before = shared->next;

		r = quiesce_child_hear(child, until_us < end_us ? until_us : end_us);
		if (r != -ETIMEDOUT || shared->next == before)
			break;
		if (quiesce_monotonic_us() >= end_us)
			break;
	}
	(void)quiesce_child_end(child, r == -ETIMEDOUT, &status);
	return r != -ETIMEDOUT;
}

void quiesce_put_back(const struct quiesce_log *log, struct quiesce_shared *shared)
{
	uint64_t end_us = quiesce_monotonic_us() + TOTAL_MS * 1000ull;

	for (shared->next = 0; quiesce_monotonic_us() < end_us; shared->next++) {
		struct quiesce_child child;
		int r;

		r = quiesce_child_start(&child);
		if (r < 0) {
			quiesce_log(log, QUIESCE_ERR, "cannot put drivers back: %s",
				    strerror(-r));
			return;
		}
		if (child.pid == 0)
			_exit(child_main(shared));
		if (watch(&child, shared, end_us))
			return;
		quiesce_log(log, QUIESCE_WARNING, "a function does not let go: skipped");
	}
}
