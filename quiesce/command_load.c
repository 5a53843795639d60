/* SPDX-License-Identifier: GPL-2.0-or-later */
/* load by hand: the drivers stage alone, and a probe for whatever has no driver then. */
#include <errno.h>
#include <string.h>

#include "commands_supervised.h"
#include "drivers.h"

/* What stands in front of the drivers stage: who is there, and nothing written. */
static int look(struct quiesce_run *run)
{
	int r;

	run->dry_run = true;
	r = quiesce_pipeline_run(run);
	run->dry_run = false;
	return r;
}

static int load(struct quiesce_run *run, struct quiesce_shared *shared, uint64_t started_us,
		int tell_fd)
{
	struct pcireset_io *io;
	int r;

	r = pcireset_io_open(run->root[0] ? run->root : "/", &io);
	if (r < 0)
		return r;

	run->io = io;
	run->started_us = started_us;
	run->journal = shared->journal;
	r = look(run);
	if (r < 0)
		return r;

	quiesce_tell_quiesced(run, tell_fd);
	quiesce_autoprobe_off(shared);
	r = quiesce_drivers_stage(run);
	shared->left_behind = run->left_behind;
	return r;
}

static void work(struct quiesce_shared *shared, uint64_t started_us, int tell_fd, void *data)
{
	const struct quiesce_job *job = data;
	struct quiesce_run *run = job->run;
	int r;

	quiesce_job_begin(job);
	r = load(run, shared, started_us, tell_fd);
	if (r < 0)
		quiesce_log(run->log, QUIESCE_ERR, "stopped: %s", strerror(-r));
	shared->exit_code = r < 0 || run->n_not_loaded > 0 || run->n_bad > 0 ? QUIESCE_BAD_FUNCTIONS
									     : QUIESCE_OK;
	quiesce_job_end(tell_fd);
}

/* The words of the command line in place of the load lines; "module" takes the next one. */
static int take_operands(const struct quiesce_options *options, struct quiesce_config *config)
{
	if (options->n_operands > 0)
		quiesce_config_forget_loads(config);
	for (size_t i = 0; i < options->n_operands; i++) {
		const char *word = options->operands[i], *name = "";
		char text[128];

		if (strcmp(word, "module") == 0 && i + 1 < options->n_operands)
			name = options->operands[++i];
		if (snprintf(text, sizeof(text), "%s%s%s", word, name[0] ? " " : "", name) >=
			    (int)sizeof(text) ||
		    quiesce_config_set(config, "load", text, "command line") < 0) {
			quiesce_log(&quiesce_to_stderr, QUIESCE_ERR, "not understood: %s", text);
			return -EINVAL;
		}
	}
	if (config->n_loads > 0)
		return 0;
	quiesce_log(&quiesce_to_stderr, QUIESCE_ERR,
		    "the configuration has no load line: name what to load");
	return -EINVAL;
}

/* What keeps run from writing keeps load from it. Return: may it load; says so where not. */
static bool is_wanted(const struct quiesce_run *run, const struct quiesce_options *options,
		      enum quiesce_switch wanted)
{
	const char *why = NULL;

	if (wanted == QUIESCE_OFF && !options->force)
		why = "rd.pci_quiesce=0";
	else if (wanted == QUIESCE_DRY_RUN)
		why = "rd.pci_quiesce=dry-run";
	else if (run->config.level == QUIESCE_LEVEL_OBSERVE)
		why = "level=observe";
	if (why)
		quiesce_log(run->log, QUIESCE_ERR, "%s: nothing is loaded", why);
	return !why;
}

int quiesce_command_load(const struct quiesce_options *options)
{
	struct quiesce_log log = { .kmsg_fd = -1, .stderr_max = QUIESCE_INFO };
	struct quiesce_run run = { .root = options->root, .log = &log };
	struct quiesce_job job = { .options = options, .run = &run };
	enum quiesce_switch wanted;
	int code = QUIESCE_BAD_USAGE;

	if (!quiesce_may_touch(options))
		return QUIESCE_REFUSED;

	wanted = quiesce_run_prepare(&run, options->config);
	if (!is_wanted(&run, options, wanted)) {
		code = quiesce_job_code(&run, QUIESCE_REFUSED);
	} else if (quiesce_config_is_good(&run, options) &&
		   take_operands(options, &run.config) == 0) {
		quiesce_log_open_kmsg(&log, run.root);
		code = quiesce_job_supervise(&job, work);
	}
	quiesce_run_free(&run);
	return code;
}
