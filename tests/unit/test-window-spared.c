/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups that are not held, and why. */
#include <sys/resource.h>

#include "window_stage.h"

/* One of a group that a driver's first mapping would serve as well. */
static struct fake_function *add_served(const char *address, const char *group)
{
	struct fake_function *f = add(address, group);

	(void)fake_attr(&fake, f, "modalias", "pci:known");
	return f;
}

static void is_spared(size_t i, const char *reason)
{
	_cleanup_free_ char *text = window(i);

	assert_string_equal(text, "null");
	assert_int_equal(quiesce_group_of(run.iommu, i)->reinit, QUIESCE_REINIT_NOT_NEEDED);
	assert_string_equal(quiesce_group_of(run.iommu, i)->reason, reason);
}

static void is_claimed_only(size_t i, const char *reason)
{
	_cleanup_free_ char *text = window(i);

	assert_string_equal(text, "null");
	assert_int_equal(quiesce_group_of(run.iommu, i)->reinit, QUIESCE_REINIT_DONE);
	assert_string_equal(quiesce_group_of(run.iommu, i)->reason, reason);
}

static void is_held(size_t i)
{
	_cleanup_free_ char *text = window(i);

	assert_non_null(strstr(text, "{\"ms\":500,"));
}

static void the_dump_target_is_never_held(void **state)
{
	(void)state;
	(void)add_served("0000:01:00.0", "3");
	(void)add_served("0000:02:00.0", "4");
	below_root("mkdir -p usr/lib/pci-quiesce && "
		   "echo '0000:02:00.0 8086:10d3' >usr/lib/pci-quiesce/dump-target");
	work_with_window("", UINT64_MAX);
	assert_string_equal(asked, "dev/vfio/vfio\ndev/vfio/3\nempty\nwait\nrelease\n");
	is_held(0);
	is_spared(1, "a driver's first mapping replaces it; no window: the dump target is in it");
}

/* As far as the image's modules can be listed. */
static void nor_is_it_where_no_driver_is_known_to_take_it(void **state)
{
	(void)state;
	(void)add("0000:01:00.0", "3");
	(void)add("0000:02:00.0", "4");
	below_root("mkdir -p usr/lib/pci-quiesce && "
		   "echo '0000:02:00.0 8086:10d3' >usr/lib/pci-quiesce/dump-target");
	work_with_window("", UINT64_MAX);
	is_held(0);
	is_claimed_only(1, "claimed and released through vfio; no window: the dump target is in it");
}

/* It was built in, or loaded before us: what it is bound to is silent in D3hot. */
static void asleep_a_function_proves_nothing(void **state)
{
	struct fake_attr *idle_d3 = &fake.attrs[fake.n_attrs++];

	(void)state;
	(void)strcpy(idle_d3->path, IDLE_D3);
	(void)strcpy(idle_d3->text, "N");
	(void)add("0000:01:00.0", "3");
	(void)add_served("0000:02:00.0", "4");
	work_with_window("", UINT64_MAX);
	assert_string_equal(asked, "dev/vfio/vfio\ndev/vfio/3\nrelease\n");
	is_claimed_only(0, "claimed and released through vfio; no window: "
			   "vfio-pci may put it to sleep");
	is_spared(1, "a driver's first mapping replaces it; no window: "
		     "vfio-pci may put it to sleep");
}

static void what_the_window_alone_claimed_in_vain_still_needs_nothing(void **state)
{
	(void)state;
	(void)add_served("0000:01:00.0", "3");
	(void)add("0000:02:00.0", "4");
	claim_error = -EPERM;
	work_with_window("", UINT64_MAX);
	is_spared(0, "a driver's first mapping replaces it; no window: "
		     "the kernel refuses the claim");
	assert_int_equal(run.iommu->groups[1].reinit, QUIESCE_REINIT_REFUSED);
	assert_string_equal(run.iommu->groups[1].reason,
			    "the kernel refuses the claim: Operation not permitted");
}

static void nothing_is_held_that_only_this_process_knows_of(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	(void)add("0000:01:00.0", "3");
	journal_is_private = true;
	work_with_window("", UINT64_MAX);
	text = window(0);
	assert_string_equal(text, "null");
	assert_int_equal(run.iommu->groups[0].reinit, QUIESCE_REINIT_DONE);
}

