/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is decided for a function without a rule of the user's. */
#include "rules_court.h"

static void each_default_is_applied(void **state)
{
	static const struct {
		uint32_t id;
		uint32_t class_code;
		enum pcireset_action action;
		const char *rule;
	} cases[] = {
		{ 0x10d38086, 0x020000, PCIRESET_RESET, "default:reset" },
		{ 0x29c08086, 0x060000, PCIRESET_KEEP, "default:bridge" },
		{ 0x14191022, 0x080600, PCIRESET_KEEP, "default:iommu" },
		{ 0x10571af4, 0x00ff00, PCIRESET_KEEP, "default:iommu" },
		{ 0x00001234, 0x080020, PCIRESET_KEEP, "default:ioapic" },
		{ 0x00001234, 0x080700, PCIRESET_KEEP, "default:rcec" },
		{ 0x29308086, 0x0c0500, PCIRESET_KEEP, "default:smbus" },
		{ 0x00001234, 0x0c0701, PCIRESET_KEEP, "default:ipmi" },
		{ 0x00021b36, 0x070002, PCIRESET_KEEP, "default:uart" },
		{ 0x00001234, 0x050210, PCIRESET_KEEP, "default:memory" },
		{ 0x105b1af4, 0x00ff00, PCIRESET_KEEP, "default:memory" },
		{ 0x3307103c, 0x088000, PCIRESET_KEEP, "default:bmc" },
		{ 0x20008086, 0x088000, PCIRESET_RESET, "default:reset" },
		{ 0x14561022, 0x108000, PCIRESET_KEEP, "default:psp" },
		{ 0x14568086, 0x108000, PCIRESET_RESET, "default:reset" },
		{ 0x28c08086, 0x010400, PCIRESET_KEEP, "default:vmd" },
		{ 0x15e88086, 0x0c0340, PCIRESET_KEEP, "default:nhi" },
		{ 0x15d28086, 0x088000, PCIRESET_KEEP, "default:nhi" },
		{ 0x15d38086, 0x088000, PCIRESET_RESET, "default:reset" },
		{ 0x02b21000, 0x010700, PCIRESET_KEEP, "default:placeholder" },
		{ 0x00001234, 0x070200, PCIRESET_KEEP, "default:uart" },
		{ 0x323a103c, 0x010400, PCIRESET_FENCE, "default:storage" },
		{ 0x00721000, 0x010700, PCIRESET_FENCE, "default:storage" },
		{ 0x00101b36, 0x010802, PCIRESET_RESET, "default:reset" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char address[32];

		(void)snprintf(address, sizeof(address), "0000:00:%02zx.0", i);
		(void)fake_endpoint(&fake, address, cases[i].id, cases[i].class_code, 0x0006);
	}
	decide("");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		expect(i, cases[i].action, cases[i].rule);
}

static void bus_master_off_is_idle_unless_a_rule_says_reset(void **state)
{
	(void)state;
	(void)fake_endpoint(&fake, "0000:00:02.0", 0x10d38086, 0x020000, 0x0003);
	(void)fake_endpoint(&fake, "0000:00:03.0", 0x00101b36, 0x010802, 0x0003);
	(void)fake_endpoint(&fake, "0000:00:04.0", 0x00111b36, 0x010802, 0x0003);
	decide("reset = id 1b36:0010\nfence = id 1b36:0011\n");

	expect(0, PCIRESET_IDLE, "default:idle");
	expect(1, PCIRESET_RESET, "t.conf:2");
	expect(2, PCIRESET_IDLE, "t.conf:3");
}

static void boot_vga_is_fenced_only_and_keeps_its_interrupt(void **state)
{
	struct fake_function *f;

	(void)state;
	f = fake_endpoint(&fake, "0000:00:02.0", 0x11111234, 0x030000, 0x0007);
	(void)fake_attr(&fake, f, "boot_vga", "1");
	f = fake_endpoint(&fake, "0000:00:03.0", 0x11111234, 0x030000, 0x0007);
	(void)fake_attr(&fake, f, "boot_vga", "0");
	decide("");

	expect(0, PCIRESET_FENCE, "default:boot-vga");
	assert_true(decisions[0].leave_intx);
	expect(1, PCIRESET_RESET, "default:reset");
	assert_false(decisions[1].leave_intx);
}

static void the_display_of_the_boot_framebuffer_is_fenced_only(void **state)
{
	static struct quiesce_range ranges[] = { { 0xf1000000, 0xf12fffff } };
	struct fake_function *f;

	(void)state;
	scene.framebuffer = (struct quiesce_ram){ ranges, 1 };
	f = fake_endpoint(&fake, "0000:00:02.0", 0x11111234, 0x038000, 0x0006);
	(void)fake_attr(&fake, f, "resource",
			"0x00000000f1000000 0x00000000f1ffffff 0x0000000000042208\n");
	f = fake_endpoint(&fake, "0000:00:03.0", 0x11111234, 0x038000, 0x0006);
	(void)fake_attr(&fake, f, "resource",
			"0x00000000f2000000 0x00000000f2ffffff 0x0000000000042208\n");
	f = fake_endpoint(&fake, "0000:00:04.0", 0x11111234, 0x038000, 0x0002);
	(void)fake_attr(&fake, f, "resource",
			"0x00000000f1000000 0x00000000f1ffffff 0x0000000000042208\n");
	decide("");

	expect(0, PCIRESET_FENCE, "default:boot-vga");
	assert_string_equal(grounds[0].reason, "boot framebuffer");
	expect(1, PCIRESET_RESET, "default:reset");
	expect(2, PCIRESET_IDLE, "default:idle");
	assert_true(decisions[2].no_bus_reset);
}

/* With a reset of its bus it would have what it must never have. */
static void what_is_idle_and_would_only_be_fenced_protects_its_bus(void **state)
{
	struct fake_function *f;

	(void)state;
	f = fake_endpoint(&fake, "0000:00:02.0", 0x11111234, 0x030000, 0x0003);
	(void)fake_attr(&fake, f, "boot_vga", "1");
	(void)fake_endpoint(&fake, "0000:00:04.0", 0x10d38086, 0x020000, 0x0002);
	(void)fake_endpoint(&fake, "0000:00:05.0", 0x11111234, 0x030000, 0x0002);
	(void)fake_endpoint(&fake, "0000:00:06.0", 0x323a103c, 0x010400, 0x0002);
	(void)fake_endpoint(&fake, "0000:00:07.0", 0x00721000, 0x010700, 0x0002);
	(void)fake_endpoint(&fake, "0000:00:08.0", 0x00301000, 0x010000, 0x0002);
	decide("fence = address 00:04.0\n");

	expect(0, PCIRESET_IDLE, "default:idle");
	assert_true(decisions[0].no_bus_reset);
	expect(1, PCIRESET_IDLE, "t.conf:2");
	assert_true(decisions[1].no_bus_reset);
	expect(2, PCIRESET_IDLE, "default:idle");
	assert_false(decisions[2].no_bus_reset);
	expect(3, PCIRESET_IDLE, "default:idle");
	assert_true(decisions[3].no_bus_reset && decisions[4].no_bus_reset);
	assert_false(decisions[5].no_bus_reset);
}

/* An NVSwitch, and what the chipset or a broken header could be. */
static void what_only_has_the_class_of_a_bridge_is_none(void **state)
{
	static const uint32_t kept[] = { 0x060000, 0x060100, 0x060400 };

	(void)state;
	(void)fake_endpoint(&fake, "0000:00:02.0", 0x1af110de, 0x068000, 0x0406);
	(void)fake_port(&fake, "0000:00:1c.0", 1, 1);
	fake_express(fake_endpoint(&fake, "0000:01:00.0", 0x1af110de, 0x068000, 0x0406), true);
	fake_express(fake_endpoint(&fake, "0000:01:00.1", 0x1af110de, 0x068000, 0x0402), true);
	(void)fake_endpoint(&fake, "0000:01:00.2", 0x1af110de, 0x068000, 0x0406); /* no list */
	for (size_t i = 0; i < 3; i++) {
		char address[] = { "0000:01:00.3" };

		address[11] = (char)(address[11] + i);
		fake_express(fake_endpoint(&fake, address, 0x1af110de, kept[i], 0x0406), true);
	}
	decide("");
	for (size_t i = 0; i < 8; i++)
		expect(i, i == 2 ? PCIRESET_RESET : PCIRESET_KEEP,
		       i == 2 ? "default:reset" : "default:bridge");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_default_is_applied),
		TEST(bus_master_off_is_idle_unless_a_rule_says_reset),
		TEST(boot_vga_is_fenced_only_and_keeps_its_interrupt),
		TEST(the_display_of_the_boot_framebuffer_is_fenced_only),
		TEST(what_is_idle_and_would_only_be_fenced_protects_its_bus),
		TEST(what_only_has_the_class_of_a_bridge_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
