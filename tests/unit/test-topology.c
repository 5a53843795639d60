/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "fake_io.h"

static struct fake fake;

static struct pcireset_machine scan(void)
{
	struct pcireset_machine machine;

	assert_int_equal(pcireset_scan(&fake.io, &machine), 0);
	return machine;
}

static int setup(void **state)
{
	(void)state;
	fake_init(&fake);
	return 0;
}

static struct pcireset_machine read_all(void)
{
	struct pcireset_machine machine = scan();

	fake_forget_log(&fake);
	pcireset_topology_read(&fake.io, &machine);
	return machine;
}

static void topology_reads_resets_from_capabilities_and_kernel(void **state)
{
	struct pcireset_machine machine;
	struct fake_function *f;

	(void)state;
	f = fake_endpoint(&fake, "0000:00:01.0", 0x10d38086, 0x020000, 0x0406);
	fake_express(f, true);
	fake_capability(f, 0x80, 0x13);
	f->config[0x83] = 0x03; /* AF: TP and FLR */
	fake_capability(f, 0xc8, 0x01);
	(void)fake_resets(&fake, f, "flr af_flr pm bus from_a_later_kernel");
	fake_attr(&fake, f, "iommu_group", "../../../kernel/iommu_groups/12")->link = true;
	machine = scan();
	(void)strcpy(fake_find_attr(&fake, "sys/bus/pci/devices/0000:00:01.0/iommu_group")->text,
		     "12");
	pcireset_topology_read(&fake.io, &machine);

	assert_int_equal(machine.functions[0].express, 0x40);
	assert_int_equal(machine.functions[0].af, 0x80);
	/* FLR, AF, PM */
	assert_int_equal(machine.functions[0].advertises, 1 << 3 | 1 << 4 | 1 << 5);
	/* the same and SBR */
	assert_int_equal(machine.functions[0].offers, 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6);
	assert_int_equal(machine.functions[0].iommu_group, 12);
	pcireset_machine_free(&machine);
}

static void a_port_under_pciehp_is_seen(void **state)
{
	struct pcireset_machine machine;
	struct fake_function *port;
	struct fake_attr *attr;

	(void)state;
	port = fake_port(&fake, "0000:00:03.0", 1, 1);
	(void)fake_attr(&fake, port, "reset_subordinate", "");
	attr = fake_attr(&fake, port, "x", "pciehp");
	attr->link = true;
	(void)strcpy(attr->path, "sys/bus/pci_express/devices/0000:00:03.0:pcie004/driver");
	machine = scan();
	pcireset_topology_read(&fake.io, &machine);

	assert_true(machine.functions[0].hotplug_bound);
	assert_true(machine.functions[0].has_reset_subordinate);
	pcireset_machine_free(&machine);
}

static void what_is_behind_a_vmd_is_told_by_its_link(void **state)
{
	struct pcireset_machine machine;
	struct fake_function *vmd;

	(void)state;
	(void)fake_endpoint(&fake, "0000:00:01.0", 0x10d38086, 0x020000, 0);
	(void)fake_endpoint(&fake, "0000:00:05.5", 0x201d8086, 0x010400, 0);
	vmd = fake_endpoint(&fake, "0000:80:05.5", 0x201d8086, 0x010400, 0);
	fake_attr(&fake, vmd, "domain", "10000:e0")->link = true;
	(void)fake_port(&fake, "10000:e0:02.0", 0xe1, 0xe1);
	(void)fake_endpoint(&fake, "10000:e1:00.0", 0xa80a144d, 0x010802, 0);
	(void)fake_endpoint(&fake, "10001:00:00.0", 0xa80a144d, 0x010802, 0);
	machine = read_all();

	assert_true(machine.functions[0].behind == PCIRESET_NONE);
	assert_int_equal(machine.functions[3].behind, 2);
	/* It has a parent that is. */
	assert_true(machine.functions[4].behind == PCIRESET_NONE);
	assert_int_equal(machine.functions[4].parent, 3);
	assert_true(machine.functions[5].behind == PCIRESET_NONE);
	pcireset_machine_free(&machine);
}

static void a_dump_tells_what_is_behind_a_vmd_if_there_is_only_one(void **state)
{
	struct pcireset_machine machine;

	(void)state;
	fake.io.is_dump = true;
	(void)fake_endpoint(&fake, "0000:00:05.5", 0x201d8086, 0x010400, 0);
	(void)fake_endpoint(&fake, "0001:00:00.0", 0xa80a144d, 0x010802, 0);
	(void)fake_endpoint(&fake, "10000:00:00.0", 0xa80a144d, 0x010802, 0);
	machine = read_all();
	assert_true(machine.functions[1].behind == PCIRESET_NONE);
	assert_int_equal(machine.functions[2].behind, 0);
	pcireset_machine_free(&machine);

	(void)fake_endpoint(&fake, "0000:80:05.5", 0x201d8086, 0x010400, 0);
	machine = read_all();
	assert_true(machine.functions[3].behind == PCIRESET_NONE);
	pcireset_machine_free(&machine);
}

