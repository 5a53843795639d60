/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci-quiesce: PID 1 of a crash image, or one of the commands. */
#include <string.h>

#include "commands.h"
#include "pid1.h"

static const struct {
	const char *name;
	const char *argument;
	int (*run)(const struct quiesce_options *options);
	const char *help;
} commands[] = {
	{ "list", NULL, quiesce_command_list, "functions, their drivers and the resets on offer" },
	{ "plan", NULL, quiesce_command_plan, "what run would do here and now, and why; writes nothing" },
	{ "show", "DEV", quiesce_command_show, "all that is known of one function, and why" },
	{ "run", NULL, quiesce_command_run, "silence and reset; refuses outside a kdump kernel" },
	{ "report", NULL, quiesce_command_report, "what the last run found" },
	{ "check", NULL, quiesce_command_check, "validate the configuration" },
};

static void help(FILE *out)
{
	(void)fputs("Usage: pci-quiesce COMMAND [OPTION]...\n"
		    "Silence and reset PCI functions before a kdump kernel loads drivers.\n\n"
		    "Commands:\n",
		    out);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		(void)fprintf(out, "  %-6s %-3s  %s\n", commands[i].name,
			      commands[i].argument ? commands[i].argument : "", commands[i].help);
	(void)fputs("\nOptions:\n"
		    "  --json         print JSON\n"
		    "  --config FILE  instead of /etc/pci-quiesce.conf, or else\n"
		    "                 /usr/lib/pci-quiesce.conf; not below --root\n"
		    "  --root DIR     prefix of /sys, /proc, /etc, /usr/lib, /run and /dev/kmsg\n"
		    "  --force        run even outside a kdump kernel: every function without\n"
		    "                 a driver and not on the allowlist is fenced and reset\n"
		    "  --print KEY    of check: print the key's value, where all is well\n"
		    "  --help, --version\n\n"
		    "Exit status: 0 no function is lost or failed, 1 some is, or something could\n"
		    "not be read or written, 2 bad command line or configuration, 3 refused.\n",
		    out);
}

/* By name: PID 1 of a container may well be one of the commands. */
static bool is_init(char **argv)
{
	const char *slash = strrchr(argv[0], '/');

	return getpid() == 1 && strcmp(slash ? slash + 1 : argv[0], "init") == 0;
}

static int run_command(const struct quiesce_options *options, size_t i)
{
	if (!options->argument == !commands[i].argument)
		return commands[i].run(options);
	if (options->argument)
		(void)fprintf(stderr, "pci-quiesce: %s takes no argument, not \"%s\"\n",
			      options->command, options->argument);
	else
		(void)fprintf(stderr, "pci-quiesce: %s needs a %s\n", options->command,
			      commands[i].argument);
	return QUIESCE_BAD_USAGE;
}

int main(int argc, char **argv)
{
	struct quiesce_options options;
	int r;

	if (argc > 0 && is_init(argv))
		return quiesce_init(argv, quiesce_worker_init);

	r = quiesce_options_parse(argc, argv, &options);
	if (r < 0)
		return QUIESCE_BAD_USAGE;
	if (options.help) {
		help(stdout);
		return quiesce_with_output(QUIESCE_OK);
	}
	if (options.version) {
		(void)puts("pci-quiesce " PCI_QUIESCE_VERSION);
		return quiesce_with_output(QUIESCE_OK);
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (options.command && strcmp(options.command, commands[i].name) == 0)
			return quiesce_with_output(run_command(&options, i));

	if (options.command)
		(void)fprintf(stderr, "pci-quiesce: unknown command \"%s\"\n", options.command);
	help(stderr);
	return QUIESCE_BAD_USAGE;
}
