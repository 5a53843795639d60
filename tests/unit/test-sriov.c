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

/* A PF with its SR-IOV capability at 0x160: VFs from 01:10.0 on, every second. */
static struct fake_function *pf(uint16_t control, uint16_t n)
{
	struct fake_function *f = fake_endpoint(&fake, "0000:01:00.0", 0x10c98086, 0x020000, 0x0406);

	fake_express(f, true);
	fake_extended(f, 0x100, 0x0001);
	fake_extended(f, 0x160, 0x0010);
	fake_put(f->config, 0x168, control, 2);
	fake_put(f->config, 0x170, n, 2);
	fake_put(f->config, 0x174, 0x0080, 2);
	fake_put(f->config, 0x176, 0x0002, 2);
	fake_put(f->config, 0x17a, 0x10ca, 2);
	return f;
}

static struct fake_function *vf(const char *address)
{
	return fake_endpoint(&fake, address, 0xffffffff, 0x020000, 0x0004);
}

static void link_to_pf(struct fake_function *function)
{
	fake_attr(&fake, function, "physfn", "0000:01:00.0")->link = true;
}

static void vfs_are_those_of_their_pf_by_the_kernels_link(void **state)
{
	struct pcireset_machine machine;

	(void)state;
	(void)fake_port(&fake, "0000:00:03.0", 1, 1);
	(void)pf(0x0009, 4);
	link_to_pf(vf("0000:01:10.0"));
	link_to_pf(vf("0000:01:10.2"));
	vf("0000:01:10.2")->address.function = 4; /* of nobody: no link */
	machine = read_all();

	assert_int_equal(machine.functions[1].sriov, 0x160);
	assert_int_equal(machine.functions[1].vfs, 4);
	assert_int_equal(machine.functions[1].vfs_listed, 2);
	assert_true(machine.functions[1].physical == PCIRESET_NONE);
	assert_int_equal(machine.functions[2].physical, 1);
	assert_int_equal(machine.functions[3].physical, 1);
	assert_true(machine.functions[4].physical == PCIRESET_NONE);
	pcireset_machine_free(&machine);
}

static void a_vf_that_reads_as_ones_is_listed_all_the_same(void **state)
{
	struct pcireset_machine machine;
	struct fake_function *dead;

	(void)state;
	(void)pf(0x0009, 1);
	dead = vf("0000:01:10.0");
	dead->gone = true;
	link_to_pf(dead);
	machine = read_all();

	assert_false(machine.functions[1].answers);
	assert_int_equal(machine.functions[1].physical, 0);
	assert_int_equal(machine.functions[0].vfs_listed, 1);
	pcireset_machine_free(&machine);
}

static void a_pf_without_vf_enable_has_no_vfs(void **state)
{
	struct pcireset_machine machine;

	(void)state;
	(void)pf(0x0000, 4);
	machine = read_all();

	assert_int_equal(machine.functions[0].sriov, 0x160);
	assert_int_equal(machine.functions[0].vfs, 0);
	pcireset_machine_free(&machine);
}

static void a_dump_tells_vfs_by_their_routing_ids_as_early_as_the_scan(void **state)
{
	struct pcireset_machine machine;

	(void)state;
	fake.io.is_dump = true;
	(void)pf(0x0009, 3);
	(void)vf("0000:01:10.0");
	(void)vf("0000:01:10.1"); /* between two of them */
	(void)vf("0000:01:10.4");
	(void)vf("0000:01:10.6"); /* behind the third and last */
	(void)vf("0001:01:10.0"); /* in another domain */
	machine = scan();

	assert_int_equal(machine.functions[0].vfs, 3);
	assert_int_equal(machine.functions[0].vfs_listed, 2);
	assert_int_equal(machine.functions[1].physical, 0);
	assert_int_equal(machine.functions[1].vendor, 0x8086);
	assert_int_equal(machine.functions[1].device, 0x10ca);
	assert_true(machine.functions[2].physical == PCIRESET_NONE);
	assert_int_equal(machine.functions[2].vendor, 0xffff);
	assert_int_equal(machine.functions[3].physical, 0);
	assert_true(machine.functions[4].physical == PCIRESET_NONE);
	assert_true(machine.functions[5].physical == PCIRESET_NONE);

	pcireset_topology_read(&fake.io, &machine);
	assert_int_equal(machine.functions[0].vfs_listed, 2);
	pcireset_machine_free(&machine);
}

static void a_dump_with_a_stride_of_zero_has_one_vf(void **state)
{
	struct pcireset_machine machine;

	(void)state;
	fake.io.is_dump = true;
	fake_put(pf(0x0009, 3)->config, 0x176, 0, 2);
	(void)vf("0000:01:10.0");
	(void)vf("0000:01:10.2");
	machine = scan();

	assert_int_equal(machine.functions[0].vfs_listed, 1);
	pcireset_machine_free(&machine);
}

/* The plan: the same action for all. */
static size_t silence(enum pcireset_action action, size_t *ret_failed)
{
	struct pcireset_machine machine = read_all();
	struct pcireset_step steps[4] = { { .action = action }, { .action = action },
					  { .action = action }, { .action = action } };
	size_t n;

	fake_forget_log(&fake);
	n = pcireset_sriov_silence(&fake.io, &machine, steps, ret_failed);
	pcireset_machine_free(&machine);
	return n;
}

static void vf_enable_is_cleared_where_vfs_are_not_listed(void **state)
{
	size_t failed;

	(void)state;
	(void)pf(0x0019, 4); /* and ARI Capable Hierarchy, which stays */
	link_to_pf(vf("0000:01:10.0"));

	assert_int_equal(silence(PCIRESET_RESET, &failed), 1);
	assert_int_equal(failed, 0);
	assert_string_equal(fake.log, "r 01:00.0 168\n"
				      "w 01:00.0 168 0010\n"
				      "r 01:00.0 168\n");
}

static void vf_enable_stays_where_it_is_no_danger_or_not_ours(void **state)
{
	size_t failed;

	(void)state;
	(void)pf(0x0009, 1);
	assert_int_equal(silence(PCIRESET_KEEP, &failed), 0);
	assert_string_equal(fake.log, "");

	/* Listed: it has a fence of its own. */
	link_to_pf(vf("0000:01:10.0"));
	assert_int_equal(silence(PCIRESET_RESET, &failed), 0);
	assert_string_equal(fake.log, "");
}

static void vf_enable_that_cannot_be_cleared_is_counted(void **state)
{
	size_t failed;

	(void)state;
	pf(0x0009, 1)->locked_down = true;
	assert_int_equal(silence(PCIRESET_FENCE, &failed), 0);
	assert_int_equal(failed, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(vfs_are_those_of_their_pf_by_the_kernels_link, setup),
		cmocka_unit_test_setup(a_vf_that_reads_as_ones_is_listed_all_the_same, setup),
		cmocka_unit_test_setup(a_pf_without_vf_enable_has_no_vfs, setup),
		cmocka_unit_test_setup(a_dump_tells_vfs_by_their_routing_ids_as_early_as_the_scan, setup),
		cmocka_unit_test_setup(a_dump_with_a_stride_of_zero_has_one_vf, setup),
		cmocka_unit_test_setup(vf_enable_is_cleared_where_vfs_are_not_listed, setup),
		cmocka_unit_test_setup(vf_enable_stays_where_it_is_no_danger_or_not_ours, setup),
		cmocka_unit_test_setup(vf_enable_that_cannot_be_cleared_is_counted, setup),
	};

	return cmocka_run_group_tests_name("sriov", tests, NULL, NULL);
}
