/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The image's modules as the IOMMU stage asks for them; opened when first asked. */
#include <errno.h>

#include "iommu.h"
#include "loader.h"

struct opened {
	const char *root;
	const struct quiesce_log *log;
	struct quiesce_modules *modules;
	int error;
	struct quiesce_loader loader;
};

static struct quiesce_modules *modules_of(struct opened *opened)
{
	if (!opened->modules && opened->error == 0)
		opened->error = quiesce_modules_open(opened->root, opened->log, &opened->modules);
	return opened->error == 0 ? opened->modules : NULL;
}

static bool takes(void *data, const char *modalias)
{
	struct quiesce_modules *modules = modules_of(data);

	return modules && quiesce_modules_has_driver(modules, modalias);
}

static bool is_readable(void *data)
{
	return modules_of(data) != NULL;
}

static bool has(void *data, const char *name)
{
	struct quiesce_modules *modules = modules_of(data);
	struct quiesce_module_list list;

	if (!modules || quiesce_modules_find(modules, name, true, &list) < 0)
		return false;
	quiesce_modules_list_free(&list);
	return true;
}

static int load(void *data, const char *name, const char *options)
{
	struct opened *opened = data;

	opened->loader.modules = modules_of(opened);
	if (!opened->loader.modules)
		return -ENOENT;
	/* modprobe.d has what the host wants for its guests. */
	return quiesce_loader_load_with(&opened->loader, name, options);
}

int quiesce_image_open(const char *root, const struct quiesce_log *log,
		       struct quiesce_image *ret_image)
{
	struct opened *opened = calloc(1, sizeof(*opened));

	if (!opened)
		return -ENOMEM;

	opened->root = root;
	opened->log = log;
	opened->loader = (struct quiesce_loader){ .log = log, .insert = quiesce_modules_insert };
	/* A copy of a machine has nothing to do with this kernel. */
	*ret_image = (struct quiesce_image){
		.takes = takes,
		.is_readable = is_readable,
		.has = has,
		.load = root[0] ? NULL : load,
		.data = opened,
	};
	return 0;
}

void quiesce_image_limit(struct quiesce_image *image, uint32_t module_ms, uint64_t end_us)
{
	struct opened *opened = image->data;

	opened->loader.module_ms = module_ms;
	opened->loader.end_us = end_us;
}

bool quiesce_image_left_behind(const struct quiesce_image *image)
{
	const struct opened *opened = image->data;

	return opened->loader.n_late > 0;
}

void quiesce_image_close(struct quiesce_image *image)
{
	struct opened *opened = image->data;

	quiesce_modules_close(opened->modules);
	free(opened);
}
