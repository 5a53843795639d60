/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What containment's files share. */
#ifndef QUIESCE_CONTAINMENT_H
#define QUIESCE_CONTAINMENT_H

#include "iommu.h"
#include "rules.h"

/* containment_court.c */

/**
 * struct quiesce_court - what decides of each function
 * @image: NULL in a plan
 * @gets_driver: one per function: a driver of the image takes it; heap
 * @firmware_first: read where a way depends on it
 * @iommu: groups; the same
 */
struct quiesce_court {
	struct quiesce_run *run;
	struct quiesce_scene scene;
	const struct quiesce_image *image;
	bool *gets_driver;
	bool usb_console;
	enum pcireset_known firmware_first;
	struct quiesce_iommu iommu;
};

/**
 * quiesce_court_convene() - read all that decides; run's containments are there then
 *
 * Return: 0, and quiesce_court_adjourn() is due, or -ENOMEM.
 */
int quiesce_court_convene(struct quiesce_run *run, const struct quiesce_image *image,
			  struct quiesce_court *ret_court);
void quiesce_court_adjourn(struct quiesce_court *court);
/** quiesce_court_is_victim() - is function @i one that this way is for */
bool quiesce_court_is_victim(const struct quiesce_court *court, size_t i,
			     enum pcireset_contain way);
/** quiesce_court_goes_with() - is @other isolated together with function @i */
bool quiesce_court_goes_with(const struct quiesce_run *run, size_t i, size_t other,
			     enum pcireset_contain way);
/** quiesce_court_obstacle() - NULL: it may be tried */
const char *quiesce_court_obstacle(const struct quiesce_court *court, size_t i,
				   enum pcireset_contain way);

/* containment_iommu.c */

/**
 * quiesce_contain_iommu() - hold the groups of functions on empty domains, for good
 * @run: with its journal
 * @calls: system calls
 * @image: where vfio is loaded from; may be NULL
 * @end_us: no group is claimed after this, on the clock of the door
 * @list: one per function; all endpoints of a group, or none
 *
 * They stay held by a child that waits for nothing. Whoever ends it has the kernel attach
 * the group's default domain, and a function that still does DMA meets that: the caller
 * leaves out groups where anything is mapped there that no driver of this kernel mapped.
 */
void quiesce_contain_iommu(struct quiesce_run *run, const struct quiesce_vfio_calls *calls,
			   const struct quiesce_image *image, uint64_t end_us,
			   struct pcireset_contained *list);

/* containment.c */

/** quiesce_containment_stage_by() - quiesce_containment_stage() by means of the caller's */
int quiesce_containment_stage_by(struct quiesce_run *run, const struct quiesce_vfio_calls *calls,
				 const struct quiesce_image *image);

#endif
