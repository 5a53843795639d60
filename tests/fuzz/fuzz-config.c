/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration text, and the same as a kernel command line. */
#include "fuzz.h"
#include "rules.h"

#include <string.h>

static const char *const keys[] = {
	"level", "mode", "strict", "drain_ms", "reset_ms", "deadline_ms", "drivers_ms", "module_ms",
	"window_ms",
};

/* All keys as lines of a configuration file; heap. */
static char *print_keys(struct quiesce_config *config)
{
	char *text = NULL;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);

	fuzz_check(out, "out of memory");
	(void)fputs("[quiesce]\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		(void)fprintf(out, "%s = ", keys[i]);
		fuzz_check(quiesce_config_print(config, keys[i], out) == 0,
			   "a key that cannot be printed");
	}
	(void)fclose(out);
	return text;
}

/* What was printed reads as the same configuration. */
static void check_round_trip(struct quiesce_config *config)
{
	_cleanup_free_ char *printed = print_keys(config), *again = NULL;
	struct quiesce_config read;

	quiesce_config_defaults(&read);
	fuzz_check(quiesce_config_parse(&read, "printed", printed, &fuzz_quiet) == 0,
		   "out of memory");
	fuzz_check(read.n_errors == 0, "a printed value is not accepted");
	again = print_keys(&read);
	fuzz_check(strcmp(printed, again) == 0, "a printed value is read as another one");
	quiesce_config_free(&read);
}

static void check_lists(struct quiesce_config *config)
{
	_cleanup_free_ char *text = NULL;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);

	fuzz_check(out && quiesce_config_print(config, "load", out) == 0,
		   "load cannot be printed");
	(void)fclose(out);
	for (size_t i = 0; i < config->n_rules; i++) {
		const struct quiesce_rule *rule = &config->rules[i];

		fuzz_check(rule->action <= PCIRESET_RESET && rule->match < QUIESCE_MATCHES &&
				   (!rule->pattern || *rule->pattern) &&
				   strlen(rule->origin) > 0 && strlen(rule->reason) > 0,
			   "a rule with something missing");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = fuzz_text(data, size);
	struct quiesce_config config;

	quiesce_config_defaults(&config);
	fuzz_check(quiesce_config_parse(&config, "fuzz.conf", text, &fuzz_quiet) == 0,
		   "out of memory");
	check_round_trip(&config);
	check_lists(&config);
	fuzz_check(quiesce_rules_unreachable(&config, &fuzz_quiet) <= config.n_rules,
		   "more rules never match than there are");
	(void)quiesce_parameters_parse(text, &config, &fuzz_quiet);
	check_round_trip(&config);
	quiesce_config_free(&config);
	return 0;
}
