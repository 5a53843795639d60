/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manifest: conf/manifest.schema.json says what is in it. */
#include <cJSON.h>
#include <errno.h>
#include <string.h>

#include "manifest.h"
#include "report.h"

#define SCHEMA 1
#define DEPTH_MAX 64

static bool is_behind(const struct pcireset_machine *machine, size_t i)
{
	const struct pcireset_function *f = &machine->functions[i];

	return f->behind != PCIRESET_NONE && f->behind != i &&
	       machine->functions[f->behind].address.domain != f->address.domain;
}

/* The numbers of such a domain are not the firmware's, either. */
static size_t above(const struct pcireset_machine *machine, size_t i)
{
	if (machine->functions[i].parent != PCIRESET_NONE)
		return machine->functions[i].parent;
	return is_behind(machine, i) ? machine->functions[i].behind : PCIRESET_NONE;
}

const char *quiesce_path_format(const struct pcireset_machine *machine, size_t i, char *buffer)
{
	size_t way[DEPTH_MAX], depth = 0, used;

	for (; i != PCIRESET_NONE && depth < DEPTH_MAX; i = above(machine, i))
		way[depth++] = i;

	(void)pcireset_address_format(machine->functions[way[--depth]].address, buffer);
	used = strlen(buffer);
	while (depth-- > 0 && used < QUIESCE_PATH_BYTES_MAX)
		used += (size_t)snprintf(buffer + used, QUIESCE_PATH_BYTES_MAX - used, "/%02x.%x",
					 machine->functions[way[depth]].address.device,
					 machine->functions[way[depth]].address.function);
	return buffer;
}

static void add_address(struct cJSON *object, const char *key,
			const struct pcireset_machine *machine, size_t i)
{
	char address[PCIRESET_ADDRESS_BYTES];

	quiesce_json_string(object, key,
			    i == PCIRESET_NONE ? NULL :
						 pcireset_address_format(
							 machine->functions[i].address, address));
}

static struct cJSON *make_function(const void *data, size_t i)
{
	const struct pcireset_machine *machine = data;
	const struct pcireset_function *f = &machine->functions[i];
	struct cJSON *object = cJSON_CreateObject();
	char path[QUIESCE_PATH_BYTES_MAX];

	add_address(object, "address", machine, i);
	quiesce_json_hex(object, "vendor", f->vendor, 4);
	quiesce_json_hex(object, "device", f->device, 4);
	quiesce_json_hex(object, "subsystem_vendor", f->subsystem_vendor, 4);
	quiesce_json_hex(object, "subsystem_device", f->subsystem_device, 4);
	quiesce_json_hex(object, "class", f->class_code, 6);
	quiesce_json_string(object, "path", quiesce_path_format(machine, i, path));
	add_address(object, "parent", machine, f->parent);
	add_address(object, "behind", machine, is_behind(machine, i) ? f->behind : PCIRESET_NONE);
	quiesce_json_string(object, "driver", f->driver[0] ? f->driver : NULL);
	(void)cJSON_AddNumberToObject(object, "vfs", f->vfs);
	add_address(object, "physical", machine, f->is_virtual ? f->physical : PCIRESET_NONE);
	if (f->iommu_group >= 0)
		(void)cJSON_AddNumberToObject(object, "iommu_group", f->iommu_group);
	else
		(void)cJSON_AddNullToObject(object, "iommu_group");
	return object;
}

static struct cJSON *make_target(const struct quiesce_target *target)
{
	struct cJSON *array = cJSON_CreateArray();
	char address[PCIRESET_ADDRESS_BYTES];

	for (size_t i = 0; i < target->n; i++) {
		const struct quiesce_target_source *source = &target->sources[i];
		struct cJSON *object = cJSON_CreateObject(), *functions;

		quiesce_json_string(object, "name", source->name);
		functions = cJSON_AddArrayToObject(object, "functions");
		for (size_t f = 0; f < source->n; f++)
			(void)cJSON_AddItemToArray(
				functions, cJSON_CreateString(pcireset_address_format(
						   source->functions[f].address, address)));
		(void)cJSON_AddItemToArray(array, object);
	}
	return array;
}

/* The functions come last and one a line: who reads them does so one by one. */
int quiesce_manifest_print(const char *root, const struct pcireset_machine *machine,
			   const struct quiesce_target *target, FILE *out)
{
	struct cJSON *head = cJSON_CreateObject();
	_cleanup_free_ char *kernel = NULL, *text = NULL;

	(void)cJSON_AddNumberToObject(head, "schema", SCHEMA);
	(void)cJSON_AddStringToObject(head, "version", PCI_QUIESCE_VERSION);
	if (quiesce_file_read(root, "proc/sys/kernel/osrelease", 256, &kernel) == 0)
		kernel[strcspn(kernel, "\n")] = '\0';
	quiesce_json_string(head, "kernel", kernel);
	(void)cJSON_AddItemToObject(head, "dump_target", make_target(target));
	text = cJSON_PrintUnformatted(head);
	cJSON_Delete(head);
	if (!text)
		return -ENOMEM;

	text[strlen(text) - 1] = '\0';
	(void)fprintf(out, "%s,\"functions\":[", text);
	if (quiesce_json_elements(out, machine->n, make_function, machine) < 0)
		return -ENOMEM;
	(void)fputs("\n]}\n", out);
	return 0;
}
