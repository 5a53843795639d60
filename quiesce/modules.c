/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libkmod behind a small door: indexes, modprobe.d, one insertion. */
#include <errno.h>
#include <libkmod.h>
#include <stdarg.h>
#include <string.h>
#include <sys/utsname.h>

#include "modules.h"

struct quiesce_modules {
	struct kmod_ctx *ctx;
	const struct quiesce_log *log;
	struct quiesce_module *all;
};

/* As in libkmod.c, but below the root. */
static const char *const config_dirs[] = {
	"etc/modprobe.d",     "run/modprobe.d", "usr/local/lib/modprobe.d",
	"usr/lib/modprobe.d", "lib/modprobe.d",
};

static void __attribute__((format(printf, 6, 0)))
say(void *data, int priority, const char *file, int line, const char *function, const char *format,
    va_list args)
{
	char text[256];

	(void)vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	quiesce_log(data, QUIESCE_WARNING, "libkmod: %s", text);
}

static struct kmod_ctx *new_context(const char *root, const char *directory)
{
	const char *dirs[ARRAY_SIZE(config_dirs) + 1] = { NULL };
	char paths[ARRAY_SIZE(config_dirs)][320];

	for (size_t i = 0; i < ARRAY_SIZE(config_dirs); i++) {
		(void)snprintf(paths[i], sizeof(paths[i]), "%s/%s", root, config_dirs[i]);
		dirs[i] = paths[i];
	}
	return kmod_new(directory, dirs);
}

int quiesce_modules_open(const char *root, const struct quiesce_log *log,
			 struct quiesce_modules **ret_modules)
{
	char directory[384], index[416];
	struct quiesce_modules *modules;
	struct utsname kernel;

	if (uname(&kernel) < 0)
		return -errno;
	(void)snprintf(directory, sizeof(directory), "%.255s/lib/modules/%s", root, kernel.release);
	(void)snprintf(index, sizeof(index), "%s/modules.dep.bin", directory);
	if (access(index, R_OK) < 0)
		return -ENOENT;

	modules = calloc(1, sizeof(*modules));
	if (!modules)
		return -ENOMEM;

	modules->log = log;
	modules->ctx = new_context(root, directory);
	if (!modules->ctx) {
		free(modules);
		return -ENOMEM;
	}
	kmod_set_log_fn(modules->ctx, say, log);
	/* Faster for many lookups; without it each opens the indexes by itself. */
	(void)kmod_load_resources(modules->ctx);
	*ret_modules = modules;
	return 0;
}

static void module_free(struct quiesce_module *module)
{
	(void)kmod_module_unref(module->kmod);
	free(module->needs);
	free(module);
}

void quiesce_modules_close(struct quiesce_modules *modules)
{
	struct quiesce_module *module, *next;

	if (!modules)
		return;
	for (module = modules->all; module; module = next) {
		next = module->next;
		module_free(module);
	}
	(void)kmod_unref(modules->ctx);
	free(modules);
}

/* The usual way to say "never", stronger than a blacklist: a command that does nothing. */
static bool forbids(const char *command)
{
	static const char *const nothing[] = { "false", "true", ":" };
	size_t length = strcspn(command, " \t;");
	const char *word = command;

	for (size_t i = 0; i < length; i++)
		if (command[i] == '/')
			word = command + i + 1;
	length -= (size_t)(word - command);
	for (size_t i = 0; i < ARRAY_SIZE(nothing); i++)
		if (strlen(nothing[i]) == length && strncmp(word, nothing[i], length) == 0)
			return true;
	return false;
}

static struct quiesce_module *module_of(struct quiesce_modules *modules, struct kmod_module *kmod);

static int set_needs(struct quiesce_modules *modules, struct quiesce_module *module)
{
	struct kmod_list *dependencies = kmod_module_get_dependencies(module->kmod), *entry;
	size_t n = 0;
	int r = 0;

	kmod_list_foreach(entry, dependencies)
		n++;
	module->needs = calloc(n + 1, sizeof(struct quiesce_module *));
	if (!module->needs)
		r = -ENOMEM;
	kmod_list_foreach(entry, dependencies) {
		struct kmod_module *kmod = kmod_module_get_module(entry);
		struct quiesce_module *needed = r == 0 ? module_of(modules, kmod) : NULL;

		(void)kmod_module_unref(kmod);
		if (needed)
			module->needs[module->n_needs++] = needed;
		else
			r = -ENOMEM;
	}
	(void)kmod_module_unref_list(dependencies);
	return r;
}

static enum quiesce_module_state first_state(struct kmod_module *kmod)
{
	const char *command = kmod_module_get_install_commands(kmod);
	int state = kmod_module_get_initstate(kmod);

	if (state == KMOD_MODULE_BUILTIN || state == KMOD_MODULE_LIVE)
		return QUIESCE_MODULE_PRESENT;
	return command && forbids(command) ? QUIESCE_MODULE_FORBIDDEN : QUIESCE_MODULE_NEW;
}

/* One for each name, so that its state is known to all who need it. NULL: no memory. */
static struct quiesce_module *module_of(struct quiesce_modules *modules, struct kmod_module *kmod)
{
	const char *name = kmod_module_get_name(kmod), *options;
	struct quiesce_module *module;

	for (module = modules->all; module; module = module->next)
		if (strcmp(module->name, name) == 0)
			return module;

