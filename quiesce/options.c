/* SPDX-License-Identifier: GPL-2.0-or-later */
/* argv. */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "commands.h"

enum long_option {
	OPTION_JSON = 256,
	OPTION_CONFIG,
	OPTION_ROOT,
	OPTION_DUMP,
	OPTION_FORCE,
	OPTION_PRINT,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct option longs[] = {
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "dump", required_argument, NULL, OPTION_DUMP },
	{ "root", required_argument, NULL, OPTION_ROOT },
	{ "force", no_argument, NULL, OPTION_FORCE },
	{ "print", required_argument, NULL, OPTION_PRINT },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

static char *without_trailing_slashes(char *path)
{
	for (size_t n = strlen(path); n > 0 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	return path;
}

static int take(int option, struct quiesce_options *options)
{
	switch (option) {
	case OPTION_JSON:
		options->json = true;
		return 0;
	case OPTION_CONFIG:
		options->config = optarg;
		return 0;
	case OPTION_ROOT:
		options->root = without_trailing_slashes(optarg);
		return 0;
	case OPTION_DUMP:
		options->dump = optarg;
		return 0;
	case 's':
		options->slot = optarg;
		return 0;
	case 'd':
		options->ids = optarg;
		return 0;
	case OPTION_FORCE:
		options->force = true;
		return 0;
	case OPTION_PRINT:
		options->print = optarg;
		return 0;
	case 'h':
	case OPTION_HELP:
		options->help = true;
		return 0;
	case OPTION_VERSION:
		options->version = true;
		return 0;
	default:
		return -EINVAL; /* getopt has said why */
	}
}

int quiesce_options_parse(int argc, char **argv, struct quiesce_options *ret_options)
{
	struct quiesce_options options = { .root = "" };
	static char name[] = "pci-quiesce";
	int option;

	/* getopt's messages begin with it. */
	if (argc > 0)
		argv[0] = name;
	while ((option = getopt_long(argc, argv, "hs:d:", longs, NULL)) != -1)
		if (take(option, &options) < 0) {
			(void)fputs("pci-quiesce: see pci-quiesce --help\n", stderr);
			return -EINVAL;
		}

	if (optind < argc)
		options.command = argv[optind++];
	options.operands = argv + optind;
	options.n_operands = (size_t)(argc - optind);
	*ret_options = options;
	return 0;
}
