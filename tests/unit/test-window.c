/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups that are held on an empty domain for a while, and what the log says meanwhile. */
#include "window_stage.h"

static void in_a_window_all_groups_are_held_at_once(void **state)
{
	_cleanup_free_ char *text = NULL, *group = NULL;

	(void)state;
	(void)add("0000:01:00.0", "3");
	(void)add("0000:02:00.0", "4");
	work_with_window("", UINT64_MAX);
	assert_string_equal(asked, "dev/vfio/vfio\ndev/vfio/3\nempty\n"
				   "dev/vfio/vfio\ndev/vfio/4\nempty\nwait\n"
				   "release\nrelease\n");
	assert_int_equal(slept_us, 500000);
	text = window(1);
	assert_string_equal(text, "{\"ms\":500,\"faults\":0,\"observable\":true}");
	group = reported(1);
	assert_non_null(strstr(group, "\"reinit\":\"done\""));
	assert_int_equal(run.outcomes[1].verdict, PCIRESET_COMPLETED);
	assert_int_equal(run.n_bad, 0);
	assert_false(run.journal->entries[0].in_use);
	assert_false(run.journal->entries[1].in_use);
}

static void a_function_that_faults_has_failed_and_the_other_has_not(void **state)
{
	_cleanup_free_ char *text = NULL, *other = NULL;
	char words[QUIESCE_PROBLEM_BYTES];

	(void)state;
	(void)add("0000:01:00.0", "3");
	(void)add("0000:02:00.0", "4");
	work_with_window(
		"3,2,7,-;DMAR: DRHD: handling fault status reg 2\n"
		"3,3,8,-;DMAR: [DMA Write NO_PASID] Request device [02:00.0] fault addr 0xfff00000 "
		"[fault reason 0x05] PTE Write access is not set\n",
		UINT64_MAX);
	text = window(1);
	assert_string_equal(text, "{\"ms\":500,\"faults\":1,\"observable\":true}");
	assert_int_equal(run.outcomes[1].silent, PCIRESET_NO);
	assert_int_equal(run.outcomes[1].verdict, PCIRESET_FAILED);
	assert_string_equal(quiesce_problem(&run, 1, words),
			    "not silent: 1 IOMMU faults in 500 ms");
	other = window(0);
	assert_string_equal(other, "{\"ms\":500,\"faults\":null,\"observable\":false}");
	assert_int_equal(run.outcomes[0].verdict, PCIRESET_COMPLETED);
	assert_int_equal(run.n_bad, 1);
	assert_non_null(strstr(asked, "release\nrelease\n"));
}

static void what_faulted_with_Bus_Master_on_is_fenced_again(void **state)
{
	struct fake_function *f;

	(void)state;
	f = add("0000:01:00.0", "3");
	(void)load(NULL, "", "");
	fake_find_attr(&fake, BIND)->written = turn_master_on;
	fake_find_attr(&fake, BIND)->function = f;
	work_with_window("3,2,7,-;DMAR: [DMA Read NO_PASID] Request device [0000:01:00.0] fault\n",
			 UINT64_MAX);
	assert_int_equal(fake_get(f->config, 4, 2), 0x0400);
	assert_int_equal(run.outcomes[0].verdict, PCIRESET_FAILED);
	assert_int_equal(run.n_bad, 1);
}

static void a_window_takes_no_more_than_half_of_the_drivers_time(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	(void)add("0000:01:00.0", "3");
	work_with_window("", 200000);
	assert_true(slept_us > 90000 && slept_us < 100000);
	text = window(0);
	assert_non_null(strstr(text, "{\"ms\":9"));
}

static void without_the_IOMMU_s_interrupt_no_fault_proves_nothing(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	(void)add("0000:01:00.0", "3");
	fake_find_attr(&fake, "sys/bus/pci/devices/0000:01:00.0/iommu")->text[4] = '1';
	fake_append(root, "dev/kmsg",
		    "6,1,1,-;DMAR: Copied translation tables from previous kernel for dmar1\n");
	work_with_window("", UINT64_MAX);
	text = window(0);
	assert_string_equal(text, "{\"ms\":500,\"faults\":null,\"observable\":false}");
	assert_int_equal(run.outcomes[0].verdict, PCIRESET_COMPLETED);
}

