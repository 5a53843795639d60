/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci-quiesce: PID 1 of a crash image, or one of the commands. */
#include <string.h>

#include "commands.h"

static const struct {
	const char *name;
	int (*run)(const struct quiesce_options *options);
	const char *help;
} commands[] = {
	{ "list", quiesce_command_list, "functions, their drivers and the resets on offer" },
	{ "plan", quiesce_command_plan, "what run would do, and why; writes nothing" },
	{ "run", quiesce_command_run, "silence and reset; refuses outside a kdump kernel" },
	{ "report", quiesce_command_report, "what the last run found" },
	{ "check", quiesce_command_check, "is the configuration good" },
};

static void help(FILE *out)
{
	(void)fputs("Usage: pci-quiesce COMMAND [OPTION]...\n"
		    "Silence and reset PCI functions before a kdump kernel loads drivers.\n\n"
		    "Commands:\n",
		    out);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		(void)fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
	(void)fputs("\nOptions:\n"
		    "  --json         for programs: one object\n"
		    "  --config FILE  instead of /etc/pci-quiesce.conf\n"
		    "  --root DIR     prefix of /sys, /proc, /etc, /run and /dev/kmsg\n"
		    "  --force        run outside a kdump kernel: drivers that are not\n"
		    "                 loaded lose their devices\n"
		    "  --help, --version\n\n"
		    "Exit status: 0 no function is lost or failed, 1 some is,\n"
		    "2 bad command line or configuration, 3 refused.\n",
		    out);
}

static bool is_command(const char *word)
{
	for (size_t i = 0; word && i < ARRAY_SIZE(commands); i++)
		if (strcmp(word, commands[i].name) == 0)
			return true;
	return false;
}

/* The kernel passes what it does not know of its command line as arguments. */
static bool is_init(char **argv)
{
	const char *slash = strrchr(argv[0], '/');

	return getpid() == 1 &&
	       (strcmp(slash ? slash + 1 : argv[0], "init") == 0 || !is_command(argv[1]));
}

int main(int argc, char **argv)
{
	struct quiesce_options options;
	int r;

	if (argc > 0 && is_init(argv))
		return quiesce_init(argv, quiesce_worker_main);

	r = quiesce_options_parse(argc, argv, &options);
	if (r < 0)
		return QUIESCE_BAD_USAGE;
	if (options.help) {
		help(stdout);
		return QUIESCE_OK;
	}
	if (options.version) {
		(void)puts("pci-quiesce " PCI_QUIESCE_VERSION);
		return QUIESCE_OK;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (options.command && strcmp(options.command, commands[i].name) == 0)
			return commands[i].run(&options);

	if (options.command)
		(void)fprintf(stderr, "pci-quiesce: unknown command \"%s\"\n", options.command);
	help(stderr);
	return QUIESCE_BAD_USAGE;
}
