/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: options and the commands behind it. */
#ifndef QUIESCE_COMMANDS_H
#define QUIESCE_COMMANDS_H

#include "quiesce.h"

/**
 * struct quiesce_options - argv in fields
 * @command: first word that is no option, or NULL
 * @operands: words behind it, part of argv
 * @n_operands: how many
 * @config: --config, or NULL
 * @dump: --dump: "lspci -xxxx" text in place of the machine, or NULL
 * @slot: -s as lspci's, or NULL
 * @ids: -d as lspci's, or NULL
 * @print: --print of check: the key whose value is wanted, or NULL
 * @root: --root without trailing slashes, "" for this machine
 */
struct quiesce_options {
	const char *command;
	char *const *operands;
	size_t n_operands;
	const char *config;
	const char *dump;
	const char *slot;
	const char *ids;
	const char *print;
	const char *root;
	bool json;
	bool force;
	bool help;
	bool version;
};

/** quiesce_options_parse() - -EINVAL, and a line on standard error, where bad */
int quiesce_options_parse(int argc, char **argv, struct quiesce_options *ret_options);

/* commands.c */

/** quiesce_to_stderr - messages of commands that have no other place for them */
extern const struct quiesce_log quiesce_to_stderr;

/** quiesce_fail() - say what went wrong; returns an exit code */
int quiesce_fail(const char *what, int r);
/**
 * quiesce_door_open() - the machine, or the dump, that the options name
 * @ret_io: pcireset_io_close()
 *
 * Return: QUIESCE_OK, or an exit code; it has said why.
 */
int quiesce_door_open(const struct quiesce_options *options, struct pcireset_io **ret_io);
/** quiesce_with_output() - @code, or a failure where the output did not arrive */
int quiesce_with_output(int code);
/**
 * quiesce_show_report() - the last report, as a table or JSON
 * @none: what to say where there is none
 *
 * Return: the exit code of the run that it is of.
 */
int quiesce_show_report(const struct quiesce_options *options, const char *none);
/** quiesce_may_touch() - is this a kdump kernel, or was it forced; says so where not */
bool quiesce_may_touch(const struct quiesce_options *options);
/** quiesce_config_is_good() - bad lines are errors, but in a kdump kernel */
bool quiesce_config_is_good(const struct quiesce_run *run,
			    const struct quiesce_options *options);

/* Each returns an exit code. */
int quiesce_command_list(const struct quiesce_options *options);
int quiesce_command_plan(const struct quiesce_options *options);
int quiesce_command_show(const struct quiesce_options *options);
int quiesce_command_run(const struct quiesce_options *options);
int quiesce_command_load(const struct quiesce_options *options);
int quiesce_command_report(const struct quiesce_options *options);
int quiesce_command_check(const struct quiesce_options *options);
/* command_iommu.c */
int quiesce_command_iommu(const struct quiesce_options *options);

#endif
