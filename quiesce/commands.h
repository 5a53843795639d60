/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: options and the commands behind it. */
#ifndef QUIESCE_COMMANDS_H
#define QUIESCE_COMMANDS_H

#include "quiesce.h"

/**
 * struct quiesce_options - argv in fields
 * @command: first word that is no option, or NULL
 * @config: --config, or NULL
 * @root: --root without trailing slashes, "" for this machine
 */
struct quiesce_options {
	const char *command;
	const char *config;
	const char *root;
	bool json;
	bool force;
	bool help;
	bool version;
};

/** quiesce_options_parse() - -EINVAL, and a line on standard error, where bad */
int quiesce_options_parse(int argc, char **argv, struct quiesce_options *ret_options);

/* Each returns an exit code. */
int quiesce_command_list(const struct quiesce_options *options);
int quiesce_command_plan(const struct quiesce_options *options);
int quiesce_command_run(const struct quiesce_options *options);
int quiesce_command_report(const struct quiesce_options *options);
int quiesce_command_check(const struct quiesce_options *options);

#endif