static void a_group_that_is_not_on_an_empty_domain_proves_nothing(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	(void)add("0000:01:00.0", "3");
	empty_error = -EPERM;
	work_with_window("", UINT64_MAX);
	text = window(0);
	assert_string_equal(text, "{\"ms\":500,\"faults\":null,\"observable\":false}");
	assert_int_equal(run.iommu->groups[0].reinit, QUIESCE_REINIT_DONE);
}

static void without_a_claim_nobody_waits(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	(void)add("0000:01:00.0", "3");
	claim_error = -EPERM;
	work_with_window("", UINT64_MAX);
	assert_int_equal(slept_us, 0);
	text = window(0);
	assert_string_equal(text, "null");
	assert_int_equal(run.iommu->groups[0].reinit, QUIESCE_REINIT_REFUSED);
}

static void note_unbind(struct fake_function *f)
{
	(void)f;
	(void)strcat(asked, "unbind\n");
}

static void all_groups_are_free_before_the_first_unbind(void **state)
{
	(void)state;
	(void)add("0000:01:00.0", "3");
	(void)add("0000:02:00.0", "4");
	(void)load(NULL, "", "");
	fake_find_attr(&fake, UNBIND)->written = note_unbind;
	work_with_window("", UINT64_MAX);
	assert_non_null(strstr(asked, "wait\nrelease\nrelease\nunbind\nunbind\n"));
}

static void what_is_late_is_left_for_whoever_restores(void **state)
{
	(void)state;
	(void)add("0000:01:00.0", "3");
	late_by_us = 200000;
	work_with_window("", 200000);
	late_by_us = 0;
	assert_non_null(strstr(asked, "wait\nrelease\n"));
	assert_true(run.journal->entries[0].in_use);
	assert_string_equal(run.journal->entries[0].bound_to, "vfio-pci");
}

static void Bus_Master_is_off_before_the_wait(void **state)
{
	(void)state;
	watched = add("0000:01:00.0", "3");
	(void)load(NULL, "", "");
	fake_find_attr(&fake, BIND)->written = turn_master_on;
	fake_find_attr(&fake, BIND)->function = watched;
	work_with_window("", UINT64_MAX);
	assert_int_equal(command_then, 0x0400);
	assert_int_equal(run.outcomes[0].verdict, PCIRESET_COMPLETED);
	watched = NULL;
}

static void Bus_Master_that_stays_on_is_counted_once(void **state)
{
	struct fake_function *f;

	(void)state;
	f = add("0000:01:00.0", "3");
	f->sticky_master = true;
	(void)load(NULL, "", "");
	fake_find_attr(&fake, BIND)->written = turn_master_on;
	fake_find_attr(&fake, BIND)->function = f;
	work_with_window("3,2,7,-;DMAR: [DMA Read NO_PASID] Request device [0000:01:00.0] fault\n",
			 UINT64_MAX);
	assert_int_equal(run.outcomes[0].verdict, PCIRESET_FAILED);
	assert_int_equal(run.n_bad, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(in_a_window_all_groups_are_held_at_once),
		TEST(a_function_that_faults_has_failed_and_the_other_has_not),
		TEST(what_faulted_with_Bus_Master_on_is_fenced_again),
		TEST(a_window_takes_no_more_than_half_of_the_drivers_time),
		TEST(without_the_IOMMU_s_interrupt_no_fault_proves_nothing),
		TEST(a_group_that_is_not_on_an_empty_domain_proves_nothing),
		TEST(without_a_claim_nobody_waits),
		TEST(all_groups_are_free_before_the_first_unbind),
		TEST(what_is_late_is_left_for_whoever_restores),
		TEST(Bus_Master_is_off_before_the_wait),
		TEST(Bus_Master_that_stays_on_is_counted_once),
	};

	return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
