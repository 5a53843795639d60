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

/**
 * struct quiesce_check - what was found so far
 * @run: of the machine as the crash kernel will see it; root and config
 * @report: conf/check.schema.json
 * @findings: part of @report
 * @cmdline: the crash kernel's command line, or NULL; heap
 * @wanted: what that says of us
 * @n_errors: findings that are errors
 * @fleet: what is absent from this machine may be on others
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
