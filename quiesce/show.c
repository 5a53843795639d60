/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions and reports for people: 80 columns, no terminal codes. */
#include <cJSON.h>
#include <linux/pci_regs.h>

#include "quiesce.h"

/* Before reset_method there are only the capabilities to tell. */
static unsigned int offered_by(const struct pcireset_function *f)
{
	return f->has_reset_method ? f->offers : f->advertises;
}

static void methods_of(const struct pcireset_function *f, char *buffer, size_t bytes)
{
	unsigned int offered = offered_by(f);
	size_t used = 0;

	buffer[0] = '\0';
	for (unsigned int m = PCIRESET_METHOD_NONE + 1; m < PCIRESET_METHODS; m++)
		if (offered & PCIRESET_BIT(m) && used < bytes)
			used += (size_t)snprintf(buffer + used, bytes - used, "%s%s",
						 used ? "," : "", pcireset_method_word(m));
}

void quiesce_show_functions(const struct pcireset_machine *machine, FILE *out)
{
	(void)fprintf(out, "%-12s %-9s %-6s %-2s %5s %-16s %s\n", "ADDRESS", "ID", "CLASS", "BM",
		      "GROUP", "DRIVER", "RESETS");
	for (size_t i = 0; i < machine->n; i++) {
		const struct pcireset_function *f = &machine->functions[i];
		char address[PCIRESET_ADDRESS_BYTES], group[16] = "-", methods[64];

		if (f->iommu_group >= 0)
			(void)snprintf(group, sizeof(group), "%d", f->iommu_group);
		methods_of(f, methods, sizeof(methods));
		(void)fprintf(out, "%-12s %04x:%04x %06x %-2s %5s %-16s %s\n",
			      pcireset_address_format(f->address, address), f->vendor, f->device,
			      f->class_code,
			      !f->answers			     ? "?" :
			      f->command & PCI_COMMAND_MASTER ? "+" :
								       "-",
			      group, f->driver[0] ? f->driver : "-",
			      !f->answers	      ? "does not answer" :
			      pcireset_is_bridge(f) ? "bridge" :
			      methods[0]	      ? methods :
							"-");
	}
}

struct cJSON *quiesce_show_function_json(const struct pcireset_machine *machine, size_t i)
{
	const struct pcireset_function *f = &machine->functions[i];
	struct cJSON *object = cJSON_CreateObject(), *resets;
	char text[PCIRESET_ADDRESS_BYTES];

	quiesce_json_string(object, "address", pcireset_address_format(f->address, text));
	quiesce_json_hex(object, "vendor", f->vendor, 4);
	quiesce_json_hex(object, "device", f->device, 4);
	quiesce_json_hex(object, "class", f->class_code, 6);
	(void)cJSON_AddBoolToObject(object, "answers", f->answers);
	(void)cJSON_AddBoolToObject(object, "bridge", pcireset_is_bridge(f));
	(void)cJSON_AddBoolToObject(object, "bus_master", f->command & PCI_COMMAND_MASTER);
	quiesce_json_string(
		object, "parent",
		f->parent == PCIRESET_NONE ?
			NULL :
			pcireset_address_format(machine->functions[f->parent].address, text));
	quiesce_json_string(object, "driver", f->driver[0] ? f->driver : NULL);
	if (f->iommu_group >= 0)
		(void)cJSON_AddNumberToObject(object, "iommu_group", f->iommu_group);
	else
		(void)cJSON_AddNullToObject(object, "iommu_group");

	resets = cJSON_AddArrayToObject(object, "resets");
	for (unsigned int m = PCIRESET_METHOD_NONE + 1; m < PCIRESET_METHODS; m++)
		if (offered_by(f) & PCIRESET_BIT(m))
			(void)cJSON_AddItemToArray(resets,
						   cJSON_CreateString(pcireset_method_word(m)));
	return object;
}

static struct cJSON *make_function(const void *machine, size_t i)
{
	return quiesce_show_function_json(machine, i);
}

int quiesce_show_functions_json(const struct pcireset_machine *machine, FILE *out)
{
	int r;

	(void)fputs("{\"schema\":1,\"functions\":[", out);
	r = quiesce_json_elements(out, machine->n, make_function, machine);
	if (r < 0)
		return r;

	(void)fputs("\n]}\n", out);
	return 0;
}

static const char *word(const struct cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

	return text ? text : "-";
}

void quiesce_show_heading(FILE *out)
{
	(void)fprintf(out, "%-12s %-9s %-6s %-6s %-9s %s\n", "ADDRESS", "ID", "ACTION", "METHOD",
		      "VERDICT", "REASON");
}

void quiesce_show_device(const struct cJSON *device, FILE *out)
{
	(void)fprintf(out, "%-12s %4s:%4s %-6s %-6s %-9s %s\n", word(device, "address"),
		      word(device, "vendor"), word(device, "device"), word(device, "action"),
		      word(device, "method"), word(device, "verdict"), word(device, "reason"));
}