	module = calloc(1, sizeof(*module));
	if (!module)
		return NULL;
	options = kmod_module_get_options(kmod);
	*module = (struct quiesce_module){
		.name = name,
		.path = kmod_module_get_path(kmod),
		.options = options ? options : "",
		.has_commands = kmod_module_get_install_commands(kmod) != NULL,
		.state = first_state(kmod),
		.kmod = kmod_module_ref(kmod),
	};
	if (set_needs(modules, module) < 0) {
		module_free(module);
		return NULL;
	}
	module->next = modules->all;
	modules->all = module;
	return module;
}

static int append(struct quiesce_module_list *list, struct quiesce_module *module)
{
	struct quiesce_module **bigger;

	bigger = realloc(list->modules, (list->n + 1) * sizeof(struct quiesce_module *));
	if (!bigger)
		return -ENOMEM;
	list->modules = bigger;
	list->modules[list->n++] = module;
	return 0;
}

static bool has(const struct quiesce_module_list *list, const struct quiesce_module *module)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->modules[i] == module)
			return true;
	return false;
}

/* @on_the_way: those that are being visited, as softdeps may go round in circles. */
struct walk {
	struct quiesce_modules *modules;
	struct quiesce_module_list *list;
	struct quiesce_module_list on_the_way;
};

static int visit_all(struct walk *walk, struct kmod_list *entries);

static int visit(struct walk *walk, struct quiesce_module *module)
{
	struct kmod_list *before = NULL, *after = NULL;
	int r;

	if (has(&walk->on_the_way, module))
		return 0;
	r = append(&walk->on_the_way, module);
	for (size_t i = 0; r == 0 && i < module->n_needs; i++)
		r = visit(walk, module->needs[i]);
	if (r < 0)
		return r;

	(void)kmod_module_get_softdeps(module->kmod, &before, &after);
	r = visit_all(walk, before);
	if (r == 0)
		r = append(walk->list, module);
	if (r == 0)
		r = visit_all(walk, after);
	(void)kmod_module_unref_list(before);
	(void)kmod_module_unref_list(after);
	return r;
}

static int visit_all(struct walk *walk, struct kmod_list *entries)
{
	struct kmod_list *entry;
	int r = 0;

	kmod_list_foreach(entry, entries) {
		struct kmod_module *kmod = kmod_module_get_module(entry);
		struct quiesce_module *module = module_of(walk->modules, kmod);

		(void)kmod_module_unref(kmod);
		r = module ? visit(walk, module) : -ENOMEM;
		if (r < 0)
			break;
	}
	return r;
}

/* Return: 0 with at least one module in @ret_found. */
static int look_up(struct quiesce_modules *modules, const char *name, bool is_explicit,
		   struct kmod_list **ret_found)
{
	struct kmod_list *found = NULL, *allowed = NULL;
	int r;

	r = kmod_module_new_from_lookup(modules->ctx, name, &found);
	if (r == -ENOMEM)
		return r;
	if (r < 0 || !found)
		return -ENOENT;
	if (is_explicit) {
		*ret_found = found;
		return 0;
	}

	r = kmod_module_apply_filter(modules->ctx, KMOD_FILTER_BLACKLIST, found, &allowed);
	(void)kmod_module_unref_list(found);
	if (r < 0)
		return -ENOMEM;
	if (!allowed)
		return -EPERM;
	*ret_found = allowed;
	return 0;
}

int quiesce_modules_find(struct quiesce_modules *modules, const char *name, bool is_explicit,
			 struct quiesce_module_list *ret_list)
{
	struct quiesce_module_list list = { 0 };
	struct walk walk = { .modules = modules, .list = &list };
	struct kmod_list *found = NULL;
	int r;

	r = look_up(modules, name, is_explicit, &found);
	if (r < 0)
		return r;

	r = visit_all(&walk, found);
	(void)kmod_module_unref_list(found);
	quiesce_modules_list_free(&walk.on_the_way);
	if (r < 0) {
		quiesce_modules_list_free(&list);
		return r;
	}
	*ret_list = list;
	return 0;
}

void quiesce_modules_list_free(struct quiesce_module_list *list)
{
	free(list->modules);
	*list = (struct quiesce_module_list){ 0 };
}

bool quiesce_modules_has_driver(struct quiesce_modules *modules, const char *modalias)
{
	struct kmod_list *found = NULL;

	if (look_up(modules, modalias, false, &found) < 0)
		return false;
	(void)kmod_module_unref_list(found);
	return true;
}

int quiesce_modules_insert(const struct quiesce_module *module)
{
	return kmod_module_insert_module(module->kmod, 0, module->options);
}

int quiesce_modules_built_for(const struct quiesce_module *module, char *buffer, size_t bytes)
{
	size_t length = module->path ? strlen(module->path) : 0;
	struct kmod_list *info = NULL, *entry;
	int r = -ENOENT;

	if (length < 3 || strcmp(module->path + length - 3, ".ko") != 0)
		return -ENOTSUP;
	(void)kmod_module_get_info(module->kmod, &info);
	kmod_list_foreach(entry, info) {
		const char *value = kmod_module_info_get_value(entry);

		if (strcmp(kmod_module_info_get_key(entry), "vermagic") != 0)
			continue;
		(void)snprintf(buffer, bytes, "%.*s", (int)strcspn(value, " "), value);
		r = 0;
	}
	kmod_module_info_free_list(info);
	return r;
}
