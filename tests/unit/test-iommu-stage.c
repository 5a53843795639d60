/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stage behind the verdicts, on a scripted machine, with vfio played. */
#include <cJSON.h>
#include <errno.h>
#include <linux/vfio.h>
#include <string.h>

#include "fake_io.h"
#include "iommu.h"
#include "report.h"

#define BIND "sys/bus/pci/drivers/vfio-pci/bind"

static struct fake fake;
static struct quiesce_run run;
static const struct quiesce_log quiet = { .kmsg_fd = -1, .stderr_max = -1 };
static char root[64];
static char asked[256];
static int claim_error;
static size_t n_loads;

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

/* Makes what a real load would make appear. */
static int load(void *data, const char *name, const char *options)
{
	static const char *const appear[] = {
		BIND,
		"sys/bus/pci/drivers/vfio-pci/unbind",
		"sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts",
	};

	(void)data;
	(void)name;
	(void)options;
	n_loads++;
	for (size_t i = 0; i < ARRAY_SIZE(appear); i++)
		if (!fake_find_attr(&fake, appear[i]))
			(void)strcpy(fake.attrs[fake.n_attrs++].path, appear[i]);
	return 0;
}

static const struct quiesce_image image = { .load = load };

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
	n_loads = 0;
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
	run.journal->entries = (struct pcireset_journal_entry *)(run.journal + 1);
	for (size_t i = 0; i < run.machine.n; i++)
		run.outcomes[i].verdict = PCIRESET_COMPLETED;
	run.drivers_deadline_us = drivers_deadline_us;
	fake_forget_log(&fake);
	assert_int_equal(quiesce_iommu_stage_by(&run, &calls, &image), 0);
}

/* {"group":…} of the report's device @i */
static char *reported(size_t i)
{
	struct cJSON *device = quiesce_report_device(&run, i);
	char *text = cJSON_PrintUnformatted(cJSON_GetObjectItem(device, "iommu"));

	cJSON_Delete(device);
	return text;
}

static void groups_are_done_one_after_the_other_and_vfio_is_loaded_once(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	(void)add("0000:01:00.0", "3");
	(void)add("0000:02:00.0", "4");
	work(UINT64_MAX);
	assert_int_equal(n_loads, 2); /* type1 and vfio-pci */
	assert_string_equal(asked, "dev/vfio/vfio\ndev/vfio/3\ndev/vfio/vfio\ndev/vfio/4\n");
	text = reported(1);
	assert_string_equal(text, "{\"group\":4,\"type\":\"DMA-FQ\",\"inherited\":\"yes\","
				  "\"reinit\":\"done\","
				  "\"reason\":\"claimed and released through vfio\"}");
	assert_false(run.journal->entries[0].in_use);
	assert_int_equal(run.n_bad, 0);
}

static void a_refusal_is_an_answer_and_the_next_group_has_its_turn(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	(void)add("0000:01:00.0", "3");
	(void)add("0000:02:00.0", "4");
	claim_error = -EPERM;
	work(UINT64_MAX);
	assert_string_equal(asked, "dev/vfio/vfio\ndev/vfio/3\ndev/vfio/vfio\ndev/vfio/4\n");
	text = reported(0);
	assert_string_equal(text, "{\"group\":3,\"type\":\"DMA-FQ\",\"inherited\":\"yes\","
				  "\"reinit\":\"refused\","
				  "\"reason\":\"the kernel refuses the claim: "
				  "Operation not permitted\"}");
}

static void nothing_is_loaded_where_nothing_is_wanted(void **state)
{
	(void)state;
	fake_attr(&fake, add("0000:01:00.0", "3"), "driver", "e1000e")->link = true;
	work(UINT64_MAX);
	assert_int_equal(n_loads, 0);
	assert_string_equal(asked, "");
	assert_int_equal(run.iommu->groups[0].reinit, QUIESCE_REINIT_NOT_NEEDED);
	assert_null(strstr(fake.log, "a "));
}

static void what_has_no_time_left_is_not_begun(void **state)
{
	(void)state;
	(void)add("0000:01:00.0", "3");
	work(1);
	assert_string_equal(asked, "");
	assert_int_equal(run.iommu->groups[0].reinit, QUIESCE_REINIT_NOT_POSSIBLE);
	assert_string_equal(run.iommu->groups[0].reason, "no time left");
}

