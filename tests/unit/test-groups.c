/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IOMMU groups as they are read: a directory for the list, a scripted machine for the rest. */
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fake_io.h"
#include "iommu.h"

static struct fake fake;
static struct pcireset_machine machine;
static struct quiesce_iommu iommu;
static char root[64];

static void make(const char *path)
{
	char command[192];

	(void)snprintf(command, sizeof(command), "mkdir -p '%s/%s'", root, path);
	assert_int_equal(system(command), 0);
}

static void write_below(const char *path, const char *text)
{
	char full[192];
	FILE *file;

	(void)snprintf(full, sizeof(full), "%s/%s", root, path);
	file = fopen(full, "w");
	assert_non_null(file);
	(void)fputs(text, file);
	(void)fclose(file);
}

static int setup(void **state)
{
	(void)state;
	fake_init(&fake);
	(void)strcpy(root, "test-groups.XXXXXX");
	assert_non_null(mkdtemp(root));
	make("proc");
	make("dev");
	write_below("proc/vmcore", "");
	write_below("dev/kmsg", "5,0,0,-;Linux version 6.1.0\n"
				"6,300,1,-;DMAR: Copied translation tables from previous kernel "
				"for dmar0\n");
	return 0;
}

static int teardown(void **state)
{
	char command[96];

	(void)state;
	if (iommu.members)
		quiesce_iommu_free(&iommu);
	pcireset_machine_free(&machine);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

static struct fake_attr *file(const char *path, const char *text)
{
	struct fake_attr *attr = &fake.attrs[fake.n_attrs++];

	(void)strcpy(attr->path, path);
	(void)strcpy(attr->text, text);
	return attr;
}

/* A function in a group behind dmar0. */
static void join(const struct fake_function *f, const char *group)
{
	char address[PCIRESET_ADDRESS_BYTES], path[128];

	fake_attr(&fake, f, "iommu_group", group)->link = true;
	fake_attr(&fake, f, "iommu", "dmar0")->link = true;
	(void)snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%s/devices/%s", group,
		       pcireset_address_format(f->address, address));
	make(path);
}

static struct fake_function *nic(const char *address, const char *group)
{
	struct fake_function *f = fake_endpoint(&fake, address, 0x10d38086, 0x020000, 0);

	(void)fake_attr(&fake, f, "modalias", "pci:v00008086d000010D3");
	join(f, group);
	return f;
}

static void read_groups(const struct pcireset_outcome *outcomes, const struct quiesce_image *image)
{
	assert_int_equal(pcireset_scan(&fake.io, &machine), 0);
	pcireset_topology_read(&fake.io, &machine);
	fake_forget_log(&fake);
	assert_int_equal(
		quiesce_iommu_read(root, &fake.io, &machine, outcomes, image, &iommu), 0);
}

static bool takes_nothing(void *data, const char *modalias)
{
	(void)data;
	assert_string_equal(modalias, "pci:v00008086d000010D3");
	return false;
}

static bool takes_all(void *data, const char *modalias)
{
	(void)data;
	(void)modalias;
	return true;
}

static void a_machine_without_an_iommu_has_no_groups(void **state)
{
	(void)state;
	(void)fake_endpoint(&fake, "0000:00:01.0", 0x10d38086, 0x020000, 0);
	read_groups(NULL, NULL);
	assert_int_equal(iommu.n_groups, 0);
	assert_null(quiesce_group_of(&iommu, 0));
}

