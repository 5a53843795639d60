/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom to spare an IOMMU window. */
#include <string.h>

#include "drivers.h"
#include "iommu.h"

/* A group that is still held answers its driver's probe with -EBUSY. */
static void spare(struct quiesce_run *run, const bool *wanted, bool served_only, const char *why)
{
	for (size_t i = 0; i < run->iommu->n_members; i++) {
		const struct quiesce_member *member = &run->iommu->members[i];

		if (wanted[i] && member->group != PCIRESET_NONE &&
		    (member->gets_driver || !served_only))
			run->iommu->groups[member->group].no_window = why;
	}
}

static void spare_loads(struct quiesce_run *run, bool *wanted)
{
	for (size_t l = 0; l < run->config.n_loads; l++) {
		const struct quiesce_load *load = &run->config.loads[l];

		/* Whom a module takes is not known before. */
		if (load->what == QUIESCE_LOAD_MODULE)
			memset(wanted, true, run->machine.n * sizeof(*wanted));
		else
			(void)quiesce_wanted_mark(run, load, false, wanted);
	}
	spare(run, wanted, true, "a load line may mean it");
}

static bool any_stuck(const struct quiesce_run *run)
{
	for (size_t i = 0; i < run->machine.n; i++)
		if (run->outcomes[i].stuck)
			return true;
	return false;
}

bool quiesce_window_spare(struct quiesce_run *run)
{
	const struct quiesce_load dump_target = { .what = QUIESCE_LOAD_DUMP_TARGET };
	_cleanup_free_ bool *wanted = calloc(run->machine.n + 1, sizeof(*wanted));

	if (!wanted)
		return false;
	/* Its thread outlives a kill, and keeps this process's files open. */
	if (any_stuck(run)) {
		quiesce_log(run->log, QUIESCE_NOTICE, "no IOMMU window: a reset is stuck");
		return false;
	}
	if (run->journal->dies_with_writer) {
		quiesce_log(run->log, QUIESCE_NOTICE,
			    "no IOMMU window: more functions than the journal has room for");
		return false;
	}

	spare_loads(run, wanted);
	memset(wanted, 0, run->machine.n * sizeof(*wanted));
	(void)quiesce_wanted_mark(run, &dump_target, false, wanted);
	/* Its driver may be one that the image's list of modules does not have. */
	spare(run, wanted, false, "the dump target is in it");
	for (size_t g = 0; g < run->iommu->n_groups; g++)
		if (!quiesce_group_translates(&run->iommu->groups[g]))
			run->iommu->groups[g].no_window = "its default domain does not translate";
	return true;
}
