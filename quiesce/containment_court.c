/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may be isolated, and how. Whoever is gets no driver any more: so nothing that the
 * dump may need, and nobody beside it who could still be of use.
 */
#include <errno.h>
#include <string.h>

#include "containment.h"

static enum pcireset_verdict verdict_of(const struct quiesce_court *court, size_t i)
{
	return court->image ? court->run->outcomes[i].verdict : court->run->steps[i].expected;
}

/* What does not answer could be asleep, for all that anybody knows: only its link is sure. */
bool quiesce_court_is_victim(const struct quiesce_court *court, size_t i,
			     enum pcireset_contain way)
{
	if (court->run->steps[i].action == PCIRESET_KEEP)
		return false;
	switch (verdict_of(court, i)) {
	case PCIRESET_FENCED:
	case PCIRESET_FAILED:
		return true;
	case PCIRESET_LOST:
		return way == PCIRESET_CONTAIN_LINK;
	default:
		return false;
	}
}

static bool is_named(const struct quiesce_config *config, const struct pcireset_function *f)
{
	for (size_t k = 0; k < config->n_loads; k++)
		if (config->loads[k].what == QUIESCE_LOAD_ADDRESS &&
		    pcireset_address_compare(config->loads[k].address, f->address) == 0)
			return true;
	return false;
}

/* Why a function must not be barred from drivers, or NULL. */
static const char *protection(const struct quiesce_court *court, size_t i,
			      enum pcireset_contain way)
{
	const struct quiesce_run *run = court->run;
	const struct pcireset_function *f = &run->machine.functions[i];

	if (run->outcomes[i].stuck)
		return "its reset is stuck";
	if (run->steps[i].action == PCIRESET_KEEP || f->driver[0] || run->outcomes[i].bound)
		return "it is kept";
	if (quiesce_is_boot_display(run->io, f, &court->scene) ||
	    quiesce_is_console(f, court->usb_console))
		return "it is a console";
	if (court->scene.dump_target[i])
		return "it is the dump target";
	if (is_named(&run->config, f))
		return "a load line names it";
	if (f->cxl & PCIRESET_CXL_MEMORY)
		return "its memory may be in the dump";
	if (run->steps[i].why == PCIRESET_WHY_PROVIDER)
		return "other functions sit behind it";
	/* The dump may need it, or at least a driver can work with it. */
	if (court->gets_driver[i] &&
	    !(court->scene.dump_target_known && quiesce_court_is_victim(court, i, way)))
		return "a driver of the image takes it";
	return NULL;
}

/* Who is isolated together with function @i, by the same link or in the same group. */
bool quiesce_court_goes_with(const struct quiesce_run *run, size_t i, size_t other,
			     enum pcireset_contain way)
{
	const struct pcireset_function *f = &run->machine.functions[i];
	const struct pcireset_function *o = &run->machine.functions[other];

	if (pcireset_is_bridge(o))
		return false;
	return other == i || (way == PCIRESET_CONTAIN_LINK && o->parent == f->parent) ||
	       (way == PCIRESET_CONTAIN_IOMMU && o->iommu_group == f->iommu_group);
}

/*
 * Whoever ends the process that holds it attaches the default domain, and what is not
 * silent meets that: it must have nothing mapped, which identity and regions of the
 * firmware's have, those it may do without (direct-relaxable) included. The others are
 * refused by the kernel as well (RMRR, IVMD).
 */
static const char *group_hinders(const struct quiesce_court *court, size_t i)
{
	const struct quiesce_group *group = quiesce_group_of(&court->iommu, i);

	if (court->run->machine.functions[i].iommu_group < 0)
		return "it has no IOMMU";
	if (!group || !quiesce_group_translates(group))
		return "the default domain of its group does not translate";
	/* Hot-added, or scanned by another run: nothing is known of what it does. */
	if (group->n_others)
		return "something else is in its group";
	return group->reserved &
			       (1u << QUIESCE_RESERVED_DIRECT | 1u << QUIESCE_RESERVED_RELAXABLE) ?
		       "firmware wants a region of its group mapped" :
		       NULL;
}

