/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which groups' translations to re-initialise: endpoints quiet, then the
 * IOMMU, then the drivers. A driver's first mapping replaces what its function
 * inherited (drivers/iommu/dma-iommu.c, iommu_deferred_attach()), so this is
 * for functions that get no driver, and with identity, for all that were reset
 * beyond doubt; with a probe window also for those that get a driver and could
 * be claimed as well. All is decided here and nothing is done.
 *
 * Two ways that look simpler are never taken. A write to the group's "type"
 * succeeds and changes no hardware since Linux 6.5: __iommu_device_set_domain()
 * skips a device whose attach is deferred. A write to a function's "remove" ends
 * a 6.1 kernel with VT-d: dmar_remove_one_dev_info() uses the domain that such a
 * device does not have yet.
 */
#include <stdarg.h>
#include <string.h>

#include "iommu.h"

static const char *const words[QUIESCE_REINITS] = {
	[QUIESCE_REINIT_NONE] = NULL,
	[QUIESCE_REINIT_NOT_NEEDED] = "not-needed",
	[QUIESCE_REINIT_WANTED] = NULL,
	[QUIESCE_REINIT_DONE] = "done",
	[QUIESCE_REINIT_REFUSED] = "refused",
	[QUIESCE_REINIT_NOT_POSSIBLE] = "not-possible",
};

const char *quiesce_reinit_word(enum quiesce_reinit reinit)
{
	return words[reinit];
}

/* One group with all that its decision needs. */
struct question {
	const struct pcireset_machine *machine;
	const struct pcireset_outcome *outcomes;
	const struct quiesce_iommu *iommu;
	bool probe;
	struct quiesce_group *group;
};

static void __attribute__((format(printf, 3, 4)))
answer(struct quiesce_group *group, enum quiesce_reinit reinit, const char *format, ...)
{
	va_list args;

	group->reinit = reinit;
	va_start(args, format);
	(void)vsnprintf(group->reason, sizeof(group->reason), format, args);
	va_end(args);
}

/* Why nothing may be done to a group that this function belongs to, or NULL. */
static const char *obstacle(const struct question *q, size_t i)
{
	const struct quiesce_member *m = &q->iommu->members[i];

	/* A port's own requests are interrupts; vfio lets pcieport be. */
	if (pcireset_is_bridge(&q->machine->functions[i]))
		return NULL;
	if (q->machine->functions[i].driver[0])
		return "is bound to a driver";

	switch (q->outcomes[i].verdict) {
	case PCIRESET_VERIFIED:
	case PCIRESET_COMPLETED:
		break;
	case PCIRESET_VERDICT_IDLE:
		break;
	case PCIRESET_FENCED:
		/* Blocked, its requests are aborts, of which machines have died. */
		return m->gets_driver ? "is fenced only, and will get a driver" :
					"is fenced only: what it may still write stays mapped";
	case PCIRESET_CONTAINED:
		return "is contained another way";
	case PCIRESET_KEPT:
		return "is kept";
	case PCIRESET_LOST:
		return "is lost";
	case PCIRESET_FAILED:
		return "may still do DMA";
	default:
		return "has no verdict";
	}
	if (m->asleep)
		return "is in D3hot";
	if (m->link_down)
		return "has no link";
	if (m->link_unknown)
		return "may have no link: a reset that is stuck holds its port";
	return NULL;
}

/* Could it have left something behind that anybody has to replace. */
static bool is_active(const struct question *q, size_t i)
{
	enum pcireset_verdict verdict = q->outcomes[i].verdict;

	return !pcireset_is_bridge(&q->machine->functions[i]) && verdict != PCIRESET_KEPT &&
	       verdict != PCIRESET_VERDICT_IDLE;
}

static bool was_reset(const struct question *q, size_t i)
{
	enum pcireset_verdict verdict = q->outcomes[i].verdict;

	return verdict == PCIRESET_VERIFIED || verdict == PCIRESET_COMPLETED;
}

/* Will a driver's first mapping replace what it inherited. */
static bool is_served(const struct question *q, size_t i)
{
	return q->iommu->members[i].gets_driver && quiesce_group_translates(q->group);
}

