/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which buses are reset by our own writes. */
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
	for (size_t i = 0; i < FAKE_FUNCTIONS; i++)
		decisions[i] = (struct pcireset_decision){ .action = PCIRESET_RESET,
							   .methods = PCIRESET_ANY_METHOD };
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

static void plan(void)
{
	assert_int_equal(pcireset_scan(&fake.io, &machine), 0);
	pcireset_topology_read(&fake.io, &machine);
	assert_int_equal(pcireset_plan_make(&machine, decisions, &steps), 0);
}

static struct fake_function *endpoint(const char *address)
{
	struct fake_function *f = fake_endpoint(&fake, address, 0x10d38086, 0x020000, 0x0006);

	fake_put(f->config, 0x10, 0xfe000000, 4);
	return f;
}

/* A port with two functions: 0, 1 and 2. */
static struct fake_function *two_below(void)
{
	struct fake_function *port = fake_port(&fake, "0000:00:03.0", 1, 1);

	(void)endpoint("0000:01:00.0");
	(void)endpoint("0000:01:00.1");
	return port;
}

static void assert_ours(size_t i, size_t via)
{
	assert_int_equal(steps[i].action, PCIRESET_RESET);
	assert_int_equal(steps[i].method, PCIRESET_METHOD_SBR);
	assert_int_equal(steps[i].engine, PCIRESET_ENGINE_DIRECT);
	assert_int_equal(steps[i].via, via);
	assert_true(steps[i].whole_bus);
}

static void assert_fenced(enum pcireset_why why)
{
	for (size_t i = 1; i <= 2; i++) {
		assert_int_equal(steps[i].action, PCIRESET_FENCE);
		assert_int_equal(steps[i].why, why);
	}
}

static void what_the_kernel_has_nothing_for_is_reset_by_us(void **state)
{
	(void)state;
	(void)two_below();
	plan();

	assert_ours(1, 0);
	assert_ours(2, 0);
	assert_string_equal(pcireset_engine_why_words(steps[1].engine_why),
			    "the kernel has none for that bus");
	assert_string_equal(pcireset_why_words(steps[1].why), "the whole bus is to be reset");
	assert_int_equal(steps[1].expected, PCIRESET_VERIFIED);
	assert_int_equal(steps[1].estimate_ms, 102);
	assert_int_equal(pcireset_plan_estimate_ms(&machine, steps), 102);
	assert_true(pcireset_step_reaches(&machine, steps, 1, 2));
}

static void what_the_kernel_offers_is_the_kernels(void **state)
{
	(void)state;
	(void)fake_attr(&fake, two_below(), "reset_subordinate", "");
	plan();
	assert_int_equal(steps[1].engine, PCIRESET_ENGINE_KERNEL);
	assert_int_equal(steps[2].engine, PCIRESET_ENGINE_KERNEL);
}

static void but_not_where_ours_are_asked_for(void **state)
{
	(void)state;
	(void)fake_attr(&fake, two_below(), "reset_subordinate", "");
	decisions[1].engine = PCIRESET_ENGINE_DIRECT;
	decisions[2].engine = PCIRESET_ENGINE_DIRECT;
	plan();
	assert_ours(1, 0);
	assert_string_equal(pcireset_engine_why_words(steps[1].engine_why), "as configured");
}

/* Two of the kernel's, one behind each port, leave nothing for us. */
static void lone_functions_behind_a_switch_stay_the_kernels(void **state)
{
	(void)state;
	(void)fake_port(&fake, "0000:00:03.0", 1, 3);
	(void)fake_port(&fake, "0000:01:00.0", 2, 2);
	(void)fake_port(&fake, "0000:01:01.0", 3, 3);
	(void)fake_resets(&fake, endpoint("0000:02:00.0"), "bus");
	(void)fake_resets(&fake, endpoint("0000:03:00.0"), "bus");
	plan();
	assert_int_equal(steps[3].engine, PCIRESET_ENGINE_KERNEL);
	assert_int_equal(steps[3].via, 1);
	assert_int_equal(steps[4].via, 2);
}

/* One that the kernel could reset alone falls with a bus of ours above it. */
static void a_bus_of_ours_takes_what_is_below_with_it(void **state)
{
	(void)state;
	(void)fake_port(&fake, "0000:00:03.0", 1, 2);
	(void)fake_port(&fake, "0000:01:00.0", 2, 2);
	(void)endpoint("0000:01:01.0");
	(void)fake_resets(&fake, endpoint("0000:02:00.0"), "bus");
	plan();
	assert_ours(2, 0);
	assert_ours(3, 0);
	/* Its bridge is restored first, and then waited for. */
	assert_int_equal(steps[3].estimate_ms, 202);
}