static void a_function_outside_all_groups_inherited_nothing(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	(void)fake_endpoint(&fake, "0000:01:00.0", 0x10d38086, 0x020000, 0);
	work(UINT64_MAX);
	text = reported(0);
	assert_string_equal(text, "{\"group\":null,\"type\":null,\"inherited\":\"no\","
				  "\"reinit\":null,\"reason\":null}");
}

static void turn_master_on(struct fake_function *f)
{
	fake_put(f->config, 4, fake_get(f->config, 4, 2) | 4, 2);
}

static void bus_master_that_comes_back_is_turned_off_again(void **state)
{
	struct fake_function *f;

	(void)state;
	f = add("0000:01:00.0", "3");
	(void)load(NULL, "", "");
	fake_find_attr(&fake, BIND)->written = turn_master_on;
	fake_find_attr(&fake, BIND)->function = f;
	work(UINT64_MAX);
	assert_int_equal(fake_get(f->config, 4, 2), 0x0400);
	assert_int_equal(run.outcomes[0].verdict, PCIRESET_COMPLETED);
	assert_int_equal(run.n_bad, 0);
}

static void bus_master_that_stays_on_is_a_failure(void **state)
{
	struct fake_function *f;

	(void)state;
	f = add("0000:01:00.0", "3");
	f->sticky_master = true;
	(void)load(NULL, "", "");
	fake_find_attr(&fake, BIND)->written = turn_master_on;
	fake_find_attr(&fake, BIND)->function = f;
	work(UINT64_MAX);
	assert_int_equal(run.outcomes[0].verdict, PCIRESET_FAILED);
	assert_int_equal(run.n_bad, 1);
}

static void what_appears_later_has_no_group_that_is_known(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	(void)add("0000:01:00.0", "3");
	work(UINT64_MAX);
	for (size_t i = 0; i < 4; i++) {
		char address[PCIRESET_ADDRESS_BYTES];

		(void)snprintf(address, sizeof(address), "10000:0%zu:00.0", i);
		(void)add(address, "3");
	}
	assert_int_equal(quiesce_earlier_provide(&run), 0);
	assert_int_equal(quiesce_newcomers_silence(&run), 0);
	assert_int_equal(run.machine.n, 5);
	for (size_t i = 1; i < 5; i++) {
		assert_null(quiesce_group_of(run.iommu, i));
		assert_int_equal(run.earlier[i].again_via, PCIRESET_NONE);
	}
	text = reported(4);
	assert_non_null(strstr(text, "{\"group\":3,\"type\":null,"));
}

static void die(struct fake_function *f)
{
	f->gone = true;
}

static void what_died_with_vfio_is_lost_and_not_written_to(void **state)
{
	struct quiesce_log log = { .stderr_max = -1 };
	FILE *messages = tmpfile();
	char text[2048] = "";

	(void)state;
	assert_non_null(messages);
	log.kmsg_fd = fileno(messages);
	run.log = &log;
	(void)load(NULL, "", "");
	fake_find_attr(&fake, BIND)->function = add("0000:01:00.0", "3");
	fake_find_attr(&fake, BIND)->written = die;
	work(UINT64_MAX);
	assert_true(pread(log.kmsg_fd, text, sizeof(text) - 1, 0) > 0);
	(void)fclose(messages);
	run.log = &quiet;

	assert_null(strstr(fake.log, "w 01:00.0"));
	assert_int_equal(run.outcomes[0].verdict, PCIRESET_LOST);
	assert_int_equal(run.outcomes[0].ready, PCIRESET_NO);
	assert_int_equal(run.n_bad, 1);
	assert_non_null(strstr(text, "<4>pci-quiesce: 0000:01:00.0: lost: it no longer answers "
				     "after vfio\n"));
	assert_null(strstr(text, "Bus Master"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(groups_are_done_one_after_the_other_and_vfio_is_loaded_once),
		TEST(a_refusal_is_an_answer_and_the_next_group_has_its_turn),
		TEST(nothing_is_loaded_where_nothing_is_wanted),
		TEST(what_has_no_time_left_is_not_begun),
		TEST(a_function_outside_all_groups_inherited_nothing),
		TEST(bus_master_that_comes_back_is_turned_off_again),
		TEST(bus_master_that_stays_on_is_a_failure),
		TEST(what_appears_later_has_no_group_that_is_known),
		TEST(what_died_with_vfio_is_lost_and_not_written_to),
	};

	return cmocka_run_group_tests_name("iommu-stage", tests, NULL, NULL);
}
