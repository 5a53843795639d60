/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci-quiesce iommu: groups, what they inherited, what could be done about it. */
#include <cJSON.h>
#include <errno.h>
#include <string.h>

#include "commands.h"
#include "iommu.h"
#include "report.h"

/* What the answer is made from: nothing was silenced, so the best is assumed. */
struct survey {
	const struct pcireset_io *io;
	struct pcireset_machine machine;
	struct quiesce_iommu iommu;
	bool has_vfio;
	const char *vfio_why;
};

static bool needed(const struct quiesce_group *group)
{
	return group->reinit == QUIESCE_REINIT_WANTED || group->reinit == QUIESCE_REINIT_REFUSED;
}

/* All that could have inherited something have a driver, or will. */
static bool drivers_do_it(const struct survey *survey, const struct quiesce_group *group)
{
	bool any = false;

	if (!quiesce_group_translates(group))
		return false;
	for (size_t i = group->first; i != PCIRESET_NONE; i = survey->iommu.members[i].next) {
		if (pcireset_is_bridge(&survey->machine.functions[i]))
			continue;
		any = true;
		if (!survey->iommu.members[i].gets_driver)
			return false;
	}
	return any;
}

static const char *possible_word(const struct survey *survey, const struct quiesce_group *group)
{
	if (drivers_do_it(survey, group))
		return "driver";
	return group->reinit == QUIESCE_REINIT_WANTED && survey->has_vfio ? "vfio" : "none";
}

static const char *reason_of(const struct survey *survey, const struct quiesce_group *group)
{
	if (group->reinit == QUIESCE_REINIT_WANTED)
		return survey->has_vfio ? NULL : survey->vfio_why;
	return group->reason;
}

static int decide(struct survey *survey)
{
	_cleanup_free_ struct pcireset_outcome *outcomes =
		calloc(survey->machine.n + 1, sizeof(*outcomes));

	if (!outcomes)
		return -ENOMEM;
	for (size_t i = 0; i < survey->machine.n; i++)
		outcomes[i].verdict = survey->machine.functions[i].answers ? PCIRESET_VERIFIED :
									     PCIRESET_LOST;
	for (size_t g = 0; g < survey->iommu.n_groups; g++)
		quiesce_reinit_decide(&survey->machine, outcomes, &survey->iommu, false,
				      &survey->iommu.groups[g]);
	return 0;
}

static struct cJSON *make_member(const struct survey *survey, size_t i)
{
	const struct pcireset_function *f = &survey->machine.functions[i];
	struct cJSON *member = cJSON_CreateObject();
	char address[PCIRESET_ADDRESS_BYTES];

	quiesce_json_string(member, "address", pcireset_address_format(f->address, address));
	quiesce_json_string(member, "driver", f->driver[0] ? f->driver : NULL);
	(void)cJSON_AddBoolToObject(member, "bridge", pcireset_is_bridge(f));
	(void)cJSON_AddBoolToObject(member, "gets_driver", survey->iommu.members[i].gets_driver);
	return member;
}

static struct cJSON *make_group(const void *data, size_t g)
{
	const struct survey *survey = data;
	const struct quiesce_group *group = &survey->iommu.groups[g];
	struct cJSON *object = cJSON_CreateObject(), *array;

	(void)cJSON_AddNumberToObject(object, "group", group->number);
	quiesce_json_string(object, "iommu", group->iommu[0] ? group->iommu : NULL);
	quiesce_json_string(object, "type", group->type[0] ? group->type : NULL);

	array = cJSON_AddArrayToObject(object, "reserved");
	for (unsigned int k = 0; k < QUIESCE_RESERVED_KINDS; k++)
		if (group->reserved & 1u << k)
			(void)cJSON_AddItemToArray(
				array, cJSON_CreateString(quiesce_reserved_word(k)));
	array = cJSON_AddArrayToObject(object, "functions");
	for (size_t i = group->first; i != PCIRESET_NONE; i = survey->iommu.members[i].next)
		(void)cJSON_AddItemToArray(array, make_member(survey, i));
	array = cJSON_AddArrayToObject(object, "others");
	for (size_t k = 0; k < group->n_others; k++)
		(void)cJSON_AddItemToArray(array, cJSON_CreateString(group->others[k]));