static void load_line(enum quiesce_load_what what)
{
	run.config.loads = calloc(1, sizeof(run.config.loads[0]));
	assert_non_null(run.config.loads);
	run.config.loads[0].what = what;
	run.config.loads[0].address = (struct pcireset_address){ 0, 1, 0, 0 };
	run.config.n_loads = 1;
}

#define LOAD_LINE "a driver's first mapping replaces it; no window: a load line may mean it"

static void what_a_load_line_names_is_not_held(void **state)
{
	(void)state;
	(void)add_served("0000:01:00.0", "3");
	(void)add_served("0000:02:00.0", "4");
	load_line(QUIESCE_LOAD_ADDRESS);
	work_with_window("", UINT64_MAX);
	is_spared(0, LOAD_LINE);
	is_held(1);
}

static void a_module_may_be_anybody_s_that_gets_a_driver(void **state)
{
	(void)state;
	(void)add_served("0000:01:00.0", "3");
	(void)add("0000:02:00.0", "4");
	load_line(QUIESCE_LOAD_MODULE);
	work_with_window("", UINT64_MAX);
	is_spared(0, LOAD_LINE);
	is_held(1);
}

static void with_a_reset_that_is_stuck_nothing_is_held(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	(void)add("0000:01:00.0", "3");
	(void)add_served("0000:02:00.0", "4");
	(void)add("0000:03:00.0", "5");
	last_is_stuck = true;
	work_with_window("", UINT64_MAX);
	assert_string_equal(asked, "dev/vfio/vfio\ndev/vfio/3\nrelease\n");
	text = window(0);
	assert_string_equal(text, "null");
	assert_int_equal(run.iommu->groups[0].reinit, QUIESCE_REINIT_DONE);
	assert_string_equal(run.iommu->groups[1].reason, "a driver's first mapping replaces it");
}

static void what_goes_back_to_identity_is_not_held(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	(void)add("0000:01:00.0", "3");
	(void)strcpy(fake_find_attr(&fake, "sys/kernel/iommu_groups/3/type")->text, "identity");
	is_verified = true;
	work_with_window("3,2,7,-;DMAR: [DMA Read NO_PASID] Request device [0000:01:00.0] fault\n",
			 UINT64_MAX);
	assert_string_equal(asked, "dev/vfio/vfio\ndev/vfio/3\nrelease\n");
	text = window(0);
	assert_string_equal(text, "null");
	assert_string_equal(run.iommu->groups[0].reason,
			    "claimed and released through vfio; no window: "
			    "its default domain does not translate");
}

static void groups_beyond_the_limit_are_claimed_only_where_they_are_to_be(void **state)
{
	struct rlimit before, few;
	_cleanup_free_ char *text = NULL;

	(void)state;
	(void)add_served("0000:01:00.0", "3");
	(void)add_served("0000:02:00.0", "4");
	(void)add("0000:03:00.0", "5");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = (struct rlimit){ 226, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	work_with_window("", UINT64_MAX);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_string_equal(asked, "dev/vfio/vfio\ndev/vfio/3\nempty\n"
				   "dev/vfio/vfio\ndev/vfio/5\nrelease\nwait\nrelease\n");
	is_held(0);
	is_spared(1, "a driver's first mapping replaces it; no window: too many groups");
	text = window(2);
	assert_string_equal(text, "null");
	assert_string_equal(run.iommu->groups[2].reason,
			    "claimed and released through vfio; no window: too many groups");
}

static void without_time_what_gets_a_driver_is_the_driver_s(void **state)
{
	(void)state;
	(void)add_served("0000:01:00.0", "3");
	work_with_window("", 1);
	assert_string_equal(asked, "");
	is_spared(0, "a driver's first mapping replaces it; no window: no time left");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_dump_target_is_never_held),
		TEST(nor_is_it_where_no_driver_is_known_to_take_it),
		TEST(asleep_a_function_proves_nothing),
		TEST(what_the_window_alone_claimed_in_vain_still_needs_nothing),
		TEST(nothing_is_held_that_only_this_process_knows_of),
		TEST(what_a_load_line_names_is_not_held),
		TEST(a_module_may_be_anybody_s_that_gets_a_driver),
		TEST(with_a_reset_that_is_stuck_nothing_is_held),
		TEST(what_goes_back_to_identity_is_not_held),
		TEST(groups_beyond_the_limit_are_claimed_only_where_they_are_to_be),
		TEST(without_time_what_gets_a_driver_is_the_driver_s),
	};

	return cmocka_run_group_tests_name("window-spared", tests, NULL, NULL);
}