static void two_buses_take_the_time_of_the_longer_one(void **state)
{
	struct fake_function *port;

	(void)state;
	(void)two_below();
	port = fake_port(&fake, "0000:00:04.0", 2, 2);
	fake_put(port->config, 0x42, 0x0072, 2);
	(void)endpoint("0000:02:00.0");
	(void)endpoint("0000:02:01.0");
	plan();
	assert_ours(5, 1);
	assert_int_equal(pcireset_plan_estimate_ms(&machine, steps), 1102);
}

/* First a port with both; then one more, whose conventional bus waits for nobody. */
static void a_bus_that_waits_for_one_on_it_counts_once(void **state)
{
	struct fake_function *f, *port;

	(void)state;
	(void)fake_port(&fake, "0000:00:03.0", 1, 1);
	f = endpoint("0000:01:00.0");
	fake_express(f, true);
	f->config_bytes = FAKE_CONFIG_BYTES;
	(void)fake_resets(&fake, f, "flr");
	(void)endpoint("0000:01:00.1");
	plan();
	assert_int_equal(steps[1].method, PCIRESET_METHOD_FLR);
	assert_int_equal(steps[1].engine, PCIRESET_ENGINE_DIRECT);
	assert_ours(2, 0);
	assert_int_equal(pcireset_plan_estimate_ms(&machine, steps), 100 + 102);

	free(steps);
	pcireset_machine_free(&machine);
	port = fake_port(&fake, "0000:00:04.0", 2, 2);
	fake_put(port->config, 0x42, 0x0072, 2);
	(void)endpoint("0000:02:00.0");
	plan();
	assert_ours(4, 1);
	assert_int_equal(pcireset_plan_estimate_ms(&machine, steps), 1102 + 102);
}

/* Nothing of the kernel's, and why nothing of ours. */
static void assert_none(const char *why_not_ours)
{
	assert_fenced(PCIRESET_WHY_NOTHING_OFFERED);
	for (size_t i = 1; i <= 2; i++)
		assert_string_equal(pcireset_engine_why_words(steps[i].engine_why), why_not_ours);
}

static void nor_with_a_driver_below(void **state)
{
	(void)state;
	(void)two_below();
	fake_attr(&fake, &fake.functions[2], "driver", "e1000e")->link = true;
	plan();
	assert_none("a driver has it");
}

static void nor_where_the_kernel_is_asked_for(void **state)
{
	(void)state;
	(void)two_below();
	decisions[2].engine = PCIRESET_ENGINE_KERNEL;
	plan();
	assert_none("as configured");
}

static void nor_where_registers_are_locked(void **state)
{
	(void)state;
	(void)two_below();
	decisions[1].locked = true;
	plan();
	assert_none("the kernel is locked down");
}

static void nor_where_capabilities_cannot_be_read(void **state)
{
	(void)state;
	two_below()->config[0x41] = 0x40; /* a loop */
	plan();
	assert_none("capabilities unknown");
}

static void nor_above_a_bridge_with_a_driver_of_its_own(void **state)
{
	struct fake_function *bridge;

	(void)state;
	(void)fake_port(&fake, "0000:00:03.0", 1, 2);
	bridge = fake_port(&fake, "0000:01:00.0", 2, 2);
	(void)endpoint("0000:02:00.0");
	fake_attr(&fake, bridge, "driver", "shpchp")->link = true;
	plan();
	assert_int_equal(steps[2].action, PCIRESET_FENCE);
	free(steps);
	steps = NULL;
	pcireset_machine_free(&machine);
	(void)strcpy(fake.attrs[0].text, "pcieport");
	plan();
	assert_ours(2, 1);
}

static void nor_beside_one_that_is_kept(void **state)
{
	(void)state;
	(void)two_below();
	decisions[2].action = PCIRESET_KEEP;
	plan();
	assert_int_equal(steps[1].action, PCIRESET_FENCE);
	assert_int_equal(steps[1].why, PCIRESET_WHY_KEPT_BESIDE);
}

static void nor_where_pciehp_is_bound(void **state)
{
	struct fake_attr *driver;

	(void)state;
	(void)two_below();
	driver = &fake.attrs[fake.n_attrs++];
	(void)strcpy(driver->path, "sys/bus/pci_express/devices/0000:00:03.0:pcie004/driver");
	(void)strcpy(driver->text, "pciehp");
	driver->link = true;
	plan();
	assert_fenced(PCIRESET_WHY_HOTPLUG);
}

