/* SPDX-License-Identifier: GPL-2.0-or-later */
/* argv. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>

#include "commands.h"

/* Beyond the bits that commands have masks of. */
enum {
	OPTION_HELP = 1 << 20,
	OPTION_VERSION,
};

static const struct option longs[] = {
	{ "json", no_argument, NULL, QUIESCE_OPTION_JSON },
	{ "config", required_argument, NULL, QUIESCE_OPTION_CONFIG },
	{ "dump", required_argument, NULL, QUIESCE_OPTION_DUMP },
	{ "root", required_argument, NULL, QUIESCE_OPTION_ROOT },
	{ "crash", no_argument, NULL, QUIESCE_OPTION_CRASH },
	{ "fleet", no_argument, NULL, QUIESCE_OPTION_FLEET },
	{ "color", required_argument, NULL, QUIESCE_OPTION_COLOR },
	{ "force", no_argument, NULL, QUIESCE_OPTION_FORCE },
	{ "output", required_argument, NULL, QUIESCE_OPTION_OUTPUT },
	{ "print", required_argument, NULL, QUIESCE_OPTION_PRINT },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

const char *quiesce_options_foreign(const struct quiesce_options *options, unsigned int mask)
{
	const unsigned int foreign = options->given & ~mask;

	if (foreign & QUIESCE_OPTION_SLOT)
		return "-s";
	if (foreign & QUIESCE_OPTION_IDS)
		return "-d";
	for (const struct option *o = longs; o->name; o++)
		if (foreign & (unsigned int)o->val)
			return o->name;
	return NULL;
}

static char *without_trailing_slashes(char *path)
{
	for (size_t n = strlen(path); n > 0 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	return path;
}

static int take_color(const char *word, struct quiesce_options *options)
{
	if (strcmp(word, "auto") != 0 && strcmp(word, "always") != 0 &&
	    strcmp(word, "never") != 0) {
		(void)fprintf(stderr, "pci-quiesce: --color is auto, always or never, not \"%s\"\n",
			      word);
		return -EINVAL;
	}
	options->color = word;
	return 0;
}

static int take(int option, struct quiesce_options *options)
{
	if (option > UCHAR_MAX && option < OPTION_HELP)
		options->given |= (unsigned int)option;
	switch (option) {
	case QUIESCE_OPTION_JSON:
		options->json = true;
		return 0;
	case QUIESCE_OPTION_CONFIG:
		options->config = optarg;
		return 0;
	case QUIESCE_OPTION_ROOT:
		options->root = without_trailing_slashes(optarg);
		return 0;
	case QUIESCE_OPTION_DUMP:
		options->dump = optarg;
		return 0;
	case QUIESCE_OPTION_CRASH:
		options->crash = true;
		return 0;
	case QUIESCE_OPTION_FLEET:
		options->fleet = true;
		return 0;
	case QUIESCE_OPTION_COLOR:
		return take_color(optarg, options);
	case 's':
		options->given |= QUIESCE_OPTION_SLOT;
		options->slot = optarg;
		return 0;
	case 'd':
		options->given |= QUIESCE_OPTION_IDS;
		options->ids = optarg;
		return 0;
	case QUIESCE_OPTION_FORCE:
		options->force = true;
		return 0;
	case QUIESCE_OPTION_PRINT:
		options->print = optarg;
		return 0;
	case QUIESCE_OPTION_OUTPUT:
		options->output = optarg;
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

	if (options.dump && options.given & QUIESCE_OPTION_ROOT) {
		(void)fputs("pci-quiesce: --dump and --root: only one of them\n", stderr);
		return -EINVAL;
	}

	if (optind < argc)
		options.command = argv[optind++];
	options.operands = argv + optind;
	options.n_operands = (size_t)(argc - optind);
	*ret_options = options;
	return 0;
}
