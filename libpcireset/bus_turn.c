/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the bus below a bridge may be reset, and whose outcome that is; for all engines. */
#include "internal.h"

bool pcireset_bus_has(const struct pcireset_machine *machine, size_t bridge, size_t i)
{
	return !pcireset_is_bridge(&machine->functions[i]) && pcireset_below(machine, i, bridge);
}

/* A function with a reset of its own had that before. */
bool pcireset_bus_counts_for(const struct pcireset_task *task, size_t bridge, size_t i)
{
	const struct pcireset_step *step = &task->steps[i];

	return pcireset_bus_has(task->machine, bridge, i) &&
	       (step->action == PCIRESET_IDLE || (step->whole_bus && step->via == bridge));
}

/* A function that is being reset by itself must not lose its bus meanwhile. */
bool pcireset_bus_must_wait(const struct pcireset_machine *machine, const bool *under_way,
			    size_t bridge, size_t *n_free)
{
	/* None begins later. */
	while (*n_free < machine->n &&
	       !(under_way[*n_free] && pcireset_bus_has(machine, bridge, *n_free)))
		(*n_free)++;
	return *n_free < machine->n;
}

/* The kernel saves ones and writes them back; nor must a driver lose its device. */
static bool has_to_stay(const struct pcireset_step *step, const struct pcireset_outcome *outcome,
			bool by_kernel)
{
	return outcome->bound || outcome->stuck || (by_kernel && pcireset_is_away(step, outcome));
}

bool pcireset_bus_has_to_stay(const struct pcireset_task *task, size_t bridge, bool by_kernel)
{
	for (size_t i = 0; i < task->machine->n; i++)
		if (has_to_stay(&task->steps[i], &task->outcomes[i], by_kernel) &&
		    pcireset_bus_has(task->machine, bridge, i))
			return true;
	return false;
}
