/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan where ids, VFs, VMD or CXL have a say, and what it foresees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/pci_regs.h>

#include "pcireset_reach.h"

#define FLR	PCIRESET_BIT(PCIRESET_METHOD_FLR)
#define AF	PCIRESET_BIT(PCIRESET_METHOD_AF)
#define SBR	PCIRESET_BIT(PCIRESET_METHOD_SBR)
#define CXL_BUS PCIRESET_BIT(PCIRESET_METHOD_CXL_BUS)
#define ROOT	PCIRESET_NONE

static struct pcireset_function functions[64];
static struct pcireset_decision decisions[64];
static struct pcireset_machine machine;
static struct pcireset_step *steps;

static int setup(void **state)
{
	(void)state;
	memset(functions, 0, sizeof(functions));
	memset(decisions, 0, sizeof(decisions));
	machine = (struct pcireset_machine){ functions, 0 };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(steps);
	steps = NULL;
	return 0;
}

static size_t endpoint(size_t parent, unsigned int offers)
{
	size_t i = machine.n++;

	functions[i] = (struct pcireset_function){
		.answers = true, .offers = offers, .parent = parent,
		.physical = PCIRESET_NONE, .behind = PCIRESET_NONE,
	};
	decisions[i] = (struct pcireset_decision){ .action = PCIRESET_RESET,
						   .methods = PCIRESET_ANY_METHOD };
	return i;
}

static size_t port(size_t parent, uint8_t type)
{
	size_t i = endpoint(parent, 0);

	functions[i].header_type = PCI_HEADER_TYPE_BRIDGE;
	functions[i].express = 0x40;
	functions[i].port_type = type;
	functions[i].has_reset_subordinate = true;
	decisions[i].action = PCIRESET_KEEP;
	return i;
}

static size_t root_port(void)
{
	return port(ROOT, PCI_EXP_TYPE_ROOT_PORT);
}

static size_t virtual_function(size_t physical, unsigned int offers)
{
	size_t i = endpoint(functions[physical].parent, offers);

	functions[i].is_virtual = true;
	functions[i].physical = physical;
	return i;
}

static void make_plan(void)
{
	free(steps);
	steps = NULL;
	assert_int_equal(pcireset_plan_make(&machine, decisions, &steps), 0);
}

static void assert_fenced(size_t i, enum pcireset_why why)
{
	assert_int_equal(steps[i].action, PCIRESET_FENCE);
	assert_int_equal(steps[i].method, PCIRESET_METHOD_NONE);
	assert_int_equal(steps[i].why, why);
	assert_int_equal(steps[i].expected, PCIRESET_FENCED);
	assert_int_equal(steps[i].estimate_ms, 0);
}

static void one_reset_of_a_switch_does_for_all_behind_it(void **state)
{
	size_t root = root_port(), up = port(root, PCI_EXP_TYPE_UPSTREAM);
	size_t down[2], in_need[2], beside;

	(void)state;
	for (size_t k = 0; k < 2; k++)
		down[k] = port(up, PCI_EXP_TYPE_DOWNSTREAM);
	for (size_t k = 0; k < 2; k++)
		in_need[k] = endpoint(down[k], SBR);
	beside = endpoint(up, FLR | SBR);
	make_plan();

	for (size_t k = 0; k < 2; k++) {
		assert_int_equal(steps[in_need[k]].via, up); /* not the root port's bus */
		assert_true(steps[in_need[k]].whole_bus);
		assert_int_equal(steps[in_need[k]].estimate_ms, 2 + 3 * 100);
	}
	assert_int_equal(steps[beside].method, PCIRESET_METHOD_FLR);
	assert_int_equal(pcireset_plan_estimate_ms(&machine, steps), 100 + 302);

	decisions[beside].action = PCIRESET_KEEP;
	make_plan();
	for (size_t k = 0; k < 2; k++) {
		assert_int_equal(steps[in_need[k]].via, down[k]);
		assert_false(steps[in_need[k]].whole_bus);
	}
	assert_int_equal(pcireset_plan_estimate_ms(&machine, steps), 102);
}

