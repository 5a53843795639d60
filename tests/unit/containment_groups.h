/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions in groups, on a machine that has vfio. */
#ifndef CONTAINMENT_GROUPS_H
#define CONTAINMENT_GROUPS_H

#include <fcntl.h>
#include <sys/prctl.h>

#include "containment_stage.h"

/* vfio is built in. */
static int with_vfio(void **state)
{
	static const char *const files[] = {
		BIND,
		"sys/bus/pci/drivers/vfio-pci/unbind",
		"sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts",
	};

	assert_int_equal(setup(state), 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		(void)strcpy(fake.attrs[fake.n_attrs++].path, files[i]);
	/* Orphans are this process's. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	return 0;
}

/* What sysfs says of a group. */
static void group_attr(const char *group, const char *name, const char *text)
{
	char path[96];
	struct fake_attr *attr;

	(void)snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%s/%s", group, name);
	attr = fake_find_attr(&fake, path);
	if (!attr)
		attr = &fake.attrs[fake.n_attrs++];
	(void)strcpy(attr->path, path);
	(void)strcpy(attr->text, text);
}

static struct fake_function *member(const char *address, const char *group)
{
	struct fake_function *f = add(address);
	char command[160];

	(void)snprintf(command, sizeof(command), "mkdir -p '%s/sys/kernel/iommu_groups/%s/devices'",
		       root, group);
	assert_int_equal(system(command), 0);
	group_attr(group, "type", "DMA-FQ");
	fake_attr(&fake, f, "iommu_group", group)->link = true;
	(void)fake_attr(&fake, f, "vfio-dev", "");
	(void)fake_attr(&fake, f, "enable", "0");
	return f;
}

/* The process that was left behind, or 0; there is no other. */
static pid_t holder(void)
{
	char text[64] = "";
	int fd = open("/proc/thread-self/children", O_RDONLY);

	assert_true(fd >= 0);
	assert_true(read(fd, text, sizeof(text) - 1) >= 0);
	(void)close(fd);
	return (pid_t)atoi(text);
}

#define WITH_VFIO(name) cmocka_unit_test_setup_teardown(name, with_vfio, teardown)

#endif
