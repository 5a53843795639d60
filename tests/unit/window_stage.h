/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stage with a window; for one test program each. */
#ifndef WINDOW_STAGE_H
#define WINDOW_STAGE_H

#include "iommu_stage.h"

/* What the kernel says while groups are held. */
static const char *said;
static uint64_t slept_us;
/* How much later it is after that than it ought to be. */
static uint64_t late_by_us;
/* Whose COMMAND is looked at while groups are held. */
static struct fake_function *watched;
static uint32_t command_then;

static void sleep_and_hear(void *data, uint64_t us)
{
	(void)data;
	slept_us += us;
	fake.now_us += us + late_by_us;
	if (watched)
		command_then = fake_get(watched->config, 4, 2);
	(void)strcat(asked, "wait\n");
	fake_append(root, "dev/kmsg", said);
}

static void work_with_window(const char *text, uint64_t drivers_deadline_us)
{
	fake_append(root, "proc/interrupts",
		    "           CPU0\n"
		    "  24:          0  DMAR-MSI    0-edge      dmar0\n"
		    " NMI:          0   Non-maskable interrupts\n");
	said = text;
	slept_us = 0;
	fake.io.sleep_us = sleep_and_hear;
	run.config.window_ms = 500;
	work(drivers_deadline_us);
}

/* {"ms":…} of the evidence of device @i */
static char *window(size_t i)
{
	struct cJSON *device = quiesce_report_device(&run, i);
	char *text = cJSON_PrintUnformatted(cJSON_GetObjectItem(
		cJSON_GetObjectItem(device, "evidence"), "window"));

	cJSON_Delete(device);
	return text;
}

#endif
