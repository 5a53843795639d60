/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults are counted where the kernel tells of them: in its log. How many there
 * were nobody knows: few of many are printed, and fault recording registers that
 * are full are emptied without a word. So that there was none is believed only
 * while no function at all had any, and for some time before.
 * Sentences of drivers/iommu/intel/dmar.c, dmar_fault(), and of
 * drivers/iommu/amd/iommu.c, amd_iommu_report_page_fault() and iommu_print_event().
 */
#include "faults.h"

#include <fcntl.h>
#include <string.h>

#include "kmsg.h"

/* After ten messages, for so long: include/linux/ratelimit_types.h */
#define INTERVAL_US 5000000
#define INTERRUPTS_BYTES_MAX (1024 * 1024)
/* drivers/iommu/amd/amd_iommu_types.h, EVENT_FLAG_I: of an interrupt */
#define EVENT_FLAG_I 0x8

/* Of ": AMD-Vi: " */
#define AMD_BYTES 10

/* Does it make its requests in its own name. */
static bool is_own(const struct pcireset_function *f)
{
	return !pcireset_is_bridge(f) && (f->express || f->parent == PCIRESET_NONE);
}

/* Or in that of the bridge above, as all of a conventional bus do. */
static bool is_shared(const struct pcireset_function *f)
{
	return !f->express && f->parent != PCIRESET_NONE;
}

/*
 * Requests of a conventional bus have the address of the bridge above, or of a
 * device 0 there that may not exist: all such functions of its group are meant.
 * Source: PCI Express to PCI/PCI-X Bridge Specification 1.0, 2.3.
 */
static void blame_group(const struct quiesce_run *run, const struct quiesce_group *group)
{
	for (size_t i = group->first; i != PCIRESET_NONE; i = run->iommu->members[i].next)
		run->iommu->members[i].faults += is_shared(&run->machine.functions[i]) &&
						 !pcireset_is_bridge(&run->machine.functions[i]);
}

static void blame(const struct quiesce_run *run, struct pcireset_address address)
{
	const struct quiesce_group *beside = NULL;
	bool found = false;

	/* Functions newer than the groups are not held. */
	for (size_t i = 0; i < run->iommu->n_members; i++) {
		const struct pcireset_function *f = &run->machine.functions[i];
		const struct quiesce_group *group = quiesce_group_of(run->iommu, i);

		if (pcireset_address_compare(f->address, address) != 0) {
			if (is_shared(f) && f->address.domain == address.domain &&
			    f->address.bus == address.bus)
				beside = group;
			continue;
		}
		found = true;
		if (is_own(f))
			run->iommu->members[i].faults++;
		else if (group)
			blame_group(run, group);
	}
	if (!found && beside)
		blame_group(run, beside);
}

/* Where functions of two domains may be meant nobody is blamed. */
static void blame_of_any_domain(const struct quiesce_run *run, struct pcireset_address address)
{
	bool found = false;

	for (size_t i = 0; i < run->machine.n; i++) {
		const struct pcireset_function *f = &run->machine.functions[i];
		struct pcireset_address there = address;

		there.domain = f->address.domain;
		if (pcireset_address_compare(f->address, there) != 0 &&
		    (!is_shared(f) || f->address.bus != address.bus))
			continue;
		if (found && address.domain != there.domain)
			return;
		found = true;
		address = there;
	}
	if (found)
		blame(run, address);
}

/* "0000:01:00.0", or "01:00.0" of whatever domain. */
static void take_address(const struct quiesce_faults *faults, const char *text, size_t length)
{
	char word[PCIRESET_ADDRESS_BYTES];
	struct pcireset_address address;

	if (!faults->is_counting || length >= sizeof(word))
		return;
	(void)snprintf(word, sizeof(word), "%.*s", (int)length, text);
	if (pcireset_address_parse(word, &address) < 0)
		return;
	if (strchr(word, ':') == strrchr(word, ':'))
		blame_of_any_domain(faults->run, address);
	else
		blame(faults->run, address);
}

