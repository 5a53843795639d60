/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rules have to know of a machine beside its functions. */
#include <errno.h>
#include <string.h>

#include "quiesce.h"
#include "rules.h"

#define TEXT_BYTES_MAX 65536

/* Documentation/filesystems/proc.rst, /proc/consoles: a name at the start of each line. */
bool quiesce_has_usb_console(const char *root)
{
	_cleanup_free_ char *text = NULL;

	return quiesce_file_read(root, "proc/consoles", TEXT_BYTES_MAX, &text) == 0 &&
	       (strncmp(text, "ttyUSB", 6) == 0 || strstr(text, "\nttyUSB"));
}

/*
 * /proc/consoles takes the consoles' lock, and a slow one may hold that for long:
 * the fence does not wait for it without need.
 */
static bool has_console_rule(const struct quiesce_config *config)
{
	for (size_t i = 0; i < config->n_rules; i++)
		if (config->rules[i].match == QUIESCE_MATCH_CONSOLE)
			return true;
	return false;
}

/* PCI Code and ID Assignment Specification: serial ports, modems, USB host controllers. */
bool quiesce_is_console(const struct pcireset_function *f, bool usb_console)
{
	const uint32_t sub_class = f->class_code >> 8;

	return (sub_class == 0x0300 && f->boot_vga) || sub_class == 0x0700 ||
	       sub_class == 0x0702 ||
	       (usb_console && sub_class == 0x0c03 && (f->class_code & 0xff) <= 0x30);
}

/*
 * Loading says the same, and later, when what is behind a driver is there. Whoever asks
 * again once there is a plan has heard it.
 */
static bool will_be_said(const struct quiesce_run *run)
{
	for (size_t i = 0; i < run->config.n_loads; i++)
		if (run->config.loads[i].what == QUIESCE_LOAD_DUMP_TARGET)
			return true;
	return run->is_addition || run->steps;
}

/* A file that cannot be read, or names what is not there, leaves the rest of it unknown. */
static bool mark_dump_target(const struct quiesce_run *run, bool *marked)
{
	size_t n_missing, n_bad;

	if (run->dump_target) {
		memcpy(marked, run->dump_target, run->machine.n * sizeof(bool));
		return !run->dump_target_partly;
	}
	return quiesce_dump_target_mark(run->root, &run->machine,
					will_be_said(run) ? NULL : run->log, marked, &n_missing,
					&n_bad) == 0 &&
	       n_missing == 0 && n_bad == 0;
}

int quiesce_scene_read(const struct quiesce_run *run, struct quiesce_scene *ret_scene)
{
	const struct pcireset_machine *machine = &run->machine;
	bool is_whole, any = false;

	*ret_scene = (struct quiesce_scene){
		.dump_target = calloc(machine->n + 1, sizeof(bool)),
		.dump_target_port = calloc(machine->n + 1, sizeof(bool)),
		/* A dump may be another machine's. */
		.usb_console = !run->io->is_dump && has_console_rule(&run->config) &&
			       quiesce_has_usb_console(run->root),
		.untouchable = run->untouchable,
	};
	if (!ret_scene->dump_target || !ret_scene->dump_target_port) {
		quiesce_scene_free(ret_scene);
		return -ENOMEM;
	}
	quiesce_ram_read(&ret_scene->ram, &ret_scene->framebuffer, run->root);
	is_whole = mark_dump_target(run, ret_scene->dump_target);
	for (size_t i = 0; i < machine->n; i++) {
		any |= ret_scene->dump_target[i];
		if (ret_scene->dump_target[i] && machine->functions[i].parent != PCIRESET_NONE)
			ret_scene->dump_target_port[machine->functions[i].parent] = true;
	}
	ret_scene->dump_target_known = any && is_whole;
	return 0;
}

void quiesce_scene_free(struct quiesce_scene *scene)
{
	free(scene->dump_target);
	free(scene->dump_target_port);
	free(scene->ram.ranges);
	free(scene->framebuffer.ranges);
}