static void the_first_of_two_is_not_alone_whatever_the_kernel_thinks(void **state)
{
	size_t root = root_port(), first = endpoint(root, SBR), second = endpoint(root, FLR);

	(void)state;
	make_plan();
	assert_true(steps[first].whole_bus);
	assert_int_equal(steps[second].method, PCIRESET_METHOD_FLR);

	functions[root].has_reset_subordinate = false;
	make_plan();
	assert_fenced(first, PCIRESET_WHY_NOTHING_OFFERED);
}

/* The slot's reset, which hides it from pciehp, refuses the second. */
static void below_pciehp_only_a_device_of_one_function_is_reset(void **state)
{
	size_t root = root_port(), i = endpoint(root, SBR);

	(void)state;
	functions[root].hotplug_bound = true;
	make_plan();
	assert_int_equal(steps[i].why, PCIRESET_WHY_ALONE_ON_BUS);

	functions[i].header[PCI_HEADER_TYPE] = 0x80;
	make_plan();
	assert_fenced(i, PCIRESET_WHY_HOTPLUG);
}

static void ids_forbid_what_an_old_kernel_offers(void **state)
{
	size_t on_root = endpoint(ROOT, FLR | AF), root = root_port();
	size_t flr = endpoint(root, FLR | AF | SBR), other = root_port();
	size_t bus = endpoint(other, SBR), beside = endpoint(other, 0);

	(void)state;
	functions[on_root].quirks = functions[flr].quirks = PCIRESET_QUIRK_NO_FLR;
	functions[bus].quirks = PCIRESET_QUIRK_NO_BUS_RESET;
	make_plan();

	assert_fenced(on_root, PCIRESET_WHY_QUIRK);
	assert_int_equal(steps[flr].method, PCIRESET_METHOD_SBR);
	assert_fenced(bus, PCIRESET_WHY_NO_BUS_RESET);
	assert_fenced(beside, PCIRESET_WHY_NO_BUS_RESET);
}

static void a_banned_bridge_bans_the_buses_above_it_too(void **state)
{
	size_t root = root_port(), inner = port(root, PCI_EXP_TYPE_PCI_BRIDGE);
	size_t outside = endpoint(root, 0), inside = endpoint(inner, 0);

	(void)state;
	functions[inner].quirks = PCIRESET_QUIRK_NO_BUS_RESET;
	make_plan();
	assert_fenced(outside, PCIRESET_WHY_NO_BUS_RESET);
	assert_fenced(inside, PCIRESET_WHY_NO_BUS_RESET);
}

static void vfs_fall_with_their_pf(void **state)
{
	size_t root = root_port(), pf = endpoint(root, FLR), vf = virtual_function(pf, FLR);
	size_t without = virtual_function(pf, 0);

	(void)state;
	make_plan();
	assert_int_equal(steps[vf].action, PCIRESET_RESET);
	assert_int_equal(steps[vf].method, PCIRESET_METHOD_FLR);
	assert_int_equal(steps[vf].engine, PCIRESET_ENGINE_NONE);
	assert_int_equal(steps[vf].why, PCIRESET_WHY_WITH_PF);
	assert_int_equal(steps[vf].expected, PCIRESET_COMPLETED);
	assert_int_equal(steps[without].via, PCIRESET_NONE); /* no bus reset for it */
	assert_int_equal(pcireset_plan_estimate_ms(&machine, steps), 100);
	assert_true(pcireset_step_reaches(&machine, steps, pf, vf));
	assert_true(pcireset_step_reaches(&machine, steps, vf, without));
	assert_false(pcireset_step_reaches(&machine, steps, pf, root));

	decisions[pf].action = PCIRESET_KEEP;
	make_plan();
	assert_int_equal(steps[vf].engine, PCIRESET_ENGINE_KERNEL);
	assert_fenced(without, PCIRESET_WHY_KEPT_BESIDE);
}

