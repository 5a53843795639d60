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
	OPTION_CRASH,
	OPTION_COLOR,
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
	{ "crash", no_argument, NULL, OPTION_CRASH },
	{ "color", required_argument, NULL, OPTION_COLOR },
	{ "force", no_argument, NULL, OPTION_FORCE },
	{ "print", required_argument, NULL, OPTION_PRINT },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

static const struct {
	int option;
	enum quiesce_option bit;
	char word[10];
} bits[] = {
	{ OPTION_CONFIG, QUIESCE_OPTION_CONFIG, "--config" },
	{ OPTION_ROOT, QUIESCE_OPTION_ROOT, "--root" },
	{ OPTION_JSON, QUIESCE_OPTION_JSON, "--json" },
	{ OPTION_COLOR, QUIESCE_OPTION_COLOR, "--color" },
	{ OPTION_DUMP, QUIESCE_OPTION_DUMP, "--dump" },
	{ OPTION_CRASH, QUIESCE_OPTION_CRASH, "--crash" },
	{ 's', QUIESCE_OPTION_SLOT, "-s" },
	{ 'd', QUIESCE_OPTION_IDS, "-d" },
	{ OPTION_FORCE, QUIESCE_OPTION_FORCE, "--force" },
	{ OPTION_PRINT, QUIESCE_OPTION_PRINT, "--print" },
};

static unsigned int bit_of(int option)
{
	for (size_t i = 0; i < ARRAY_SIZE(bits); i++)
		if (bits[i].option == option)
			return bits[i].bit;
	return 0;
}

const char *quiesce_options_foreign(const struct quiesce_options *options, unsigned int mask)
{
	for (size_t i = 0; i < ARRAY_SIZE(bits); i++)
		if (options->given & bits[i].bit & ~mask)
			return bits[i].word;
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
	options->given |= bit_of(option);
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
	case OPTION_CRASH:
		options->crash = true;
		return 0;
	case OPTION_COLOR:
		return take_color(optarg, options);
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
