/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The drivers stage: IOMMUs, then what other functions are behind, then what
 * was asked for.
 *
 * drivers_autoprobe is 0 meanwhile. That does not keep functions that appear
 * from being bound: pci_bus_add_device() calls device_attach() without asking for
 * it. So their domains come into being before any driver for them is loaded.
 */
#include <errno.h>
#include <string.h>

#include "drivers.h"
#include "rules.h"
#include "supervise.h"

#define PROBE	      "sys/bus/pci/drivers_probe"
#define HYPERV_BUS    "sys/bus/vmbus"
#define HYPERV_MODULE "pci_hyperv"
#define VIRTIO_VENDOR 0x1af4

struct stage {
	struct quiesce_run *run;
	struct quiesce_loader *loader;
};

struct probe {
	const struct pcireset_io *io;
	const char *address;
};

static bool is_barred(const struct stage *stage, size_t i)
{
	const struct quiesce_run *run = stage->run;
	const struct pcireset_function *f = &run->machine.functions[i];

	return !f->answers || run->outcomes[i].stuck || run->outcomes[i].verdict == PCIRESET_LOST ||
	       (run->journal && pcireset_journal_bars(run->journal, f->address));
}

static bool is_bound(const struct stage *stage, size_t i)
{
	const struct pcireset_io *io = stage->run->io;
	char path[PCIRESET_PATH_BYTES], driver[32];

	(void)pcireset_attr_path(stage->run->machine.functions[i].address, "driver", path);
	return io->link_read(io->data, path, driver, sizeof(driver)) != -ENOENT;
}

/*
 * What virtio-pci calls its child: where that is built in, the child is there
 * already, and otherwise its driver is there before it comes. Source: drivers/virtio/virtio_pci_modern_dev.c,
 * vp_modern_probe(); drivers/virtio/virtio.c, virtio_uevent().
 */
static bool virtio_alias(const struct pcireset_function *f, char *alias, size_t bytes)
{
	unsigned int id;

	if (f->vendor != VIRTIO_VENDOR || f->device < 0x1000 || f->device > 0x107f)
		return false;
	id = f->device < 0x1040 ? f->subsystem_device : f->device - 0x1040u;
	(void)snprintf(alias, bytes, "virtio:d%08Xv%08X", id, f->subsystem_vendor);
	return true;
}

/* Return: as quiesce_loader_load(), or -EBUSY where it is to be left alone. */
static int load_function(const struct stage *stage, size_t i)
{
	const struct pcireset_function *f = &stage->run->machine.functions[i];
	const struct pcireset_io *io = stage->run->io;
	char path[PCIRESET_PATH_BYTES], alias[128];
	int r = 0;

	if (is_barred(stage, i))
		return -EBUSY;
	if (!is_bound(stage, i)) {
		(void)pcireset_attr_path(f->address, "modalias", path);
		r = io->attr_read(io->data, path, alias, sizeof(alias));
		if (r == 0)
			r = quiesce_loader_load(stage->loader, alias, false);
	}
	if (r == 0 && virtio_alias(f, alias, sizeof(alias)))
		r = quiesce_loader_load(stage->loader, alias, false);
	return r;
}

static int probe_now(const void *data)
{
	const struct probe *probe = data;

	return probe->io->attr_write(probe->io->data, PROBE, probe->address);
}

/* Return: true where it may have been bound. */
static bool probe_function(const struct stage *stage, size_t i)
{
	const struct quiesce_loader *loader = stage->loader;
	uint64_t until_us = quiesce_monotonic_us() + loader->module_ms * 1000ull;
	char address[PCIRESET_ADDRESS_BYTES];
	struct probe probe = { .io = stage->run->io, .address = address };
	int r;

	(void)pcireset_address_format(stage->run->machine.functions[i].address, address);
	/* On the record before it can hang. */
	quiesce_log(stage->run->log, QUIESCE_INFO, "%s: probing", address);
	r = quiesce_child_do(probe_now, &probe,
			     until_us < loader->end_us ? until_us : loader->end_us);
	if (r == -ETIMEDOUT)
		stage->run->left_behind = true;
	if (r < 0)
		quiesce_log(stage->run->log, QUIESCE_WARNING, "%s: probing: %s", address,
			    strerror(-r));
	return r == 0 || r == -ETIMEDOUT;
}

static void load_iommus(const struct stage *stage)
{
	for (size_t i = 0; i < stage->run->machine.n; i++)
		if (quiesce_rules_is_default(&stage->run->machine.functions[i], "default:iommu") &&
		    load_function(stage, i) == 0 && !is_bound(stage, i))
			(void)probe_function(stage, i);
}

/* Functions are behind it that nobody sees before it has its driver. */
static bool is_provider(const struct quiesce_run *run, size_t i)
{
	return quiesce_rules_is_default(&run->machine.functions[i], "default:vmd");
}

static bool names_provider(const struct quiesce_load *load)
{
	return load->what == QUIESCE_LOAD_MODULE &&
	       (strcmp(load->name, "vmd") == 0 || strcmp(load->name, HYPERV_MODULE) == 0 ||
		strcmp(load->name, "pci-hyperv") == 0);
}

/* Is there something that may be behind a driver that is not loaded yet. */
static bool wants_providers(const struct quiesce_run *run, const struct quiesce_load *load,
			    bool *wanted)
{
	if (load->what == QUIESCE_LOAD_ALL || names_provider(load))
		return true;
	memset(wanted, false, run->machine.n * sizeof(*wanted));
	if (quiesce_wanted_mark(run, load, false, wanted) > 0)
		return true;
	for (size_t i = 0; i < run->machine.n; i++)
		if (wanted[i] && is_provider(run, i))
			return true;
	return false;
}