static void a_kept_vf_protects_its_pf(void **state)
{
	size_t pf = endpoint(root_port(), FLR | SBR), vf = virtual_function(pf, FLR);
	size_t other = virtual_function(pf, FLR);

	(void)state;
	decisions[vf].action = PCIRESET_KEEP;
	make_plan();
	assert_fenced(pf, PCIRESET_WHY_VF_KEPT);
	assert_int_equal(steps[vf].action, PCIRESET_KEEP);
	assert_int_equal(steps[other].method, PCIRESET_METHOD_FLR);

	functions[vf].answers = false; /* nothing is left of it to protect */
	make_plan();
	assert_int_equal(steps[pf].method, PCIRESET_METHOD_FLR);
	assert_int_equal(steps[vf].expected, PCIRESET_LOST);
}

static void nothing_goes_through_what_a_domain_sits_behind(void **state)
{
	size_t root = root_port(), vmd = endpoint(root, FLR), beside = endpoint(root, 0);
	size_t behind = port(ROOT, PCI_EXP_TYPE_ROOT_PORT), disk = endpoint(behind, SBR);

	(void)state;
	functions[behind].behind = functions[disk].behind = vmd;
	make_plan();
	assert_fenced(vmd, PCIRESET_WHY_PROVIDER);
	assert_fenced(beside, PCIRESET_WHY_KEPT_BESIDE);
	assert_int_equal(steps[disk].via, behind);
}

static void behind_a_port_that_masks_bus_resets_cxl_bus_is_the_way(void **state)
{
	size_t root = root_port(), alone = endpoint(root, SBR | CXL_BUS);
	size_t other = root_port(), without = endpoint(other, SBR);

	(void)state;
	functions[root].cxl = functions[other].cxl = PCIRESET_CXL_PORT | PCIRESET_CXL_SBR_MASKED;
	make_plan();
	assert_int_equal(steps[alone].method, PCIRESET_METHOD_CXL_BUS);
	assert_int_equal(steps[alone].via, root);
	assert_false(steps[alone].whole_bus);
	assert_fenced(without, PCIRESET_WHY_CXL_MASKED);

	/* It is made through the slot, too, where there is one. */
	functions[root].hotplug_bound = true;
	make_plan();
	assert_int_equal(steps[alone].method, PCIRESET_METHOD_CXL_BUS);
	functions[alone].header[PCI_HEADER_TYPE] = 0x80;
	make_plan();
	assert_fenced(alone, PCIRESET_WHY_HOTPLUG);
}

static void of_the_unknown_only_what_the_kernel_offers(void **state)
{
	size_t root = root_port(), other = root_port();
	size_t silent = endpoint(root, 0), offered = endpoint(other, SBR), neighbour;

	(void)state;
	functions[silent].is_unknown = functions[offered].is_unknown = true;
	make_plan();
	assert_fenced(silent, PCIRESET_WHY_UNKNOWN);
	assert_int_equal(steps[offered].method, PCIRESET_METHOD_SBR);

	/* Where a neighbour needs the bus it is reset, too, and the plan says so. */
	neighbour = endpoint(root, 0);
	make_plan();
	assert_int_equal(steps[neighbour].via, root);
	assert_int_equal(steps[silent].via, root);
	assert_true(steps[silent].whole_bus);
}

static void bridges_and_the_dead_are_kept_whatever_was_decided(void **state)
{
	size_t root = root_port(), dead = endpoint(ROOT, FLR);

	(void)state;
	decisions[root] = (struct pcireset_decision){ .action = PCIRESET_RESET,
						      .methods = PCIRESET_ANY_METHOD };
	functions[root].offers = FLR;
	functions[dead].answers = false;
	make_plan();
	assert_int_equal(steps[root].action, PCIRESET_KEEP);
	assert_int_equal(steps[root].why, PCIRESET_WHY_BRIDGE);
	assert_int_equal(steps[root].expected, PCIRESET_KEPT);
	assert_int_equal(steps[dead].action, PCIRESET_KEEP);
	assert_int_equal(steps[dead].why, PCIRESET_WHY_NO_ANSWER);
	assert_int_equal(steps[dead].expected, PCIRESET_LOST);
}

