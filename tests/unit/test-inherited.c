/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel's log says of translations that it took over. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fake_io.h"
#include "iommu.h"

static struct quiesce_inheritance inheritance;
static const char *basis;

static int setup(void **state)
{
	(void)state;
	inheritance = (struct quiesce_inheritance){ .kdump = true, .whole = true };
	basis = NULL;
	return 0;
}

static enum pcireset_known of(const char *iommu)
{
	return quiesce_inheritance_of(&inheritance, iommu, &basis);
}

static void a_unit_whose_tables_were_copied_inherited(void **state)
{
	(void)state;
	quiesce_inheritance_line(&inheritance,
				 "6,310,412345,-;DMAR: Copied translation tables from previous "
				 "kernel for dmar12");
	assert_int_equal(of("dmar12"), PCIRESET_YES);
	assert_string_equal(basis, "the kernel copied the translation tables");
	assert_int_equal(of("dmar1"), PCIRESET_NO);
	assert_string_equal(basis, "translation was off when this kernel started");
}

static void firmware_keeps_aer_only_where_the_kernel_was_refused_it(void **state)
{
	static const char *const granted[] = {
		"6,310,412345,-;acpi PNP0A08:00: _OSC: platform does not support [SHPCHotplug LTR]",
		"6,310,412345,-;acpi PNP0A08:00: _OSC: OS now controls [PCIeHotplug PME LTR] AER",
		"6,310,412345,-;acpi PNP0A08:00: _OSC: platform does not support [LTR] AER",
		"12,310,412345,-;acpi PNP0A08:00: _OSC: platform does not support [AER]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(granted) / sizeof(granted[0]); i++)
		quiesce_inheritance_line(&inheritance, granted[i]);
	assert_false(inheritance.aer_withheld);
	quiesce_inheritance_line(&inheritance, "6,310,412345,-;acpi PNP0A08:00: _OSC: platform does "
					       "not support [SHPCHotplug AER LTR]");
	assert_true(inheritance.aer_withheld);
	assert_int_equal(inheritance.n_aer_granted, 0);
}

static void firmware_lets_go_of_aer_bridge_by_bridge(void **state)
{
	static const char *const lines[] = {
		"6,310,412345,-;ACPI: PCI Root Bridge [PC00] (domain 0000 [bus 00-15])",
		"6,311,412345,-;acpi PNP0A08:00: _OSC: OS now controls [PME AER PCIeCapability]",
		"6,312,412345,-;ACPI: PCI Root Bridge [PC01] (domain 0000 [bus 16-63])",
		"6,313,412345,-;acpi PNP0A08:01: _OSC: OS now controls [PME PCIeCapability] AER",
		"6,314,412345,-;acpi PNP0A08:01: _OSC: OS requested [PME AER]",
		"14,315,412345,-;acpi PNP0A08:01: _OSC: OS now controls [AER]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		quiesce_inheritance_line(&inheritance, lines[i]);
	assert_int_equal(inheritance.n_root_bridges, 2);
	assert_int_equal(inheritance.n_aer_granted, 1);
}

static void a_unit_whose_tables_could_not_be_copied_did_not(void **state)
{
	(void)state;
	quiesce_inheritance_line(&inheritance,
				 "3,310,412345,-;DMAR: Failed to copy translation tables from "
				 "previous kernel for dmar0");
	assert_int_equal(of("dmar0"), PCIRESET_NO);
	assert_string_equal(basis, "the kernel could not copy the translation tables");
}

static void a_log_that_lost_its_beginning_proves_nothing_by_silence(void **state)
{
	(void)state;
	inheritance.whole = false;
	assert_int_equal(of("dmar0"), PCIRESET_UNKNOWN);
	assert_int_equal(of("ivhd0"), PCIRESET_UNKNOWN);
	assert_string_equal(basis, "the kernel's log is not whole");
}

static void user_space_cannot_speak_for_the_kernel(void **state)
{
	(void)state;
	quiesce_inheritance_line(&inheritance,
				 "14,310,412345,-;DMAR: Copied translation tables from previous "
				 "kernel for dmar0");
	assert_int_equal(of("dmar0"), PCIRESET_NO);
}

static void an_amd_device_table_that_was_copied_or_reused_is_inherited(void **state)
{
	(void)state;
	assert_int_equal(of("ivhd0"), PCIRESET_NO);
	quiesce_inheritance_line(&inheritance,
				 "6,99,1,-;AMD-Vi: Copied DEV table from previous kernel.");
	assert_int_equal(of("ivhd0"), PCIRESET_YES);

	(void)setup(NULL);
	quiesce_inheritance_line(&inheritance,
				 "6,99,1,-;AMD-Vi: Reused DEV table from previous kernel.");
	assert_int_equal(of("ivhd3"), PCIRESET_YES);
	assert_string_equal(basis, "the kernel took over the device table");

	(void)setup(NULL);
	inheritance.whole = false;
	quiesce_inheritance_line(&inheritance,
				 "3,99,1,-;AMD-Vi: Failed to copy DEV table from previous kernel.");
	assert_int_equal(of("ivhd0"), PCIRESET_NO);
}

static void an_smmu_that_was_reset_aborted_everything(void **state)
{
	(void)state;
	assert_int_equal(of("smmu3.0x0000000009050000"), PCIRESET_UNKNOWN);
	quiesce_inheritance_line(&inheritance,
				 "4,200,1,-;arm-smmu-v3 arm-smmu-v3.0.auto: SMMU currently "
				 "enabled! Resetting...");
	assert_int_equal(of("smmu3.0x0000000009050000"), PCIRESET_NO);
	assert_string_equal(basis, "the SMMU was reset, which aborted all DMA");
	assert_int_equal(of("smmu.0x0000000012c00000"), PCIRESET_NO);
	assert_int_equal(of("virtio0"), PCIRESET_NO);
}

static void an_iommu_nobody_knows_is_not_judged(void **state)
{
	(void)state;
	assert_int_equal(of(""), PCIRESET_UNKNOWN);
	assert_int_equal(of("rockchip-iommu"), PCIRESET_UNKNOWN);
}

static void only_a_kdump_kernel_inherits(void **state)
{
	(void)state;
	inheritance.kdump = false;
	inheritance.dmar_copied[0] = 1;
	assert_int_equal(of("dmar0"), PCIRESET_NO);
	assert_string_equal(basis, "not a kdump kernel");
}

static void write_below(const char *root, const char *path, const char *text)
{
	char full[96];
	FILE *file;

	(void)snprintf(full, sizeof(full), "%s/%s", root, path);
	file = fopen(full, "w");
	assert_non_null(file);
	(void)fputs(text, file);
	(void)fclose(file);
}

static void the_log_of_a_copied_machine_is_read_from_its_file(void **state)
{
	char root[] = "test-inherited.XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(root));
	(void)snprintf(path, sizeof(path), "%s/proc", root);
	assert_int_equal(mkdir(path, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/dev", root);
	assert_int_equal(mkdir(path, 0755), 0);
	write_below(root, "proc/vmcore", "");

	write_below(root, "dev/kmsg",
		    "5,0,0,-;Linux version 6.1.0\n"
		    "6,300,412345,-;DMAR: Copied translation tables from previous kernel for "
		    "dmar0\n"
		    " SUBSYSTEM=x\n");
	quiesce_inheritance_read(root, &inheritance);
	assert_true(inheritance.kdump);
	assert_true(inheritance.whole);
	assert_int_equal(of("dmar0"), PCIRESET_YES);

	write_below(root, "dev/kmsg", "6,17,0,-;ACPI: whatever\n");
	quiesce_inheritance_read(root, &inheritance);
	assert_false(inheritance.whole);

	(void)snprintf(path, sizeof(path), "rm -rf '%s'", root);
	assert_int_equal(system(path), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_unit_whose_tables_were_copied_inherited),
		TEST(firmware_keeps_aer_only_where_the_kernel_was_refused_it),
		TEST(firmware_lets_go_of_aer_bridge_by_bridge),
		TEST(a_unit_whose_tables_could_not_be_copied_did_not),
		TEST(a_log_that_lost_its_beginning_proves_nothing_by_silence),
		TEST(user_space_cannot_speak_for_the_kernel),
		TEST(an_amd_device_table_that_was_copied_or_reused_is_inherited),
		TEST(an_smmu_that_was_reset_aborted_everything),
		TEST(an_iommu_nobody_knows_is_not_judged),
		TEST(only_a_kdump_kernel_inherits),
		TEST(the_log_of_a_copied_machine_is_read_from_its_file),
	};

	return cmocka_run_group_tests_name("inherited", tests, NULL, NULL);
}
