/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions that nobody waits for: resets that have not returned, and functions that
 * have not come back from theirs. Until they do, no driver gets them.
 */
#include <errno.h>
#include <string.h>

#include "supervise.h"

#define BAR_MS	      500
/* As long as the kernel waits for a function: drivers/pci/pci.h, PCIE_RESET_READY_POLL_MS. */
#define LATE_MS	      60000
#define LATE_PAUSE_MS 250
#define LATE_PAUSES   16 /* a read may take 50 ms, and the dump needs the processor */
/* Resets that are stuck at most: PCIRESET_JOBS_MAX, each of a bus with some functions. */
#define STUCK_MAX     256

static bool is_late(const struct pcireset_journal_entry *entry)
{
	return entry->in_use && entry->late && !entry->stuck;
}

/* Whoever puts it back had no time to, and is still at it. */
static bool may_be_late(const struct pcireset_journal_entry *entry)
{
	return entry->in_use && entry->quiet_until_us && !entry->stuck;
}

/* Configuration space is out of reach before a scan. */
static int open_scanned(const struct quiesce_supervision *s, struct pcireset_io **ret_io)
{
	struct pcireset_address *addresses;
	size_t n;
	int r;

	r = pcireset_io_open(s->root[0] ? s->root : "/", ret_io);
	return r < 0 ? r : pcireset_addresses_read(*ret_io, &addresses, &n);
}

static void log_return(const struct quiesce_log *log, const struct pcireset_journal_entry *entry,
		       const char *what)
{
	char address[PCIRESET_ADDRESS_BYTES];

	quiesce_log(log, QUIESCE_NOTICE, "%s: %s", pcireset_address_format(entry->address, address),
		    what);
}

static void free_stuck(const struct quiesce_supervision *s, struct quiesce_shared *shared, size_t i)
{
	struct pcireset_journal_entry *entry = &shared->journal->entries[i];
	struct pcireset_journal_entry free_again = *entry;
	struct pcireset_io *io;

	if (open_scanned(s, &io) < 0)
		_exit(1);
	quiesce_wait_for_lock(io, entry);
	free_again.stuck = false;
	if (pcireset_journal_restore(io, &free_again) < 0)
		_exit(1);
	*entry = free_again;
	log_return(s->log, entry, "its reset has returned after all");
	quiesce_probe(io, s->log, shared, entry->address);
	_exit(0);
}

/* Return: how many still do not answer. A probe may hang, and has a child of its own. */
static size_t look_at_late(const struct quiesce_supervision *s, struct quiesce_shared *shared,
			   const struct pcireset_io *io)
{
	size_t n = 0;

	for (size_t i = 0; i < shared->journal->n && i < shared->journal->capacity; i++) {
		struct pcireset_journal_entry *entry = &shared->journal->entries[i];
		struct quiesce_child child;
		int r;

		if (!is_late(entry)) {
			n += may_be_late(entry);
			continue;
		}
		r = pcireset_journal_restore(io, entry);
		n += r == -EAGAIN;
		if (r < 0)
			continue;
		if (entry->in_use) {
			log_return(s->log, entry, "stays isolated");
			continue;
		}
		log_return(s->log, entry, "it is back after its reset");
		if (quiesce_put_back_start(s, &child)) {
			quiesce_probe(io, s->log, shared, entry->address);
			_exit(0);
		}
		if (child.pid > 0)
			quiesce_child_leave(&child);
	}
	return n;
}

static void look_after_late(const struct quiesce_supervision *s, struct quiesce_shared *shared)
{
	uint64_t begin_us = quiesce_monotonic_us(), pause_us;
	const uint64_t end_us = begin_us + LATE_MS * 1000ull;
	struct pcireset_io *io;
	size_t n;

	if (open_scanned(s, &io) < 0)
		_exit(1);
	while ((n = look_at_late(s, shared, io)) > 0 && begin_us < end_us) {
		pause_us = (quiesce_monotonic_us() - begin_us) * LATE_PAUSES;
		if (pause_us < LATE_PAUSE_MS * 1000ull)
			pause_us = LATE_PAUSE_MS * 1000ull;
		io->sleep_us(io->data, pause_us);
		begin_us = quiesce_monotonic_us();
	}
	if (n)
		quiesce_log(
			s->log, QUIESCE_WARNING,
			"%zu functions did not come back from their resets: no driver gets them",
			n);
	_exit(0);
}

void quiesce_free_stuck(const struct quiesce_supervision *s, struct quiesce_shared *shared)
{
	size_t n_left = STUCK_MAX, n_late = 0;
	struct quiesce_child child;

	for (size_t i = 0; i < shared->journal->n && i < shared->journal->capacity; i++) {
		n_late += may_be_late(&shared->journal->entries[i]);
		if (!shared->journal->entries[i].in_use || !shared->journal->entries[i].stuck ||
		    n_left-- == 0)
			continue;
		if (quiesce_put_back_start(s, &child))
			free_stuck(s, shared, i);
		if (child.pid > 0)
			quiesce_child_leave(&child);
	}
	if (n_late == 0)
		return;

	quiesce_log(s->log, QUIESCE_WARNING,
		    "%zu functions have not come back from their resets yet: no driver gets them "
		    "before",
		    n_late);
	if (quiesce_put_back_start(s, &child))
		look_after_late(s, shared);
	if (child.pid > 0)
		quiesce_child_leave(&child);
}

struct barring {
	const char *root;
	struct pcireset_journal *journal;
};

static int bar(const void *data)
{
	const struct barring *barring = data;
	struct pcireset_io *io;
	int r = pcireset_io_open(barring->root[0] ? barring->root : "/", &io);

	if (r == 0)
		pcireset_journal_override(io, barring->journal);
	return r;
}

void quiesce_bar_drivers(const struct quiesce_supervision *s, struct quiesce_shared *shared)
{
	const struct barring barring = { s->root, shared->journal };
	int r = 0;

	for (size_t i = 0; i < shared->journal->n && i < shared->journal->capacity; i++)
		if (shared->journal->entries[i].in_use &&
		    shared->journal->entries[i].quiet_until_us) {
			r = quiesce_child_do(bar, &barring, quiesce_monotonic_us() + BAR_MS * 1000);
			break;
		}
	shared->left_behind |= r == -ETIMEDOUT;
	if (r < 0)
		quiesce_log(s->log, QUIESCE_WARNING,
			    "drivers may get functions whose resets are not over: %s",
			    strerror(-r));
}
