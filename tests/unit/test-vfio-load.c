/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Having vfio ready: modules, or what is built in. */
#include <errno.h>
#include <string.h>

#include "fake_io.h"
#include "iommu.h"

#define BIND "sys/bus/pci/drivers/vfio-pci/bind"
#define TYPE1 "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"

static struct fake fake;
static const char *why;

static int setup(void **state)
{
	(void)state;
	fake_init(&fake);
	why = "";
	(void)strcpy(fake.attrs[fake.n_attrs++].path, BIND);
	(void)strcpy(fake.attrs[fake.n_attrs++].path, TYPE1);
	return 0;
}

static int load_error;
static char loaded[256];

static int load(void *data, const char *name, const char *options)
{
	(void)data;
	(void)strcat(loaded, name);
	(void)strcat(loaded, " ");
	(void)strcat(loaded, options);
	(void)strcat(loaded, "\n");
	return load_error;
}

static const struct quiesce_image image = { .load = load };

static void vfio_is_loaded_with_options_of_our_own(void **state)
{
	(void)state;
	loaded[0] = '\0';
	load_error = 0;
	assert_int_equal(quiesce_vfio_load(&fake.io, &image, &why), 0);
	assert_string_equal(loaded, "vfio_iommu_type1 allow_unsafe_interrupts=1\n"
				    "vfio-pci disable_idle_d3=1 disable_vga=1\n");
}

static void vfio_that_is_built_in_needs_no_module(void **state)
{
	(void)state;
	load_error = -ENOENT;
	assert_int_equal(quiesce_vfio_load(&fake.io, &image, &why), 0);
	assert_int_equal(quiesce_vfio_load(&fake.io, NULL, &why), 0);
}

static void a_module_that_does_not_load_is_told(void **state)
{
	(void)state;
	load_error = -ENOEXEC;
	assert_int_equal(quiesce_vfio_load(&fake.io, &image, &why), -ENOEXEC);
	assert_string_equal(why, "vfio cannot be loaded");
}

static void vfio_that_is_not_there_is_told(void **state)
{
	(void)state;
	(void)strcpy(fake_find_attr(&fake, TYPE1)->path, "");
	assert_int_equal(quiesce_vfio_ready(&fake.io, &why), -ENOENT);
	assert_string_equal(why, "no vfio container here");
	(void)strcpy(fake_find_attr(&fake, BIND)->path, "");
	assert_int_equal(quiesce_vfio_load(&fake.io, NULL, &why), -ENOENT);
	assert_string_equal(why, "no vfio-pci here");
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(vfio_is_loaded_with_options_of_our_own),
		TEST(vfio_that_is_built_in_needs_no_module),
		TEST(a_module_that_does_not_load_is_told),
		TEST(vfio_that_is_not_there_is_told),
	};

	return cmocka_run_group_tests_name("vfio-load", tests, NULL, NULL);
}