static void groups_come_by_number_with_their_members_in_order(void **state)
{
	(void)state;
	(void)nic("0000:01:00.0", "10");
	(void)nic("0000:01:00.1", "10");
	(void)nic("0000:02:00.0", "9");
	make("sys/kernel/iommu_groups/10/devices/INTC1057:00");
	make("sys/kernel/iommu_groups/2/devices/fed40000.tpm");
	(void)file("sys/kernel/iommu_groups/10/type", "DMA-FQ");
	(void)file("sys/kernel/iommu_groups/10/reserved_regions",
		   "0x0000000000001000 0x0000000000001fff direct-relaxable\n"
		   "0x00000000fee00000 0x00000000feefffff msi");
	read_groups(NULL, NULL);

	assert_int_equal(iommu.n_groups, 3);
	assert_int_equal(iommu.groups[0].number, 2);
	assert_int_equal(iommu.groups[0].first, PCIRESET_NONE);
	assert_string_equal(iommu.groups[0].others[0], "fed40000.tpm");
	assert_int_equal(iommu.groups[1].number, 9);
	assert_int_equal(iommu.groups[1].first, 2);
	assert_string_equal(iommu.groups[1].type, "");

	assert_int_equal(iommu.groups[2].number, 10);
	assert_int_equal(iommu.groups[2].first, 0);
	assert_int_equal(iommu.members[0].next, 1);
	assert_int_equal(iommu.members[1].next, PCIRESET_NONE);
	assert_int_equal(iommu.groups[2].n_others, 1);
	assert_string_equal(iommu.groups[2].others[0], "INTC1057:00");
	assert_string_equal(iommu.groups[2].iommu, "dmar0");
	assert_string_equal(iommu.groups[2].type, "DMA-FQ");
	assert_int_equal(iommu.groups[2].reserved,
			 1u << QUIESCE_RESERVED_RELAXABLE | 1u << QUIESCE_RESERVED_MSI);
	assert_int_equal(iommu.groups[2].inherited, PCIRESET_YES);
	assert_ptr_equal(quiesce_group_of(&iommu, 1), &iommu.groups[2]);
}

static void a_driver_is_one_that_is_bound_or_that_the_image_has(void **state)
{
	(void)state;
	(void)nic("0000:01:00.0", "1");
	fake_attr(&fake, nic("0000:02:00.0", "2"), "driver", "e1000e")->link = true;
	read_groups(NULL, &(struct quiesce_image){ .takes = takes_nothing });
	assert_false(iommu.members[0].gets_driver);
	assert_true(iommu.members[1].gets_driver);

	quiesce_iommu_free(&iommu);
	pcireset_machine_free(&machine);
	read_groups(NULL, &(struct quiesce_image){ .takes = takes_all });
	assert_true(iommu.members[0].gets_driver);
}

static void a_bound_driver_has_replaced_it_unless_it_does_no_dma(void **state)
{
	struct fake_attr *driver;

	(void)state;
	driver = fake_attr(&fake, nic("0000:01:00.0", "1"), "driver", "e1000e");
	driver->link = true;
	(void)file("sys/kernel/iommu_groups/1/type", "DMA");
	read_groups(NULL, NULL);
	assert_int_equal(iommu.groups[0].inherited, PCIRESET_NO);
	assert_string_equal(iommu.groups[0].basis,
			    "replaced: a driver is bound, its first mapping did it");

	quiesce_iommu_free(&iommu);
	pcireset_machine_free(&machine);
	(void)strcpy(driver->text, "vfio-pci");
	read_groups(NULL, NULL);
	assert_int_equal(iommu.groups[0].inherited, PCIRESET_YES);
}

static void with_identity_no_driver_replaces_anything(void **state)
{
	(void)state;
	fake_attr(&fake, nic("0000:01:00.0", "1"), "driver", "e1000e")->link = true;
	(void)file("sys/kernel/iommu_groups/1/type", "identity");
	read_groups(NULL, NULL);
	assert_int_equal(iommu.groups[0].inherited, PCIRESET_YES);
}

static void one_driver_does_not_replace_what_its_neighbour_inherited(void **state)
{
	(void)state;
	fake_attr(&fake, nic("0000:01:00.0", "1"), "driver", "e1000e")->link = true;
	(void)nic("0000:01:00.1", "1");
	(void)file("sys/kernel/iommu_groups/1/type", "DMA-FQ");
	read_groups(NULL, NULL);
	assert_int_equal(iommu.groups[0].inherited, PCIRESET_YES);
	assert_true(iommu.members[0].replaced);
	assert_false(iommu.members[1].replaced);
}

static void a_function_in_D3hot_is_asleep(void **state)
{
	struct fake_function *f;

	(void)state;
	f = nic("0000:01:00.0", "1");
	fake_capability(f, 0xc8, PCI_CAP_ID_PM);
	fake_put(f->config, 0xcc, 0x0003, 2);
	f = nic("0000:02:00.0", "2");
	fake_capability(f, 0xc8, PCI_CAP_ID_PM);
	fake_put(f->config, 0xcc, 0x0008, 2);
	read_groups(NULL, NULL);
	assert_true(iommu.members[0].asleep);
	assert_false(iommu.members[1].asleep);
}

/* A port of its own above bus 1; Link Capabilities and Link Status at 0x4c and 0x52. */
static struct fake_function *port(uint32_t capabilities, uint16_t status)
{
	struct fake_function *f = fake_port(&fake, "0000:00:02.0", 1, 1);

