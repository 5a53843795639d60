/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A decision for each function, before anything slow. */
#ifndef QUIESCE_RULES_H
#define QUIESCE_RULES_H

#include "quiesce.h"

/* ram.c */

/** struct quiesce_range - physical addresses, both ends included */
struct quiesce_range {
	uint64_t first;
	uint64_t last;
};

struct quiesce_ram {
	struct quiesce_range *ranges;
	size_t n;
};

/** quiesce_ram_read() - memory of both kernels, and what the boot console is shown from */
void quiesce_ram_read(struct quiesce_ram *ram, struct quiesce_ram *framebuffer, const char *root);
/** quiesce_ram_overlaps() - is any of a sysfs resource file's first lines part of it */
bool quiesce_ram_overlaps(const struct quiesce_ram *ram, const char *resource);

/* dump_target.c */

/** Written into the image when it is built: a line ADDRESS VENDOR:DEVICE [PATH] for each. */
#define QUIESCE_DUMP_TARGET "usr/lib/pci-quiesce/dump-target"
/** Begins a line there of what no PCI function is known to lead to. */
#define QUIESCE_TARGET_UNKNOWN "unknown"

/**
 * quiesce_dump_target_mark() - functions that the dump is written through
 * @log: told of what is not there, or is something else; may be NULL
 * @marked: one per function; set where path and ids agree with the file, and where
 *	address and ids do
 * @ret_missing: how many of the file's functions are not there
 * @ret_bad: how many of its lines are not understood
 *
 * Return: 0, or -errno of reading the file.
 */
int quiesce_dump_target_mark(const char *root, const struct pcireset_machine *machine,
			     const struct quiesce_log *log, bool *marked, size_t *ret_missing,
			     size_t *ret_bad);

/* scene.c: what rules know of a machine beside its functions */

/**
 * struct quiesce_scene - circumstances that decisions depend on
 * @ram: memory of either kernel
 * @framebuffer: that of the firmware's display, in use without a driver of its own
 * @dump_target: one per function: the dump is written through it; heap
 * @dump_target_known: these are all of it: no line of the file was left over
 * @dump_target_port: one per function: a bridge right above one of these; heap
 * @usb_console: a serial port on USB is a console; only looked up for rules that ask
 * @untouchable: words for why nothing may be touched here, or NULL
 */
struct quiesce_scene {
	struct quiesce_ram ram;
	struct quiesce_ram framebuffer;
	bool *dump_target;
	bool dump_target_known;
	bool *dump_target_port;
	bool usb_console;
	const char *untouchable;
};

/** quiesce_scene_read() - of a run that was scanned; -ENOMEM */
int quiesce_scene_read(const struct quiesce_run *run, struct quiesce_scene *ret_scene);
void quiesce_scene_free(struct quiesce_scene *scene);
bool quiesce_has_usb_console(const char *root);
/** quiesce_is_console() - a serial port, the boot display, or what USB consoles are behind */
bool quiesce_is_console(const struct pcireset_function *function, bool usb_console);

/* rule_match.c */

/**
 * struct quiesce_subject - a function in the words that rules are compared with
 * @machine: it and all above it
 * @i: its index
 * @words: by match
 * @is_console: quiesce_is_console(); set by the caller
 * @is_dump_target: the same
 */
struct quiesce_subject {
	const struct pcireset_machine *machine;
	size_t i;
	char words[QUIESCE_MATCH_PATH][48];
	bool is_console;
	bool is_dump_target;
};

void quiesce_subject_describe(const struct pcireset_machine *machine, size_t i,
			      struct quiesce_subject *subject);
bool quiesce_rule_matches(const struct quiesce_rule *rule, const struct quiesce_subject *subject);

/* rules.c */

/**
 * quiesce_rules_decide() - first matching rule, the user's before the defaults
 * @io: only read, and only sysfs
 * @scene: of this machine
 * @decisions: one per function
 * @grounds: one per function; they live as long as @config
 */
void quiesce_rules_decide(const struct pcireset_io *io, const struct pcireset_machine *machine,
			  const struct quiesce_config *config, const struct quiesce_scene *scene,
			  struct pcireset_decision *decisions, struct quiesce_ground *grounds);
/** quiesce_rules_lower() - take away what a lower level does not do */
void quiesce_rules_lower(const struct pcireset_machine *machine, enum quiesce_level level,
			 struct pcireset_decision *decisions, struct quiesce_ground *grounds);
/**
 * quiesce_rules_protect() - what only the topology shows: CXL memory is never reset,
 *	and a PF that is idle has VFs that are not
 * @machine: with its topology
 *
 * Comes after the fence, and only takes resets away. A rule of the user's stays.
 * Source: CXL Specification 3.1, 8.1.3 (PCIe DVSEC for CXL Devices, Mem_Capable).
 */
void quiesce_rules_protect(const struct pcireset_machine *machine,
			   struct pcireset_decision *decisions, struct quiesce_ground *grounds);

/** quiesce_is_boot_display() - does the firmware's or the boot console's picture come from it */
bool quiesce_is_boot_display(const struct pcireset_io *io,
			     const struct pcireset_function *function,
			     const struct quiesce_scene *scene);
/** quiesce_rules_is_default() - is it what a default rule, "default:vmd" say, is about */
bool quiesce_rules_is_default(const struct pcireset_function *function, const char *origin);

/* rules_unused.c: for a healthy machine */

/**
 * quiesce_rules_unreachable() - rules that never match: an earlier one covers them
 * @complaint: told of each with its file and line
 *
 * Names no rule that can match something: several earlier rules that cover it
 * only together are not noticed.
 *
 * Return: how many.
 */
size_t quiesce_rules_unreachable(struct quiesce_config *config,
				 const struct quiesce_complaint *complaint);
/**
 * quiesce_rules_absent() - rules and load lines without an effect on this machine
 * @machine: scanned is enough
 * @complaint: told of each with its file and line
 *
 * Those that match no function, and those that match only what is always kept
 * and say something else. What a name stands for only in the crash kernel
 * (dump-target, console) is not complained about.
 *
 * Return: how many.
 */
size_t quiesce_rules_absent(const struct pcireset_machine *machine,
			    const struct quiesce_config *config,
			    const struct quiesce_complaint *complaint);

#endif