	quiesce_json_string(object, "inherited", quiesce_inherited_word(group->inherited));
	quiesce_json_string(object, "basis", group->basis);
	(void)cJSON_AddBoolToObject(object, "needed", needed(group));
	quiesce_json_string(object, "possible", possible_word(survey, group));
	quiesce_json_string(object, "reason", reason_of(survey, group));
	return object;
}

static int print_json(const struct survey *survey)
{
	int r;

	(void)fputs("{\"schema\":1,\"groups\":[", stdout);
	r = quiesce_json_elements(stdout, survey->iommu.n_groups, make_group, survey);
	if (r == 0)
		(void)fputs("\n]}\n", stdout);
	return r;
}

static void print_member(const struct survey *survey, size_t i, const char *head)
{
	const struct pcireset_function *f = &survey->machine.functions[i];
	char address[PCIRESET_ADDRESS_BYTES];

	(void)printf("%-48s %-12s %.18s\n", head, pcireset_address_format(f->address, address),
		     f->driver[0]			      ? f->driver :
		     survey->iommu.members[i].gets_driver ? "(will get one)" :
								"-");
}

static void print_group(const struct survey *survey, const struct quiesce_group *group)
{
	const char *reason = reason_of(survey, group);
	char head[64];

	(void)snprintf(head, sizeof(head), "%5u %-8.8s %-8.8s %-9s %-6s %s", group->number,
		       group->iommu[0] ? group->iommu : "-", group->type[0] ? group->type : "-",
		       quiesce_inherited_word(group->inherited), needed(group) ? "yes" : "no",
		       possible_word(survey, group));
	for (size_t i = group->first; i != PCIRESET_NONE; i = survey->iommu.members[i].next) {
		print_member(survey, i, head);
		head[0] = '\0';
	}
	for (size_t k = 0; k < group->n_others; k++) {
		(void)printf("%-48s %.31s\n", head, group->others[k]);
		head[0] = '\0';
	}
	if (needed(group) && reason)
		(void)printf("      %.74s\n", reason);
}

static void print_table(const struct survey *survey)
{
	if (survey->iommu.n_groups == 0) {
		(void)puts("No IOMMU groups.");
		return;
	}
	(void)printf("%5s %-8s %-8s %-9s %-6s %-6s %-12s %s\n", "GROUP", "IOMMU", "TYPE",
		     "INHERITED", "NEEDED", "BY", "FUNCTION", "DRIVER");
	for (size_t g = 0; g < survey->iommu.n_groups; g++)
		print_group(survey, &survey->iommu.groups[g]);
}

/* Loaded already, or to be had. */
static bool has_vfio(struct survey *survey, const struct quiesce_image *image)
{
	return quiesce_vfio_ready(survey->io, &survey->vfio_why) == 0 ||
	       (image->has(image->data, "vfio-pci") &&
		image->has(image->data, "vfio_iommu_type1"));
}

static int read_all(struct survey *survey, const char *root, const struct quiesce_image *image)
{
	int r;

	r = pcireset_scan(survey->io, &survey->machine);
	if (r < 0)
		return r;

	pcireset_topology_read(survey->io, &survey->machine);
	r = quiesce_iommu_read(root, survey->io, &survey->machine, NULL, image, &survey->iommu);
	if (r == 0)
		r = decide(survey);
	survey->has_vfio = has_vfio(survey, image);
	return r;
}

static int show(struct survey *survey, const struct quiesce_options *options,
		const struct quiesce_log *log)
{
	struct quiesce_image image;
	int r;

	r = quiesce_image_open(options->root, log, &image);
	if (r < 0)
		return r;

	r = read_all(survey, options->root, &image);
	if (r == 0 && options->json)
		r = print_json(survey);
	else if (r == 0)
		print_table(survey);
	if (survey->iommu.members)
		quiesce_iommu_free(&survey->iommu);
	pcireset_machine_free(&survey->machine);
	quiesce_image_close(&image);
	return r;
}

int quiesce_command_iommu(const struct quiesce_options *options)
{
	const struct quiesce_log log = { .kmsg_fd = -1, .stderr_max = QUIESCE_INFO };
	struct survey survey = { 0 };
	struct pcireset_io *io;
	int r;

	r = pcireset_io_open(options->root[0] ? options->root : "/", &io);
	if (r == 0) {
		survey.io = io;
		r = show(&survey, options, &log);
		pcireset_io_close(io);
	}
	return r < 0 ? quiesce_fail("cannot read IOMMU groups", r) : QUIESCE_OK;
}
