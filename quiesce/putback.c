/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Before anything else starts: what the worker left changed, and a probe for
 * whatever found its driver while probing was off. These writes take the lock
 * of a device, which a stuck reset may hold: they are made by a child, and
 * where that hangs, by another one that starts behind the function it hung on.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "supervise.h"

#define AUTOPROBE "sys/bus/pci/drivers_autoprobe"
#define PROBE "sys/bus/pci/drivers_probe"
#define PROGRESS_MS 2000 /* a function must not take longer than this */
#define LOOK_MS 100	 /* it tells of its progress in memory only */

int quiesce_autoprobe_open(const char *root)
{
	char path[512];

	int fd;

	if (snprintf(path, sizeof(path), "%s/" AUTOPROBE, root) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int quiesce_autoprobe_off(struct quiesce_shared *shared)
{
	char now = '0';

	if (shared->autoprobe_fd < 0)
		return shared->autoprobe_fd;
	if (pread(shared->autoprobe_fd, &now, 1, 0) < 0)
		return -errno;
	if (now != '1')
		return 0;
	shared->autoprobe_off = true;
	return pwrite(shared->autoprobe_fd, "0", 1, 0) == 1 ? 0 : -errno;
}

int quiesce_autoprobe_on(struct quiesce_shared *shared)
{
	if (!shared->autoprobe_off)
		return 0;
	return pwrite(shared->autoprobe_fd, "1", 1, 0) == 1 ? 0 : -errno;
}

/* Its driver is built in and had its turn; a probe may write its registers. */
static bool is_bridge(const struct pcireset_io *io, struct pcireset_address address)
{
	char path[PCIRESET_PATH_BYTES], class_code[16];

	return io->attr_read(io->data, pcireset_attr_path(address, "class", path), class_code,
			     sizeof(class_code)) == 0 &&
	       (strncmp(class_code, "0x0604", 6) == 0 || strncmp(class_code, "0x0607", 6) == 0);
}

static void probe(const struct pcireset_io *io, const struct quiesce_log *log,
		  const struct quiesce_shared *shared, struct pcireset_address address)
{
	char path[PCIRESET_PATH_BYTES], driver[32];

	if (io->link_read(io->data, pcireset_attr_path(address, "driver", path), driver,
			  sizeof(driver)) != -ENOENT ||
	    pcireset_journal_bars(shared->journal, address) || is_bridge(io, address))
		return;
	(void)pcireset_address_format(address, path);
	/* On the record before it can hang. */
	quiesce_log(log, QUIESCE_DEBUG, "%s: probing", path);
	(void)io->attr_write(io->data, PROBE, path);
}

static int compare(const void *a, const void *b)
{
	return pcireset_address_compare(*(const struct pcireset_address *)a,
					*(const struct pcireset_address *)b);
}

int quiesce_put_back_from(const struct pcireset_io *io, const struct quiesce_log *log,
			  struct quiesce_shared *shared)
{
	const size_t n_entries = shared->journal->n;
	const uint32_t turn = shared->turn;
	_cleanup_free_ struct pcireset_address *addresses = NULL;
	size_t n = 0;
	int r;

	while (shared->next < n_entries) {
		(void)pcireset_journal_restore(io, &shared->journal->entries[shared->next]);
		/* Whoever comes to life again leaves the count to its successor. */
		if (shared->turn != turn)
			return 0;
		shared->next++;
	}

	/* Nothing missed its turn. */
	if (!shared->autoprobe_off)
		return 0;
	r = io->scan(io->data, &addresses, &n);
	if (r < 0)
		return r;

	/* The next child has to count as this one does. */
	qsort(addresses, n, sizeof(*addresses), compare);
	while (shared->next - n_entries < n) {
		probe(io, log, shared, addresses[shared->next - n_entries]);
		if (shared->turn != turn)
			return 0;
		shared->next++;
	}
	return 0;
}

static int child_main(const struct quiesce_supervision *s, struct quiesce_shared *shared)
{
	struct pcireset_io *io;

	if (pcireset_io_open(s->root[0] ? s->root : "/", &io) < 0)
		return 1;
	return quiesce_put_back_from(io, s->log, shared) < 0;
}

/*
 * Until it ends, makes no progress, or the time is up. Return: 0 where it got
 * to the end.
 */
static int watch(const struct quiesce_child *child, const struct quiesce_shared *shared,
		 uint64_t end_us, size_t *ret_at)
{
	uint64_t now_us = quiesce_monotonic_us(), moved_us = now_us;
	int r;

	*ret_at = shared->next;
	do {
		uint64_t until_us = now_us + LOOK_MS * 1000ull;

		r = quiesce_child_hear(child, until_us < end_us ? until_us : end_us);
		now_us = quiesce_monotonic_us();
		if (shared->next != *ret_at)
			moved_us = now_us;
		*ret_at = shared->next;
	} while (r == -ETIMEDOUT && now_us - moved_us < PROGRESS_MS * 1000ull && now_us < end_us);
	return r == QUIESCE_TELL_DONE ? 0 : r;
}

/* Which function was probed is in the log already. */
static void log_stop(const struct quiesce_log *log, const struct pcireset_journal *journal,
		     size_t at, int error)
{
	char address[PCIRESET_ADDRESS_BYTES];

	if (at < journal->n)
		quiesce_log(log, QUIESCE_WARNING, "%s: cannot be put back: %s",
			    pcireset_address_format(journal->entries[at].address, address),
			    strerror(-error));
	else
		quiesce_log(log, QUIESCE_WARNING, "a probe does not return: %s",
			    strerror(-error));
}

/* False: there is no way on, or no need. */
static bool put_back_on(const struct quiesce_supervision *s, struct quiesce_shared *shared,
			uint64_t end_us, bool *all_ended)
{
	struct quiesce_child child;
	int status, r;
	size_t at;

	shared->turn++;
	r = quiesce_child_start(&child);
	if (r < 0) {
		quiesce_log(s->log, QUIESCE_ERR, "cannot put drivers back: %s", strerror(-r));
		return false;
	}
	if (child.pid == 0) {
		r = child_main(s, shared);
		quiesce_tell(child.fd, QUIESCE_TELL_DONE);
		_exit(r);
	}

	r = watch(&child, shared, end_us, &at);
	/* A slow probe is not killed: it may be about to bind. */
	if (r == -ETIMEDOUT && at >= shared->journal->n) {
		quiesce_child_leave(&child);
		*all_ended = false;
	} else if (!quiesce_child_end(&child, r < 0, &status)) {
		*all_ended = false;
	}
	if (r == 0)
		return false;

	log_stop(s->log, shared->journal, at, r);
	/* It may have got on in the meantime. */
	if (shared->next == at)
		shared->next = at + 1;
	return true;
}

bool quiesce_put_back(const struct quiesce_supervision *s, struct quiesce_shared *shared,
		      uint64_t end_us)
{
	bool all_ended = true;

	if (shared->journal->n == 0 && !shared->autoprobe_off)
		return true;

	shared->next = 0;
	while (put_back_on(s, shared, end_us, &all_ended))
		if (quiesce_monotonic_us() >= end_us) {
			quiesce_log(s->log, QUIESCE_ERR, "no time left to put back the rest");
			break;
		}
	return all_ended;
}
