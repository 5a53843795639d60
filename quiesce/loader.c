/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A module's init may never return, and a process that waits for it cannot be
 * killed: each insertion is made by a child that can be left behind.
 */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "loader.h"
#include "supervise.h"

/* The same from an init that has returned; -ETIMEDOUT is from the parent, of one that has not. */
#define INIT_TIMED_OUT (-ETIME)

struct attempt {
	const struct quiesce_loader *loader;
	const struct quiesce_module *module;
};

static int insert_now(const void *data)
{
	const struct attempt *attempt = data;
	int r = attempt->loader->insert(attempt->module);

	return r == -ETIMEDOUT ? INIT_TIMED_OUT : r;
}

static void explain(const struct quiesce_loader *loader, const struct quiesce_module *module,
		    int error)
{
	char built_for[128];
	struct utsname kernel;
	const char *words = strerror(-error);

	if ((error == -ENOEXEC || error == -EINVAL) && uname(&kernel) == 0 &&
	    quiesce_modules_built_for(module, built_for, sizeof(built_for)) == 0 &&
	    strcmp(built_for, kernel.release) != 0) {
		quiesce_log(loader->log, QUIESCE_WARNING,
			    "module %s was built for another kernel: %s", module->name, built_for);
		return;
	}
	if (error == -ENOEXEC)
		words = "not a module of this kernel";
	else if (error == -ENOENT)
		words = "it needs symbols that this kernel does not have";
	else if (error == -ENOSYS)
		words = "this kernel cannot decompress it";
	else if (error == -EKEYREJECTED || error == -ENOKEY)
		words = "this kernel does not accept its signature";
	else if (error == INIT_TIMED_OUT)
		words = "its init waited in vain, and gave up";
	else if (error == -ETIMEDOUT)
		words = "its insertion has not returned in time: left to itself";
	quiesce_log(loader->log, QUIESCE_WARNING, "module %s: %s", module->name, words);
}

static bool fail(struct quiesce_loader *loader, struct quiesce_module *module,
		 enum quiesce_module_state state)
{
	module->state = state;
	loader->n_failed++;
	loader->n_late += state == QUIESCE_MODULE_LATE;
	return false;
}

/* What can be known without trying. */
static bool may_insert(struct quiesce_loader *loader, struct quiesce_module *module)
{
	if (module->state == QUIESCE_MODULE_FORBIDDEN) {
		quiesce_log(loader->log, QUIESCE_NOTICE,
			    "module %s: forbidden by an install command of modprobe.d",
			    module->name);
		return fail(loader, module, QUIESCE_MODULE_FAILED);
	}
	if (!module->path || access(module->path, F_OK) < 0) {
		quiesce_log(loader->log, QUIESCE_WARNING, "module %s: the image has no file of it",
			    module->name);
		return fail(loader, module, QUIESCE_MODULE_FAILED);
	}
	for (size_t i = 0; i < module->n_needs; i++)
		if (module->needs[i]->state != QUIESCE_MODULE_PRESENT) {
			quiesce_log(loader->log, QUIESCE_WARNING,
				    "module %s: not inserted, it needs %s", module->name,
				    module->needs[i]->name);
			return fail(loader, module, QUIESCE_MODULE_FAILED);
		}
	return true;
}

static bool insert(struct quiesce_loader *loader, struct quiesce_module *module)
{
	const struct attempt attempt = { loader, module };
	uint64_t now_us = quiesce_monotonic_us();
	uint64_t until_us = now_us + loader->module_ms * 1000ull;
	int r;

	if (now_us >= loader->end_us) {
		if (!loader->is_over)
			quiesce_log(loader->log, QUIESCE_WARNING,
				    "no time left for module %s and all that follow", module->name);
		loader->is_over = true;
		return fail(loader, module, QUIESCE_MODULE_FAILED);
	}
	if (module->has_commands)
		quiesce_log(loader->log, QUIESCE_NOTICE,
			    "module %s: the install command of modprobe.d is not run",
			    module->name);

	/* On the record before it can hang the machine. */
	quiesce_log(loader->log, QUIESCE_INFO, "inserting %s%s%s", module->name,
		    module->options[0] ? " " : "", module->options);
	r = quiesce_child_do(insert_now, &attempt,
			     until_us < loader->end_us ? until_us : loader->end_us);
	if (r < 0 && r != -EEXIST) {
		explain(loader, module, r);
		return fail(loader, module,
			    r == -ETIMEDOUT ? QUIESCE_MODULE_LATE : QUIESCE_MODULE_FAILED);
	}
	module->state = QUIESCE_MODULE_PRESENT;
	loader->n_inserted += r == 0;
	return true;
}

static bool bring(struct quiesce_loader *loader, struct quiesce_module *module)
{
	if (module->state == QUIESCE_MODULE_PRESENT)
		return true;
	/* Said already. */
	if (module->state == QUIESCE_MODULE_FAILED || module->state == QUIESCE_MODULE_LATE)
		return false;
	return may_insert(loader, module) && insert(loader, module);
}

int quiesce_loader_load(struct quiesce_loader *loader, const char *name, bool is_explicit)
{
	struct quiesce_module_list list;
	size_t n_missing = 0;
	int r;

	r = quiesce_modules_find(loader->modules, name, is_explicit, &list);
	if (r < 0)
		return r;

	for (size_t i = 0; i < list.n; i++)
		n_missing += !bring(loader, list.modules[i]);
	quiesce_modules_list_free(&list);
	return n_missing ? -EIO : 0;
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

int quiesce_loader_load_with(struct quiesce_loader *loader, const char *name, const char *options)
{
	struct quiesce_module_list list;
	int r;

	r = quiesce_modules_find(loader->modules, name, true, &list);
	if (r < 0)
		return r;

	for (size_t i = 0; i < list.n; i++)
		list.modules[i]->options = is_named(list.modules[i], name) ? options : "";
	quiesce_modules_list_free(&list);
	return quiesce_loader_load(loader, name, true);
}
