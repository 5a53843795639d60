/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is decided for a function: the user's rules, levels, memory. */
#include "rules.h"
#include "rules_court.h"

static void bridges_bound_and_dead_functions_are_beyond_every_rule(void **state)
{
	struct fake_function *bound;

	(void)state;
	(void)fake_port(&fake, "0000:00:01.0", 1, 1);
	bound = fake_endpoint(&fake, "0000:00:02.0", 0x10d38086, 0x020000, 0x0006);
	fake_attr(&fake, bound, "driver", "e1000e")->link = true;
	fake_endpoint(&fake, "0000:00:03.0", 0x10d38086, 0x020000, 0x0006)->gone = true;
	decide("reset = address *\n");

	expect(0, PCIRESET_KEEP, "default:bridge");
	expect(1, PCIRESET_KEEP, "default:bound");
	expect(2, PCIRESET_KEEP, "default:no-answer");
}

static void a_rule_may_keep_a_bridge_with_its_bus_and_a_bound_function(void **state)
{
	struct fake_function *bound;

	(void)state;
	(void)fake_port(&fake, "0000:00:01.0", 1, 1);
	(void)fake_port(&fake, "0000:00:02.0", 2, 2);
	bound = fake_endpoint(&fake, "0000:00:03.0", 0x10d38086, 0x020000, 0x0006);
	fake_attr(&fake, bound, "driver", "e1000e")->link = true;
	decide("keep = address 0000:00:01.0\nkeep = driver e1000*\n");

	expect(0, PCIRESET_KEEP, "t.conf:2");
	assert_true(decisions[0].no_bus_reset);
	assert_false(decisions[1].no_bus_reset);
	expect(2, PCIRESET_KEEP, "t.conf:3");
}

static void the_first_matching_rule_wins_before_the_defaults(void **state)
{
	(void)state;
	(void)fake_endpoint(&fake, "0000:00:02.0", 0x10d38086, 0x020000, 0x0006);
	(void)fake_endpoint(&fake, "0000:00:03.0", 0x10d38086, 0x020000, 0x0006);
	(void)fake_endpoint(&fake, "0000:00:04.0", 0x29308086, 0x0c0500, 0x0006);
	decide("keep = address 0000:00:02.0\nfence = id 8086:10d3\nreset = class 0c05*\n");

	expect(0, PCIRESET_KEEP, "t.conf:2");
	expect(1, PCIRESET_FENCE, "t.conf:3");
	expect(2, PCIRESET_RESET, "t.conf:4");
}

static void subsystem_ids_can_be_told_apart(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct fake_function *f;

		f = fake_endpoint(&fake, i ? "0000:00:02.0" : "0000:00:01.0", 0x323a103c,
				  0x010400, 0x0006);
		fake_put(f->config, 0x2c, 0x103c, 2);
		fake_put(f->config, 0x2e, i ? 0x3243 : 0x3241, 2);
	}
	decide("keep = id 103c:323a:103c:3243\n");

	expect(0, PCIRESET_FENCE, "default:storage");
	expect(1, PCIRESET_KEEP, "t.conf:2");
}

static void memory_of_either_kernel_behind_a_bar_is_kept(void **state)
{
	static struct quiesce_range ranges[] = { { 0x100000, 0x7fffffff },
						 { 0x100040000000, 0x1000ffffffff } };
	struct fake_function *gpu, *other;

	(void)state;
	scene.ram = (struct quiesce_ram){ ranges, 2 };
	gpu = fake_endpoint(&fake, "0000:00:02.0", 0x234210de, 0x030200, 0x0006);
	fake_put(gpu->config, 0x18, 0x0000000c, 4); /* 64 bit, prefetchable */
	(void)fake_attr(&fake, gpu, "resource",
			"0x00000000f0000000 0x00000000f0ffffff 0x0000000000040200\n"
			"0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
			"0x0000100000000000 0x0000107fffffffff 0x000000000014220c\n");
	other = fake_endpoint(&fake, "0000:00:03.0", 0x234210de, 0x030200, 0x0006);
	fake_put(other->config, 0x18, 0x0000000c, 4);
	(void)fake_attr(&fake, other, "resource",
			"0x0000200000000000 0x0000207fffffffff 0x000000000014220c\n");
	decide("");

	expect(0, PCIRESET_KEEP, "default:system-ram");
	expect(1, PCIRESET_RESET, "default:reset");
}

