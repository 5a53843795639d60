/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan: what run would do, to each function or to those that a filter names. */
#include <cJSON.h>
#include <errno.h>

#include "commands.h"
#include "report.h"


/* A module's driver is not there after the crash; one of the kernel's own is. */
static void forget_modules(const struct pcireset_io *io, struct pcireset_machine *machine)
{
	for (size_t i = 0; i < machine->n; i++) {
		struct pcireset_function *f = &machine->functions[i];
		char path[PCIRESET_PATH_BYTES], module[64];

		if (f->driver[0] &&
		    io->link_read(io->data, pcireset_attr_path(f->address, "driver/module", path),
				  module, sizeof(module)) != -ENOENT)
			f->driver[0] = '\0';
	}
}

/* As a kdump kernel this one has lost them already. */
static void tell_of_drivers(const struct quiesce_run *run)
{
	size_t n = 0;

	for (size_t i = 0; i < run->machine.n; i++)
		n += run->machine.functions[i].driver[0] &&
		     !pcireset_is_bridge(&run->machine.functions[i]);
	if (n && !quiesce_is_kdump(run->root))
		quiesce_log(run->log, QUIESCE_NOTICE,
			    "%zu function%s kept for a driver, which a crash kernel starts "
			    "without: see --crash",
			    n, n == 1 ? " is" : "s are");
}

static int plan_crash(struct quiesce_run *run, const struct quiesce_healthy *healthy)
{
	forget_modules(run->io, &run->machine);
	/* A dump is not of this machine, and an image was told its target. */
	if (run->io->is_dump || !healthy || quiesce_is_kdump(run->root))
		return quiesce_pipeline_silence(run);
	return healthy->plan(run);
}

static int make_plan(struct quiesce_run *run, const struct quiesce_options *options)
{
	int r;

	/* A dump may be another machine's. */
	if (!run->io->is_dump)
		quiesce_platform_take(run);
	r = pcireset_scan(run->io, &run->machine);
	if (r < 0)
		return r;
	if (options->crash)
		return plan_crash(run, options->healthy);
	if (!run->io->is_dump)
		tell_of_drivers(run);
	return quiesce_pipeline_silence(run);
}

int quiesce_plan_make(struct quiesce_run *run, const struct quiesce_options *options)
{
	int r = make_plan(run, options);

	if (r == 0)
		quiesce_tell_unprivileged(run->io, &run->machine);
	return r;
}

/* This kernel's command line is not the crash kernel's. */
void quiesce_plan_prepare(struct quiesce_run *run, const struct quiesce_options *options)
{
	const struct quiesce_complaint complaint = quiesce_complaint_to(run->log);

	if (!options->crash && !options->dump) {
		(void)quiesce_run_prepare(run, options->config);
		return;
	}
	quiesce_config_defaults(&run->config);
	(void)quiesce_config_load(&run->config, run->root, options->config, &complaint);
	if (!options->dump && options->healthy && !quiesce_is_kdump(run->root))
		options->healthy->parameters(run);
}

void quiesce_plan_strip(struct cJSON *device)
{
	static const char *const keys[] = { "evidence", "ms", "iommu" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		cJSON_DeleteItemFromObjectCaseSensitive(device, keys[i]);
}

static struct cJSON *make_devices(const struct quiesce_run *run, const size_t *shown, size_t n)
{
	struct cJSON *devices = cJSON_CreateArray();

	for (size_t row = 0; row < n; row++) {
		struct cJSON *device = quiesce_report_device(run, shown ? shown[row] : row);

		quiesce_plan_strip(device);
		(void)cJSON_AddItemToArray(devices, device);
	}
	return devices;
}

/* A dump does not tell who has a group. */
static bool has_window(const struct quiesce_run *run)
{
	bool any = run->io->is_dump;

	for (size_t i = 0; i < run->machine.n; i++)
		any |= run->machine.functions[i].iommu_group >= 0;
	return any && run->config.window_ms && run->config.level == QUIESCE_LEVEL_IOMMU;
}

/* The total is of the whole machine, whatever the filter. */
static int print_table(const struct quiesce_run *run, const struct quiesce_options *options)
{
	struct cJSON *devices = make_devices(run, run->shown, run->n_shown);
	int r;

	r = quiesce_show_devices(devices, true, options->color);
	cJSON_Delete(devices);
	if (r < 0)
		return r;
	if (has_window(run))
		(void)printf("IOMMU window: %u ms, before the drivers\n", run->config.window_ms);
	devices = make_devices(run, NULL, run->machine.n);
	quiesce_total_plan(devices, pcireset_plan_estimate_ms(&run->machine, run->steps), stdout);
	cJSON_Delete(devices);
	return 0;
}

static int print(struct quiesce_run *run, const struct pcireset_filter *filter,
		 const struct quiesce_options *options)
{
	_cleanup_free_ size_t *shown = NULL;
	int r;

	r = quiesce_filter_apply(filter, &run->machine, &shown, &run->n_shown);
	if (r < 0)
		return r;
	run->shown = shown;
	r = options->json ? quiesce_report_print(run, stdout) : print_table(run, options);
	run->shown = NULL;
	return r;
}

static int plan(struct quiesce_run *run, const struct quiesce_options *options)
{
	_cleanup_free_ struct pcireset_filter *filter = NULL;
	struct pcireset_io *io;
	int r, code;

	code = quiesce_filter_take(options, &filter);
	if (code == QUIESCE_OK)
		code = quiesce_door_open(options, &io);
	if (code != QUIESCE_OK)
		return code;

	run->io = io;
	r = quiesce_plan_make(run, options);
	if (r == 0)
		r = print(run, filter, options);
	pcireset_io_close(io);
	return r < 0 ? quiesce_fail("stopped", r) : QUIESCE_OK;
}

int quiesce_command_plan(const struct quiesce_options *options)
{
	struct quiesce_run run = {
		.root = options->root,
		.log = &quiesce_to_stderr,
		.dry_run = true,
	};
	int code = QUIESCE_BAD_USAGE;

	quiesce_plan_prepare(&run, options);
	if (quiesce_config_is_good(&run, options))
		code = plan(&run, options);
	quiesce_run_free(&run);
	return code;
}
