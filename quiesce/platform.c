/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the platform demands: firmware that owns errors, machines that are not ours. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "iommu.h"

#define FILE_BYTES_MAX 65536
#define FIRMWARE_OWNS "firmware owns error handling"

/* ACPI Specification 6.5, 18.3.2; struct acpi_table_hest and those behind it. */
#define HEST_LENGTH 4
#define HEST_SOURCES 36
#define HEST_BYTES 40
#define SOURCE_FLAGS 6 /* of types 6 to 8: behind type, id and two reserved bytes */
#define FIRMWARE_FIRST 0x01
#define BANK_BYTES 28

enum source {
	SOURCE_AER_ROOT_PORT = 6,
	SOURCE_AER_ENDPOINT = 7,
	SOURCE_AER_BRIDGE = 8,
};

/* Those with banks have as many more of BANK_BYTES as the byte at @banks says. */
static const struct {
	uint8_t bytes;
	uint8_t banks;
} sources[] = {
	[0] = { 40, 32 }, /* IA-32 machine check */
	[1] = { 48, 44 }, /* IA-32 corrected machine check */
	[2] = { 20, 0 },  /* IA-32 NMI */
	[SOURCE_AER_ROOT_PORT] = { 48, 0 },
	[SOURCE_AER_ENDPOINT] = { 44, 0 },
	[SOURCE_AER_BRIDGE] = { 56, 0 },
	[9] = { 64, 0 },   /* generic */
	[10] = { 92, 0 },  /* generic, version 2 */
	[11] = { 48, 44 }, /* IA-32 deferred machine check */
};