static bool load_hyperv(const struct stage *stage)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%.255s/" HYPERV_BUS, stage->run->root);
	return access(path, F_OK) == 0 &&
	       quiesce_loader_load(stage->loader, HYPERV_MODULE, true) == 0;
}

static int load_providers(const struct stage *stage)
{
	struct quiesce_run *run = stage->run;
	_cleanup_free_ bool *wanted = calloc(run->machine.n + 1, sizeof(*wanted));
	bool found = false, is_wanted = false;
	int r = 0;

	if (!wanted)
		return -ENOMEM;
	for (size_t k = 0; !is_wanted && k < run->config.n_loads; k++)
		is_wanted = wants_providers(run, &run->config.loads[k], wanted);
	if (!is_wanted)
		return 0;

	for (size_t i = 0; i < run->machine.n; i++)
		if (is_provider(run, i) && !is_bound(stage, i) && load_function(stage, i) == 0)
			found |= probe_function(stage, i);
	found |= load_hyperv(stage);
	if (found)
		r = quiesce_newcomers_silence(run);
	if (r == 0 || r == -ENOMEM)
		return r;

	quiesce_log(run->log, QUIESCE_WARNING,
		    "what has appeared behind drivers is not quiesced: %s", strerror(-r));
	return 0;
}

static const char *why(int r)
{
	if (r == -ENOENT)
		return "no driver for it in the image";
	if (r == -EPERM)
		return "its driver is blacklisted";
	if (r == -EBUSY)
		return "no driver for it: it is lost or contained, or its reset is stuck";
	return strerror(-r);
}

/* A machine has many functions that nobody has a driver for. */
static void complain(const struct stage *stage, const struct quiesce_load *load, size_t i, int r)
{
	const bool is_explicit =
		load->what == QUIESCE_LOAD_ADDRESS || load->what == QUIESCE_LOAD_DUMP_TARGET;
	char address[PCIRESET_ADDRESS_BYTES];

	/* The loader has said more of that. */
	if (r == -EIO)
		return;
	stage->run->n_not_loaded += is_explicit;
	quiesce_log(stage->run->log, is_explicit ? QUIESCE_WARNING : QUIESCE_DEBUG, "%s: %s",
		    pcireset_address_format(stage->run->machine.functions[i].address, address),
		    why(r));
}

static int load_line(const struct stage *stage, const struct quiesce_load *load)
{
	struct quiesce_run *run = stage->run;
	_cleanup_free_ bool *wanted = NULL;

	if (load->what == QUIESCE_LOAD_MODULE) {
		if (quiesce_loader_load(stage->loader, load->name, true) != -ENOENT)
			return 0;
		run->n_not_loaded++;
		quiesce_log(run->log, QUIESCE_WARNING, "%s: there is no module %s in the image",
			    load->origin, load->name);
		return 0;
	}

	wanted = calloc(run->machine.n + 1, sizeof(*wanted));
	if (!wanted)
		return -ENOMEM;
	run->n_not_loaded += quiesce_wanted_mark(run, load, true, wanted);
	for (size_t i = 0; i < run->machine.n; i++) {
		int r;

		if (!wanted[i])
			continue;
		r = load_function(stage, i);
		if (r < 0)
			complain(stage, load, i, r);
	}
	return 0;
}

int quiesce_drivers_load(struct quiesce_run *run, struct quiesce_loader *loader)
{
	const struct stage stage = { run, loader };
	int r;

	load_iommus(&stage);
	r = load_providers(&stage);
	for (size_t k = 0; r == 0 && k < run->config.n_loads; k++)
		r = load_line(&stage, &run->config.loads[k]);

	run->left_behind |= loader->n_late > 0;
	run->n_not_loaded += loader->n_failed;
	if (run->config.n_loads == 0 && loader->n_inserted + loader->n_failed == 0)
		return r;
	quiesce_log(run->log, loader->n_failed ? QUIESCE_WARNING : QUIESCE_NOTICE,
		    "%zu modules inserted, %zu not", loader->n_inserted, loader->n_failed);
	return r;
}

bool quiesce_drivers_has_work(const struct quiesce_run *run)
{
	char alias[128];

	for (size_t i = 0; i < run->machine.n; i++) {
		const struct pcireset_function *f = &run->machine.functions[i];

		if (quiesce_rules_is_default(f, "default:iommu") &&
		    (!f->driver[0] || virtio_alias(f, alias, sizeof(alias))))
			return true;
	}
	return run->config.n_loads > 0;
}

int quiesce_drivers_stage(struct quiesce_run *run)
{
	const uint64_t now_us = run->io->now_us(run->io->data);
	struct quiesce_loader loader = {
		.log = run->log,
		.insert = quiesce_modules_insert,
		.module_ms = run->config.module_ms,
		.end_us = quiesce_monotonic_us(),
	};
	int r;

	if (!quiesce_drivers_has_work(run))
		return 0;
	if (run->config.level == QUIESCE_LEVEL_OBSERVE) {
		quiesce_log(run->log, QUIESCE_NOTICE, "level is observe: no drivers are loaded");
		return 0;
	}

	r = quiesce_modules_open(run->root, run->log, &loader.modules);
	if (r == -ENOENT) {
		quiesce_log(run->log, run->config.n_loads ? QUIESCE_WARNING : QUIESCE_INFO,
			    "the image has no modules of this kernel");
		run->n_not_loaded += run->config.n_loads;
		return 0;
	}
	if (r < 0)
		return r;

	if (run->drivers_deadline_us > now_us)
		loader.end_us += run->drivers_deadline_us - now_us;
	r = quiesce_drivers_load(run, &loader);
	quiesce_modules_close(loader.modules);
	return r;
}