static void nor_by_level(void **state)
{
	(void)state;
	(void)two_below();
	for (size_t i = 0; i <= 2; i++)
		decisions[i].methods = PCIRESET_FUNCTION_LEVEL;
	plan();
	assert_int_equal(steps[1].action, PCIRESET_FENCE);
	assert_int_equal(steps[1].engine_why, PCIRESET_ENGINE_WHY_NONE);
}

/* Whoever asks for ours is told why the kernel makes them. */
static void what_keeps_ours_from_a_bus_is_told_where_they_are_asked_for(void **state)
{
	struct fake_function *port = two_below();

	(void)state;
	(void)fake_attr(&fake, port, "reset_subordinate", "");
	port->config_bytes = 256;
	decisions[1].engine = PCIRESET_ENGINE_DIRECT;
	decisions[2].engine = PCIRESET_ENGINE_DIRECT;
	plan();
	assert_int_equal(steps[1].method, PCIRESET_METHOD_SBR);
	assert_int_equal(steps[1].engine, PCIRESET_ENGINE_KERNEL);
	assert_string_equal(pcireset_engine_why_words(steps[1].engine_why),
			    "extended registers out of sight");

	decisions[1].engine = PCIRESET_ENGINE_NONE;
	decisions[2].engine = PCIRESET_ENGINE_NONE;
	free(steps);
	pcireset_machine_free(&machine);
	plan();
	assert_string_equal(pcireset_engine_why_words(steps[1].engine_why), "only the kernel can");
}

/* A bus that nobody could reset beside one that is kept: that is the reason. */
static void one_that_is_kept_comes_before_what_keeps_ours_away(void **state)
{
	(void)state;
	(void)two_below();
	decisions[2].action = PCIRESET_KEEP;
	fake_attr(&fake, &fake.functions[2], "driver", "e1000e")->link = true;
	plan();
	assert_int_equal(steps[1].why, PCIRESET_WHY_KEPT_BESIDE);
	assert_int_equal(steps[1].engine_why, PCIRESET_ENGINE_WHY_NONE);
}

/* Ones would be saved and written back. */
static void the_kernel_resets_no_bus_with_one_that_is_away(void **state)
{
	(void)state;
	(void)fake_attr(&fake, two_below(), "reset_subordinate", "");
	decisions[1].away = true;
	plan();
	assert_ours(1, 0);
	assert_ours(2, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void of_express_functions_all_registers_must_be_seen(void **state)
{
	struct fake_function *port = fake_port(&fake, "0000:00:03.0", 1, 1), *f;

	(void)state;
	f = endpoint("0000:01:00.0");
	fake_express(f, false);
	(void)endpoint("0000:01:00.1");
	plan();
	assert_none("extended registers out of sight");

	f->config_bytes = FAKE_CONFIG_BYTES;
	free(steps);
	pcireset_machine_free(&machine);
	plan();
	assert_ours(1, 0);

	port->config_bytes = 256;
	free(steps);
	pcireset_machine_free(&machine);
	plan();
	assert_none("extended registers out of sight");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_keeps_ours_from_a_bus_is_told_where_they_are_asked_for),
		TEST(one_that_is_kept_comes_before_what_keeps_ours_away),
		TEST(of_express_functions_all_registers_must_be_seen),
		TEST(what_the_kernel_has_nothing_for_is_reset_by_us),
		TEST(what_the_kernel_offers_is_the_kernels),
		TEST(but_not_where_ours_are_asked_for),
		TEST(lone_functions_behind_a_switch_stay_the_kernels),
		TEST(a_bus_of_ours_takes_what_is_below_with_it),
		TEST(two_buses_take_the_time_of_the_longer_one),
		TEST(a_bus_that_waits_for_one_on_it_counts_once),
		TEST(nor_with_a_driver_below),
		TEST(nor_where_the_kernel_is_asked_for),
		TEST(nor_where_registers_are_locked),
		TEST(nor_where_capabilities_cannot_be_read),
		TEST(nor_above_a_bridge_with_a_driver_of_its_own),
		TEST(nor_beside_one_that_is_kept),
		TEST(nor_where_pciehp_is_bound),
		TEST(nor_by_level),
		TEST(the_kernel_resets_no_bus_with_one_that_is_away),
	};

	return cmocka_run_group_tests_name("plan-bus", tests, NULL, NULL);
}
