/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfio-pci is to find a function whose power state the kernel knows. */
#include "iommu_stage.h"

/* It has Power Management, and is decoded: with Bus Master on or off. */
static struct fake_function *add_with_power(const char *address, const char *group)
{
	struct fake_function *f = add(address, group);

	fake_capability(f, 0x50, 0x01);
	fake_put(f->config, 4, 0x0406, 2);
	(void)fake_attr(&fake, f, "enable", "0");
	return f;
}

static void a_function_is_in_D0_before_vfio_sees_it_and_without_Bus_Master(void **state)
{
	struct fake_function *f;

	(void)state;
	f = add_with_power("0000:01:00.0", "3");
	work(UINT64_MAX);
	assert_non_null(strstr(fake.log, "a 01:00.0/enable 1\n"
					 "a 01:00.0/enable 0\n"
					 "w 01:00.0 04 0402\n"
					 "a 01:00.0/driver_override vfio-pci\n"
					 "a " BIND " 0000:01:00.0\n"));
	assert_int_equal(fake_get(f->config, 4, 2), 0x0402);
	assert_int_equal(run.iommu->groups[0].reinit, QUIESCE_REINIT_DONE);
}

static void one_that_cannot_be_enabled_is_re_initialised_all_the_same(void **state)
{
	(void)state;
	(void)add_with_power("0000:01:00.0", "3");
	fake_find_attr(&fake, "sys/bus/pci/devices/0000:01:00.0/enable")->write_error = -EINVAL;
	work(UINT64_MAX);
	assert_int_equal(run.iommu->groups[0].reinit, QUIESCE_REINIT_DONE);
}

static void one_that_cannot_be_enabled_is_not_held(void **state)
{
	(void)state;
	(void)add_with_power("0000:01:00.0", "3");
	fake_find_attr(&fake, "sys/bus/pci/devices/0000:01:00.0/enable")->write_error = -EINVAL;
	run.config.window_ms = 500;
	work(UINT64_MAX);
	assert_string_equal(asked, "");
	assert_string_equal(run.iommu->groups[0].reason,
			    "it cannot be enabled: Invalid argument");
	assert_false(run.journal->entries[0].in_use);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_function_is_in_D0_before_vfio_sees_it_and_without_Bus_Master),
		TEST(one_that_cannot_be_enabled_is_re_initialised_all_the_same),
		TEST(one_that_cannot_be_enabled_is_not_held),
	};

	return cmocka_run_group_tests_name("vfio-power", tests, NULL, NULL);
}
