/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run behind its verdicts, on a scripted machine, with vfio played. */
#ifndef CONTAINMENT_STAGE_H
#define CONTAINMENT_STAGE_H

#include <cJSON.h>
#include <errno.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "containment.h"
#include "fake_io.h"
#include "report.h"

#define JOURNAL_BYTES \
	(sizeof(struct pcireset_journal) + 16 * sizeof(struct pcireset_journal_entry))
#define NIC  0x10d38086
#define BIND "sys/bus/pci/drivers/vfio-pci/bind"

static struct fake fake;
static struct quiesce_run run;
static const struct quiesce_log quiet = { .kmsg_fd = -1, .stderr_max = -1 };
static char root[64], asked[512];
static bool targets[16];
static int claim_error, empty_error;
static const char *taken; /* by a driver of the image */

static void note(const char *text)
{
	(void)strcat(asked, text);
	(void)strcat(asked, "\n");
}

static int vfio_open(void *data, const char *path)
{
	(void)data;
	note(path);
	return 100;
}

static int vfio_ioctl(void *data, int fd, unsigned int request, void *argument)
{
	(void)data;
	(void)fd;
	if (request == VFIO_GROUP_GET_STATUS)
		((struct vfio_group_status *)argument)->flags = VFIO_GROUP_FLAGS_VIABLE;
	if (request == VFIO_GROUP_UNSET_CONTAINER)
		note("released");
	return request == VFIO_GROUP_SET_CONTAINER ? claim_error :
	       request == VFIO_SET_IOMMU	   ? empty_error :
						     0;
}

static void vfio_close(void *data, int fd)
{
	(void)data;
	(void)fd;
	note("closed");
}

static const struct quiesce_vfio_calls calls = { vfio_open, vfio_ioctl, vfio_close, NULL };

static bool takes(void *data, const char *modalias)
{
	(void)data;
	return taken && strcmp(modalias, taken) == 0;
}

static const struct quiesce_image image = { .takes = takes };

/* Firmware has let go of errors there. */
#define GRANTED                                                          \
	"6,0,0,-;ACPI: PCI Root Bridge [PCI0] (domain 0000 [bus 00-ff])\n" \
	"6,1,0,-;acpi PNP0A08:00: _OSC: OS now controls [PME AER]\n"

static void kernel_says(const char *log)
{
	char path[96];
	FILE *out;

	(void)snprintf(path, sizeof(path), "%s/dev", root);
	(void)mkdir(path, 0700);
	(void)snprintf(path, sizeof(path), "%s/dev/kmsg", root);
	out = fopen(path, "w");
	assert_non_null(out);
	(void)fputs(log, out);
	assert_int_equal(fclose(out), 0);
}

static int setup(void **state)
{
	(void)state;
	fake_init(&fake);
	asked[0] = '\0';
	claim_error = empty_error = 0;
	taken = NULL;
	memset(targets, 0, sizeof(targets));
	(void)strcpy(root, "test-containment.XXXXXX");
	assert_non_null(mkdtemp(root));
	kernel_says(GRANTED);
	run = (struct quiesce_run){
		.root = root, .io = &fake.io, .log = &quiet, .dump_target = targets
	};
	quiesce_config_defaults(&run.config);
	run.drivers_deadline_us = 20000000;
	return 0;
}

static int teardown(void **state)
{
	char command[96];

	(void)state;
	if (run.journal)
		(void)munmap(run.journal, JOURNAL_BYTES);
	quiesce_run_free(&run);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

/* Fenced; Power Management at 80. */
static struct fake_function *add_class(const char *address, uint32_t class_code)
{
	struct fake_function *f = fake_endpoint(&fake, address, NIC, class_code, 0x0402);

	fake_capability(f, 0x80, 0x01);
	(void)fake_attr(&fake, f, "driver_override", "(null)");
	(void)fake_attr(&fake, f, "modalias", address);
	return f;
}

static struct fake_function *add(const char *address)
{
	return add_class(address, 0x020000);
}

/* All that is no bridge is to be reset, and was only fenced. */
static void plan(const char *contain)
{
	assert_int_equal(quiesce_config_set(&run.config, "contain", contain, "t:1"), 0);
	assert_int_equal(pcireset_scan(&fake.io, &run.machine), 0);
	pcireset_topology_read(&fake.io, &run.machine);
	run.decisions = calloc(run.machine.n, sizeof(*run.decisions));
	run.grounds = calloc(run.machine.n, sizeof(*run.grounds));
	run.outcomes = calloc(run.machine.n, sizeof(*run.outcomes));
	run.steps = calloc(run.machine.n, sizeof(*run.steps));
	/* As a supervisor's: a child's marks are seen. */
	run.journal = mmap(NULL, JOURNAL_BYTES, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(run.journal != MAP_FAILED);
	run.journal->capacity = run.journal->n = run.machine.n;
	run.journal->entries = (struct pcireset_journal_entry *)(run.journal + 1);
	for (size_t i = 0; i < run.machine.n; i++) {
		const bool is_bridge = pcireset_is_bridge(&run.machine.functions[i]);

		run.grounds[i] = (struct quiesce_ground){ "a rule", "t:2" };
		run.steps[i].via = PCIRESET_NONE;
		run.steps[i].action = is_bridge ? PCIRESET_KEEP : PCIRESET_RESET;
		run.steps[i].expected = is_bridge ? PCIRESET_KEPT : PCIRESET_FENCED;
		run.outcomes[i].verdict = run.steps[i].expected;
	}
	fake_forget_log(&fake);
	fake.now_us = 0;
}

static void contain(void)
{
	assert_int_equal(quiesce_containment_stage_by(&run, &calls, &image), 0);
}

static void is_contained(size_t i, enum pcireset_contain way)
{
	assert_int_equal(run.outcomes[i].verdict, PCIRESET_CONTAINED);
	assert_int_equal(run.containments[i].way, way);
	assert_true(run.journal->entries[i].isolation.stands);
	assert_true(pcireset_journal_bars(run.journal, run.machine.functions[i].address));
}

/* Left as it was, and its problem tells why. */
static void is_not(size_t i, const char *why)
{
	char words[QUIESCE_PROBLEM_BYTES];

	assert_int_not_equal(run.outcomes[i].verdict, PCIRESET_CONTAINED);
	assert_false(run.journal->entries[i].isolation.stands);
	if (why) {
		assert_non_null(quiesce_problem(&run, i, words));
		assert_string_equal(words, why);
	} else {
		assert_int_equal(run.containments[i].tried, PCIRESET_CONTAIN_NONE);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