/* Not one of those that AMD's driver says while it starts. */
static bool is_event(const char *text)
{
	static const char *const words[] = { "Event logged", " device=", "log overflow",
					     "log restarting" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(text, words[i]))
			return true;
	return false;
}

/* "vfio-pci 0000:01:00.0: AMD-Vi: Event logged [", or it has " device=0000:01:00.0 " */
static void take_amd(struct quiesce_faults *faults, const char *text, const char *event)
{
	const char *address = quiesce_kmsg_after(event, " device=");
	const char *flags = quiesce_kmsg_after(event, " flags=");
	const char *blank = strchr(text, ' ');

	if (flags && strtoul(flags, NULL, 16) & EVENT_FLAG_I)
		return;
	/* It has not answered, which is no request of its own. */
	if (strncmp(event, "Event logged [IOTLB_INV_TIMEOUT", 31) == 0)
		return;
	if (address)
		take_address(faults, address, strcspn(address, " "));
	else if (strncmp(event, "Event logged [", 14) == 0 && blank + 1 < event - AMD_BYTES)
		take_address(faults, blank + 1, (size_t)(event - AMD_BYTES - blank - 1));
}

/* "PRIORITY,SEQUENCE,MICROSECONDS,FLAGS;TEXT" */
static void take_line(struct quiesce_faults *faults, const char *line)
{
	const char *sequence = strchr(line, ','), *text = strchr(line, ';'), *event;
	const char *time = sequence ? strchr(sequence + 1, ',') : NULL;

	if (!time || !text)
		return;
	faults->now_us = strtoull(time + 1, NULL, 10);
	if (!quiesce_kmsg_is_kernels(line))
		return;
	text++;
	if (strncmp(text, "DMAR: [DMA ", 11) == 0 &&
	    (event = quiesce_kmsg_after(text, " Request device [")))
		take_address(faults, event, strcspn(event, "]"));
	else if ((event = quiesce_kmsg_after(text, "AMD-Vi: ")) && is_event(event))
		take_amd(faults, text, event);
	else if (!strstr(text, "DMAR: DRHD: handling fault"))
		return;
	faults->is_noisy = true;
	faults->noise_us = faults->now_us;
}

static void take_record(void *data, char *record)
{
	for (const char *line; (line = strsep(&record, "\n"));)
		take_line(data, line);
}

void quiesce_faults_read(struct quiesce_faults *faults)
{
	if (faults->fd < 0 || quiesce_kmsg_read(faults->fd, take_record, faults) < 0)
		faults->is_whole = false;
}

void quiesce_faults_begin(struct quiesce_run *run, struct quiesce_faults *ret_faults)
{
	char path[512];

	*ret_faults = (struct quiesce_faults){ .run = run, .is_whole = true };
	(void)snprintf(path, sizeof(path), "%s/dev/kmsg", run->root);
	ret_faults->fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	(void)quiesce_file_read(run->root, "proc/interrupts", INTERRUPTS_BYTES_MAX,
				&ret_faults->interrupts);
	quiesce_faults_read(ret_faults);
	ret_faults->is_counting = true;
	ret_faults->began_us = ret_faults->now_us;
}

void quiesce_faults_end(struct quiesce_faults *faults)
{
	free(faults->interrupts);
	if (faults->fd >= 0)
		(void)close(faults->fd);
}

/* "dmar0" is its interrupt's name, too; AMD's have had several. */
static bool has_interrupt(const struct quiesce_faults *faults, const char *iommu)
{
	char name[40];

	if (!faults->interrupts)
		return false;
	if (strncmp(iommu, "ivhd", 4) == 0)
		return strstr(faults->interrupts, "AMD-Vi") != NULL;
	(void)snprintf(name, sizeof(name), " %s\n", iommu);
	return strncmp(iommu, "dmar", 4) == 0 && strstr(faults->interrupts, name);
}

bool quiesce_faults_none_missing(const struct quiesce_faults *faults,
				 const struct quiesce_group *group)
{
	return faults->is_whole && has_interrupt(faults, group->iommu) &&
	       !(faults->is_noisy && faults->began_us < faults->noise_us + INTERVAL_US);
}
