/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Groups that stay on a domain without a mapping. A group is held as long as somebody has
 * its file open, and whoever comes after us does not know of it: so a child has, which
 * does nothing else. When it goes, the kernel attaches the group's default domain.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "containment.h"
#include "supervise.h"

/* For two forks. */
#define STAY_US 5000000
/* More than a process has open here; those of groups may be more. */
#define FDS_MAX 1024

/*
 * @holds: those that are claimed; heap
 */
struct work {
	struct quiesce_run *run;
	const struct quiesce_vfio_calls *calls;
	struct pcireset_contained *list;
	struct quiesce_vfio *holds;
	size_t n_holds;
};

static bool is_wanted_of(const struct work *work, size_t i, int group)
{
	return work->list[i].wanted && work->run->machine.functions[i].iommu_group == group;
}

static void refuse(const struct work *work, int group, int error, const char *why)
{
	for (size_t i = 0; i < work->run->machine.n; i++)
		if (is_wanted_of(work, i, group)) {
			work->list[i].error = error;
			work->list[i].why = why;
		}
}

/* All but the one that is bound to vfio-pci: only driver_override is written of these. */
static int bar_others(const struct work *work, size_t through, int group)
{
	const struct quiesce_run *run = work->run;
	int r = 0;

	for (size_t i = 0; r == 0 && i < run->machine.n; i++)
		if (i != through && is_wanted_of(work, i, group))
			r = pcireset_journal_bar(run->io, &run->machine.functions[i],
						 &run->journal->entries[i], PCIRESET_CONTAIN_IOMMU);
	return r;
}

static void put_back(const struct work *work, int group)
{
	const struct quiesce_run *run = work->run;

	for (size_t i = 0; i < run->machine.n; i++)
		if (is_wanted_of(work, i, group) &&
		    run->journal->entries[i].isolation.way == PCIRESET_CONTAIN_IOMMU)
			(void)pcireset_journal_restore(run->io, &run->journal->entries[i]);
}

static void hold(struct work *work, size_t through)
{
	const struct quiesce_run *run = work->run;
	const int group = run->machine.functions[through].iommu_group;
	struct quiesce_vfio *vfio = &work->holds[work->n_holds];
	const char *why = "drivers cannot be kept away";
	int r = bar_others(work, through, group);

	*vfio = (struct quiesce_vfio){
		.io = run->io,
		.log = run->log,
		.calls = work->calls,
		.function = &run->machine.functions[through],
		.group = (unsigned int)group,
		.entry = &run->journal->entries[through],
		.wants_empty = true,
	};
	if (r == 0)
		r = quiesce_vfio_hold(vfio, &why);
	if (r == 0 && !vfio->is_empty) {
		(void)quiesce_vfio_release(vfio, &why);
		why = "no domain without a mapping, and what it inherited is gone";
		r = -EOPNOTSUPP;
	}
	if (r < 0) {
		refuse(work, group, r, why);
		put_back(work, group);
		return;
	}
	vfio->entry->isolation.way = PCIRESET_CONTAIN_IOMMU;
	work->n_holds++;
	quiesce_keep_silent(work->run, through);
}

/* Best effort: it is small, and so is what it can do for want of memory. */
static void spare_from_oom(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, "-1000", 5);
	(void)close(fd);
}

static bool is_held(const struct work *work, int fd)
{
	for (size_t h = 0; h < work->n_holds; h++)
		if (work->holds[h].group_fd == fd || work->holds[h].container_fd == fd)
			return true;
	return false;
}

/*
 * It is to be ended by whoever ends everything, and not by a terminal that goes away; and
 * nobody is to wait for the end of a pipe, or of a mount, for its sake.
 */
static void __attribute__((noreturn)) stay(const struct work *work)
{
	sigset_t none;

	for (int fd = STDERR_FILENO + 1; fd < FDS_MAX; fd++)
		if (!is_held(work, fd))
			(void)close(fd);
	(void)!chdir("/");
	spare_from_oom();
	(void)setsid();
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	for (;;)
		(void)pause();
}

