/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Firmware that owns errors, and machines that are left alone. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_io.h"
#include "quiesce.h"

static char root[64];
static struct quiesce_platform platform;

/* "mkdir -p" and a file with these bytes. */
static void put(const char *name, const void *bytes, size_t n)
{
	char path[256];
	FILE *out;

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0700);
		*slash = '/';
	}
	out = fopen(path, "w");
	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, n, out), n);
	assert_int_equal(fclose(out), 0);
}

static int unlink_below(const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	return unlink(path);
}

static int setup(void **state)
{
	(void)state;
	(void)strcpy(root, "test-platform.XXXXXX");
	assert_non_null(mkdtemp(root));
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

/* A table with its sources behind it; @bytes of all are written to the file. */
static enum pcireset_known firmware_first(const uint8_t *sources, size_t n_sources, uint8_t count,
					  size_t bytes)
{
	uint8_t table[512] = "HEST";

	table[4] = (uint8_t)(40 + n_sources);
	table[5] = (uint8_t)((40 + n_sources) >> 8);
	table[36] = count;
	memcpy(table + 40, sources, n_sources);
	put("sys/firmware/acpi/tables/HEST", table, bytes);
	quiesce_platform_read(root, &platform);
	return platform.firmware_first;
}

static void a_port_whose_errors_go_to_firmware_is_firmware_first(void **state)
{
	uint8_t port[64] = { 6, 0, 1, 0, 0, 0, 0x03, 1 };

	(void)state;
	assert_int_equal(firmware_first(port, 48, 1, 88), PCIRESET_YES);
	port[6] = 0x02; /* global, and the system's */
	assert_int_equal(firmware_first(port, 48, 1, 88), PCIRESET_NO);
	port[6] = 0x03;
	port[0] = 7;
	assert_int_equal(firmware_first(port, 44, 1, 84), PCIRESET_YES);
	port[0] = 9; /* a generic source has another byte there */
	assert_int_equal(firmware_first(port, 64, 1, 104), PCIRESET_NO);
}

static void sources_before_it_are_stepped_over(void **state)
{
	/* two banks of a machine check, a corrected one without, an NMI, a bridge */
	uint8_t sources[40 + 56 + 48 + 20 + 56] = { 0 };

	(void)state;
	sources[32] = 2;
	sources[96] = 1;
	sources[144] = 2;
	sources[164] = 8;
	sources[164 + 6] = 0x01;
	assert_int_equal(firmware_first(sources, sizeof(sources), 4, 40 + sizeof(sources)),
			 PCIRESET_YES);
	assert_int_equal(firmware_first(sources, sizeof(sources), 3, 40 + sizeof(sources)),
			 PCIRESET_NO);
}

static void a_table_that_is_cut_or_wrong_leaves_it_unknown(void **state)
{
	uint8_t port[48] = { 6, 0, 1, 0, 0, 0, 0x01, 1 };
	uint8_t unknown[96] = { 5, 0 };

	(void)state;
	quiesce_platform_read(root, &platform); /* none at all */
	assert_int_equal(platform.firmware_first, PCIRESET_NO);
	assert_int_equal(firmware_first(port, sizeof(port), 1, 0), PCIRESET_UNKNOWN);
	assert_int_equal(firmware_first(port, sizeof(port), 1, 39), PCIRESET_UNKNOWN);
	assert_int_equal(firmware_first(port, sizeof(port), 1, 41), PCIRESET_UNKNOWN);
	assert_int_equal(firmware_first(port, sizeof(port), 1, 40 + 47), PCIRESET_UNKNOWN);
	assert_int_equal(firmware_first(port, 20, 1, 60), PCIRESET_UNKNOWN); /* longer than it */
	memcpy(unknown + 48, port, sizeof(port));
	assert_int_equal(firmware_first(unknown, sizeof(unknown), 2, 40 + sizeof(unknown)),
			 PCIRESET_UNKNOWN);
	put("sys/firmware/acpi/tables/HEST", "TSEH", 4);
	quiesce_platform_read(root, &platform);
	assert_int_equal(platform.firmware_first, PCIRESET_UNKNOWN);
}

static void expect_untouchable(const char *name, const void *bytes, size_t n, const char *words)
{
	put(name, bytes, n);
	quiesce_platform_read(root, &platform);
	if (words)
		assert_string_equal(platform.untouchable, words);
	else
		assert_null(platform.untouchable);
	put(name, "", 0);
}

static void power_s390_and_xen_are_not_touched(void **state)
{
	static const char power[] = "POWER: the platform has reset its functions already";

	(void)state;
	expect_untouchable("proc/device-tree/compatible", "ibm,powernv\0ibm,p9", 18, power);
	expect_untouchable("proc/device-tree/compatible", "qemu,pseries", 13, power);
	expect_untouchable("proc/device-tree/compatible", "rockchip,rk3588", 16, NULL);
	expect_untouchable("proc/device-tree/device_type", "chrp", 5, power);
	expect_untouchable("sys/firmware/ipl/ipl_type", "ccw\n", 4,
			   "s390: the platform resets its functions by itself");
	expect_untouchable("proc/xen/capabilities", "control_d\n", 10,
			   "Xen dom0: functions belong to the hypervisor");
	expect_untouchable("proc/xen/capabilities", "\n", 1, NULL);
}

/* The level that a run has behind it. */
static enum quiesce_level taken(enum quiesce_level level, bool is_set)
{
	const struct quiesce_log log = { .kmsg_fd = -1, .stderr_max = -1 };
	struct quiesce_run run = { .root = root, .log = &log };

	run.config.level = level;
	run.config.level_is_set = is_set;
	quiesce_platform_take(&run);
	return run.config.level;
}

static void firmware_first_lowers_a_level_that_nobody_set(void **state)
{
	const uint8_t port[48] = { 6, 0, 1, 0, 0, 0, 0x01, 1 };

	(void)state;
	assert_int_equal(taken(QUIESCE_LEVEL_IOMMU, false), QUIESCE_LEVEL_IOMMU);
	assert_int_equal(firmware_first(port, sizeof(port), 1, 40 + sizeof(port)), PCIRESET_YES);
	assert_int_equal(taken(QUIESCE_LEVEL_IOMMU, false), QUIESCE_LEVEL_FLR);
	assert_int_equal(taken(QUIESCE_LEVEL_IOMMU, true), QUIESCE_LEVEL_IOMMU);
	assert_int_equal(taken(QUIESCE_LEVEL_OBSERVE, true), QUIESCE_LEVEL_OBSERVE);

	assert_int_equal(firmware_first(port, 20, 1, 60), PCIRESET_UNKNOWN);
	assert_int_equal(taken(QUIESCE_LEVEL_IOMMU, false), QUIESCE_LEVEL_FLR);
}

/* A function that faults there may be an NMI, even where the level was asked for. */
static void firmware_first_closes_the_iommu_window(void **state)
{
	const struct quiesce_log log = { .kmsg_fd = -1, .stderr_max = -1 };
	const uint8_t port[48] = { 6, 0, 1, 0, 0, 0, 0x01, 1 };
	struct quiesce_run run = { .root = root, .log = &log };

	(void)state;
	run.config.level = QUIESCE_LEVEL_IOMMU;
	run.config.level_is_set = true;
	run.config.window_ms = 500;
	quiesce_platform_take(&run);
	assert_int_equal(run.config.window_ms, 500);
	assert_int_equal(firmware_first(port, sizeof(port), 1, 40 + sizeof(port)), PCIRESET_YES);
	quiesce_platform_take(&run);
	assert_int_equal(run.config.window_ms, 0);
	assert_int_equal(run.config.level, QUIESCE_LEVEL_IOMMU);
}

#define BRIDGE	"6,0,0,-;ACPI: PCI Root Bridge [PCI0] (domain 0000 [bus 00-7f])\n"
#define ANOTHER "6,1,0,-;ACPI: PCI Root Bridge [PC80] (domain 0000 [bus 80-ff])\n"
#define SAYS	"6,2,0,-;acpi PNP0A08:00: "
#define CONTROL SAYS "_OSC: OS now controls [PCIeHotplug PME AER PCIeCapability]\n"

static enum pcireset_known by_log(const char *log)
{
	const struct pcireset_io io = { .is_dump = false };
	const struct quiesce_run run = { .root = root, .io = &io };

	put("dev/kmsg", log, strlen(log));
	return quiesce_platform_firmware_first(&run);
}

static void only_the_word_of_each_bridge_tells_that_it_is_not_firmwares(void **state)
{
	static const char *const unknown[] = {
		"",
		BRIDGE,
		BRIDGE SAYS "PCIe port services disabled; not requesting _OSC control\n",
		BRIDGE SAYS "_OSC: not requesting OS control; OS requires [ExtendedConfig ASPM]\n",
		BRIDGE SAYS "_OSC: platform retains control of PCIe features (AE_ERROR)\n",
		BRIDGE SAYS "_OSC: OS now controls [PCIeHotplug PME PCIeCapability]\n",
		BRIDGE ANOTHER CONTROL,
		"6,7,0,-;whatever\n" BRIDGE CONTROL, /* its beginning was overwritten */
		"6,0,0,-;Linux version\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		assert_int_equal(by_log(unknown[i]), PCIRESET_UNKNOWN);
	assert_int_equal(by_log(BRIDGE CONTROL), PCIRESET_NO);
	assert_int_equal(by_log(BRIDGE ANOTHER CONTROL CONTROL), PCIRESET_NO);
	assert_int_equal(by_log(BRIDGE SAYS "_OSC: platform does not support [AER]\n"),
			 PCIRESET_YES);
}

static void without_an_acpi_bridge_it_is_nobodys(void **state)
{
	static const char log[] = "6,0,0,-;Linux version\n";

	(void)state;
	assert_int_equal(by_log(log), PCIRESET_UNKNOWN); /* acpi=off, perhaps */
	put("proc/device-tree/compatible", "rockchip,rk3588", 16);
	assert_int_equal(by_log(log), PCIRESET_NO);
	assert_int_equal(by_log("6,7,0,-;Linux version\n"), PCIRESET_UNKNOWN);
	assert_int_equal(unlink_below("proc/device-tree/compatible"), 0);
	put("sys/bus/acpi/devices/LNXSYSTM:00/hid", "LNXSYSTM\n", 9);
	assert_int_equal(by_log(log), PCIRESET_NO);
	put("sys/bus/acpi/devices/PNP0A08:00/hid", "PNP0A08\n", 8); /* pci=noacpi */
	assert_int_equal(by_log(log), PCIRESET_UNKNOWN);
}

/* pcie_ports=compat, pci=noaer: as a forecast has it of the kernel that is to come. */
static void a_kernel_that_will_not_ask_hears_of_no_owner(void **state)
{
	static const char *const logs[] = {
		BRIDGE CONTROL, BRIDGE SAYS "_OSC: platform does not support [AER]\n"
	};
	const struct quiesce_run run = { .root = root, .owner_hidden = true };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(logs); i++) {
		put("dev/kmsg", logs[i], strlen(logs[i]));
		assert_int_equal(quiesce_platform_firmware_first(&run), PCIRESET_UNKNOWN);
	}
	put("dev/kmsg", "6,0,0,-;Linux version\n", 22);
	put("proc/device-tree/compatible", "rockchip,rk3588", 16);
	assert_int_equal(quiesce_platform_firmware_first(&run), PCIRESET_NO);
}

/* What it may be is no reason to do less than by default, but to risk nothing more. */
static void a_log_that_does_not_tell_closes_the_window_alone(void **state)
{
	const struct quiesce_log log = { .kmsg_fd = -1, .stderr_max = -1 };
	struct quiesce_run run = { .root = root, .log = &log };

	(void)state;
	run.config.level = QUIESCE_LEVEL_IOMMU;
	run.config.window_ms = 500;
	put("dev/kmsg", BRIDGE CONTROL, sizeof(BRIDGE CONTROL) - 1);
	assert_false(quiesce_platform_take_log(&run));
	assert_int_equal(run.config.window_ms, 500);
	put("dev/kmsg", BRIDGE, sizeof(BRIDGE) - 1);
	assert_false(quiesce_platform_take_log(&run));
	assert_int_equal(run.config.window_ms, 0);
	assert_int_equal(run.config.level, QUIESCE_LEVEL_IOMMU);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_port_whose_errors_go_to_firmware_is_firmware_first),
		TEST(sources_before_it_are_stepped_over),
		TEST(a_table_that_is_cut_or_wrong_leaves_it_unknown),
		TEST(power_s390_and_xen_are_not_touched),
		TEST(firmware_first_lowers_a_level_that_nobody_set),
		TEST(firmware_first_closes_the_iommu_window),
		TEST(only_the_word_of_each_bridge_tells_that_it_is_not_firmwares),
		TEST(without_an_acpi_bridge_it_is_nobodys),
		TEST(a_kernel_that_will_not_ask_hears_of_no_owner),
		TEST(a_log_that_does_not_tell_closes_the_window_alone),
	};

	return cmocka_run_group_tests_name("platform", tests, NULL, NULL);
}
