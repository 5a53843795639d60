/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One loop that drives all engines: whoever is ready goes on. */
#include <errno.h>

#include "internal.h"

/* Where the door fails to wait, deadlines still have to come. */
#define PAUSE_US 1000

/* The last has no jobs: whole buses by our own writes, behind those who are on them. */
#define ENGINES (PCIRESET_ENGINES + 1)
static const struct pcireset_engine_ops *const engines[ENGINES] = {
	[PCIRESET_ENGINE_DIRECT] = &pcireset_engine_direct,
	[PCIRESET_ENGINE_KERNEL] = &pcireset_engine_kernel,
	[PCIRESET_ENGINES] = &pcireset_engine_bus,
};

/* One that was given up by those who came before may still return. */
static int take_job(const struct pcireset_io *io, void *const *states, uint64_t deadline_us)
{
	struct pcireset_job *job;
	int r;

	r = io->job_wait(io->data, deadline_us, &job);
	if (r < 0)
		return r;
	if (job->is_orphan)
		pcireset_job_free(job);
	else
		engines[job->engine]->job_over(states[job->engine], job);
	return 0;
}

/*
 * In the order of the table: what one has ended, the next may go on with. What has
 * returned while another was busy is not late.
 */
static uint64_t advance_all(const struct pcireset_io *io, void *const *states)
{
	uint64_t next_us = UINT64_MAX;

	for (size_t e = 0; e < ARRAY_SIZE(engines); e++) {
		uint64_t us;

		if (!engines[e])
			continue;
		/* Before its turn: then it tells when it has to be called again. */
		while (engines[e]->job_over && take_job(io, states, io->now_us(io->data)) == 0)
			;
		us = engines[e]->advance(states[e]);

		if (us < next_us)
			next_us = us;
	}
	return next_us;
}

static void drive(const struct pcireset_task *task, void *const *states)
{
	const struct pcireset_observer *observer = task->observer;
	const struct pcireset_io *io = task->io;
	bool waited = false;
	uint64_t next_us;

	while ((next_us = advance_all(io, states)) != UINT64_MAX) {
		int r;

		if (!waited && observer && observer->waits)
			observer->waits(observer->data);
		waited = true;
		r = take_job(io, states, next_us);
		if (r < 0 && r != -ETIMEDOUT)
			io->sleep_us(io->data, PAUSE_US);
	}
}

int pcireset_reset(const struct pcireset_task *task)
{
	_cleanup_free_ bool *under_way = calloc(task->machine->n + 1, sizeof(*under_way));
	void *states[ENGINES] = { NULL };
	int r = under_way ? 0 : -ENOMEM;

	if (task->journal->capacity < task->machine->n)
		return -ENOSPC;
	task->journal->n = task->machine->n;

	for (size_t e = 0; r == 0 && e < ARRAY_SIZE(engines); e++)
		if (engines[e])
			r = engines[e]->begin(task, under_way, &states[e]);
	if (r == 0)
		drive(task, states);

	for (size_t e = 0; e < ARRAY_SIZE(engines); e++)
		if (states[e])
			engines[e]->end(states[e]);
	return r;
}
