/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups that are left alone. */
#include "containment_groups.h"

static void a_group_with_one_that_is_kept_is_not_touched(void **state)
{
	(void)state;
	(void)member("0000:00:1e.0", "3");
	(void)member("0000:00:1f.0", "3");
	(void)add("0000:00:1f.1");
	plan("iommu");
	run.steps[0].action = PCIRESET_KEEP;
	run.outcomes[0].verdict = PCIRESET_KEPT;
	contain();
	is_not(1, "not contained: iommu: one beside it is kept, or a driver takes it");
	is_not(2, "not contained: iommu: it has no IOMMU");
	assert_string_equal(asked, "");
	assert_null(strstr(fake.log, "w "));
	assert_null(strstr(fake.log, "a "));
}

static void never_where_firmware_owns_error_handling(void **state)
{
	(void)state;
	(void)member("0000:00:1f.0", "3");
	kernel_says("6,0,0,-;ACPI: PCI Root Bridge [PCI0] (domain 0000 [bus 00-ff])\n"
		    "6,1,0,-;acpi PNP0A08:00: _OSC: platform does not support [AER]\n"
		    "6,2,0,-;acpi PNP0A08:00: _OSC: OS now controls [PME]\n");
	plan("link,iommu,d3hot");
	contain();
	is_contained(0, PCIRESET_CONTAIN_D3HOT);
	assert_string_equal(asked, "");
}

/* As with pcie_ports=compat, which the command lines of many crash kernels have. */
static void never_where_the_kernel_did_not_ask_for_it(void **state)
{
	(void)state;
	(void)member("0000:00:1f.0", "3");
	kernel_says("6,0,0,-;ACPI: PCI Root Bridge [PCI0] (domain 0000 [bus 00-ff])\n"
		    "6,1,0,-;acpi PNP0A08:00: PCIe port services disabled; not requesting _OSC "
		    "control\n");
	plan("link,iommu");
	contain();
	is_not(0, "not contained: iommu: firmware may own PCI error handling, the kernel's log "
		  "does not tell");
	assert_string_equal(asked, "");
}

/* The end of whoever holds the group attaches that. */
static void never_where_the_default_domain_has_anything_mapped(void **state)
{
	(void)state;
	(void)member("0000:00:1d.0", "3");
	(void)member("0000:00:1e.0", "4");
	(void)member("0000:00:1f.0", "5");
	(void)member("0000:00:1f.1", "6");
	group_attr("3", "type", "identity");
	group_attr("4", "type", "");
	group_attr("5", "reserved_regions", "0x000000007f000000 0x000000007fffffff direct\n"
					    "0x00000000fee00000 0x00000000feefffff msi");
	group_attr("6", "reserved_regions", "0x000000007f000000 0x000000007fffffff "
					    "direct-relaxable\n");
	plan("iommu");
	contain();
	is_not(0, "not contained: iommu: the default domain of its group does not translate");
	is_not(1, "not contained: iommu: the default domain of its group does not translate");
	is_not(2, "not contained: iommu: firmware wants a region of its group mapped");
	is_not(3, "not contained: iommu: firmware wants a region of its group mapped");
	assert_string_equal(asked, "");
}

/* A device of the platform's, or a function that is newer than the scan. */
static void never_where_something_that_was_not_scanned_is_in_it(void **state)
{
	char command[160];

	(void)state;
	(void)member("0000:00:1f.0", "3");
	(void)snprintf(command, sizeof(command),
		       "touch '%s/sys/kernel/iommu_groups/3/devices/AMDI0040:00'", root);
	assert_int_equal(system(command), 0);
	plan("iommu");
	contain();
	is_not(0, "not contained: iommu: something else is in its group");
	assert_string_equal(asked, "");
}

static void without_vfio_it_is_not_possible(void **state)
{
	(void)state;
	(void)member("0000:00:1f.0", "3");
	fake_find_attr(&fake, BIND)->path[0] = '\0';
	plan("iommu");
	contain();
	is_not(0, "not contained: iommu: no vfio-pci here: No such file or directory");
	assert_string_equal(asked, "");
	assert_int_equal(holder(), 0);
}

static void no_group_is_claimed_without_time(void **state)
{
	(void)state;
	(void)member("0000:00:1f.0", "3");
	run.drivers_deadline_us = 0;
	plan("iommu");
	contain();
	is_not(0, "not contained: iommu: no time was left");
	assert_string_equal(asked, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_VFIO(a_group_with_one_that_is_kept_is_not_touched),
		WITH_VFIO(never_where_firmware_owns_error_handling),
		WITH_VFIO(never_where_the_kernel_did_not_ask_for_it),
		WITH_VFIO(never_where_the_default_domain_has_anything_mapped),
		WITH_VFIO(never_where_something_that_was_not_scanned_is_in_it),
		WITH_VFIO(without_vfio_it_is_not_possible),
		WITH_VFIO(no_group_is_claimed_without_time),
	};

	return cmocka_run_group_tests_name("containment-groups", tests, NULL, NULL);
}
