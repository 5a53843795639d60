/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One loop that drives all engines: whoever is ready goes on. */
#include <errno.h>

#include "internal.h"

/* Where the door fails to wait, deadlines still have to come. */
#define PAUSE_US 1000

static const struct pcireset_engine_ops *const engines[PCIRESET_ENGINES] = {
	[PCIRESET_ENGINE_DIRECT] = &pcireset_engine_direct,
	[PCIRESET_ENGINE_KERNEL] = &pcireset_engine_kernel,
};

/* In the order of the table: what one has ended, the next may go on with. */
static uint64_t advance_all(void *const *states)
{
	uint64_t next_us = UINT64_MAX;

	for (size_t e = 0; e < ARRAY_SIZE(engines); e++) {
		uint64_t us = engines[e] ? engines[e]->advance(states[e]) : UINT64_MAX;

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

	while ((next_us = advance_all(states)) != UINT64_MAX) {
		struct pcireset_job *job;
		int r;

		if (!waited && observer && observer->waits)
			observer->waits(observer->data);
		waited = true;
		r = io->job_wait(io->data, next_us, &job);
		if (r == 0)
			engines[job->engine]->job_over(states[job->engine], job);
		else if (r != -ETIMEDOUT)
			io->sleep_us(io->data, PAUSE_US);
	}
}

int pcireset_reset(const struct pcireset_task *task)
{
	_cleanup_free_ bool *under_way = calloc(task->machine->n + 1, sizeof(*under_way));
	void *states[PCIRESET_ENGINES] = { NULL };
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
