/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel's log has of IOMMU faults, and what it may leave out. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_io.h"
#include "faults.h"

#define INTERRUPTS                                                \
	"           CPU0\n"                                       \
	"  24:          0  DMAR-MSI    0-edge      dmar0\n"       \
	"  25:          0  DMAR-MSI    1-edge      dmar10\n"      \
	"  26:          0   PCI-MSI 4096-edge      AMD-Vi0-Evt\n"

static struct pcireset_function functions[6];
static struct quiesce_member members[6];
static struct quiesce_group groups[3];
static struct quiesce_iommu iommu;
static struct quiesce_run run;
static struct quiesce_faults faults;
static char root[64];

static void place(size_t i, const char *address, size_t group, size_t next)
{
	assert_int_equal(pcireset_address_parse(address, &functions[i].address), 0);
	functions[i].parent = PCIRESET_NONE;
	functions[i].express = 0x40;
	members[i] = (struct quiesce_member){ .group = group, .next = next };
}

/* Two PCI Express functions, one of another domain, and a conventional bus. */
static int setup(void **state)
{
	char command[160];

	(void)state;
	memset(functions, 0, sizeof(functions));
	place(0, "0000:01:00.0", 0, PCIRESET_NONE);
	place(1, "0000:02:00.0", 1, PCIRESET_NONE);
	place(2, "0000:03:00.0", 2, 3);
	functions[2].header_type = 1;
	place(3, "0000:04:01.0", 2, 4);
	place(4, "0000:04:02.0", 2, PCIRESET_NONE);
	functions[3].express = functions[4].express = 0;
	functions[3].parent = functions[4].parent = 2;
	place(5, "0001:01:00.0", PCIRESET_NONE, PCIRESET_NONE);
	memset(groups, 0, sizeof(groups));
	groups[0] = (struct quiesce_group){ .number = 3, .first = 0, .iommu = "dmar0" };
	groups[1] = (struct quiesce_group){ .number = 4, .first = 1, .iommu = "ivhd0" };
	groups[2] = (struct quiesce_group){ .number = 5, .first = 2, .iommu = "smmu3.0x9050000" };
	iommu = (struct quiesce_iommu){ groups, 3, members, 6 };
	(void)strcpy(root, "test-faults.XXXXXX");
	assert_non_null(mkdtemp(root));
	(void)snprintf(command, sizeof(command), "mkdir %s/dev %s/proc", root, root);
	assert_int_equal(system(command), 0);
	fake_append(root, "proc/interrupts", INTERRUPTS);
	fake_append(root, "dev/kmsg", "");
	run = (struct quiesce_run){ .root = root, .machine = { functions, 6 }, .iommu = &iommu };
	return 0;
}