/* SBR is 1 << 6, FLR 1 << 3, AF 1 << 4, PM 1 << 5, CXL_BUS 1 << 7, DEVICE_SPECIFIC 1 << 1. */
static void a_dump_offers_what_linux_would(void **state)
{
	struct pcireset_machine machine;
	struct fake_function *f;

	(void)state;
	fake.io.is_dump = true;
	(void)fake_port(&fake, "0000:00:03.0", 1, 1);
	f = fake_endpoint(&fake, "0000:00:04.0", 0x149c1022, 0x0c0330, 0);
	fake_express(f, true); /* FLR that hangs it */
	(void)fake_port(&fake, "0000:00:05.0", 2, 2);
	fake_express(fake_endpoint(&fake, "0000:01:00.0", 0x10d38086, 0x020000, 0), true);
	(void)fake_endpoint(&fake, "0000:02:00.0", 0x10d38086, 0x020000, 0);
	fake_express(fake_endpoint(&fake, "0000:02:00.1", 0x0a548086, 0x010802, 0), true);
	machine = read_all();

	assert_true(machine.functions[0].has_reset_subordinate);
	assert_false(machine.functions[0].has_reset_method);
	assert_int_equal(machine.functions[1].offers, 0);
	assert_false(machine.functions[1].has_reset_method);
	assert_int_equal(machine.functions[3].offers, 1 << 3 | 1 << 6);
	assert_true(machine.functions[3].has_reset_method);
	assert_int_equal(machine.functions[4].offers, 0);
	assert_int_equal(machine.functions[5].offers, 1 << 1 | 1 << 3);
	pcireset_machine_free(&machine);
}

static void a_dump_offers_no_bus_reset_that_does_harm(void **state)
{
	struct pcireset_machine machine;
	struct fake_function *port;

	(void)state;
	fake.io.is_dump = true;
	port = fake_port(&fake, "0000:00:03.0", 1, 2);
	(void)fake_endpoint(&fake, "0000:01:00.0", 0x003c168c, 0x028000, 0); /* no-bus-reset */
	(void)fake_endpoint(&fake, "0000:02:00.0", 0x10d38086, 0x020000, 0); /* a VF's bus */
	(void)fake_port(&fake, "0000:00:04.0", 3, 3);
	fake_put(fake.functions[3].config, 0, 0x22ce10de, 4); /* no-bus-reset */
	(void)fake_endpoint(&fake, "0000:03:00.0", 0x10d38086, 0x020000, 0);
	machine = read_all();

	assert_int_equal(machine.functions[2].offers, 0);
	assert_int_equal(machine.functions[3].offers, 0);
	assert_int_equal(machine.functions[4].offers, 0);
	pcireset_machine_free(&machine);

	fake_put(port->config, 0x19, 0x0201, 2); /* nothing has changed */
	fake_put(fake.functions[1].config, 0, 0x10d38086, 4);
	machine = read_all();
	assert_int_equal(machine.functions[2].offers, 1 << 6);
	pcireset_machine_free(&machine);
}

static void below_a_cxl_port_a_dump_offers_cxl_bus(void **state)
{
	struct pcireset_machine machine;
	struct fake_function *port;

	(void)state;
	fake.io.is_dump = true;
	port = fake_port(&fake, "0000:00:03.0", 1, 1);
	fake_extended(port, 0x100, 0x0023);
	fake_put(port->config, 0x104, 0x1e98, 2);
	fake_put(port->config, 0x108, 0x0003, 2);
	(void)fake_endpoint(&fake, "0000:01:00.0", 0x0d938086, 0x020000, 0);
	(void)fake_endpoint(&fake, "0000:01:00.1", 0x0d938086, 0x020000, 0);
	machine = read_all();

	/* "bus" is listed, and fails, where SBR is masked: even of two on a bus. */
	assert_int_equal(machine.functions[1].offers, 1 << 6 | 1 << 7);
	pcireset_machine_free(&machine);

	fake_put(port->config, 0x10c, 1, 2);
	machine = read_all();
	assert_int_equal(machine.functions[1].offers, 1 << 7);
	pcireset_machine_free(&machine);
}

static void pm_that_has_no_effect_is_offered_on_a_root_bus_only(void **state)
{
	struct pcireset_machine machine;

	(void)state;
	fake.io.is_dump = true;
	fake_capability(fake_endpoint(&fake, "0000:00:02.0", 0x73bf1002, 0x030000, 0), 0x40, 0x01);
	(void)fake_port(&fake, "0000:00:03.0", 1, 1);
	fake_capability(fake_endpoint(&fake, "0000:01:00.0", 0x73bf1002, 0x030000, 0), 0x40, 0x01);
	machine = read_all();

	assert_int_equal(machine.functions[0].offers, 1 << 5);
	assert_int_equal(machine.functions[2].offers, 1 << 6);
	pcireset_machine_free(&machine);
}

static void a_kernel_that_lists_no_resets_offers_none(void **state)
{
	struct pcireset_machine machine;

	(void)state;
	fake_express(fake_endpoint(&fake, "0000:00:01.0", 0x10d38086, 0x020000, 0), true);
	machine = read_all();

	assert_int_equal(machine.functions[0].offers, 0);
	assert_false(machine.functions[0].has_reset_method);
	pcireset_machine_free(&machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(topology_reads_resets_from_capabilities_and_kernel, setup),
		cmocka_unit_test_setup(a_port_under_pciehp_is_seen, setup),
		cmocka_unit_test_setup(what_is_behind_a_vmd_is_told_by_its_link, setup),
		cmocka_unit_test_setup(a_dump_tells_what_is_behind_a_vmd_if_there_is_only_one, setup),
		cmocka_unit_test_setup(a_dump_offers_what_linux_would, setup),
		cmocka_unit_test_setup(a_dump_offers_no_bus_reset_that_does_harm, setup),
		cmocka_unit_test_setup(below_a_cxl_port_a_dump_offers_cxl_bus, setup),
		cmocka_unit_test_setup(pm_that_has_no_effect_is_offered_on_a_root_bus_only, setup),
		cmocka_unit_test_setup(a_kernel_that_lists_no_resets_offers_none, setup),
	};

	return cmocka_run_group_tests_name("topology", tests, NULL, NULL);
}
