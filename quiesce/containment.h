/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What containment's files share. */
#ifndef QUIESCE_CONTAINMENT_H
#define QUIESCE_CONTAINMENT_H

#include "iommu.h"

/* containment_iommu.c */

/**
 * quiesce_contain_iommu() - hold the groups of functions on empty domains, for good
 * @run: with its journal
 * @calls: system calls
 * @image: where vfio is loaded from; may be NULL
 * @end_us: no group is claimed after this, on the clock of the door
 * @list: one per function; all endpoints of a group, or none
 *
 * They stay held by a child that waits for nothing: whoever ends it, or the kernel for
 * want of memory, leaves functions that are fenced, on a domain of this kernel's.
 */
void quiesce_contain_iommu(struct quiesce_run *run, const struct quiesce_vfio_calls *calls,
			   const struct quiesce_image *image, uint64_t end_us,
			   struct pcireset_contained *list);

/* containment.c */

/** quiesce_containment_stage_by() - quiesce_containment_stage() by means of the caller's */
int quiesce_containment_stage_by(struct quiesce_run *run, const struct quiesce_vfio_calls *calls,
				 const struct quiesce_image *image);

#endif
