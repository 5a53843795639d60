/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All stages together, on a scripted machine with a real directory for the report. */
#include <cJSON.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fake_io.h"
#include "quiesce.h"
#include "report.h"

static struct fake fake;
static struct quiesce_run run;
static const struct quiesce_log quiet = { .kmsg_fd = -1, .stderr_max = -1 };
static char root[64];
static char stages[128];

static void on_stage(void *data, enum quiesce_stage stage)
{
	_cleanup_free_ char *text = NULL;
	struct cJSON *report;

	(void)data;
	(void)strcat(stages, quiesce_stage_word(stage));

	/* Whole after each stage, and complete only after the last; none before the first change. */
	if (quiesce_file_read(root, QUIESCE_REPORT, 65536, &text) == -ENOENT) {
		(void)strcat(stages, "- ");
		return;
	}
	report = cJSON_Parse(text);
	assert_non_null(report);
	(void)strcat(stages, cJSON_IsTrue(cJSON_GetObjectItem(report, "complete")) ? "! " : " ");
	cJSON_Delete(report);
}

static int setup(void **state)
{
	char directory[80];

	(void)state;
	fake_init(&fake);
	stages[0] = '\0';
	(void)strcpy(root, "test-pipeline.XXXXXX");
	assert_non_null(mkdtemp(root));
	(void)snprintf(directory, sizeof(directory), "%s/run", root);
	assert_int_equal(mkdir(directory, 0755), 0);

	run = (struct quiesce_run){ .root = root,
				    .io = &fake.io,
				    .log = &quiet,
				    .deadline_us = UINT64_MAX,
				    .on_stage = on_stage };
	quiesce_config_defaults(&run.config);
	return 0;
}

