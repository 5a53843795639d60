/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "fake_io.h"

static struct fake fake;
static struct pcireset_machine machine;
static struct pcireset_decision decisions[FAKE_FUNCTIONS];
static struct pcireset_step *steps;

static int setup(void **state)
{
	(void)state;
	fake_init(&fake);
	memset(decisions, 0, sizeof(decisions));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(steps);
	steps = NULL;
	pcireset_machine_free(&machine);
	return 0;
}

/* Bridges are kept, all else is to be reset, as the program decides. */
static void read_machine(void)
{
	assert_int_equal(pcireset_scan(&fake.io, &machine), 0);
	pcireset_topology_read(&fake.io, &machine);
	for (size_t i = 0; i < machine.n; i++)
		if (!pcireset_is_bridge(&machine.functions[i]))
			decisions[i] = (struct pcireset_decision){ PCIRESET_RESET, ~(1u << 5),
								   false };
	fake_forget_log(&fake);
}

static void make_plan(void)
{
	assert_int_equal(pcireset_plan_make(&machine, decisions, &steps), 0);
	assert_string_equal(fake.log, ""); /* pure */
}

static struct fake_function *endpoint(const char *address, const char *methods)
{
	struct fake_function *f = fake_endpoint(&fake, address, 0x10d38086, 0x020000, 0x0006);

	if (methods)
		(void)fake_resets(&fake, f, methods);
	return f;
}

static struct fake_function *port(const char *address, uint8_t secondary, uint8_t subordinate)
{
	struct fake_function *f = fake_port(&fake, address, secondary, subordinate);

	(void)fake_attr(&fake, f, "reset_subordinate", "");
	return f;
}

static void the_order_is_specific_flr_af_bus_cxl_acpi(void **state)
{
	static const struct {
		const char *offered;
		enum pcireset_method chosen;
	} cases[] = {
		{ "device_specific acpi flr af_flr pm bus cxl_bus", PCIRESET_METHOD_DEVICE_SPECIFIC },
		{ "acpi flr af_flr pm bus cxl_bus", PCIRESET_METHOD_FLR },
		{ "acpi af_flr pm bus cxl_bus", PCIRESET_METHOD_AF },
		{ "acpi pm bus cxl_bus", PCIRESET_METHOD_SBR },
		{ "acpi pm cxl_bus", PCIRESET_METHOD_CXL_BUS },
		{ "acpi pm", PCIRESET_METHOD_ACPI },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)setup(state);
		(void)fake_port(&fake, "0000:00:03.0", 1, 1);
		(void)endpoint("0000:01:00.0", cases[i].offered);
		read_machine();
		decisions[1].engine = PCIRESET_ENGINE_KERNEL;
		make_plan();
		assert_int_equal(steps[1].action, PCIRESET_RESET);
		assert_int_equal(steps[1].method, cases[i].chosen);
		(void)teardown(state);
	}
}

static void pm_is_never_chosen_where_others_are_allowed(void **state)
{
	(void)state;
	(void)endpoint("0000:00:01.0", "pm");
	read_machine();
	decisions[0].methods = ~0u;
	make_plan();

	assert_int_equal(steps[0].action, PCIRESET_FENCE);
	assert_int_equal(steps[0].method, PCIRESET_METHOD_NONE);
	assert_int_equal(steps[0].why, PCIRESET_WHY_NOTHING_OFFERED);
}

static void bridges_are_left_alone_even_where_they_advertise_flr(void **state)
{
	struct fake_function *f;

	(void)state;
	f = port("0000:00:03.0", 1, 1);
	fake_put(f->config, 0x44, 0x10000000, 4);
	(void)endpoint("0000:01:00.0", "flr");
	read_machine();
	make_plan();

	assert_int_equal(steps[0].action, PCIRESET_KEEP);
	assert_int_equal(steps[0].method, PCIRESET_METHOD_NONE);
}

static void a_lone_function_is_reset_through_its_port(void **state)
{
	(void)state;
	(void)port("0000:00:03.0", 1, 1);
	(void)endpoint("0000:01:00.0", "pm bus");
	read_machine();
	make_plan();

	assert_int_equal(steps[1].method, PCIRESET_METHOD_SBR);
	assert_int_equal(steps[1].via, 0);
	assert_false(steps[1].whole_bus);
}

