/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IOMMU groups and their members, as sysfs and the image's modules have them. */
#include <dirent.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "iommu.h"

#define GROUPS "sys/kernel/iommu_groups"
/* A group's reserved regions, a line each. */
#define REGIONS_BYTES 4096

static const char *const reserved_words[QUIESCE_RESERVED_KINDS] = {
	[QUIESCE_RESERVED_DIRECT] = "direct",
	[QUIESCE_RESERVED_RELAXABLE] = "direct-relaxable",
	[QUIESCE_RESERVED_MSI] = "msi",
	[QUIESCE_RESERVED_OTHER] = "reserved",
};

/* Everything that quiesce_iommu_read() was given, and what it makes of it. */
struct reading {
	const char *root;
	const struct pcireset_io *io;
	const struct pcireset_machine *machine;
	const struct pcireset_outcome *outcomes;
	const struct quiesce_image *image;
	struct quiesce_inheritance inheritance;
	struct quiesce_iommu *iommu;
};

const char *quiesce_reserved_word(enum quiesce_reserved kind)
{
	return reserved_words[kind];
}

bool quiesce_group_translates(const struct quiesce_group *group)
{
	return strncmp(group->type, "DMA", 3) == 0; /* DMA or DMA-FQ */
}

static void closedir_p(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

static int compare_numbers(const void *a, const void *b)
{
	const struct quiesce_group *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

/* How many entries a directory has; those without a number are left out. */
static int read_numbers(const struct reading *reading)
{
	struct quiesce_iommu *iommu = reading->iommu;
	__attribute__((cleanup(closedir_p))) DIR *dir = NULL;
	size_t capacity = 0;
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/" GROUPS, reading->root);
	dir = opendir(path);
	for (const struct dirent *entry; dir && (entry = readdir(dir));) {
		struct quiesce_group *grown;
		char *end;
		unsigned long number = strtoul(entry->d_name, &end, 10);

		if (end == entry->d_name || *end)
			continue;
		if (iommu->n_groups == capacity) {
			capacity = capacity ? capacity * 2 : 64;
			grown = reallocarray(iommu->groups, capacity, sizeof(*grown));
			if (!grown)
				return -ENOMEM;
			iommu->groups = grown;
		}
		iommu->groups[iommu->n_groups++] = (struct quiesce_group){
			.number = (unsigned int)number,
			.first = PCIRESET_NONE,
			.through = PCIRESET_NONE,
		};
	}
	if (iommu->n_groups)
		qsort(iommu->groups, iommu->n_groups, sizeof(*iommu->groups), compare_numbers);
	return 0;
}

static size_t find_group(const struct quiesce_iommu *iommu, int number)
{
	const struct quiesce_group key = { .number = (unsigned int)number };
	const struct quiesce_group *found = NULL;

	if (number >= 0 && iommu->n_groups)
		found = bsearch(&key, iommu->groups, iommu->n_groups, sizeof(key),
				compare_numbers);
	return found ? (size_t)(found - iommu->groups) : PCIRESET_NONE;
}

/* From the last function to the first, so that lists are in order. */
static void link_members(const struct reading *reading)
{
	struct quiesce_iommu *iommu = reading->iommu;

	for (size_t i = reading->machine->n; i-- > 0;) {
		struct quiesce_member *m = &iommu->members[i];

		m->group = find_group(iommu, reading->machine->functions[i].iommu_group);
		m->next = PCIRESET_NONE;
		if (m->group == PCIRESET_NONE)
			continue;
		m->next = iommu->groups[m->group].first;
		iommu->groups[m->group].first = i;
	}
}

static bool is_member(const struct reading *reading, const struct quiesce_group *group,
		      const char *name)
{
	struct pcireset_address address;

	if (pcireset_address_parse(name, &address) < 0)
		return false;
	for (size_t i = group->first; i != PCIRESET_NONE; i = reading->iommu->members[i].next)
		if (pcireset_address_compare(reading->machine->functions[i].address, address) == 0)
			return true;
	return false;
}

static int read_others(const struct reading *reading, struct quiesce_group *group)
{
	__attribute__((cleanup(closedir_p))) DIR *dir = NULL;
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/" GROUPS "/%u/devices", reading->root,
		       group->number);
	dir = opendir(path);
	for (const struct dirent *entry; dir && (entry = readdir(dir));) {
		char(*grown)[QUIESCE_OTHER_BYTES];

		if (entry->d_name[0] == '.' || is_member(reading, group, entry->d_name))
			continue;
		grown = reallocarray(group->others, group->n_others + 1, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		group->others = grown;
		(void)snprintf(group->others[group->n_others++], sizeof(*grown), "%.*s",
			       QUIESCE_OTHER_BYTES - 1, entry->d_name);
	}
	return 0;
}

static unsigned int kind_of(const char *word)
{
	for (unsigned int k = 0; k < QUIESCE_RESERVED_KINDS; k++)
		if (strcmp(word, reserved_words[k]) == 0)
			return 1u << k;
	return 0;
}

static void read_attributes(const struct reading *reading, struct quiesce_group *group)
{
	const struct pcireset_io *io = reading->io;
	char path[PCIRESET_PATH_BYTES], regions[REGIONS_BYTES], *rest = regions, *line;

	(void)snprintf(path, sizeof(path), GROUPS "/%u/type", group->number);
	if (io->attr_read(io->data, path, group->type, sizeof(group->type)) < 0)
		group->type[0] = '\0';

	(void)snprintf(path, sizeof(path), GROUPS "/%u/reserved_regions", group->number);
	if (io->attr_read(io->data, path, regions, sizeof(regions)) < 0)
		return;
	while ((line = strsep(&rest, "\n"))) {
		const char *word = strrchr(line, ' ');

		group->reserved |= word ? kind_of(word + 1) : 0;
	}
}

static void read_unit(const struct reading *reading, struct quiesce_group *group)
{
	const struct pcireset_io *io = reading->io;
	char path[PCIRESET_PATH_BYTES];

	for (size_t i = group->first; i != PCIRESET_NONE && !group->iommu[0];
	     i = reading->iommu->members[i].next)
		if (io->link_read(io->data,
				  pcireset_attr_path(reading->machine->functions[i].address,
						     "iommu", path),
				  group->iommu, sizeof(group->iommu)) < 0)
			group->iommu[0] = '\0';
}

/* These do no DMA of their own: drivers/pci/pcie/portdrv.c, drivers/vfio/pci. */
static bool does_dma(const char *driver)
{
	return driver[0] && strcmp(driver, "?") != 0 && strcmp(driver, "pcieport") != 0 &&
	       strcmp(driver, "vfio-pci") != 0 && strcmp(driver, "pci-stub") != 0;
}

bool quiesce_gets_driver(const struct pcireset_io *io, const struct quiesce_image *image,
			 const struct pcireset_function *f)
{
	char path[PCIRESET_PATH_BYTES], modalias[80];

	if (f->driver[0])
		return true;
	return image && image->takes &&
	       io->attr_read(io->data, pcireset_attr_path(f->address, "modalias", path), modalias,
			     sizeof(modalias)) == 0 &&
	       image->takes(image->data, modalias);
}

/* Only ports that can report it: PCIe Base Specification, Link Status Register. */
static bool is_link_down(const struct pcireset_io *io, const struct pcireset_function *port)
{
	uint8_t cap[4], status[2];

	if (!port->express || (port->port_type != PCI_EXP_TYPE_ROOT_PORT &&
			       port->port_type != PCI_EXP_TYPE_DOWNSTREAM))
		return false;
	if (io->config_read(io->data, port->address, port->express + PCI_EXP_LNKCAP, cap,
			    sizeof(cap)) < 0 ||
	    !(cap[2] & PCI_EXP_LNKCAP_DLLLARC >> 16) ||
	    io->config_read(io->data, port->address, port->express + PCI_EXP_LNKSTA, status,
			    sizeof(status)) < 0)
		return false;
	return !(status[1] & PCI_EXP_LNKSTA_DLLLA >> 8);
}

/* QEMU's ports forget their link after a bus reset: what answers has one. */
static bool answers(const struct pcireset_io *io, const struct pcireset_function *f)
{
	uint8_t id[4];

	return io->config_read(io->data, f->address, PCI_VENDOR_ID, id, sizeof(id)) == 0 &&
	       (id[0] & id[1] & id[2] & id[3]) != 0xff;
}

/* Since 6.11, a reset locks the port above, too: drivers/pci/pci.c, pci_reset_function(). */
static void mark_held(const struct reading *reading)
{
	for (size_t i = 0; reading->outcomes && i < reading->machine->n; i++) {
		const size_t port = reading->machine->functions[i].parent;

		if (!reading->outcomes[i].stuck)
			continue;
		reading->iommu->members[i].held = true;
		if (port != PCIRESET_NONE)
			reading->iommu->members[port].held = true;
	}
}

static bool may_touch(const struct reading *reading, size_t i)
{
	const struct pcireset_outcome *o = reading->outcomes;

	return reading->machine->functions[i].answers && !reading->iommu->members[i].held &&
	       !(o && (o[i].verdict == PCIRESET_LOST || o[i].verdict == PCIRESET_CONTAINED));
}

/* The function is asked first, and its ports only where it does not answer. */
static void read_link(const struct reading *reading, size_t i)
{
	const struct pcireset_machine *machine = reading->machine;
	const struct pcireset_function *f = &machine->functions[i];
	struct quiesce_member *m = &reading->iommu->members[i];

	if (!f->is_virtual && answers(reading->io, f))
		return;
	for (size_t up = f->parent; up != PCIRESET_NONE; up = machine->functions[up].parent) {
		m->link_unknown |= reading->iommu->members[up].held;
		m->link_down |= may_touch(reading, up) &&
				is_link_down(reading->io, &machine->functions[up]);
	}
}

static void read_member(const struct reading *reading, size_t i)
{
	const struct pcireset_function *f = &reading->machine->functions[i];
	struct quiesce_member *m = &reading->iommu->members[i];
	const struct quiesce_group *group = &reading->iommu->groups[m->group];

	m->replaced = does_dma(f->driver) && quiesce_group_translates(group);
	if (pcireset_is_bridge(f) || !may_touch(reading, i))
		return;

	m->gets_driver = quiesce_gets_driver(reading->io, reading->image, f);
	m->asleep = pcireset_is_asleep(reading->io, f);
	read_link(reading, i);
}

static void judge_inheritance(const struct reading *reading, struct quiesce_group *group)
{
	bool all_replaced = true, any = false;

	group->inherited = quiesce_inheritance_of(&reading->inheritance, group->iommu,
						  &group->basis);
	for (size_t i = group->first; i != PCIRESET_NONE; i = reading->iommu->members[i].next) {
		if (pcireset_is_bridge(&reading->machine->functions[i]))
			continue;
		any = true;
		all_replaced &= reading->iommu->members[i].replaced;
	}
	if (group->inherited != PCIRESET_NO && any && all_replaced && !group->n_others) {
		group->inherited = PCIRESET_NO;
		group->basis = "replaced: a driver is bound, its first mapping did it";
	}
}

static int read_group(const struct reading *reading, struct quiesce_group *group)
{
	int r = read_others(reading, group);

	if (r < 0)
		return r;

	read_attributes(reading, group);
	read_unit(reading, group);
	for (size_t i = group->first; i != PCIRESET_NONE; i = reading->iommu->members[i].next)
		read_member(reading, i);
	judge_inheritance(reading, group);
	return 0;
}

int quiesce_iommu_read(const char *root, const struct pcireset_io *io,
		       const struct pcireset_machine *machine,
		       const struct pcireset_outcome *outcomes, const struct quiesce_image *image,
		       struct quiesce_iommu *ret_iommu)
{
	struct quiesce_iommu iommu = { 0 };
	struct reading reading = { root, io, machine, outcomes, image, { 0 }, &iommu };
	int r;

	iommu.members = calloc(machine->n + 1, sizeof(*iommu.members));
	iommu.n_members = machine->n;
	r = iommu.members ? read_numbers(&reading) : -ENOMEM;
	if (r == 0) {
		link_members(&reading);
		mark_held(&reading);
		if (iommu.n_groups)
			quiesce_inheritance_read(root, &reading.inheritance);
	}
	for (size_t g = 0; r == 0 && g < iommu.n_groups; g++)
		r = read_group(&reading, &iommu.groups[g]);
	if (r < 0) {
		quiesce_iommu_free(&iommu);
		return r;
	}

	*ret_iommu = iommu;
	return 0;
}

void quiesce_iommu_free(struct quiesce_iommu *iommu)
{
	for (size_t g = 0; g < iommu->n_groups; g++)
		free(iommu->groups[g].others);
	free(iommu->groups);
	free(iommu->members);
	*iommu = (struct quiesce_iommu){ 0 };
}

const struct quiesce_group *quiesce_group_of(const struct quiesce_iommu *iommu, size_t i)
{
	size_t group = i < iommu->n_members ? iommu->members[i].group : PCIRESET_NONE;

	return group == PCIRESET_NONE ? NULL : &iommu->groups[group];
}

const struct quiesce_group *quiesce_window_of(const struct quiesce_run *run, size_t i,
					      uint32_t *ret_faults)
{
	const struct quiesce_group *group = run->iommu ? quiesce_group_of(run->iommu, i) : NULL;

	if (!group || !group->window_ms || pcireset_is_bridge(&run->machine.functions[i]))
		return NULL;
	if (ret_faults)
		*ret_faults = run->iommu->members[i].faults;
	return group;
}