/* The first 640 KiB have the numbers of all ports. */
static void an_io_port_is_no_memory(void **state)
{
	static struct quiesce_range ranges[] = { { 0x1000, 0x9fbff } };
	struct fake_function *gpu;

	(void)state;
	scene.ram = (struct quiesce_ram){ ranges, 1 };
	gpu = fake_endpoint(&fake, "0000:01:00.0", 0x234210de, 0x030200, 0x0007);
	fake_put(gpu->config, 0x18, 0x0000000c, 4);
	(void)fake_attr(&fake, gpu, "resource",
			"0x00000000f0000000 0x00000000f0ffffff 0x0000000000040200\n"
			"0x0000200000000000 0x0000207fffffffff 0x000000000014220c\n"
			"0x000000000000e000 0x000000000000e07f 0x0000000000040101\n");
	decide("");

	expect(0, PCIRESET_RESET, "default:reset");
}

static void observe_touches_nothing(void **state)
{
	(void)state;
	(void)fake_endpoint(&fake, "0000:00:02.0", 0x10d38086, 0x020000, 0x0006);
	(void)fake_endpoint(&fake, "0000:00:03.0", 0x10d38086, 0x020000, 0x0002);
	config.level = QUIESCE_LEVEL_OBSERVE;
	decide("reset = address 00:02.0\n");

	expect(0, PCIRESET_KEEP, "default:level");
	/* VFs of it could be silenced otherwise. */
	expect(1, PCIRESET_KEEP, "default:level");
}

static void lower_levels_take_resets_away(void **state)
{
	(void)state;
	(void)fake_endpoint(&fake, "0000:00:02.0", 0x10d38086, 0x020000, 0x0006);
	config.level = QUIESCE_LEVEL_FENCE;
	decide("");
	expect(0, PCIRESET_FENCE, "default:level");

	pcireset_machine_free(&machine);
	config.level = QUIESCE_LEVEL_FLR;
	decide("");
	expect(0, PCIRESET_RESET, "default:reset");
	assert_int_equal(decisions[0].methods, 1 << PCIRESET_METHOD_DEVICE_SPECIFIC |
						       1 << PCIRESET_METHOD_FLR |
						       1 << PCIRESET_METHOD_AF);
}

static void names_stand_for_what_the_machine_says(void **state)
{
	struct fake_function *f;

	(void)state;
	f = fake_endpoint(&fake, "0000:00:02.0", 0x11111234, 0x030000, 0x0007);
	(void)fake_attr(&fake, f, "boot_vga", "1");
	(void)fake_endpoint(&fake, "0000:00:03.0", 0x00021b36, 0x070002, 0x0006);
	(void)fake_endpoint(&fake, "0000:00:04.0", 0x31b68086, 0x0c0330, 0x0006);
	(void)fake_endpoint(&fake, "0000:00:05.0", 0x00101b36, 0x010802, 0x0006);
	f = fake_endpoint(&fake, "0000:00:06.0", 0x10d38086, 0x020000, 0x0006);
	fake_attr(&fake, f, "driver", "e1000e")->link = true;
	targets[3] = true;
	decide("keep = boot-vga\nreset-pm = console\nreset = dump-target\nkeep = bound\n");

	expect(0, PCIRESET_KEEP, "t.conf:2");
	expect(1, PCIRESET_RESET, "t.conf:3");
	assert_int_equal(decisions[1].methods, 1 << PCIRESET_METHOD_PM);
	expect(2, PCIRESET_RESET, "default:reset");
	expect(3, PCIRESET_RESET, "t.conf:4");
	expect(4, PCIRESET_KEEP, "t.conf:5");

	pcireset_machine_free(&machine);
	scene.usb_console = true;
	decide("");
	expect(2, PCIRESET_RESET, "t.conf:3");
}