static void siblings_without_flr_share_one_bus_reset(void **state)
{
	(void)state;
	(void)port("0000:00:03.0", 1, 1);
	(void)endpoint("0000:01:01.0", NULL);
	(void)endpoint("0000:01:02.0", NULL);
	read_machine();
	make_plan();

	for (size_t i = 1; i <= 2; i++) {
		assert_int_equal(steps[i].action, PCIRESET_RESET);
		assert_int_equal(steps[i].method, PCIRESET_METHOD_SBR);
		assert_int_equal(steps[i].via, 0);
		assert_true(steps[i].whole_bus);
	}
}

static void one_with_flr_keeps_it_beside_a_sibling_that_needs_the_bus(void **state)
{
	(void)state;
	(void)port("0000:00:03.0", 1, 1);
	(void)endpoint("0000:01:00.0", "flr");
	(void)endpoint("0000:01:00.1", NULL);
	read_machine();
	make_plan();

	assert_int_equal(steps[1].method, PCIRESET_METHOD_FLR);
	assert_false(steps[1].whole_bus);
	assert_true(steps[2].whole_bus);
}

static void a_bridge_that_a_rule_keeps_keeps_its_bus(void **state)
{
	(void)state;
	(void)port("0000:00:03.0", 1, 2);
	(void)port("0000:01:00.0", 2, 2);
	(void)endpoint("0000:02:00.0", "bus");
	(void)endpoint("0000:01:01.0", NULL);
	read_machine();
	decisions[1].no_bus_reset = true;
	make_plan();

	assert_int_equal(steps[3].action, PCIRESET_FENCE); /* 02:00.0 */
	assert_int_equal(steps[2].action, PCIRESET_FENCE); /* 01:01.0: the bus above */
	assert_int_equal(steps[3].why, PCIRESET_WHY_KEPT_BESIDE);
}

static void a_kept_sibling_forbids_the_bus_reset(void **state)
{
	(void)state;
	(void)port("0000:00:03.0", 1, 1);
	(void)endpoint("0000:01:00.0", "flr");
	(void)endpoint("0000:01:00.1", NULL);
	(void)endpoint("0000:01:00.2", "flr");
	read_machine();
	decisions[1].action = PCIRESET_KEEP;
	make_plan();

	assert_int_equal(steps[1].action, PCIRESET_KEEP);
	assert_int_equal(steps[2].action, PCIRESET_FENCE);
	assert_int_equal(steps[2].why, PCIRESET_WHY_KEPT_BESIDE);
	assert_int_equal(steps[3].method, PCIRESET_METHOD_FLR); /* reaches nobody else */
}

static void a_fenced_sibling_forbids_it_too(void **state)
{
	(void)state;
	(void)port("0000:00:03.0", 1, 1);
	(void)endpoint("0000:01:00.0", NULL);
	(void)endpoint("0000:01:00.1", NULL);
	read_machine();
	decisions[1].action = PCIRESET_FENCE;
	make_plan();

	assert_int_equal(steps[2].action, PCIRESET_FENCE);
	assert_int_equal(steps[2].why, PCIRESET_WHY_KEPT_BESIDE);
}

static void an_idle_sibling_does_not(void **state)
{
	(void)state;
	(void)port("0000:00:03.0", 1, 1);
	(void)endpoint("0000:01:00.0", NULL);
	(void)endpoint("0000:01:00.1", NULL);
	read_machine();
	decisions[1].action = PCIRESET_IDLE;
	make_plan();

	assert_int_equal(steps[1].action, PCIRESET_IDLE);
	assert_true(steps[2].whole_bus);
}

static void a_kept_function_protects_the_whole_path_above_it(void **state)
{
	(void)state;
	(void)port("0000:00:03.0", 1, 4);	 /* 0: root port */
	(void)port("0000:01:00.0", 2, 4);	 /* 1: switch, up */
	(void)endpoint("0000:01:00.1", NULL);	 /* 2: beside the switch */
	(void)port("0000:02:00.0", 3, 3);	 /* 3: down */
	(void)port("0000:02:01.0", 4, 4);	 /* 4: down */
	(void)endpoint("0000:03:00.0", NULL);	 /* 5: kept */
	(void)endpoint("0000:04:00.0", NULL);	 /* 6 */
	read_machine();
	decisions[5].action = PCIRESET_KEEP;
	make_plan();

	assert_int_equal(steps[2].action, PCIRESET_FENCE);
	assert_int_equal(steps[6].action, PCIRESET_RESET);
	assert_int_equal(steps[6].via, 4);
}

