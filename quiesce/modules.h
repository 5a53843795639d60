/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel modules of the image: which there are, in what order, with what options. */
#ifndef QUIESCE_MODULES_H
#define QUIESCE_MODULES_H

#include "quiesce.h"

struct quiesce_modules;
struct kmod_module;

/** enum quiesce_module_state - how far a module is */
enum quiesce_module_state {
	QUIESCE_MODULE_NEW,
	QUIESCE_MODULE_PRESENT,	  /* in the kernel: inserted, there already, or built in */
	QUIESCE_MODULE_FORBIDDEN, /* modprobe.d says "install NAME /bin/false" */
	QUIESCE_MODULE_FAILED,
	QUIESCE_MODULE_LATE, /* its insertion did not return in time */
};

/**
 * struct quiesce_module - one module, the same for all who need it
 * @name: with underscores
 * @path: its file, or NULL where it has none
 * @options: from modprobe.d and the kernel command line, or ""
 * @has_commands: modprobe.d has a command to run in its place; nobody runs it
 * @state: how far it is; whoever inserts it sets it
 * @needs: what has to be in the kernel before it, all the way down
 * @n_needs: how many
 * @kmod: libkmod's own
 * @next: all that were looked up
 */
struct quiesce_module {
	const char *name;
	const char *path;
	const char *options;
	bool has_commands;
	enum quiesce_module_state state;
	struct quiesce_module **needs;
	size_t n_needs;
	struct kmod_module *kmod;
	struct quiesce_module *next;
};

/**
 * struct quiesce_module_list - modules in the order of their insertion
 * @modules: heap, the modules themselves are not its own
 * @n: how many
 */
struct quiesce_module_list {
	struct quiesce_module **modules;
	size_t n;
};

/**
 * quiesce_modules_open() - the modules of the running kernel
 * @root: modules are in lib/modules/RELEASE below it, modprobe.d where modprobe has it
 * @log: errors of libkmod go there
 * @ret_modules: quiesce_modules_close() frees it
 *
 * Return: 0, -ENOENT where the image has none of this kernel, -ENOMEM.
 */
int quiesce_modules_open(const char *root, const struct quiesce_log *log,
			 struct quiesce_modules **ret_modules);
/** quiesce_modules_close() - may be NULL */
void quiesce_modules_close(struct quiesce_modules *modules);

/**
 * quiesce_modules_find() - what must be inserted for an alias or a name
 * @name: modalias, alias of modprobe.d, or name of a module
 * @is_explicit: somebody named it, so blacklists do not count
 * @ret_list: dependencies and softdeps in order; quiesce_modules_list_free()
 *
 * A blacklist counts for what the alias names, not for what that depends on;
 * the same as KMOD_PROBE_APPLY_BLACKLIST.
 *
 * Return: 0, -ENOENT where nothing has that name, -EPERM where all that has
 * is blacklisted, -ENOMEM.
 */
int quiesce_modules_find(struct quiesce_modules *modules, const char *name, bool is_explicit,
			 struct quiesce_module_list *ret_list);
/** quiesce_modules_list_free() - the list, not its modules */
void quiesce_modules_list_free(struct quiesce_module_list *list);

/**
 * quiesce_modules_has_driver() - would a driver of the image or the kernel take it
 * @modalias: a device's
 *
 * A blacklisted module does not count, since nobody loads it by its alias; a
 * driver that is built in does. False as well where nobody can tell.
 */
bool quiesce_modules_has_driver(struct quiesce_modules *modules, const char *modalias);

/**
 * quiesce_modules_insert() - finit_module(2)
 * @module: of a list
 *
 * May not return for as long as the module's init does not.
 *
 * Return: 0, -ENOSYS where the kernel cannot decompress it, or -errno of open(2)
 * or finit_module(2).
 */
int quiesce_modules_insert(const struct quiesce_module *module);

/**
 * quiesce_modules_built_for() - the kernel that a module was built for
 * @module: of a list
 * @buffer: the first word of vermagic
 * @bytes: room in @buffer
 *
 * Return: 0, -ENOTSUP where it would have to be decompressed for that, -ENOENT
 * where it does not say.
 */
int quiesce_modules_built_for(const struct quiesce_module *module, char *buffer, size_t bytes);

#endif
