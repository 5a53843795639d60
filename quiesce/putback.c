/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Before anything else starts: what the worker left changed, and a probe for
 * whatever found its driver while probing was off. These writes take the lock
 * of a device, which a stuck reset may hold: they are made by a child, and
 * where that hangs, by another one that starts behind the function it hung on.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "supervise.h"

#define AUTOPROBE "sys/bus/pci/drivers_autoprobe"
#define PROBE "sys/bus/pci/drivers_probe"
/* A function must not take longer: two conventional buses, one below the other, take 2.3 s. */
#define PROGRESS_MS 3000
#define TRAIN_MS 1000 /* links that were down, all together */
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

/*
 * A bridge's driver is built in, and a second probe may write registers: no bridge
 * is probed again. A port that was told to wait, for the driver of an IOMMU, has not
 * been probed: the kernel forgets that where its time comes while probing is off.
 * Source: drivers/base/dd.c, deferred_probe_work_func(); drivers/base/bus.c,
 * bus_probe_device().
 */
static bool had_its_turn(const struct pcireset_io *io, struct pcireset_address address)
{
	char path[PCIRESET_PATH_BYTES], class_code[16];

	if (io->attr_read(io->data, pcireset_attr_path(address, "class", path), class_code,
			  sizeof(class_code)) < 0 ||
	    (strncmp(class_code, "0x0604", 6) != 0 && strncmp(class_code, "0x0607", 6) != 0))
		return false;
	return !pcireset_is_port(io, address);
}

void quiesce_probe(const struct pcireset_io *io, const struct quiesce_log *log,
		   const struct quiesce_shared *shared, struct pcireset_address address)
{
	char path[PCIRESET_PATH_BYTES], driver[32];

	if (io->link_read(io->data, pcireset_attr_path(address, "driver", path), driver,
			  sizeof(driver)) != -ENOENT ||
	    pcireset_journal_bars(shared->journal, address) || had_its_turn(io, address))
		return;
	(void)pcireset_address_format(address, path);
	/* On the record before it can hang. */
	quiesce_log(log, QUIESCE_DEBUG, "%s: probing", path);
	(void)io->attr_write(io->data, PROBE, path);
}

/*
 * A reset that is under way holds the lock of its function. Its driver_override
 * must stay until then: a driver that is loaded would wait for that lock, and
 * whoever loads it, too. A probe that can match nothing takes the lock and does
 * no more; the write to driver_override does not on every kernel.
 * Source: drivers/base/bus.c, drivers_probe_store(); drivers/base/dd.c,
 * __device_attach().
 */
void quiesce_wait_for_lock(const struct pcireset_io *io,
			   const struct pcireset_journal_entry *entry)
{
	char address[PCIRESET_ADDRESS_BYTES];

	if (entry->in_use && entry->overridden)
		(void)io->attr_write(io->data, PROBE,
				     pcireset_address_format(entry->address, address));
}

/* What somebody else did not wait for comes too late for their probes. */
static void put_back(const struct pcireset_io *io, const struct quiesce_log *log,
		     struct quiesce_shared *shared, size_t i, size_t turn)
{
	struct pcireset_journal_entry *entry = &shared->journal->entries[i];
	const struct pcireset_address address = entry->address;
	const bool was_in_use = entry->in_use, stood = entry->isolation.stands;
	char text[PCIRESET_ADDRESS_BYTES];
	int r;

	/* Looked after by a child of its own. */
	if (entry->in_use && entry->late)
		return;
	if (!entry->stuck)
		quiesce_wait_for_lock(io, entry);
	r = pcireset_journal_restore(io, entry);
	(void)pcireset_address_format(address, text);
	if (r < 0 && r != -EBUSY && r != -EAGAIN)
		quiesce_log(log, QUIESCE_WARNING, "%s: cannot be put back: %s", text, strerror(-r));
	/* Whoever died there has told neither. */
	if (r == 0 && was_in_use && !stood)
		quiesce_log(log, entry->in_use ? QUIESCE_NOTICE : QUIESCE_DEBUG, "%s: %s", text,
			    entry->in_use ? "stays isolated" : "put back");
	if (r == 0 && was_in_use && shared->autoprobe_off && shared->next > turn + 1)
		quiesce_probe(io, log, shared, address);
}

/* Buses that are in reset: all are freed, then all links train, and all settle. */
static void free_buses(const struct pcireset_io *io, const struct pcireset_journal *journal)
{
	uint64_t end_us;

	for (size_t i = 0; i < journal->n; i++)
		if (!journal->entries[i].stuck)
			(void)pcireset_journal_release(io, &journal->entries[i]);
	end_us = io->now_us(io->data) + TRAIN_MS * 1000ull;
	for (size_t i = 0; i < journal->n; i++)
		pcireset_journal_train(io, &journal->entries[i], end_us);
}

/*
 * Twice: what leads to a bus has its events masked until all that is below is restored.
 * Whoever is done there is not in use any more.
 */