static void a_bus_reset_takes_nested_ones_with_it(void **state)
{
	(void)state;
	(void)port("0000:00:03.0", 1, 2);     /* 0 */
	(void)endpoint("0000:01:00.0", NULL); /* 1: needs the bus of 0 */
	(void)port("0000:01:01.0", 2, 2);     /* 2 */
	(void)endpoint("0000:02:00.0", "flr"); /* 3 */
	(void)endpoint("0000:02:01.0", NULL); /* 4: would need the bus of 2 */
	read_machine();
	make_plan();

	assert_true(steps[1].whole_bus);
	assert_int_equal(steps[1].via, 0);
	assert_int_equal(steps[3].method, PCIRESET_METHOD_FLR);
	assert_true(steps[4].whole_bus);
	assert_int_equal(steps[4].via, 0);
}

static void under_pciehp_a_bus_with_siblings_is_not_reset(void **state)
{
	struct fake_function *f;
	struct fake_attr *attr;

	(void)state;
	f = port("0000:00:03.0", 1, 1);
	attr = fake_attr(&fake, f, "x", "pciehp");
	attr->link = true;
	(void)strcpy(attr->path, "sys/bus/pci_express/devices/0000:00:03.0:pcie004/driver");
	(void)endpoint("0000:01:00.0", NULL);
	(void)endpoint("0000:01:00.1", NULL);
	read_machine();
	make_plan();

	assert_int_equal(steps[1].action, PCIRESET_FENCE);
	assert_int_equal(steps[1].why, PCIRESET_WHY_HOTPLUG);
}

static void under_pciehp_a_lone_function_uses_its_slot(void **state)
{
	struct fake_function *f;
	struct fake_attr *attr;

	(void)state;
	f = port("0000:00:03.0", 1, 1);
	attr = fake_attr(&fake, f, "x", "pciehp");
	attr->link = true;
	(void)strcpy(attr->path, "sys/bus/pci_express/devices/0000:00:03.0:pcie004/driver");
	(void)endpoint("0000:01:00.0", "pm bus");
	read_machine();
	make_plan();

	assert_int_equal(steps[1].method, PCIRESET_METHOD_SBR);
	assert_false(steps[1].whole_bus);
}

static void a_method_that_is_not_allowed_is_not_used(void **state)
{
	(void)state;
	(void)port("0000:00:03.0", 1, 1);
	(void)endpoint("0000:01:00.0", "flr bus");
	read_machine();
	decisions[1].methods = 1u << PCIRESET_METHOD_AF;
	make_plan();

	assert_int_equal(steps[1].action, PCIRESET_FENCE);
	assert_int_equal(steps[1].why, PCIRESET_WHY_NOT_ALLOWED);
}

static void one_that_may_only_use_flr_protects_its_bus(void **state)
{
	(void)state;
	(void)port("0000:00:03.0", 1, 1);
	(void)endpoint("0000:01:00.0", "flr");
	(void)endpoint("0000:01:00.1", NULL);
	read_machine();
	decisions[1].methods = 1u << PCIRESET_METHOD_FLR;
	make_plan();

	assert_int_equal(steps[1].method, PCIRESET_METHOD_FLR);
	assert_int_equal(steps[2].action, PCIRESET_FENCE);
}

static void the_same_machine_gives_the_same_plan(void **state)
{
	struct pcireset_step *again;

	(void)state;
	(void)port("0000:00:03.0", 1, 1);
	(void)endpoint("0000:01:00.0", "flr");
	(void)endpoint("0000:01:00.1", NULL);
	read_machine();
	make_plan();
	assert_int_equal(pcireset_plan_make(&machine, decisions, &again), 0);

	assert_memory_equal(steps, again, machine.n * sizeof(*steps));
	free(again);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_order_is_specific_flr_af_bus_cxl_acpi),
		TEST(pm_is_never_chosen_where_others_are_allowed),
		TEST(bridges_are_left_alone_even_where_they_advertise_flr),
		TEST(a_lone_function_is_reset_through_its_port),
		TEST(siblings_without_flr_share_one_bus_reset),
		TEST(one_with_flr_keeps_it_beside_a_sibling_that_needs_the_bus),
		TEST(a_bridge_that_a_rule_keeps_keeps_its_bus),
		TEST(a_kept_sibling_forbids_the_bus_reset),
		TEST(a_fenced_sibling_forbids_it_too),
		TEST(an_idle_sibling_does_not),
		TEST(a_kept_function_protects_the_whole_path_above_it),
		TEST(a_bus_reset_takes_nested_ones_with_it),
		TEST(under_pciehp_a_bus_with_siblings_is_not_reset),
		TEST(under_pciehp_a_lone_function_uses_its_slot),
		TEST(a_method_that_is_not_allowed_is_not_used),
		TEST(one_that_may_only_use_flr_protects_its_bus),
		TEST(the_same_machine_gives_the_same_plan),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