static const char *hindrance(const struct quiesce_court *court, size_t i,
			     enum pcireset_contain way)
{
	const struct quiesce_run *run = court->run;
	const struct pcireset_function *f = &run->machine.functions[i];

	/* Whoever comes after us must know what no driver gets. */
	if (run->journal && run->journal->dies_with_writer)
		return "more functions than the journal has room for";
	/* A link that goes down, or a request that is blocked, may end in an NMI there. */
	if (way != PCIRESET_CONTAIN_D3HOT && court->firmware_first == PCIRESET_YES)
		return "firmware owns PCI error handling";
	if (way != PCIRESET_CONTAIN_D3HOT && court->firmware_first == PCIRESET_UNKNOWN)
		return "firmware may own PCI error handling, the kernel's log does not tell";
	if (way == PCIRESET_CONTAIN_IOMMU)
		return group_hinders(court, i);
	/* Both are written by us. */
	if (run->decisions[i].locked)
		return "the kernel is locked down";
	if (way == PCIRESET_CONTAIN_LINK && f->parent != PCIRESET_NONE &&
	    run->decisions[f->parent].no_bus_reset)
		return "a rule keeps its port";
	/* drivers/pci/quirks.c, quirk_no_ata_d3() */
	if (way == PCIRESET_CONTAIN_D3HOT && f->class_code >> 8 == 0x0101)
		return "IDE controllers may break of it";
	return pcireset_contain_hinders(run->io, &run->machine, i, way);
}

const char *quiesce_court_obstacle(const struct quiesce_court *court, size_t i,
				   enum pcireset_contain way)
{
	const struct quiesce_run *run = court->run;
	const char *why = protection(court, i, way);

	if (!why)
		why = hindrance(court, i, way);
	for (size_t k = 0; !why && k < run->machine.n; k++)
		if (k != i && quiesce_court_goes_with(run, i, k, way) && protection(court, k, way))
			why = "one beside it is kept, or a driver takes it";
	return why;
}

void quiesce_court_adjourn(struct quiesce_court *court)
{
	quiesce_scene_free(&court->scene);
	free(court->gets_driver);
	quiesce_iommu_free(&court->iommu);
}

static bool asks_for(const struct quiesce_run *run, enum pcireset_contain way)
{
	for (size_t k = 0; run->config.contain[k]; k++)
		if (run->config.contain[k] == way)
			return true;
	return false;
}

/* Of modules that nobody can list, any may take it. */
static bool is_readable(const struct quiesce_image *image)
{
	return !image->is_readable || image->is_readable(image->data);
}

int quiesce_court_convene(struct quiesce_run *run, const struct quiesce_image *image,
			  struct quiesce_court *ret_court)
{
	struct quiesce_court court = { .run = run, .image = image };
	int r;

	r = quiesce_scene_read(run, &court.scene);
	if (r < 0)
		return r;
	court.gets_driver = calloc(run->machine.n + 1, sizeof(bool));
	if (!run->containments)
		run->containments = calloc(run->machine.n + 1, sizeof(*run->containments));
	if (!court.gets_driver || !run->containments) {
		quiesce_court_adjourn(&court);
		return -ENOMEM;
	}
	court.usb_console = !run->io->is_dump && quiesce_has_usb_console(run->root);
	for (size_t i = 0; i < run->machine.n; i++)
		court.gets_driver[i] = image && run->steps[i].action != PCIRESET_KEEP &&
				       (!is_readable(image) ||
					quiesce_gets_driver(run->io, image,
							    &run->machine.functions[i]));
	if (asks_for(run, PCIRESET_CONTAIN_LINK) || asks_for(run, PCIRESET_CONTAIN_IOMMU))
		court.firmware_first = quiesce_platform_firmware_first(run);
	/* A dump may be another machine's. */
	if (asks_for(run, PCIRESET_CONTAIN_IOMMU) && !run->io->is_dump)
		r = quiesce_iommu_read(run->root, run->io, &run->machine, run->outcomes, NULL,
				       &court.iommu);
	if (r < 0) {
		quiesce_court_adjourn(&court);
		return r;
	}
	*ret_court = court;
	return 0;
}
