/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci-quiesce: PID 1 of a crash image, or one of the commands. */
#include <errno.h>
#include <string.h>

#include "commands.h"
#include "pid1.h"

enum {
	MACHINE = QUIESCE_OPTION_ROOT,
	PRINTS = QUIESCE_OPTION_JSON | QUIESCE_OPTION_COLOR,
#ifdef QUIESCE_IN_IMAGE
	DUMPS = 0,
#else
	DUMPS = QUIESCE_OPTION_DUMP,
#endif
	LOOKS = MACHINE | PRINTS | DUMPS | QUIESCE_OPTION_SLOT | QUIESCE_OPTION_IDS,
	PLANS = LOOKS | QUIESCE_OPTION_CONFIG | QUIESCE_OPTION_CRASH,
	CHECKS = MACHINE | QUIESCE_OPTION_JSON | QUIESCE_OPTION_CONFIG | QUIESCE_OPTION_PRINT |
		 QUIESCE_OPTION_FLEET,
	SNAPS = MACHINE | QUIESCE_OPTION_PRINT | QUIESCE_OPTION_OUTPUT,
	TOUCHES = MACHINE | QUIESCE_OPTION_CONFIG | QUIESCE_OPTION_FORCE,
};

/*
 * @options: those that mean something to it; another is bad usage.
 *
 * Each byte of a crash image is memory that the running system lacks: there is
 * a program without what only a healthy machine can tell.
 */
static const struct {
	const char *name;
	const char *operands;
	size_t operands_min;
	size_t operands_max;
	unsigned int options;
	int (*run)(const struct quiesce_options *options);
	const char *help;
} commands[] = {
	{ "list", "", 0, 0, LOOKS, quiesce_command_list,
	  "functions, their drivers and the resets on offer" },
	{ "plan", "", 0, 0, PLANS, quiesce_command_plan,
	  "what run would do here and now, and why; writes nothing" },
	{ "show", "[DEV]", 0, 1, PLANS, quiesce_command_show,
	  "all that is known of one function, and why" },
	{ "run", "", 0, 0, TOUCHES | PRINTS, quiesce_command_run,
	  "silence and reset; refuses outside a kdump kernel" },
	{ "iommu", "", 0, 0, MACHINE | QUIESCE_OPTION_JSON, quiesce_command_iommu,
	  "IOMMU groups and what they inherited; writes nothing" },
	{ "load", "[WHAT]...", 0, SIZE_MAX, TOUCHES, quiesce_command_load,
	  "drivers, as lines load = WHAT; refuses as run" },
	{ "report", "", 0, 0, MACHINE | PRINTS, quiesce_command_report,
	  "what the last run found" },
#ifndef QUIESCE_IN_IMAGE
	{ "check", "", 0, 0, CHECKS, quiesce_command_check,
	  "configurations, and what to expect of this machine" },
	{ "snapshot", "[DEV]...", 0, SIZE_MAX, SNAPS,
	  quiesce_command_snapshot, "this machine, and the dump's way out, for the crash image" },
#endif
};

static void help(FILE *out)
{
	(void)fputs("Usage: pci-quiesce COMMAND [OPTION]...\n"
		    "Silence and reset PCI functions before a kdump kernel loads drivers.\n\n"
		    "Commands:\n",
		    out);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		(void)fprintf(out, "  %-8s %-9s %s\n", commands[i].name, commands[i].operands,
			      commands[i].help);
	(void)fputs("\nOptions:\n"
		    "  -s SLOT        as lspci's, [[[[domain]:]bus]:][device][.[function]];\n"
		    "  -d IDS         as lspci's, [vendor]:[device][:class[:prog-if]]:\n"
		    "                 of list, plan and show: only these functions\n"
#ifndef QUIESCE_IN_IMAGE
		    "  --dump FILE    of the same: what \"lspci -xxxx\" printed, \"-\" for standard\n"
		    "                 input, in place of this machine\n"
		    "  --fleet        of check: the configuration is for other machines, too: rules\n"
		    "                 without a function here are no errors\n"
		    "  --output FILE  of snapshot: write there\n"
		    "  --print KEY    of check: print the key's value, where all is well;\n"
		    "                 of snapshot: dump-target\n"
#endif
		    "  --crash        of plan and show: as in a crash kernel, where only drivers\n"
		    "                 that are no modules are bound\n"
		    "  --json         print JSON\n"
		    "  --color WHEN   auto, always or never; auto heeds NO_COLOR\n"
		    "  --config FILE  alone, instead of pci-quiesce.conf in /etc, /run or /usr/lib\n"
		    "                 and its drop-ins; not below --root\n"
		    "  --root DIR     prefix of /sys, /proc, /etc, /lib, /usr/lib, /run, /dev/kmsg\n"
		    "  --force        run or load even outside a kdump kernel, or in spite of\n"
		    "                 rd.pci_quiesce=0; run fences and resets every function\n"
		    "                 without a driver and not on the allowlist\n"
		    "  --help, --version\n\n"
		    "Exit status: 0 no function is lost or failed, 1 some is, or something could\n"
		    "not be read, written or loaded, 2 bad usage or configuration, 3 refused.\n"
		    "In a kdump kernel run exits with 0, unless strict = yes or its usage is bad.\n",
		    out);
}

#ifdef QUIESCE_IN_IMAGE
/* By name: PID 1 of a container may well be one of the commands. */
static bool is_init(char **argv)
{
	const char *slash = strrchr(argv[0], '/');

	return getpid() == 1 && strcmp(slash ? slash + 1 : argv[0], "init") == 0;
}
#endif

static int run_command(const struct quiesce_options *options, size_t i)
{
	const char *name = commands[i].name;
	const char *foreign = quiesce_options_foreign(options, commands[i].options);

	if (foreign) {
		(void)fprintf(stderr, "pci-quiesce: %s: %s%s has no meaning here\n", name,
			      foreign[0] == '-' ? "" : "--", foreign);
		return QUIESCE_BAD_USAGE;
	}
	if (options->root[0] && access(options->root, F_OK) < 0)
		return quiesce_fail(options->root, -errno);
	if (options->n_operands < commands[i].operands_min)
		(void)fprintf(stderr, "pci-quiesce: %s needs a %s\n", name, commands[i].operands);
	else if (options->n_operands > commands[i].operands_max)
		(void)fprintf(stderr, "pci-quiesce: %s takes no \"%s\"\n", name,
			      options->operands[commands[i].operands_max]);
	else
		return commands[i].run(options);
	return QUIESCE_BAD_USAGE;
}

int main(int argc, char **argv)
{
	struct quiesce_options options;
	int r;

#ifdef QUIESCE_IN_IMAGE
	if (argc > 0 && is_init(argv))
		return quiesce_init(argv, quiesce_worker_init);
#endif

	r = quiesce_options_parse(argc, argv, &options);
	if (r < 0)
		return QUIESCE_BAD_USAGE;
#ifndef QUIESCE_IN_IMAGE
	options.healthy = &quiesce_healthy;
#endif
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
		(void)fprintf(stderr,
			      "pci-quiesce: unknown command \"%s\"\n"
			      "pci-quiesce: see pci-quiesce --help\n",
			      options.command);
	else
		help(stderr);
	return QUIESCE_BAD_USAGE;
}
