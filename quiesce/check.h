/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check: what a healthy machine can tell of its crash kernel beforehand. */
#ifndef QUIESCE_CHECK_H
#define QUIESCE_CHECK_H

#include "commands.h"

enum quiesce_severity {
	QUIESCE_IS_ERROR,
	QUIESCE_IS_WARNING,
	QUIESCE_IS_NOTE,
};

/** Room for the keys of [quiesce], and more. */
#define QUIESCE_CHECK_KEYS 16

/** struct quiesce_check_key - where a key was set; NULL and 0: nowhere */
struct quiesce_check_key {
	char *file;
	unsigned int line;
};

/**
 * struct quiesce_check - what was found so far
 * @run: of the machine as the crash kernel will see it; root and config
 * @report: conf/check.schema.json
 * @findings: part of @report
 * @cmdline: the crash kernel's command line, or NULL; heap
 * @wanted: what that says of us
 * @n_errors: findings that are errors
 * @fleet: what is absent from this machine may be on others
 * @keys: by number of quiesce_key_name(); see quiesce_check_forget_keys()
 * @file: where complaints are about, whatever they say themselves; or NULL
 * @line: the same
 */
struct quiesce_check {
	struct quiesce_run run;
	struct cJSON *report;
	struct cJSON *findings;
	char *cmdline;
	enum quiesce_switch wanted;
	size_t n_errors;
	bool fleet;
	struct quiesce_check_key keys[QUIESCE_CHECK_KEYS];
	const char *file;
	unsigned int line;
};

/** quiesce_check_say() - add a finding; @file may be NULL, @line 0 */
void quiesce_check_say(struct quiesce_check *check, enum quiesce_severity severity,
		       const char *file, unsigned int line, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/** quiesce_check_tell() - findings but for notes, as warnings in a log */
void quiesce_check_tell(const struct quiesce_check *check, const struct quiesce_log *log);

/** quiesce_check_complaint() - complaints as findings that are errors */
struct quiesce_complaint quiesce_check_complaint(struct quiesce_check *check);

/* check_cmdline.c */

/**
 * quiesce_check_cmdline() - what the crash kernel will be told, as kdump's tools put it together
 *
 * Names what defeats us there. Parameters of ours are applied to the
 * configuration; cmdline is set where memory allows.
 *
 * Source: kdump-utils, kdump-lib.sh, prepare_cmdline(); kdump-tools, kdump-config,
 * KDUMP_CMDLINE; SUSE's kdump, sysconfig.kdump.
 */
void quiesce_check_cmdline(struct quiesce_check *check);

/* check_keys.c */

/** quiesce_check_watch_keys() - from here on, note where the run's configuration is set */
void quiesce_check_watch_keys(struct quiesce_check *check);
void quiesce_check_forget_keys(struct quiesce_check *check);
/** quiesce_check_key() - where that was; never NULL */
const struct quiesce_check_key *quiesce_check_key(const struct quiesce_check *check,
						  const char *name);
/** quiesce_check_keys() - note those that have no effect beside others */
void quiesce_check_keys(struct quiesce_check *check);

/* check_owner.c */

/**
 * quiesce_check_owner() - what the crash kernel cannot know of who owns PCI errors
 * @hider: the word of its command line that keeps it from asking, or NULL
 * @file: where that is
 * @line: the same
 *
 * Sets run's owner_hidden.
 */
void quiesce_check_owner(struct quiesce_check *check, const char *hider, const char *file,
			 unsigned int line);
/**
 * quiesce_check_level() - the level of the plan, and why, into the report's machine
 * @asked: the level without what the platform demands
 */
void quiesce_check_level(struct quiesce_check *check, enum quiesce_level asked);

/* check_machine.c */

/**
 * quiesce_check_machine() - the plan of the crash kernel, as far as it can be told now
 * @io: the healthy machine
 *
 * Drivers that are modules are not counted as bound: the crash kernel has not loaded
 * them yet.
 *
 * Return: 0, or -errno where the machine cannot be read.
 */
int quiesce_check_machine(struct quiesce_check *check, const struct pcireset_io *io);

#endif