static int teardown(void **state)
{
	char command[160];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

static void read_all(const char *before, const char *then)
{
	fake_append(root, "dev/kmsg", before);
	quiesce_faults_begin(&run, &faults);
	fake_append(root, "dev/kmsg", then);
	quiesce_faults_read(&faults);
	quiesce_faults_end(&faults);
	faults.interrupts = (char *)INTERRUPTS;
}

static void assert_faults(unsigned int a, unsigned int b, unsigned int c, unsigned int d,
			  unsigned int other)
{
	assert_int_equal(members[0].faults, a);
	assert_int_equal(members[1].faults, b);
	assert_int_equal(members[2].faults, 0); /* a bridge */
	assert_int_equal(members[3].faults, c);
	assert_int_equal(members[4].faults, d);
	assert_int_equal(members[5].faults, other);
}

#define VTD(time, device)                                                              \
	"3,9," time ",-;DMAR: [DMA Write NO_PASID] Request device [" device "] fault " \
	"addr 0xfff00000 [fault reason 0x05] PTE Write access is not set\n"
#define STATUS(time, bits) "3,8," time ",-;DMAR: DRHD: handling fault status reg " bits "\n"

static void vt_d_names_the_function_with_or_without_its_domain(void **state)
{
	(void)state;
	read_all("", STATUS("100", "2") VTD("101", "0000:01:00.0") VTD("102", "02:00.0")
		"3,9,103,-;DMAR: [DMA Read PASID 0x1] Request device [02:00.0] fault addr 0x0 "
		"[fault reason 0x06] PTE Read access is not set\n"
		"3,9,104,-;DMAR: [DMA Write] Request device [02:00.0] PASID ffffffff fault addr "
		"69974000 [fault reason 05] PTE Write access is not set\n");
	assert_faults(1, 3, 0, 0, 0);
}

/* One that is in the group for want of ACS has a name of its own. */
static void a_function_with_a_name_of_its_own_is_not_blamed_for_its_group(void **state)
{
	(void)state;
	members[1].group = 2;
	members[4].next = 1;
	read_all("", VTD("101", "0000:04:01.0") VTD("102", "0000:03:00.0"));
	assert_faults(0, 0, 2, 2, 0);
}

/* As those of an LPSS in ACPI mode; beside it is the root port above another one. */
static void a_hidden_function_of_a_root_bus_blames_nobody(void **state)
{
	(void)state;
	place(5, "0000:00:1c.0", 0, PCIRESET_NONE);
	functions[5].header_type = 1;
	members[0].next = 5;
	functions[0].parent = 5;
	read_all("", VTD("101", "0000:00:1e.7"));
	assert_faults(0, 0, 0, 0, 0);
	/* Nor does it clear one that only its bus and function may name. */
	place(1, "0001:00:1e.7", 1, PCIRESET_NONE);
	read_all("", VTD("102", "00:1e.7"));
	assert_faults(0, 1, 0, 0, 0);
}

static void without_a_domain_neither_of_two_is_blamed_nor_proved_silent(void **state)
{
	(void)state;
	read_all("", VTD("101", "01:00.0"));
	assert_faults(0, 0, 0, 0, 0);
	assert_false(quiesce_faults_none_missing(&faults, &groups[0]));
	assert_false(quiesce_faults_none_missing(&faults, &groups[1]));
}

/* A device 0 there may stand for all of a conventional bus. */
static void a_bus_of_another_domain_may_be_meant_as_well(void **state)
{
	(void)state;
	place(5, "0001:04:00.0", PCIRESET_NONE, PCIRESET_NONE);
	read_all("", VTD("101", "04:00.0"));
	assert_faults(0, 0, 0, 0, 0);
	functions[5].address.bus = 5;
	read_all("", VTD("102", "04:00.0"));
	assert_faults(0, 0, 1, 1, 0);
}

static void amd_names_the_function_in_front_or_behind(void **state)
{
	(void)state;
	read_all("",
		 "3,9,101,-;vfio-pci 0000:02:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT "
		 "domain=0x0037 address=0x7b657064 flags=0x0020]\n SUBSYSTEM=pci\n "
		 "DEVICE=+pci:0000:02:00.0\n"
		 "3,9,102,-;AMD-Vi: Event logged [IO_PAGE_FAULT device=0000:02:00.0 "
		 "domain=0x0037 address=0x7b657064 flags=0x0020]\n"
		 "3,9,103,-;AMD-Vi: Event logged [IO_PAGE_FAULT device=02:00.0 domain=0x001d "
		 "address=0x000000000637c000 flags=0x0000]\n");
	assert_faults(0, 3, 0, 0, 0);
}

static void an_invalidation_that_is_not_answered_is_no_request(void **state)
{
	(void)state;
	read_all("", "3,9,101,-;AMD-Vi: Event logged [IOTLB_INV_TIMEOUT device=0000:02:00.0 "
		     "address=0x1234]\n");
	assert_faults(0, 0, 0, 0, 0);
	assert_false(quiesce_faults_none_missing(&faults, &groups[1]));
}

static void interrupts_are_no_dma(void **state)
{
	(void)state;
	read_all("", "3,9,101,-;DMAR: [INTR-REMAP] Request device [01:00.0] fault index 0x1c "
		     "[fault reason 0x22] Present field in the IRTE entry is clear\n"
		     "3,9,102,-;AMD-Vi: Event logged [IO_PAGE_FAULT device=0000:02:00.0 "
		     "domain=0x0037 address=0xfdf8000000 flags=0x0008]\n");
	assert_faults(0, 0, 0, 0, 0);
}

static void a_conventional_bus_is_one_requester(void **state)
{
	(void)state;
	read_all("", VTD("101", "0000:04:00.0") VTD("102", "0000:03:00.0"));
	assert_faults(0, 0, 2, 2, 0);
	read_all("", VTD("103", "0000:04:02.0"));
	assert_faults(0, 0, 3, 3, 0);
}

static void what_was_before_does_not_count(void **state)
{
	(void)state;
	read_all(VTD("101", "0000:01:00.0"), "6,10,102,-;usb: something\n");
	assert_faults(0, 0, 0, 0, 0);
}

static void what_an_iommu_says_at_its_start_is_no_noise(void **state)
{
	(void)state;
	read_all("4,1,100,-;AMD-Vi: Using global IVHD EFR:0x0, EFR2:0x0\n"
		 "6,2,101,-;AMD-Vi: Copied DEV table from previous kernel.\n"
		 "6,3,102,-;DMAR: Copied translation tables from previous kernel for dmar0\n"
		 "6,4,103,-;pci 0000:00:00.2: AMD-Vi: Found IOMMU cap 0x40\n",
		 "");
	assert_true(quiesce_faults_none_missing(&faults, &groups[0]));
	assert_true(quiesce_faults_none_missing(&faults, &groups[1]));
}

static void user_space_cannot_speak_for_the_iommu(void **state)
{
	(void)state;
	read_all("", "11,9,101,-;DMAR: [DMA Write NO_PASID] Request device [0000:01:00.0] fault\n"
		     "3,9,102,-;someone: DMAR: [DMA Write] Request device [0000:01:00.0] fault\n");
	assert_faults(0, 0, 0, 0, 0);
}

static void whoever_faults_may_hide_others(void **state)
{
	(void)state;
	read_all("", VTD("2000000", "0000:02:00.0"));
	assert_false(quiesce_faults_none_missing(&faults, &groups[0]));
	read_all("6,12,9000000,-;something\n", "");
	assert_true(quiesce_faults_none_missing(&faults, &groups[0]));
	read_all("", STATUS("9000001", "3"));
	assert_false(quiesce_faults_none_missing(&faults, &groups[0]));
	read_all("6,12,19000000,-;something\n", "");
	assert_true(quiesce_faults_none_missing(&faults, &groups[1]));
	read_all("", "6,13,19000001,-;AMD-Vi: IOMMU event log overflow\n");
	assert_false(quiesce_faults_none_missing(&faults, &groups[1]));
	assert_faults(0, 1, 0, 0, 0);
}

static void after_five_seconds_the_kernel_prints_again(void **state)
{
	(void)state;
	read_all(VTD("1000000", "0000:02:00.0") "12,13,5999999,-;pci-quiesce: holding\n", "");
	assert_false(quiesce_faults_none_missing(&faults, &groups[0]));
	read_all("12,14,6000000,-;pci-quiesce: holding\n", "");
	assert_true(quiesce_faults_none_missing(&faults, &groups[0]));
	assert_faults(0, 0, 0, 0, 0);
}

static void only_an_iommu_that_interrupts_tells(void **state)
{
	(void)state;
	read_all("", "");
	assert_true(quiesce_faults_none_missing(&faults, &groups[0]));
	assert_true(quiesce_faults_none_missing(&faults, &groups[1]));
	assert_false(quiesce_faults_none_missing(&faults, &groups[2]));
	(void)strcpy(groups[0].iommu, "dmar1");
	assert_false(quiesce_faults_none_missing(&faults, &groups[0]));
	(void)strcpy(groups[0].iommu, "virtio0");
	assert_false(quiesce_faults_none_missing(&faults, &groups[0]));
	(void)strcpy(groups[0].iommu, "");
	assert_false(quiesce_faults_none_missing(&faults, &groups[0]));
	faults.interrupts = NULL;
	assert_false(quiesce_faults_none_missing(&faults, &groups[1]));
}

static void without_a_log_nothing_is_proved(void **state)
{
	char path[96];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/dev/kmsg", root);
	assert_int_equal(unlink(path), 0);
	quiesce_faults_begin(&run, &faults);
	quiesce_faults_read(&faults);
	assert_false(quiesce_faults_none_missing(&faults, &groups[0]));
	quiesce_faults_end(&faults);
}

static void what_is_no_fault_is_survived(void **state)
{
	(void)state;
	read_all("", "3,9,101,-;DMAR: [DMA Write NO_PASID] Request device [\n"
		     "3,9,102,-;DMAR: [DMA Write NO_PASID] Request device [0000000000000000000:0]\n"
		     "3,9,103,-;DMAR: [DMA Write NO_PASID] Request device [zz:00.0] fault\n"
		     "3,9,104,-;AMD-Vi: Event logged [IO_PAGE_FAULT device=\n"
		     "3,9,105,-;AMD-Vi: Event logged [\n"
		     "3,9,106,-; AMD-Vi: Event logged [\n"
		     "3,9\n;\n,,;DMAR: \n");
	assert_faults(0, 0, 0, 0, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(vt_d_names_the_function_with_or_without_its_domain),
		TEST(a_function_with_a_name_of_its_own_is_not_blamed_for_its_group),
		TEST(a_hidden_function_of_a_root_bus_blames_nobody),
		TEST(without_a_domain_neither_of_two_is_blamed_nor_proved_silent),
		TEST(a_bus_of_another_domain_may_be_meant_as_well),
		TEST(amd_names_the_function_in_front_or_behind),
		TEST(an_invalidation_that_is_not_answered_is_no_request),
		TEST(interrupts_are_no_dma),
		TEST(a_conventional_bus_is_one_requester),
		TEST(what_was_before_does_not_count),
		TEST(what_an_iommu_says_at_its_start_is_no_noise),
		TEST(user_space_cannot_speak_for_the_iommu),
		TEST(whoever_faults_may_hide_others),
		TEST(after_five_seconds_the_kernel_prints_again),
		TEST(only_an_iommu_that_interrupts_tells),
		TEST(without_a_log_nothing_is_proved),
		TEST(what_is_no_fault_is_survived),
	};

	return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
