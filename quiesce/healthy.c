/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the healthy machine knows of its crash kernel: dump target and command line. */
#include <cJSON.h>
#include <errno.h>

#include "check.h"
#include "target.h"

int quiesce_plan_toward(struct quiesce_run *run, const struct quiesce_target *target)
{
	_cleanup_free_ bool *marks = calloc(run->machine.n + 1, sizeof(*marks));
	int r;

	if (!marks)
		return -ENOMEM;
	run->dump_target_partly = false;
	for (size_t s = 0; s < target->n; s++) {
		run->dump_target_partly |= target->sources[s].n == 0;
		for (size_t f = 0; f < target->sources[s].n; f++) {
			const size_t i = quiesce_find(&run->machine,
						      target->sources[s].functions[f].address);

			if (i != PCIRESET_NONE)
				marks[i] = true;
		}
	}
	run->dump_target = marks;
	r = quiesce_pipeline_silence(run);
	run->dump_target = NULL;
	return r;
}

static int plan(struct quiesce_run *run)
{
	struct quiesce_target target;
	int r;

	r = quiesce_target_read(run->root, NULL, 0, &target);
	if (r < 0)
		return r;
	r = quiesce_plan_toward(run, &target);
	quiesce_target_free(&target);
	return r;
}

/* As kdump's tools put the crash kernel's command line together, and what is wrong with it. */
static void parameters(struct quiesce_run *run)
{
	struct quiesce_check check = { .run = *run, .findings = cJSON_CreateArray() };

	quiesce_check_cmdline(&check);
	quiesce_check_tell(&check, run->log);
	check.run.config.n_errors = run->config.n_errors;
	run->config = check.run.config;
	run->locked_down = check.run.locked_down;
	run->owner_hidden = check.run.owner_hidden;
	cJSON_Delete(check.findings);
	free(check.cmdline);
}

const struct quiesce_healthy quiesce_healthy = { quiesce_dump_open, plan, parameters };