static void take_turn(const struct pcireset_io *io, const struct quiesce_log *log,
		      struct quiesce_shared *shared, size_t turn)
{
	const size_t n = shared->journal->n, i = turn < n ? turn : turn - n;
	const bool is_above = pcireset_journal_is_above(&shared->journal->entries[i]);

	if (is_above && turn < n)
		pcireset_journal_lead(io, &shared->journal->entries[i]);
	else if (is_above == (turn >= n))
		put_back(io, log, shared, i, turn);
}

int quiesce_put_back_from(const struct pcireset_io *io, const struct quiesce_log *log,
			  struct quiesce_shared *shared)
{
	const size_t n_entries = shared->journal->n;
	_cleanup_free_ struct pcireset_address *addresses = NULL;
	size_t n = 0, i;
	int r;

	/*
	 * Configuration space is out of reach before; in order, as every child counts as
	 * the others do. Attributes can be put back all the same.
	 */
	r = pcireset_addresses_read(io, &addresses, &n);

	if (r == 0)
		free_buses(io, shared->journal);
	/* Each is taken once, by whichever child is alive; one that hangs has taken one. */
	while ((i = __atomic_fetch_add(&shared->next, 1, __ATOMIC_RELAXED)) < 2 * n_entries + n) {
		if (i < 2 * n_entries) {
			take_turn(io, log, shared, i);
			continue;
		}
		/* Nothing missed its turn. */
		if (!shared->autoprobe_off)
			break;
		quiesce_probe(io, log, shared, addresses[i - 2 * n_entries]);
	}
	return r;
}

/* Return: an exit code. */
static int child_main(const struct quiesce_supervision *s, struct quiesce_shared *shared)
{
	struct pcireset_io *io;
	int r;

	r = pcireset_io_open(s->root[0] ? s->root : "/", &io);
	if (r == 0)
		r = quiesce_put_back_from(io, s->log, shared);
	if (r == 0)
		return 0;
	quiesce_log(s->log, QUIESCE_ERR, "functions without a driver are not probed: %s",
		    strerror(-r));
	return 1;
}

bool quiesce_put_back_start(const struct quiesce_supervision *s, struct quiesce_child *ret_child)
{
	int r = quiesce_child_start(ret_child);

	if (r < 0) {
		quiesce_log(s->log, QUIESCE_ERR, "cannot put drivers back: %s", strerror(-r));
		*ret_child = (struct quiesce_child){ .pid = -1, .fd = -1 };
		return false;
	}
	if (ret_child->pid == 0) {
		sigset_t none;

		/* Nobody waits for it for long: it must not keep a shutdown waiting. */
		(void)sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		quiesce_child_detach(STDIN_FILENO, STDERR_FILENO);
	}
	return ret_child->pid == 0;
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

/* @next: number of what it did last, from 1. Which function was probed is in the log. */
static void log_stop(const struct quiesce_log *log, const struct pcireset_journal *journal,
		     size_t next, int error)
{
	const char *what = error == -ETIMEDOUT ? "does not return" : "did not survive it";
	char address[PCIRESET_ADDRESS_BYTES];

	if (next > 0 && next <= 2 * journal->n)
		quiesce_log(log, QUIESCE_WARNING, "%s: putting it back %s",
			    pcireset_address_format(journal->entries[(next - 1) % journal->n].address, address),
			    what);
	else
		quiesce_log(log, QUIESCE_WARNING, "a probe %s", what);
}

/* False: there is no way on, or no need. */
static bool put_back_on(const struct quiesce_supervision *s, struct quiesce_shared *shared,
			uint64_t end_us, bool *all_ended)
{
	struct quiesce_child child;
	int status, r;
	size_t next;

	if (quiesce_put_back_start(s, &child)) {
		r = child_main(s, shared);
		quiesce_tell(child.fd, QUIESCE_TELL_DONE);
		_exit(r);
	}
	if (child.pid < 0)
		return false;

	r = watch(&child, shared, end_us, &next);
	/* It is never killed: it may be about to bind, or waits for a reset's lock. */
	if (r == -ETIMEDOUT) {
		quiesce_child_leave(&child);
		*all_ended = false;
	} else if (!quiesce_child_end(&child, false, &status)) {
		*all_ended = false;
	}
	if (r < 0 && quiesce_monotonic_us() < end_us)
		log_stop(s->log, shared->journal, next, r);
	return r < 0;
}

/* The rest, by a child that nobody waits for. */
static void put_back_later(const struct quiesce_supervision *s, struct quiesce_shared *shared)
{
	struct quiesce_child child;

	quiesce_log(s->log, QUIESCE_ERR, "no time left: the rest is put back beside what follows");
	if (quiesce_put_back_start(s, &child))
		_exit(child_main(s, shared));
	if (child.pid > 0)
		quiesce_child_leave(&child);
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
			put_back_later(s, shared);
			break;
		}
	return all_ended;
}
