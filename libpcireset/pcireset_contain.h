/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Isolating functions that no reset has stopped; beside pcireset.h. */
#ifndef PCIRESET_CONTAIN_H
#define PCIRESET_CONTAIN_H

#include "pcireset.h"

/**
 * struct pcireset_contained - one function that is to be isolated
 * @wanted: set by the caller; all others are left alone
 * @stands: nothing of it reaches memory any more, and drivers are kept away for good
 * @gone: it no longer answers, itself
 * @error: 0, or why not
 * @why: the same in words, or NULL
 */
struct pcireset_contained {
	bool wanted;
	bool stands;
	bool gone;
	int error;
	const char *why;
};

/**
 * pcireset_contain_hinders() - what a function lacks for one way; only reads
 * @io: the machine
 * @machine: with its topology
 * @i: the function
 * @way: PCIRESET_CONTAIN_D3HOT or _LINK
 *
 * D3hot is for functions with Power Management, but for a PF, whose VFs would go on.
 * A link is disabled by the port right above it, where that reports its state, its slot
 * is not hot-plug capable, whoever drives that, and no bridge is between.
 *
 * Return: NULL, or the words for it.
 */
const char *pcireset_contain_hinders(const struct pcireset_io *io,
				     const struct pcireset_machine *machine, size_t i,
				     enum pcireset_contain way);

/**
 * pcireset_contain_d3hot() - put functions to sleep, all at once, as their last step
 * @io: the machine
 * @machine: with its topology
 * @journal: an entry of each holds driver_override, for good where it stands
 * @list: one per function; none of them with something that hinders
 *
 * Bus Master has to be off. Believed where PMCSR says D3hot after 10 ms; from then on
 * no register of it is read. One that does not go there is left to drivers again.
 *
 * Source: PCI Power Management Specification 1.2, 5.4.1 and table 5-6.
 */
void pcireset_contain_d3hot(const struct pcireset_io *io, const struct pcireset_machine *machine,
			    struct pcireset_journal *journal, struct pcireset_contained *list);

/**
 * pcireset_contain_link() - disable the links that functions are behind
 * @io: the machine
 * @machine: with its topology
 * @journal: as above; an entry of the port holds what is masked meanwhile
 * @deadline_us: no link is disabled after this, on the clock of the door
 * @list: one per function; all below a port, or none
 *
 * Writes Link Control of the port, and around that what masks its slot events, AER and
 * DPC; never its COMMAND. Where its link stays active for 100 ms it is enabled again:
 * what is behind has been reset then, perhaps, and is restored like after a reset.
 *
 * Source: PCI Express Base Specification 6.0, 7.5.3.7 (Link Disable), 7.5.3.8.
 */
void pcireset_contain_link(const struct pcireset_io *io, const struct pcireset_machine *machine,
			   struct pcireset_journal *journal, uint64_t deadline_us,
			   struct pcireset_contained *list);

/**
 * pcireset_journal_bar() - keep drivers from a function that is about to be isolated
 * @io: the machine
 * @function: the function
 * @entry: its entry; what it is given to restore stays
 * @way: how it will be isolated
 *
 * Return: 0, -EBUSY where it has a driver, somebody else's driver_override, or something
 * that is not put back, or -errno of the write. Where the entry has @way then, it is to
 * be put back by pcireset_journal_restore().
 */
int pcireset_journal_bar(const struct pcireset_io *io, const struct pcireset_function *function,
			 struct pcireset_journal_entry *entry, enum pcireset_contain way);

/** pcireset_contain_word() - "d3hot", "link", "iommu", or "none" */
const char *pcireset_contain_word(enum pcireset_contain way);

#endif
