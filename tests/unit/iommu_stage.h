/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine whose groups inherited something, with vfio played; for one test program each. */
#ifndef IOMMU_STAGE_H
#define IOMMU_STAGE_H

#include <cJSON.h>
#include <errno.h>
#include <linux/vfio.h>
#include <string.h>

#include "fake_io.h"
#include "iommu.h"
#include "report.h"

#define BIND "sys/bus/pci/drivers/vfio-pci/bind"
#define UNBIND "sys/bus/pci/drivers/vfio-pci/unbind"

static struct fake fake;
static struct quiesce_run run;
static const struct quiesce_log quiet = { .kmsg_fd = -1, .stderr_max = -1 };
static char root[64];
static char asked[512];
static int claim_error;
static int empty_error;
static size_t n_loads;
static bool last_is_stuck;
static bool is_verified;
static bool journal_is_private;

static int vfio_open(void *data, const char *path)
{
	(void)data;
	(void)strcat(asked, path);
	(void)strcat(asked, "\n");
	return 5;
}

static int vfio_ioctl(void *data, int fd, unsigned int request, void *argument)
{
	(void)data;
	(void)fd;
	if (request == VFIO_SET_IOMMU) {
		if (empty_error == 0)
			(void)strcat(asked, "empty\n");
		return empty_error;
	}
	if (request == VFIO_GROUP_UNSET_CONTAINER && run.config.window_ms)
		(void)strcat(asked, "release\n");
	if (request == VFIO_GROUP_GET_STATUS)
		((struct vfio_group_status *)argument)->flags = VFIO_GROUP_FLAGS_VIABLE;
	return request == VFIO_GROUP_SET_CONTAINER ? claim_error : 0;
}

static void vfio_close(void *data, int fd)
{
	(void)data;
	(void)fd;
}

static const struct quiesce_vfio_calls calls = { vfio_open, vfio_ioctl, vfio_close, NULL };

#define IDLE_D3 "sys/module/vfio_pci/parameters/disable_idle_d3"

/* Makes what a real load would make appear. */
static int load(void *data, const char *name, const char *options)
{
	static const char *const appear[] = {
		BIND,
		UNBIND,
		"sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts",
	};

	(void)data;
	(void)name;
	(void)options;
	n_loads++;
	for (size_t i = 0; i < ARRAY_SIZE(appear); i++)
		if (!fake_find_attr(&fake, appear[i]))
			(void)strcpy(fake.attrs[fake.n_attrs++].path, appear[i]);
	if (!fake_find_attr(&fake, IDLE_D3)) {
		(void)strcpy(fake.attrs[fake.n_attrs].path, IDLE_D3);
		(void)strcpy(fake.attrs[fake.n_attrs++].text, "Y");
	}
	return 0;
}

/* Functions that have a modalias get a driver. */
static bool takes(void *data, const char *modalias)
{
	(void)data;
	return strcmp(modalias, "pci:known") == 0;
}

static const struct quiesce_image image = { .load = load, .takes = takes };

static void below_root(const char *what)
{
	char command[256];

	(void)snprintf(command, sizeof(command), "cd '%s' && %s", root, what);
	assert_int_equal(system(command), 0);
}

/* A function that was fenced and reset, alone in its group. */
static struct fake_function *add(const char *address, const char *group)
{
	struct fake_function *f = fake_endpoint(&fake, address, 0x10d38086, 0x020000, 0);
	struct fake_attr *type = &fake.attrs[fake.n_attrs++];
	char command[96];

	(void)snprintf(command, sizeof(command), "mkdir -p sys/kernel/iommu_groups/%s/devices",
		       group);
	below_root(command);
	(void)snprintf(type->path, sizeof(type->path), "sys/kernel/iommu_groups/%s/type", group);
	(void)strcpy(type->text, "DMA-FQ");
	fake_attr(&fake, f, "iommu_group", group)->link = true;
	fake_attr(&fake, f, "iommu", "dmar0")->link = true;
	(void)fake_attr(&fake, f, "driver_override", "(null)");
	(void)fake_attr(&fake, f, "vfio-dev", "");
	return f;
}

static int setup(void **state)
{
	(void)state;
	fake_init(&fake);
	asked[0] = '\0';
	claim_error = 0;
	empty_error = 0;
	n_loads = 0;
	last_is_stuck = false;
	is_verified = false;
	journal_is_private = false;
	(void)strcpy(root, "test-iommu-stage.XXXXXX");
	assert_non_null(mkdtemp(root));
	below_root("mkdir dev proc && : >proc/vmcore && echo '6,0,1,-;DMAR: Copied translation "
		   "tables from previous kernel for dmar0' >dev/kmsg");
	run = (struct quiesce_run){ .root = root, .io = &fake.io, .log = &quiet };
	quiesce_config_defaults(&run.config);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(run.journal);
	quiesce_run_free(&run);
	below_root("rm -rf \"$PWD\"");
	return 0;
}

/* As verify leaves it: all completed. */
static void work(uint64_t drivers_deadline_us)
{
	assert_int_equal(pcireset_scan(&fake.io, &run.machine), 0);
	pcireset_topology_read(&fake.io, &run.machine);
	run.steps = calloc(run.machine.n, sizeof(*run.steps));
	run.outcomes = calloc(run.machine.n, sizeof(*run.outcomes));
	run.grounds = calloc(run.machine.n, sizeof(*run.grounds));
	run.decisions = calloc(run.machine.n, sizeof(*run.decisions));
	run.journal = calloc(1, sizeof(*run.journal) +
					run.machine.n * sizeof(run.journal->entries[0]));
	run.journal->capacity = run.machine.n;
	run.journal->dies_with_writer = journal_is_private;
	run.journal->entries = (struct pcireset_journal_entry *)(run.journal + 1);
	for (size_t i = 0; i < run.machine.n; i++)
		run.outcomes[i].verdict = is_verified ? PCIRESET_VERIFIED :
							PCIRESET_COMPLETED;
	if (last_is_stuck) {
		run.outcomes[run.machine.n - 1].stuck = true;
		run.outcomes[run.machine.n - 1].verdict = PCIRESET_LOST;
	}
	run.drivers_deadline_us = drivers_deadline_us;
	fake_forget_log(&fake);
	assert_int_equal(quiesce_iommu_stage_by(&run, &calls, &image), 0);
}

/* {"group":…} of the report's device @i */
static inline char *reported(size_t i)
{
	struct cJSON *device = quiesce_report_device(&run, i);
	char *text = cJSON_PrintUnformatted(cJSON_GetObjectItem(device, "iommu"));

	cJSON_Delete(device);
	return text;
}

static inline void turn_master_on(struct fake_function *f)
{
	fake_put(f->config, 4, fake_get(f->config, 4, 2) | 4, 2);
}

#endif