/* Return: bytes read, cut at @bytes, or -ENOENT where there is no such file; else 0. */
static ssize_t read_binary(const char *root, const char *path, uint8_t *buffer, size_t bytes)
{
	_cleanup_close_ int fd = -1;
	char full[512];
	size_t used = 0;
	ssize_t n;

	if (snprintf(full, sizeof(full), "%s/%s", root, path) >= (int)sizeof(full))
		return 0;
	fd = open(full, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ENOENT : 0;
	while (used < bytes && (n = read(fd, buffer + used, bytes - used)) > 0)
		used += (size_t)n;
	return (ssize_t)used;
}

static uint32_t u32_at(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Of a source of an unknown kind the length is unknown, too, and with it what follows. */
static enum pcireset_known hest_is_firmware_first(const uint8_t *table, size_t bytes)
{
	size_t at = HEST_BYTES, n_sources;

	if (bytes < HEST_BYTES || memcmp(table, "HEST", 4) != 0)
		return PCIRESET_UNKNOWN;
	if (u32_at(table + HEST_LENGTH) < bytes)
		bytes = u32_at(table + HEST_LENGTH);

	n_sources = u32_at(table + HEST_SOURCES);
	for (size_t i = 0; i < n_sources; i++) {
		const uint8_t *source = table + at;
		size_t type;

		if (at + 2 > bytes)
			return PCIRESET_UNKNOWN;
		type = source[0] | source[1] << 8;
		if (type >= ARRAY_SIZE(sources) || !sources[type].bytes ||
		    sources[type].bytes > bytes - at)
			return PCIRESET_UNKNOWN;
		if (type >= SOURCE_AER_ROOT_PORT && type <= SOURCE_AER_BRIDGE &&
		    source[SOURCE_FLAGS] & FIRMWARE_FIRST)
			return PCIRESET_YES;
		at += sources[type].bytes;
		if (sources[type].banks)
			at += (size_t)source[sources[type].banks] * BANK_BYTES;
	}
	return PCIRESET_NO;
}

static enum pcireset_known read_hest(const char *root)
{
	_cleanup_free_ uint8_t *table = malloc(FILE_BYTES_MAX);
	ssize_t n;

	if (!table)
		return PCIRESET_UNKNOWN;
	n = read_binary(root, "sys/firmware/acpi/tables/HEST", table, FILE_BYTES_MAX);
	return n < 0 ? PCIRESET_NO : hest_is_firmware_first(table, (size_t)n);
}

static bool file_has(const char *root, const char *path, const char *word)
{
	_cleanup_free_ char *text = NULL;

	return quiesce_file_read(root, path, FILE_BYTES_MAX, &text) == 0 && strstr(text, word);
}

/* A property of the device tree: strings, a NUL behind each. */
static bool property_has(const char *root, const char *path, const char *word)
{
	char text[1024];
	ssize_t n = read_binary(root, path, (uint8_t *)text, sizeof(text) - 1);

	if (n < 0)
		return false;
	for (ssize_t i = 0; i < n; i++)
		text[i] = text[i] ? text[i] : '\n';
	text[n] = '\0';
	return strstr(text, word) != NULL;
}

/* arch/powerpc/platforms: powernv/setup.c; pseries/setup.c, pSeries_probe(). */
static bool is_power(const char *root)
{
	return property_has(root, "proc/device-tree/compatible", "ibm,powernv") ||
	       property_has(root, "proc/device-tree/compatible", ",pseries") ||
	       property_has(root, "proc/device-tree/device_type", "chrp");
}

/* arch/s390/kernel/ipl.c; drivers/xen/xenfs/super.c, capabilities_read(). */
static const char *untouchable(const char *root)
{
	char byte;

	if (is_power(root))
		return "POWER: the platform has reset its functions already";
	if (read_binary(root, "sys/firmware/ipl/ipl_type", (uint8_t *)&byte, 1) > 0)
		return "s390: the platform resets its functions by itself";
	if (file_has(root, "proc/xen/capabilities", "control_d"))
		return "Xen dom0: functions belong to the hypervisor";
	return NULL;
}

void quiesce_platform_read(const char *root, struct quiesce_platform *ret_platform)
{
	*ret_platform = (struct quiesce_platform){
		.firmware_first = read_hest(root),
		.untouchable = untouchable(root),
	};
}

static void lower_level(struct quiesce_run *run, const char *why)
{
	struct quiesce_config *config = &run->config;

	if (!config->level_is_set)
		config->level = QUIESCE_LEVEL_FLR;
	quiesce_log(run->log, QUIESCE_NOTICE, "%s: level = %s%s%s", why,
		    quiesce_level_word(config->level),
		    config->level_is_set ? " all the same, as configured" : "",
		    config->window_ms ? ", window_ms = 0" : "");
	/* A fault that is asked for may end in an NMI. */
	config->window_ms = 0;
}

void quiesce_platform_take(struct quiesce_run *run)
{
	struct quiesce_platform platform;

	quiesce_platform_read(run->root, &platform);
	run->untouchable = platform.untouchable;
	if (run->untouchable)
		quiesce_log(run->log, QUIESCE_NOTICE, "%s: run does nothing", run->untouchable);
	if (platform.firmware_first != PCIRESET_NO && run->config.level > QUIESCE_LEVEL_FLR)
		lower_level(run, platform.firmware_first == PCIRESET_YES ?
					 FIRMWARE_OWNS :
					 "firmware may own error handling, ACPI's HEST cannot "
					 "be read");
}

static bool is_there(const char *root, const char *path)
{
	char full[512];

	return snprintf(full, sizeof(full), "%s/%s", root, path) < (int)sizeof(full) &&
	       access(full, F_OK) == 0;
}

/*
 * Nobody but firmware of ACPI could own it. acpi=off and pci=noacpi hide that from the
 * kernel's log and change nothing of it. Newer kernels have an empty tree where there is none.
 */
static bool has_no_acpi_bridge(const char *root)
{
	return !is_there(root, "sys/bus/acpi/devices/PNP0A08:00") &&
	       !is_there(root, "sys/bus/acpi/devices/PNP0A03:00") &&
	       !is_there(root, "sys/bus/acpi/devices/ACPI0016:00") &&
	       (is_there(root, "sys/bus/acpi/devices") ||
		is_there(root, "proc/device-tree/compatible"));
}

/*
 * A kernel that does not ask for AER is not refused it: pcie_ports=compat, pci=noaer, or
 * no _OSC at all. So firmware has let go of it only where that was said of each bridge.
 */
static enum pcireset_known log_is_firmware_first(const struct quiesce_run *run)
{
	struct quiesce_inheritance log;
	bool is_granted;

	quiesce_inheritance_read(run->root, &log);
	if (run->owner_hidden) {
		log.aer_withheld = false;
		log.n_aer_granted = 0;
	}
	if (log.aer_withheld)
		return PCIRESET_YES;
	is_granted = log.n_root_bridges ? log.n_aer_granted >= log.n_root_bridges :
					  has_no_acpi_bridge(run->root);
	return log.whole && is_granted ? PCIRESET_NO : PCIRESET_UNKNOWN;
}

bool quiesce_platform_take_log(struct quiesce_run *run)
{
	enum pcireset_known firmware_first;

	/* HEST has said so already, and the level that was set stays. */
	if (run->config.level <= QUIESCE_LEVEL_FLR || read_hest(run->root) != PCIRESET_NO)
		return false;
	firmware_first = log_is_firmware_first(run);
	if (firmware_first == PCIRESET_YES)
		lower_level(run, FIRMWARE_OWNS);
	if (run->config.window_ms && firmware_first == PCIRESET_UNKNOWN) {
		quiesce_log(run->log, QUIESCE_NOTICE,
			    "firmware may own error handling, the kernel's log does not tell: "
			    "window_ms = 0");
		run->config.window_ms = 0;
	}
	return firmware_first == PCIRESET_YES && !run->config.level_is_set;
}

enum pcireset_known quiesce_platform_firmware_first(const struct quiesce_run *run)
{
	enum pcireset_known by_hest;

	/* A dump may be another machine's. */
	if (run->io && run->io->is_dump)
		return PCIRESET_NO;
	by_hest = read_hest(run->root);
	return by_hest == PCIRESET_NO ? log_is_firmware_first(run) : by_hest;
}
