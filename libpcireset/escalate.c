/* SPDX-License-Identifier: GPL-2.0-or-later */
/* After a reset of one function that failed: that of its bus, once, or the kernel's. Pure. */
#include <errno.h>
#include <string.h>

#include "internal.h"
#include "pcireset_reach.h"

/*
 * Ones, or another one's registers: no reset of the kernel's may reach it. That would
 * wait for it for up to a minute, holding locks, and up to Linux 6.12 at least save what
 * it reads and write that back: ones in COMMAND and Device Control turn Bus Master on
 * and start another reset. Source: drivers/pci/pci.c, pci_dev_save_and_disable().
 */
bool pcireset_is_away(const struct pcireset_step *step, const struct pcireset_outcome *outcome)
{
	if (step->engine != PCIRESET_ENGINE_DIRECT)
		return outcome->stuck;
	/* Nobody got as far as to ask it: what leads to it is not there. */
	if (step->whole_bus && outcome->tried && outcome->reset_error < 0 &&
	    outcome->reset_error != -EOPNOTSUPP)
		return true;
	return outcome->stuck || outcome->reset_error == -ENODEV ||
	       (outcome->tried &&
		(outcome->reset_error == -ETIMEDOUT || outcome->restored == -ENODEV));
}

/* It answers, and was not reset. */
static bool has_failed(const struct pcireset_step *step, const struct pcireset_outcome *outcome)
{
	return step->action == PCIRESET_RESET && outcome->reset_error < 0 &&
	       !pcireset_is_away(step, outcome) && outcome->tried &&
	       PCIRESET_BIT(step->method) & PCIRESET_FUNCTION_LEVEL;
}

/* Configuration space is locked down; the kernel may still make the same reset. */
static bool was_refused(const struct pcireset_step *step, const struct pcireset_outcome *outcome)
{
	return step->engine == PCIRESET_ENGINE_DIRECT && !outcome->tried &&
	       (outcome->reset_error == -EPERM || outcome->reset_error == -EACCES);
}

/* Whole buses wait for functions on them that have a reset of their own. */
static size_t bus_since(const struct pcireset_machine *machine, const struct pcireset_step *steps,
			const struct pcireset_outcome *outcomes, size_t i)
{
	for (size_t k = 0; k < machine->n; k++)
		if (steps[k].action == PCIRESET_RESET && steps[k].whole_bus && outcomes[k].tried &&
		    steps[k].why != PCIRESET_WHY_WITH_PF &&
		    pcireset_below(machine, i, steps[k].via))
			return k;
	return PCIRESET_NONE;
}

size_t pcireset_bus_since(const struct pcireset_machine *machine,
			  const struct pcireset_step *steps,
			  const struct pcireset_outcome *outcomes, size_t i)
{
	return has_failed(&steps[i], &outcomes[i]) ? bus_since(machine, steps, outcomes, i) :
						     PCIRESET_NONE;
}

/* Our own writes did that, and the journal has what it was: its bus may bring it back, once. */
static bool may_come_back(const struct pcireset_machine *machine, const struct pcireset_step *steps,
			  const struct pcireset_outcome *outcomes, size_t i)
{
	const struct pcireset_outcome *o = &outcomes[i];

	return steps[i].engine == PCIRESET_ENGINE_DIRECT && !steps[i].whole_bus && o->tried &&
	       !o->stuck && !o->bound && pcireset_is_away(&steps[i], o) &&
	       bus_since(machine, steps, outcomes, i) == PCIRESET_NONE;
}

int pcireset_escalate(const struct pcireset_machine *machine,
		      const struct pcireset_decision *decisions, const struct pcireset_step *steps,
		      const struct pcireset_outcome *outcomes, struct pcireset_step **ret_steps,
		      size_t *ret_n)
{
	_cleanup_free_ struct pcireset_decision *second = NULL;
	_cleanup_free_ struct pcireset_step *next = NULL;
	size_t n = 0;
	int r;

	second = calloc(machine->n + 1, sizeof(*second));
	if (!second)
		return -ENOMEM;
	memcpy(second, decisions, machine->n * sizeof(*second));
	for (size_t i = 0; i < machine->n; i++) {
		/* All that may lose its bus to a sibling's sake still may. */
		if (has_failed(&steps[i], &outcomes[i])) {
			second[i].methods &= PCIRESET_BIT(PCIRESET_METHOD_SBR);
		} else if (was_refused(&steps[i], &outcomes[i])) {
			second[i].locked = true;
		} else if (may_come_back(machine, steps, outcomes, i)) {
			second[i].methods &= PCIRESET_BIT(PCIRESET_METHOD_SBR);
			second[i].away = true;
		} else if (pcireset_is_away(&steps[i], &outcomes[i]) || outcomes[i].bound) {
			second[i].action = PCIRESET_KEEP;
		}
	}

	r = pcireset_plan_make(machine, second, &next);
	if (r < 0)
		return r;
	for (size_t i = 0; i < machine->n; i++) {
		if (next[i].action == PCIRESET_RESET &&
		    (has_failed(&steps[i], &outcomes[i]) || was_refused(&steps[i], &outcomes[i]) ||
		     may_come_back(machine, steps, outcomes, i)))
			n++;
		else
			next[i].engine = PCIRESET_ENGINE_NONE;
	}

	*ret_steps = next;
	next = NULL;
	*ret_n = n;
	return 0;
}