static void conventional_buses_take_a_second_each(void **state)
{
	size_t root = root_port(), outer = port(root, PCI_EXP_TYPE_PCI_BRIDGE);
	size_t inner = port(outer, 0), one = endpoint(outer, 0), two;

	(void)state;
	functions[inner].express = 0;
	two = endpoint(inner, 0);
	make_plan();
	assert_int_equal(steps[one].via, outer);
	assert_int_equal(steps[two].estimate_ms, 2 + 1100 + 1100);
	assert_int_equal(pcireset_plan_estimate_ms(&machine, steps), 2202);
}

static void functions_below_one_port_wait_for_each_other(void **state)
{
	size_t root = root_port(), slow = endpoint(root, FLR);

	(void)state;
	(void)endpoint(root, AF);
	functions[slow].quirks = PCIRESET_QUIRK_SLOW_FLR;
	make_plan();
	assert_int_equal(steps[slow].estimate_ms, 350);
	assert_int_equal(pcireset_plan_estimate_ms(&machine, steps), 450);
}

static void sixteen_ports_are_reset_at_a_time(void **state)
{
	(void)state;
	for (unsigned int k = 0; k < 16; k++)
		(void)endpoint(ROOT, FLR);
	make_plan();
	assert_int_equal(pcireset_plan_estimate_ms(&machine, steps), 100);

	(void)endpoint(ROOT, FLR);
	make_plan();
	assert_int_equal(pcireset_plan_estimate_ms(&machine, steps), 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void vfs_that_nobody_lists_take_a_second_once(void **state)
{
	size_t kept = endpoint(root_port(), FLR), one = endpoint(root_port(), FLR);
	size_t other = endpoint(root_port(), 0);

	(void)state;
	functions[kept].vfs = 8;
	decisions[kept].action = PCIRESET_KEEP;
	make_plan();
	assert_int_equal(pcireset_plan_estimate_ms(&machine, steps), 102);

	functions[one].vfs = 8;
	functions[one].vfs_listed = 8;
	make_plan();
	assert_int_equal(pcireset_plan_estimate_ms(&machine, steps), 102);

	functions[one].vfs_listed = 7;
	functions[other].vfs = 4;
	make_plan();
	assert_int_equal(steps[one].estimate_ms, 100);
	assert_int_equal(pcireset_plan_estimate_ms(&machine, steps), 1000 + 102);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_reset_of_a_switch_does_for_all_behind_it),
		TEST(the_first_of_two_is_not_alone_whatever_the_kernel_thinks),
		TEST(below_pciehp_only_a_device_of_one_function_is_reset),
		TEST(ids_forbid_what_an_old_kernel_offers),
		TEST(a_banned_bridge_bans_the_buses_above_it_too),
		TEST(vfs_fall_with_their_pf),
		TEST(a_kept_vf_protects_its_pf),
		TEST(nothing_goes_through_what_a_domain_sits_behind),
		TEST(behind_a_port_that_masks_bus_resets_cxl_bus_is_the_way),
		TEST(of_the_unknown_only_what_the_kernel_offers),
		TEST(bridges_and_the_dead_are_kept_whatever_was_decided),
		TEST(conventional_buses_take_a_second_each),
		TEST(functions_below_one_port_wait_for_each_other),
		TEST(vfs_that_nobody_lists_take_a_second_once),
		TEST(sixteen_ports_are_reset_at_a_time),
	};

	return cmocka_run_group_tests_name("plan-exceptions", tests, NULL, NULL);
}
