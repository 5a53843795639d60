/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The image's modules as the IOMMU stage asks for them; opened when first asked. */
#include <errno.h>
#include <string.h>

#include "iommu.h"
#include "modules.h"

struct opened {
	const char *root;
	const struct quiesce_log *log;
	struct quiesce_modules *modules;
	int error;
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

static bool has(void *data, const char *name)
{
	struct quiesce_modules *modules = modules_of(data);
	struct quiesce_module_list list;

	if (!modules || quiesce_modules_find(modules, name, true, &list) < 0)
		return false;
	quiesce_modules_list_free(&list);
	return true;
}

/* Dashes and underscores are the same in a module's name. */
static bool is_named(const struct quiesce_module *module, const char *name)
{
	const char *m = module->name;

	for (; *m && *name; m++, name++)
		if (*m != *name && !(*m == '_' && *name == '-'))
			return false;
	return !*m && !*name;
}

static int insert(struct quiesce_module *module, const char *options)
{
	int r;

	if (module->state == QUIESCE_MODULE_PRESENT)
		return 0;
	if (module->state != QUIESCE_MODULE_NEW)
		return -EPERM;

	/* modprobe.d has what the host wants for its guests. */
	module->options = options;
	r = quiesce_modules_insert(module);
	if (r == -EEXIST)
		r = 0;
	module->state = r == 0 ? QUIESCE_MODULE_PRESENT : QUIESCE_MODULE_FAILED;
	return r;
}

static int load(void *data, const char *name, const char *options)
{
	struct quiesce_modules *modules = modules_of(data);
	struct quiesce_module_list list;
	int r;

	if (!modules)
		return -ENOENT;
	r = quiesce_modules_find(modules, name, true, &list);
	if (r < 0)
		return r;

	for (size_t i = 0; r == 0 && i < list.n; i++)
		r = insert(list.modules[i], is_named(list.modules[i], name) ? options : "");
	quiesce_modules_list_free(&list);
	return r;
}

int quiesce_image_open(const char *root, const struct quiesce_log *log,
		       struct quiesce_image *ret_image)
{
	struct opened *opened = calloc(1, sizeof(*opened));

	if (!opened)
		return -ENOMEM;

	opened->root = root;
	opened->log = log;
	/* A copy of a machine has nothing to do with this kernel. */
	*ret_image = (struct quiesce_image){ takes, has, root[0] ? NULL : load, opened };
	return 0;
}

void quiesce_image_close(struct quiesce_image *image)
{
	struct opened *opened = image->data;

	quiesce_modules_close(opened->modules);
	free(opened);
}