static int teardown(void **state)
{
	char command[96];

	(void)state;
	quiesce_run_free(&run);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

static struct fake_function *nic(const char *address)
{
	struct fake_function *f = fake_endpoint(&fake, address, 0x10d38086, 0x020000, 0x0006);

	fake_express(f, true);
	fake_put(f->config, 0x10, 0xfe000000, 4);
	f->flr = FAKE_FLR_WORKS;
	f->quiet_us = 100000;
	(void)fake_resets(&fake, f, "flr");
	return f;
}

static void the_report_is_written_after_each_stage(void **state)
{
	(void)state;
	(void)nic("0000:00:01.0");

	assert_int_equal(quiesce_pipeline_run(&run), 0);
	assert_string_equal(stages, "fence plan reset verify iommu drivers! ");
	assert_int_equal(run.n_bad, 0);
	assert_int_equal(run.outcomes[0].verdict, PCIRESET_VERIFIED);
	assert_true(run.silence_us > 0 && run.silence_us < run.total_us);
}

static void nothing_slow_comes_before_the_fence(void **state)
{
	const char *first_sleep, *last_read_back;

	(void)state;
	(void)nic("0000:00:01.0");
	(void)nic("0000:00:02.0");
	fake.functions[0].pending_reads = 2;

	assert_int_equal(quiesce_pipeline_run(&run), 0);
	assert_non_null(strstr(fake.log, "r 00:01.0 00+64\n"
					 "r 00:02.0 00+64\n"
					 "w 00:01.0 04 0402\n"
					 "w 00:02.0 04 0402\n"
					 "r 00:01.0 04\n"
					 "r 00:02.0 04\n"));
	first_sleep = strstr(fake.log, "s ");
	last_read_back = strstr(fake.log, "r 00:02.0 04\n");
	assert_true(first_sleep > last_read_back);
}

static void one_that_dies_at_the_fence_is_not_touched_again(void **state)
{
	const char *after;

	(void)state;
	nic("0000:00:01.0")->dies_of_writes = true;
	(void)nic("0000:00:02.0");

	assert_int_equal(quiesce_pipeline_run(&run), 0);
	after = strstr(fake.log, "r 00:01.0 04\n") + strlen("r 00:01.0 04\n");
	assert_null(strstr(after, "00:01.0"));
	assert_int_equal(run.outcomes[0].verdict, PCIRESET_LOST);
	assert_int_equal(run.outcomes[1].verdict, PCIRESET_VERIFIED);
	assert_int_equal(run.n_bad, 1);
}

/* Given up half way it would hold its locks for good. */
static void what_takes_longer_than_what_is_left_is_not_begun(void **state)
{
	(void)state;
	(void)nic("0000:00:01.0");
	run.deadline_us = 99000;

	assert_int_equal(quiesce_pipeline_run(&run), 0);
	assert_null(strstr(fake.log, "a 00:01.0/reset 1\n"));
	assert_int_equal(run.outcomes[0].reset_error, -ETIMEDOUT);
	assert_int_equal(run.outcomes[0].verdict, PCIRESET_FENCED);
}

static void a_dry_run_writes_nothing(void **state)
{
	(void)state;
	(void)nic("0000:00:01.0");
	run.dry_run = true;
	run.on_stage = NULL;

	assert_int_equal(quiesce_pipeline_run(&run), 0);
	assert_null(strstr(fake.log, "w "));
	assert_null(strstr(fake.log, "a "));
	assert_int_equal(run.steps[0].method, PCIRESET_METHOD_FLR);
}

/* Two VFs that nobody lists; they must be off for a second before anything else. */
static struct fake_function *nic_with_vfs(void)
{
	struct fake_function *f = nic("0000:00:01.0");

	fake_extended(f, 0x100, 0x0010);
	fake_put(f->config, 0x108, 0x0009, 2);
	fake_put(f->config, 0x110, 2, 2);
	return f;
}

static void vfs_that_are_not_listed_are_off_a_second_before_a_reset(void **state)
{
	const char *off;

	(void)state;
	(void)nic_with_vfs();
	assert_int_equal(quiesce_pipeline_run(&run), 0);

	off = strstr(fake.log, "r 00:01.0 108\n"
			       "w 00:01.0 108 0000\n"
			       "r 00:01.0 108\n"
			       "s 1000000\n");
	assert_non_null(off);
	assert_true(off < strstr(fake.log, "w 00:01.0 48 8000\n"));
}

static void that_second_ends_with_the_deadline(void **state)
{
	(void)state;
	(void)nic_with_vfs();
	run.deadline_us = 300000;
	assert_int_equal(quiesce_pipeline_run(&run), 0);

	assert_non_null(strstr(fake.log, "w 00:01.0 108 0000\n"));
	assert_null(strstr(fake.log, "s 1000000\n"));
	assert_true(fake.now_us < 1000000);
}

/* Bus Master is off: at any other level such a PF is idle. */
static void observe_leaves_the_vfs_of_an_idle_pf_alone(void **state)
{
	(void)state;
	fake_put(nic_with_vfs()->config, PCI_COMMAND, 0x0002, 2);
	run.config.level = QUIESCE_LEVEL_OBSERVE;
	assert_int_equal(quiesce_pipeline_run(&run), 0);

	assert_null(strstr(fake.log, "w "));
	assert_null(strstr(fake.log, "s 1000000\n"));
	assert_int_equal(run.outcomes[0].verdict, PCIRESET_KEPT);
}

static void a_dry_run_leaves_vfs_alone(void **state)
{
	(void)state;
	(void)nic_with_vfs();
	run.dry_run = true;
	run.on_stage = NULL;

	assert_int_equal(quiesce_pipeline_run(&run), 0);
	assert_int_equal(run.machine.functions[0].vfs, 2);
	assert_null(strstr(fake.log, "w "));
	assert_null(strstr(fake.log, "s "));
}

/* 16 of them are the header. */
static unsigned int count_dword_reads(void)
{
	unsigned int n = 0;

	for (const char *at = fake.log; (at = strstr(at, "r 00:01.0 ")); at++)
		n += strncmp(at + strlen("r 00:01.0 "), "00+64", 5) == 0 ? 16 : 1;
	return n;
}

static unsigned int count_writes(void)
{
	unsigned int n = 0;

	for (const char *at = fake.log; (at = strstr(at, "w 00:01.0 ")); at++)
		n++;
	return n;
}

/* Scan, fence, topology, record, drain, save, reset, observe, restore, verify. */
static void a_reset_by_flr_takes_80_dword_reads_and_30_writes_at_most(void **state)
{
	static const uint16_t ids[] = { 0x0001, 0x0003, 0x000e, 0x0010, 0x0017, 0x0018, 0x001e,
					0x0019, 0x0025, 0x0026, 0x000f, 0x000d };
	struct fake_function *f = nic("0000:00:01.0");

	(void)state;
	/* Three base addresses, one of 64 bits; control registers as firmware sets them. */
	fake_put(f->config, 0x10, 0xfe00000c, 4);
	fake_put(f->config, 0x14, 0x00000018, 4);
	fake_put(f->config, 0x18, 0xfd000000, 4);
	fake_put(f->config, 0x3c, 0x010b, 2);
	fake_put(f->config, 0x48, 0x2936, 2);
	fake_put(f->config, 0x68, 0x0400, 2);
	f->erased[0] = 0x48;
	f->erased[1] = 0x68;
	fake_capability(f, 0x80, 0x01); /* PM */
	fake_capability(f, 0x90, 0x05); /* MSI */
	fake_capability(f, 0xb0, 0x11); /* MSI-X */
	fake_capability(f, 0xc0, 0x03); /* VPD */
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		fake_extended(f, (uint16_t)(0x100 + 0x40 * i), ids[i]);
	assert_int_equal(quiesce_pipeline_run(&run), 0);

	assert_int_equal(run.outcomes[0].verdict, PCIRESET_VERIFIED);
	print_message("# %u dword reads, %u writes\n", count_dword_reads(), count_writes());
	assert_in_range(count_dword_reads(), 16, 80);
	assert_in_range(count_writes(), 4, 30);
}

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/proc", root);
	(void)mkdir(path, 0755);
	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* efifb draws to it, and it has no driver. */
static void the_console_on_a_framebuffer_keeps_its_memory(void **state)
{
	struct fake_function *f = nic("0000:00:01.0");

	(void)state;
	fake_put(f->config, 0x09, 0x038000, 3);
	(void)fake_attr(&fake, f, "resource",
			"0x00000000fe000000 0x00000000feffffff 0x0000000000042208\n");
	write_file("proc/iomem", "00001000-0009ffff : System RAM\n"
				 "fe000000-feffffff : 0000:00:01.0\n"
				 "  fe000000-fe2fffff : efifb\n");
	assert_int_equal(quiesce_pipeline_run(&run), 0);

	assert_null(strstr(fake.log, "w 00:01.0 48"));
	assert_int_equal(fake_get(f->config, 0x04, 2), 0x0402);
	assert_int_equal(run.outcomes[0].verdict, PCIRESET_FENCED);
}

static void a_driver_comes(bool made)
{
	(void)made;
	fake.on_write = NULL;
	fake_attr(&fake, &fake.functions[0], "driver", "e1000e")->link = true;
}

/* A probe that was queued before drivers_autoprobe was off. */
static void a_driver_that_came_with_the_fence_keeps_its_function(void **state)
{
	(void)state;
	(void)nic("0000:00:01.0");
	fake.on_write = a_driver_comes;

	assert_int_equal(quiesce_pipeline_run(&run), 0);
	assert_null(strstr(fake.log, "w 00:01.0 48"));
	assert_int_equal(run.outcomes[0].verdict, PCIRESET_KEPT);
	assert_string_equal(run.grounds[0].reason, "bound to a driver meanwhile");
	assert_int_equal(run.steps[0].why, PCIRESET_WHY_DECISION); /* the ground's words count */
	assert_int_equal(run.n_bad, 0);
}

static void observing_writes_nothing_and_reports(void **state)
{
	(void)state;
	(void)nic("0000:00:01.0");
	run.config.level = QUIESCE_LEVEL_OBSERVE;

	assert_int_equal(quiesce_pipeline_run(&run), 0);
	assert_null(strstr(fake.log, "w "));
	assert_null(strstr(fake.log, "a "));
	assert_int_equal(run.outcomes[0].before.command, 0x0006);
	assert_string_equal(stages, "fence- plan- reset- verify- drivers! ");
}

static void a_machine_without_functions_is_reported_as_that(void **state)
{
	(void)state;
	assert_int_equal(quiesce_pipeline_run(&run), 0);
	assert_string_equal(stages, "fence- plan- reset- verify iommu drivers! ");
	assert_int_equal(run.n_bad, 0);
}

/* The report that is there when the run first waits for resets. */
static char when_waiting[16384];

static int wait_and_look(void *data, uint64_t deadline_us, struct pcireset_job **ret_job)
{
	_cleanup_free_ char *text = NULL;

	if (deadline_us > fake.now_us && !when_waiting[0] &&
	    quiesce_file_read(root, QUIESCE_REPORT, 16384, &text) == 0)
		(void)strcpy(when_waiting, text);
	return fake.io.job_wait(data, deadline_us, ret_job);
}

static void the_plan_is_on_disk_while_resets_are_under_way(void **state)
{
	struct pcireset_io io = fake.io;

	(void)state;
	(void)nic("0000:00:01.0");
	io.job_wait = wait_and_look;
	run.io = &io;
	run.config.level = QUIESCE_LEVEL_FLR;

	assert_int_equal(quiesce_pipeline_run(&run), 0);
	assert_int_equal(run.outcomes[0].verdict, PCIRESET_VERIFIED);
	assert_non_null(strstr(when_waiting, "\"method\":\"flr\""));
	assert_non_null(strstr(when_waiting, "\"verdict\":null"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_report_is_written_after_each_stage),
		TEST(nothing_slow_comes_before_the_fence),
		TEST(one_that_dies_at_the_fence_is_not_touched_again),
		TEST(what_takes_longer_than_what_is_left_is_not_begun),
		TEST(a_dry_run_writes_nothing),
		TEST(vfs_that_are_not_listed_are_off_a_second_before_a_reset),
		TEST(that_second_ends_with_the_deadline),
		TEST(observe_leaves_the_vfs_of_an_idle_pf_alone),
		TEST(a_dry_run_leaves_vfs_alone),
		TEST(a_reset_by_flr_takes_80_dword_reads_and_30_writes_at_most),
		TEST(a_driver_that_came_with_the_fence_keeps_its_function),
		TEST(the_console_on_a_framebuffer_keeps_its_memory),
		TEST(observing_writes_nothing_and_reports),
		TEST(a_machine_without_functions_is_reported_as_that),
		TEST(the_plan_is_on_disk_while_resets_are_under_way),
	};

	return cmocka_run_group_tests_name("pipeline", tests, NULL, NULL);
}
