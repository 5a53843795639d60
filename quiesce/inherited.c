/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does this kernel live on the crashed kernel's translations? No file says so;
 * its log does.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "iommu.h"
#include "kmsg.h"

#define COPY_BYTES_MAX (4 * 1024 * 1024)

static void set_unit(uint8_t *units, const char *name)
{
	unsigned long unit;
	char *end;

	if (strncmp(name, "dmar", 4) != 0)
		return;
	unit = strtoul(name + 4, &end, 10);
	if (end != name + 4 && unit < QUIESCE_DMAR_UNITS)
		units[unit / 8] |= (uint8_t)(1u << unit % 8);
}

static bool has_unit(const uint8_t *units, const char *name)
{
	unsigned long unit = strtoul(name + 4, NULL, 10);

	return unit < QUIESCE_DMAR_UNITS && units[unit / 8] & 1u << unit % 8;
}

/* "[SHPCHotplug AER]": drivers/acpi/pci_root.c, decode_osc_bits(). */
static bool lists_aer(const char *list)
{
	const char *aer = list ? strstr(list, "AER") : NULL;

	return aer && (size_t)(aer - list) < strcspn(list, "]");
}

/*
 * Sentences of drivers/iommu/intel/iommu.c, init_dmars(); drivers/iommu/amd/init.c,
 * early_enable_iommus(); drivers/iommu/arm/arm-smmu-v3, arm_smmu_device_reset();
 * drivers/acpi/pci_root.c, acpi_pci_root_add() and negotiate_os_control(): that the
 * platform does not support it is said only where the kernel has asked for it.
 */
void quiesce_inheritance_line(struct quiesce_inheritance *inheritance, const char *line)
{
	const char *unit;

	if (!quiesce_kmsg_is_kernels(line))
		return;

	if (strstr(line, "DMAR: ")) {
		unit = quiesce_kmsg_after(
			line, "DMAR: Copied translation tables from previous kernel for ");
		if (unit)
			set_unit(inheritance->dmar_copied, unit);
		unit = quiesce_kmsg_after(
			line,
			"DMAR: Failed to copy translation tables from previous kernel for ");
		if (unit)
			set_unit(inheritance->dmar_failed, unit);
	} else if (strstr(line, "AMD-Vi: ")) {
		inheritance->amd_copied |=
			strstr(line, "AMD-Vi: Copied DEV table from previous kernel") ||
			strstr(line, "AMD-Vi: Reused DEV table from previous kernel");
		inheritance->amd_failed |=
			strstr(line, "AMD-Vi: Failed to copy DEV table from previous kernel") ||
			strstr(line, "AMD-Vi: Failed to reuse DEV table from previous kernel");
	} else if (lists_aer(
			   quiesce_kmsg_after(line, "_OSC: platform does not support ["))) {
		inheritance->aer_withheld = true;
	} else if (lists_aer(quiesce_kmsg_after(line, "_OSC: OS now controls ["))) {
		inheritance->n_aer_granted++;
	} else if (strstr(line, "ACPI: PCI Root Bridge [")) {
		inheritance->n_root_bridges++;
	} else if (strstr(line, "arm-smmu-v3 ")) {
		inheritance->smmu_reset |=
			strstr(line, "SMMU currently enabled! Resetting") != NULL;
	}
}

static void take_text(struct quiesce_inheritance *inheritance, char *text)
{
	const char *line;

	while ((line = strsep(&text, "\n")))
		quiesce_inheritance_line(inheritance, line);
}

/* Sequence numbers begin with 0. */
static bool is_first_record(const char *record)
{
	const char *comma = strchr(record, ',');

	return comma && strncmp(comma, ",0,", 3) == 0;
}

struct log {
	struct quiesce_inheritance *inheritance;
	bool is_begun;
};

static void take_record(void *data, char *record)
{
	struct log *log = data;

	if (!log->is_begun)
		log->inheritance->whole = is_first_record(record);
	log->is_begun = true;
	take_text(log->inheritance, record);
}

void quiesce_inheritance_read(const char *root, struct quiesce_inheritance *ret_inheritance)
{
	struct quiesce_inheritance inheritance = { .kdump = quiesce_is_kdump(root) };
	struct log log = { .inheritance = &inheritance };
	_cleanup_free_ char *copy = NULL;
	_cleanup_close_ int fd = -1;
	char path[512];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/dev/kmsg", root);
	/* O_NONBLOCK: a read at its end must not wait for the next record. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISCHR(st.st_mode)) {
		if (quiesce_kmsg_read(fd, take_record, &log) < 0)
			inheritance.whole = false;
	} else if (quiesce_file_read(root, "dev/kmsg", COPY_BYTES_MAX, &copy) == 0) {
		inheritance.whole = is_first_record(copy);
		take_text(&inheritance, copy);
	}
	*ret_inheritance = inheritance;
}

static enum pcireset_known not_mentioned(const struct quiesce_inheritance *inheritance,
					 const char **ret_basis)
{
	*ret_basis = inheritance->whole ? "translation was off when this kernel started" :
					  "the kernel's log is not whole";
	return inheritance->whole ? PCIRESET_NO : PCIRESET_UNKNOWN;
}

static enum pcireset_known of_dmar(const struct quiesce_inheritance *inheritance,
				   const char *iommu, const char **ret_basis)
{
	if (has_unit(inheritance->dmar_copied, iommu)) {
		*ret_basis = "the kernel copied the translation tables";
		return PCIRESET_YES;
	}
	if (has_unit(inheritance->dmar_failed, iommu)) {
		*ret_basis = "the kernel could not copy the translation tables";
		return PCIRESET_NO;
	}
	return not_mentioned(inheritance, ret_basis);
}

static enum pcireset_known of_amd(const struct quiesce_inheritance *inheritance,
				  const char **ret_basis)
{
	if (inheritance->amd_copied) {
		*ret_basis = "the kernel took over the device table";
		return PCIRESET_YES;
	}
	if (inheritance->amd_failed) {
		*ret_basis = "the kernel could not take over the device table";
		return PCIRESET_NO;
	}
	return not_mentioned(inheritance, ret_basis);
}

const char *quiesce_inherited_word(enum pcireset_known inherited)
{
	return inherited == PCIRESET_YES ? "yes" : inherited == PCIRESET_NO ? "no" : "unknown";
}

enum pcireset_known quiesce_inheritance_of(const struct quiesce_inheritance *inheritance,
					   const char *iommu, const char **ret_basis)
{
	if (!inheritance->kdump) {
		*ret_basis = "not a kdump kernel";
		return PCIRESET_NO;
	}
	if (strncmp(iommu, "dmar", 4) == 0)
		return of_dmar(inheritance, iommu, ret_basis);
	if (strncmp(iommu, "ivhd", 4) == 0)
		return of_amd(inheritance, ret_basis);
	if (strncmp(iommu, "smmu3.", 6) == 0 && inheritance->smmu_reset) {
		*ret_basis = "the SMMU was reset, which aborted all DMA";
		return PCIRESET_NO;
	}
	/* These drivers reset what they find: arm-smmu, virtio core, riscv. */
	if (strncmp(iommu, "smmu.", 5) == 0 || strncmp(iommu, "virtio", 6) == 0 ||
	    strncmp(iommu, "riscv-iommu", 11) == 0) {
		*ret_basis = "the IOMMU's driver resets it";
		return PCIRESET_NO;
	}
	/* Some kernels adopt an SMMUv3's stream table, and say so in words of their own. */
	*ret_basis = iommu[0] ? "the kernel's log does not say" : "its IOMMU is not known";
	return PCIRESET_UNKNOWN;
}