	fake_put(f->config, 0x4c, capabilities, 4);
	fake_put(f->config, 0x52, status, 2);
	return f;
}

static void a_port_that_reports_its_link_is_believed_where_nothing_answers(void **state)
{
	static const struct {
		uint32_t capabilities;
		uint16_t status;
		bool gone;
		bool down;
	} cases[] = {
		{ PCI_EXP_LNKCAP_DLLLARC, 0, true, true },
		{ PCI_EXP_LNKCAP_DLLLARC, 0, false, false },
		{ PCI_EXP_LNKCAP_DLLLARC, PCI_EXP_LNKSTA_DLLLA, true, false },
		{ 0, 0, true, false },
	};

	(void)state;
	(void)port(0, 0);
	(void)nic("0000:01:00.0", "1");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fake_put(fake.functions[0].config, 0x4c, cases[i].capabilities, 4);
		fake_put(fake.functions[0].config, 0x52, cases[i].status, 2);
		fake.functions[1].gone = false;
		assert_int_equal(pcireset_scan(&fake.io, &machine), 0);
		pcireset_topology_read(&fake.io, &machine);
		fake.functions[1].gone = cases[i].gone;
		assert_int_equal(
			quiesce_iommu_read(root, &fake.io, &machine, NULL, NULL, &iommu), 0);
		assert_int_equal(iommu.members[1].link_down, cases[i].down);
		quiesce_iommu_free(&iommu);
		pcireset_machine_free(&machine);
	}
}

static void what_is_lost_or_stuck_is_not_touched(void **state)
{
	const struct pcireset_outcome outcomes[] = { { .verdict = PCIRESET_LOST },
						     { .stuck = true } };

	(void)state;
	fake_capability(nic("0000:01:00.0", "1"), 0xc8, PCI_CAP_ID_PM);
	fake_capability(nic("0000:02:00.0", "2"), 0xc8, PCI_CAP_ID_PM);
	read_groups(outcomes, &(struct quiesce_image){ .takes = takes_all });
	assert_string_equal(fake.log, "");
}

/* A port with two functions; the reset of what @stuck says does not return. */
static void read_beside(size_t stuck, bool gone)
{
	struct pcireset_outcome outcomes[3] = { 0 };

	outcomes[stuck].stuck = true;
	(void)port(PCI_EXP_LNKCAP_DLLLARC, 0);
	(void)nic("0000:01:00.0", "1");
	(void)nic("0000:01:00.1", "2");
	assert_int_equal(pcireset_scan(&fake.io, &machine), 0);
	pcireset_topology_read(&fake.io, &machine);
	fake.functions[2].gone = gone;
	fake_forget_log(&fake);
	assert_int_equal(
		quiesce_iommu_read(root, &fake.io, &machine, outcomes, NULL, &iommu), 0);
	assert_null(strstr(fake.log, "r 00:02.0"));
}

static void a_port_above_a_stuck_reset_is_not_asked(void **state)
{
	(void)state;
	read_beside(1, true);
	assert_true(iommu.members[2].link_unknown);
	assert_false(iommu.members[2].link_down);
}

static void a_port_that_is_stuck_itself_is_not_asked(void **state)
{
	(void)state;
	read_beside(0, true);
	assert_true(iommu.members[2].link_unknown);
}

static void what_answers_has_a_link_whatever_holds_its_port(void **state)
{
	(void)state;
	read_beside(1, false);
	assert_non_null(strstr(fake.log, "r 01:00.1"));
	assert_false(iommu.members[2].link_unknown);
	assert_false(iommu.members[2].link_down);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_machine_without_an_iommu_has_no_groups),
		TEST(groups_come_by_number_with_their_members_in_order),
		TEST(a_driver_is_one_that_is_bound_or_that_the_image_has),
		TEST(a_bound_driver_has_replaced_it_unless_it_does_no_dma),
		TEST(with_identity_no_driver_replaces_anything),
		TEST(one_driver_does_not_replace_what_its_neighbour_inherited),
		TEST(a_function_in_D3hot_is_asleep),
		TEST(a_port_that_reports_its_link_is_believed_where_nothing_answers),
		TEST(what_is_lost_or_stuck_is_not_touched),
		TEST(a_port_above_a_stuck_reset_is_not_asked),
		TEST(a_port_that_is_stuck_itself_is_not_asked),
		TEST(what_answers_has_a_link_whatever_holds_its_port),
	};

	return cmocka_run_group_tests_name("groups", tests, NULL, NULL);
}