static void a_path_holds_where_buses_have_other_numbers(void **state)
{
	(void)state;
	(void)fake_port(&fake, "0000:00:1c.0", 5, 7);
	(void)fake_port(&fake, "0000:00:1d.0", 8, 8);
	(void)fake_port(&fake, "0000:05:00.0", 6, 6);
	(void)fake_endpoint(&fake, "0000:06:02.0", 0x10d38086, 0x020000, 0x0006);
	(void)fake_endpoint(&fake, "0000:06:02.1", 0x10d38086, 0x020000, 0x0006);
	(void)fake_endpoint(&fake, "0000:08:02.0", 0x10d38086, 0x020000, 0x0006);
	decide("keep = path 00:1c.0/00.0/02.1\nfence = path 00:1?.0/02.0\n"
	       "fence = path 00:1c.0/00.0\nreset-flr = path */00.0/*\nkeep = path 00:1c.0\n");

	expect(0, PCIRESET_KEEP, "t.conf:6");
	expect(1, PCIRESET_KEEP, "default:bridge");
	expect(2, PCIRESET_KEEP, "default:bridge");
	expect(3, PCIRESET_RESET, "t.conf:5");
	expect(4, PCIRESET_KEEP, "t.conf:2");
	expect(5, PCIRESET_FENCE, "t.conf:3");
}

static void cxl_memory_loses_its_reset_once_it_is_known(void **state)
{
	(void)state;
	(void)fake_endpoint(&fake, "0000:00:02.0", 0x0d938086, 0x120000, 0x0006);
	(void)fake_endpoint(&fake, "0000:00:03.0", 0x0d938086, 0x120000, 0x0002);
	(void)fake_endpoint(&fake, "0000:00:04.0", 0x0d938086, 0x120000, 0x0006);
	(void)fake_endpoint(&fake, "0000:00:05.0", 0x0d938086, 0x120000, 0x0006);
	decide("reset = address 00:04.0\n");
	for (size_t i = 0; i < 3; i++)
		machine.functions[i].cxl = PCIRESET_CXL_DEVICE | PCIRESET_CXL_MEMORY;
	quiesce_rules_protect(&machine, decisions, grounds);

	expect(0, PCIRESET_FENCE, "default:cxl-memory");
	expect(1, PCIRESET_KEEP, "default:cxl-memory");
	expect(2, PCIRESET_RESET, "t.conf:2");
	expect(3, PCIRESET_RESET, "default:reset");
}

static void an_idle_pf_is_not_untouched_where_its_vfs_are_not_listed(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++)
		(void)fake_endpoint(&fake, i == 3 ? "0000:00:06.0" : i == 2 ? "0000:00:05.0"
					   : i == 1 ? "0000:00:04.0" : "0000:00:03.0",
				    0x10c98086, 0x020000, 0x0002);
	decide("fence = address 00:05.0\nkeep = address 00:06.0\n");
	for (size_t i = 0; i < 4; i++)
		machine.functions[i].vfs = 2;
	machine.functions[1].vfs_listed = 2;
	quiesce_rules_protect(&machine, decisions, grounds);

	expect(0, PCIRESET_IDLE, "default:idle");
	assert_string_equal(grounds[0].reason, "Bus Master is off; VF Enable is cleared");
	assert_string_equal(grounds[1].reason, "Bus Master is off");
	expect(2, PCIRESET_IDLE, "t.conf:2");
	assert_string_equal(grounds[2].reason, "Bus Master is off; VF Enable is cleared");
	expect(3, PCIRESET_KEEP, "t.conf:3");
	assert_string_equal(grounds[3].reason, "rule");
}

static void a_platform_may_forbid_everything(void **state)
{
	(void)state;
	(void)fake_endpoint(&fake, "0000:00:02.0", 0x10d38086, 0x020000, 0x0006);
	scene.untouchable = "not ours";
	decide("reset = address *\n");
	expect(0, PCIRESET_KEEP, "default:platform");
	assert_string_equal(grounds[0].reason, "not ours");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bridges_bound_and_dead_functions_are_beyond_every_rule),
		TEST(a_rule_may_keep_a_bridge_with_its_bus_and_a_bound_function),
		TEST(the_first_matching_rule_wins_before_the_defaults),
		TEST(subsystem_ids_can_be_told_apart),
		TEST(memory_of_either_kernel_behind_a_bar_is_kept),
		TEST(an_io_port_is_no_memory),
		TEST(observe_touches_nothing),
		TEST(lower_levels_take_resets_away),
		TEST(names_stand_for_what_the_machine_says),
		TEST(a_path_holds_where_buses_have_other_numbers),
		TEST(cxl_memory_loses_its_reset_once_it_is_known),
		TEST(an_idle_pf_is_not_untouched_where_its_vfs_are_not_listed),
		TEST(a_platform_may_forbid_everything),
	};

	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