/* False where the question is answered. An answer stands unless a probe may be made. */
static bool is_needed(const struct question *q)
{
	size_t n_endpoints = 0, n_active = 0, n_unserved = 0;

	for (size_t i = q->group->first; i != PCIRESET_NONE; i = q->iommu->members[i].next) {
		n_endpoints += !pcireset_is_bridge(&q->machine->functions[i]);
		if (!is_active(q, i))
			continue;
		n_active++;
		n_unserved += !is_served(q, i);
		if (q->group->through == PCIRESET_NONE && was_reset(q, i) &&
		    (q->probe || !is_served(q, i)))
			q->group->through = i;
	}

	if (q->group->first == PCIRESET_NONE)
		answer(q->group, QUIESCE_REINIT_NOT_NEEDED, "no PCI functions");
	else if (n_endpoints == 0)
		answer(q->group, QUIESCE_REINIT_NOT_NEEDED, "bridges only");
	else if (q->group->inherited == PCIRESET_NO)
		answer(q->group, QUIESCE_REINIT_NOT_NEEDED, "%s", q->group->basis);
	else if (n_active == 0)
		answer(q->group, QUIESCE_REINIT_NOT_NEEDED, "no function of it was silenced");
	else if (n_unserved == 0)
		answer(q->group, QUIESCE_REINIT_NOT_NEEDED, "a driver's first mapping replaces it");
	else
		return true;
	return q->probe && n_active > 0 && n_unserved == 0 &&
	       q->group->inherited != PCIRESET_NO;
}

/* False where the question is answered: no. */
static bool members_allow(const struct question *q)
{
	char address[PCIRESET_ADDRESS_BYTES];

	for (size_t i = q->group->first; i != PCIRESET_NONE; i = q->iommu->members[i].next) {
		const char *why = obstacle(q, i);

		if (!why)
			continue;
		answer(q->group, QUIESCE_REINIT_REFUSED, "%s %s",
		       pcireset_address_format(q->machine->functions[i].address, address), why);
		return false;
	}
	if (q->group->n_others) {
		answer(q->group, QUIESCE_REINIT_REFUSED, "%s is no PCI function",
		       q->group->others[0]);
		return false;
	}
	return true;
}

static bool all_verified(const struct question *q)
{
	for (size_t i = q->group->first; i != PCIRESET_NONE; i = q->iommu->members[i].next)
		if (is_active(q, i) && q->outcomes[i].verdict != PCIRESET_VERIFIED)
			return false;
	return true;
}

static bool domain_allows(const struct question *q)
{
	struct quiesce_group *group = q->group;

	/* With identity, an address from before the crash is a physical one. */
	if (!quiesce_group_translates(group) && !all_verified(q)) {
		answer(group, QUIESCE_REINIT_REFUSED, "default domain %s, and not all are verified",
		       group->type[0] ? group->type : "not known");
		return false;
	}
	/* RMRR and IVMD: drivers/iommu/intel/iommu.c, device_rmrr_is_relaxable(). */
	if (group->reserved & 1u << QUIESCE_RESERVED_DIRECT) {
		answer(group, QUIESCE_REINIT_REFUSED,
		       "reserved region \"direct\": firmware wants it mapped, the kernel refuses");
		return false;
	}
	return true;
}

void quiesce_reinit_decide(const struct pcireset_machine *machine,
			   const struct pcireset_outcome *outcomes,
			   const struct quiesce_iommu *iommu, bool probe,
			   struct quiesce_group *group)
{
	const struct question q = { machine, outcomes, iommu, probe, group };
	struct quiesce_group unprobed;

	group->through = PCIRESET_NONE;
	group->reinit = QUIESCE_REINIT_NONE;
	if (!is_needed(&q))
		return;

	unprobed = *group;
	if (members_allow(&q) && domain_allows(&q))
		answer(group, QUIESCE_REINIT_WANTED, "%s", "");
	else if (unprobed.reinit != QUIESCE_REINIT_NONE)
		*group = unprobed;
}