/*
 * Whoever puts things back would unbind what somebody holds, so this comes before there is
 * one. Should nobody be left, they are on their default domain, and barred.
 */
static void mark(const struct work *work, bool stands)
{
	const struct quiesce_run *run = work->run;

	for (size_t i = 0; i < run->machine.n; i++)
		if (work->list[i].wanted && !work->list[i].error)
			run->journal->entries[i].isolation.stands = stands;
}

/* They stay where they are: one that was late is not waited for any more. */
static void forget_resets(const struct work *work)
{
	const struct quiesce_run *run = work->run;

	for (size_t i = 0; i < run->machine.n; i++) {
		struct pcireset_journal_entry *entry = &run->journal->entries[i];

		if (!work->list[i].wanted || work->list[i].error)
			continue;
		entry->saved.n = 0;
		entry->quiet_until_us = 0;
		entry->late = false;
	}
}

/* In a child, that its own child has the files open and nobody has to wait for it. */
static int leave_one_behind(const void *data)
{
	const pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		stay(data);
	return 0;
}

static void keep(struct work *work, uint64_t end_us)
{
	const uint64_t now_us = work->run->io->now_us(work->run->io->data);
	const uint64_t left_us = end_us > now_us ? end_us - now_us : 0;
	const char *unheard;
	int r = -ETIMEDOUT;

	mark(work, true);
	if (left_us)
		r = quiesce_child_do(leave_one_behind, work,
				     quiesce_monotonic_us() +
					     (left_us < STAY_US ? left_us : STAY_US));
	if (r < 0)
		mark(work, false);
	else
		forget_resets(work);
	for (size_t h = 0; h < work->n_holds; h++) {
		struct quiesce_vfio *vfio = &work->holds[h];

		if (r == 0) {
			vfio->calls->close(vfio->calls->data, vfio->group_fd);
			vfio->calls->close(vfio->calls->data, vfio->container_fd);
			continue;
		}
		refuse(work, (int)vfio->group, r, "nobody can hold its group, and what it inherited is gone");
		(void)quiesce_vfio_release(vfio, &unheard);
		put_back(work, (int)vfio->group);
	}
	for (size_t i = 0; i < work->run->machine.n; i++)
		work->list[i].stands = work->list[i].wanted && !work->list[i].error;
}

/* Whom vfio-pci can be bound to, or PCIRESET_NONE. */
static size_t find_through(const struct work *work, int group)
{
	const struct quiesce_run *run = work->run;

	for (size_t i = 0; i < run->machine.n; i++)
		if (is_wanted_of(work, i, group) && run->machine.functions[i].answers &&
		    run->outcomes[i].verdict != PCIRESET_LOST)
			return i;
	return PCIRESET_NONE;
}

void quiesce_contain_iommu(struct quiesce_run *run, const struct quiesce_vfio_calls *calls,
			   const struct quiesce_image *image, uint64_t end_us,
			   struct pcireset_contained *list)
{
	_cleanup_free_ struct quiesce_vfio *holds =
		calloc(run->machine.n + 1, sizeof(struct quiesce_vfio));
	struct work work = { run, calls, list, holds, 0 };
	const char *why = "no memory";
	int r = holds ? quiesce_vfio_load(run->io, image, &why) : -ENOMEM;

	for (size_t i = 0; i < run->machine.n; i++) {
		const int group = run->machine.functions[i].iommu_group;

		if (!list[i].wanted || list[i].error ||
		    run->journal->entries[i].isolation.way == PCIRESET_CONTAIN_IOMMU)
			continue;
		if (r < 0)
			refuse(&work, group, r, why);
		else if (run->io->now_us(run->io->data) >= end_us)
			refuse(&work, group, -ETIMEDOUT, "no time was left");
		else if (find_through(&work, group) == PCIRESET_NONE)
			refuse(&work, group, -ENXIO, "none of its group answers");
		else
			hold(&work, find_through(&work, group));
	}
	if (work.n_holds)
		keep(&work, end_us);
}
