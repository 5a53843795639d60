/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One function in words: for list and show, as JSON: conf/list.schema.json. */
#include <cJSON.h>
#include <linux/pci_regs.h>

#include "commands.h"
#include "report.h"

/* The first that fits; PCI Code and ID Assignment Specification. */
static const struct {
	uint8_t base;
	uint8_t sub; /* ff: any other */
	char word[11];
} classes[] = {
	{ 0x01, 0x00, "scsi" },	   { 0x01, 0x01, "ide" },	 { 0x01, 0x04, "raid" },
	{ 0x01, 0x06, "sata" },	   { 0x01, 0x07, "sas" },	 { 0x01, 0x08, "nvme" },
	{ 0x01, 0xff, "storage" }, { 0x02, 0x00, "ethernet" },	 { 0x02, 0x07, "infiniband" },
	{ 0x02, 0xff, "network" }, { 0x03, 0x00, "vga" },	 { 0x03, 0xff, "display" },
	{ 0x04, 0x03, "audio" },   { 0x04, 0xff, "multimedia" }, { 0x05, 0x02, "cxl" },
	{ 0x05, 0xff, "memory" },  { 0x06, 0x00, "host" },	 { 0x06, 0x01, "isa" },
	{ 0x06, 0xff, "bridge" },  { 0x07, 0x00, "serial" },	 { 0x07, 0xff, "comm" },
	{ 0x08, 0x00, "ioapic" },  { 0x08, 0x06, "iommu" },	 { 0x08, 0x07, "rcec" },
	{ 0x08, 0xff, "system" },  { 0x09, 0xff, "input" },	 { 0x0c, 0x03, "usb" },
	{ 0x0c, 0x04, "fibre" },   { 0x0c, 0x05, "smbus" },	 { 0x0c, 0x07, "ipmi" },
	{ 0x0c, 0xff, "bus" },	   { 0x0d, 0xff, "wireless" },	 { 0x10, 0xff, "crypto" },
	{ 0x11, 0xff, "signal" },  { 0x12, 0xff, "accel" },
};

static const char *const quirks[] = {
	"no_flr",   "no_bus_reset", "no_pm_reset",     "device_specific",
	"slow_flr", "fence_late",   "not_ready_early",
};

static const char *const cxl_parts[] = { "device", "memory", "port", "sbr_masked" };

const char *quiesce_class_word(uint32_t class_code)
{
	const uint8_t base = (uint8_t)(class_code >> 16), sub = (uint8_t)(class_code >> 8);

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (classes[i].base == base && (classes[i].sub == sub || classes[i].sub == 0xff))
			return classes[i].word;
	return "-";
}

unsigned int quiesce_resets_offered(const struct pcireset_function *f)
{
	/* Before reset_method there are only the capabilities to tell. */
	return f->has_reset_method ? f->offers : f->advertises;
}

void quiesce_json_methods(struct cJSON *object, const char *key, unsigned int mask)
{
	struct cJSON *array = cJSON_AddArrayToObject(object, key);

	for (unsigned int m = PCIRESET_METHOD_NONE + 1; m < PCIRESET_METHODS; m++)
		if (mask & PCIRESET_BIT(m))
			(void)cJSON_AddItemToArray(array,
						   cJSON_CreateString(pcireset_method_word(m)));
}

static void add_bits(struct cJSON *object, const char *key, unsigned int mask,
		     const char *const *words, size_t n)
{
	struct cJSON *array = cJSON_AddArrayToObject(object, key);

	for (size_t i = 0; i < n; i++)
		if (mask & 1u << i)
			(void)cJSON_AddItemToArray(array, cJSON_CreateString(words[i]));
}

static void add_function(struct cJSON *object, const char *key,
			 const struct pcireset_machine *machine, size_t i)
{
	char text[PCIRESET_ADDRESS_BYTES];

	quiesce_json_string(object, key,
			    i == PCIRESET_NONE
				    ? NULL
				    : pcireset_address_format(machine->functions[i].address, text));
}

static void add_number(struct cJSON *object, const char *key, bool known, int number)
{
	if (known)
		(void)cJSON_AddNumberToObject(object, key, number);
	else
		(void)cJSON_AddNullToObject(object, key);
}

static void add_capabilities(struct cJSON *object, const struct pcireset_function *f)
{
	add_number(object, "config_bytes", f->config_bytes > 0, f->config_bytes);
	(void)cJSON_AddBoolToObject(object, "unknown", f->is_unknown);
	add_number(object, "vfs", f->sriov > 0, f->vfs);
	add_number(object, "vfs_listed", f->sriov > 0, f->vfs_listed);
	(void)cJSON_AddBoolToObject(object, "asleep", f->asleep);
	(void)cJSON_AddBoolToObject(object, "ari", f->ari);
	(void)cJSON_AddBoolToObject(object, "ats", f->ats > 0);
	(void)cJSON_AddBoolToObject(object, "aer", f->aer > 0);
	add_bits(object, "cxl", f->cxl, cxl_parts, ARRAY_SIZE(cxl_parts));
	add_bits(object, "quirks", f->quirks, quirks, ARRAY_SIZE(quirks));
	(void)cJSON_AddBoolToObject(object, "hotplug_capable", f->hotplug_capable);
}

struct cJSON *quiesce_function_json(const struct pcireset_machine *machine, size_t i,
				    bool is_dump)
{
	const struct pcireset_function *f = &machine->functions[i];
	struct cJSON *object = cJSON_CreateObject();
	char text[PCIRESET_ADDRESS_BYTES];

	quiesce_json_string(object, "address", pcireset_address_format(f->address, text));
	quiesce_json_hex(object, "vendor", f->vendor, 4);
	quiesce_json_hex(object, "device", f->device, 4);
	quiesce_json_hex(object, "class", f->class_code, 6);
	(void)cJSON_AddBoolToObject(object, "answers", f->answers);
	(void)cJSON_AddBoolToObject(object, "bridge", pcireset_is_bridge(f));
	(void)cJSON_AddBoolToObject(object, "virtual", f->is_virtual);
	(void)cJSON_AddBoolToObject(object, "boot_vga", f->boot_vga);
	(void)cJSON_AddBoolToObject(object, "bus_master", f->command & PCI_COMMAND_MASTER);
	add_function(object, "parent", machine, f->parent);
	add_function(object, "physical", machine, f->physical);
	add_function(object, "behind", machine, f->behind);
	quiesce_json_string(object, "driver", f->driver[0] ? f->driver : NULL);
	add_number(object, "iommu_group", f->iommu_group >= 0, f->iommu_group);
	quiesce_json_methods(object, "resets", quiesce_resets_offered(f));
	add_capabilities(object, f);
	/* Of a dump the plan only takes it to be. */
	if (is_dump)
		(void)cJSON_AddNullToObject(object, "hotplug_bound");
	else
		(void)cJSON_AddBoolToObject(object, "hotplug_bound", f->hotplug_bound);
	return object;
}
