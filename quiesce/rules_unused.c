/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules and load lines that change nothing: found on the healthy machine. */
#include <stdarg.h>
#include <string.h>

#include "quiesce.h"
#include "rules.h"

/* What is known of one line after all functions were looked at. */
struct use {
	bool matches;
	bool has_effect;
};

/* @origin is "file:line". */
static void __attribute__((format(printf, 3, 4)))
tell(const struct quiesce_complaint *complaint, const char *origin, const char *format, ...)
{
	const char *colon = strrchr(origin, ':');
	char file[QUIESCE_ORIGIN_BYTES], problem[QUIESCE_ORIGIN_BYTES + 64];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(problem, sizeof(problem), format, args);
	va_end(args);
	(void)snprintf(file, sizeof(file), "%.*s",
		       (int)(colon ? colon - origin : (ptrdiff_t)strlen(origin)), origin);
	complaint->say(complaint->data, file,
		       colon ? (unsigned int)strtoul(colon + 1, NULL, 10) : 0, problem);
}

/*
 * Does @wide match every word that @narrow matches: @narrow's wildcards are
 * letters of their own, which only a wildcard that is as wide takes in. Sound,
 * not complete: true is always right. Of @wide's stars only the last is tried in
 * other places: what is behind it does not depend on those before.
 */
static bool covers(const char *wide, const char *narrow)
{
	const char *star = NULL, *from = NULL;

	while (*narrow) {
		if (*wide == '*') {
			star = ++wide;
			from = narrow;
		} else if (*wide == *narrow || (*wide == '?' && *narrow != '*')) {
			wide++;
			narrow++;
		} else if (star) {
			wide = star;
			narrow = ++from;
		} else {
			return false;
		}
	}
	return wide[strspn(wide, "*")] == '\0';
}

static bool is_glob(const char *pattern)
{
	return strpbrk(pattern, "*?[\\") != NULL;
}

static bool pattern_covers(const char *wide, const char *narrow)
{
	if (strcmp(wide, "*") == 0 || strcmp(wide, narrow) == 0)
		return true;
	if (!is_glob(narrow))
		return quiesce_glob(wide, narrow, 0) == 0;
	return !strpbrk(wide, "[\\") && !strpbrk(narrow, "[\\") && covers(wide, narrow);
}

static bool path_covers(const char *wide, const char *narrow)
{
	while (true) {
		char a[QUIESCE_PATH_PART_BYTES], b[QUIESCE_PATH_PART_BYTES];
		const size_t n = strcspn(wide, "/"), m = strcspn(narrow, "/");

		(void)snprintf(a, sizeof(a), "%.*s", (int)n, wide);
		(void)snprintf(b, sizeof(b), "%.*s", (int)m, narrow);
		if (!pattern_covers(a, b) || wide[n] != narrow[m])
			return false;
		if (!wide[n])
			return true;
		wide += n + 1;
		narrow += m + 1;
	}
}

static bool rule_covers(const struct quiesce_rule *earlier, const struct quiesce_rule *rule)
{
	const bool is_path = rule->match == QUIESCE_MATCH_PATH;

	/* Each function has an address, an id and a class; not each a driver. */
	if (earlier->match < QUIESCE_MATCH_DRIVER && strcmp(earlier->pattern, "*") == 0)
		return true;
	if (earlier->match != rule->match)
		return earlier->match == QUIESCE_MATCH_BOUND &&
		       rule->match == QUIESCE_MATCH_DRIVER && !is_glob(rule->pattern);
	if (!rule->pattern)
		return true;
	return is_path ? path_covers(earlier->pattern, rule->pattern) :
			 pattern_covers(earlier->pattern, rule->pattern);
}

size_t quiesce_rules_unreachable(struct quiesce_config *config,
				 const struct quiesce_complaint *complaint)
{
	size_t n = 0;

	for (size_t i = 1; i < config->n_rules; i++) {
		size_t j = 0;

		while (j < i && !rule_covers(&config->rules[j], &config->rules[i]))
			j++;
		if (j == i || config->rules[i].is_told)
			continue;
		config->rules[i].is_told = true;
		tell(complaint, config->rules[i].origin, "never matches: %s comes first",
		     config->rules[j].origin);
		n++;
	}
	return n;
}

/* What it stands for is known in the crash kernel only. */
static bool is_known_later(const struct quiesce_rule *rule)
{
	return rule->match == QUIESCE_MATCH_CONSOLE || rule->match == QUIESCE_MATCH_DUMP_TARGET;
}

/* Functions with a driver are kept in the crash kernel; here nearly all have one. */
static bool has_effect(const struct quiesce_rule *rule, const struct pcireset_function *f)
{
	if (rule->action == PCIRESET_KEEP)
		return true;
	return f->answers && !pcireset_is_bridge(f) && rule->match != QUIESCE_MATCH_DRIVER &&
	       rule->match != QUIESCE_MATCH_BOUND;
}

static size_t absent_rules(const struct quiesce_config *config, const struct use *uses,
			   const struct quiesce_complaint *complaint)
{
	size_t n = 0;

	for (size_t i = 0; i < config->n_rules; i++) {
		const struct quiesce_rule *rule = &config->rules[i];

		if (uses[i].has_effect || is_known_later(rule) || rule->is_told)
			continue;
		tell(complaint, rule->origin, "%s",
		     uses[i].matches ? "matches only what is always kept: no effect" :
				       "matches no function of this machine");
		n++;
	}
	return n;
}

static size_t absent_loads(const struct pcireset_machine *machine,
			   const struct quiesce_config *config,
			   const struct quiesce_complaint *complaint)
{
	size_t n = 0;

	for (size_t i = 0; i < config->n_loads; i++) {
		const struct quiesce_load *load = &config->loads[i];
		char address[PCIRESET_ADDRESS_BYTES];
		size_t j = 0;

		if (load->what != QUIESCE_LOAD_ADDRESS)
			continue;
		while (j < machine->n && pcireset_address_compare(machine->functions[j].address,
								  load->address) != 0)
			j++;
		if (j < machine->n)
			continue;
		tell(complaint, load->origin, "%s is not on this machine",
		     pcireset_address_format(load->address, address));
		n++;
	}
	return n;
}

size_t quiesce_rules_absent(const struct pcireset_machine *machine,
			    const struct quiesce_config *config,
			    const struct quiesce_complaint *complaint)
{
	_cleanup_free_ struct use *uses = calloc(config->n_rules + 1, sizeof(*uses));

	if (!uses)
		return 0;
	for (size_t i = 0; i < machine->n; i++) {
		struct quiesce_subject subject;

		quiesce_subject_describe(machine, i, &subject);
		for (size_t j = 0; j < config->n_rules; j++) {
			if (!quiesce_rule_matches(&config->rules[j], &subject))
				continue;
			uses[j].matches = true;
			uses[j].has_effect |=
				has_effect(&config->rules[j], &machine->functions[i]);
		}
	}
	return absent_rules(config, uses, complaint) + absent_loads(machine, config, complaint);
}
