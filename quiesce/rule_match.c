/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does a rule match a function. */
#include <string.h>

#include "quiesce.h"
#include "rules.h"

/* Most patterns and words differ early; only what remains is left to quiesce_glob(). */
static bool fits(const char *pattern, const char *word)
{
	while (*pattern && !strchr("*?[\\", *pattern))
		if (*pattern++ != *word++)
			return false;
	if (strcmp(pattern, "*") == 0)
		return true;
	return *pattern ? quiesce_glob(pattern, word, 0) == 0 : *word == '\0';
}

/* "1c.0" of "0000:00:1c.0". */
static const char *device_of(const char *address)
{
	return address + strlen(address) - 4;
}

/* From the function up: the last level seldom fits, and the root is reached last. */
static bool fits_path(const char *pattern, const struct quiesce_subject *subject)
{
	const struct pcireset_function *functions = subject->machine->functions, *f;
	const char *end = pattern + strlen(pattern), *word;
	char address[PCIRESET_ADDRESS_BYTES];

	(void)strcpy(address, subject->words[QUIESCE_MATCH_ADDRESS]);
	/* Seven of eight differ in their function, and need no more than this look. */
	if (!strchr("*?]", end[-1]) && end[-1] != address[strlen(address) - 1])
		return false;
	for (f = &functions[subject->i];; f = &functions[f->parent]) {
		const bool is_root = f->parent == PCIRESET_NONE;
		char part[QUIESCE_PATH_PART_BYTES];
		const char *start = end;

		while (start > pattern && start[-1] != '/')
			start--;
		if ((start == pattern) != is_root)
			return false;
		(void)snprintf(part, sizeof(part), "%.*s", (int)(end - start), start);
		word = is_root ? address : device_of(address);
		if (!fits(part, word))
			return false;
		if (is_root)
			return true;
		end = start - 1;
		(void)pcireset_address_format(functions[f->parent].address, address);
	}
}

void quiesce_subject_describe(const struct pcireset_machine *machine, size_t i,
			      struct quiesce_subject *subject)
{
	const struct pcireset_function *f = &machine->functions[i];

	*subject = (struct quiesce_subject){ .machine = machine, .i = i };
	(void)pcireset_address_format(f->address, subject->words[QUIESCE_MATCH_ADDRESS]);
	(void)snprintf(subject->words[QUIESCE_MATCH_ID], sizeof(subject->words[0]),
		       "%04x:%04x:%04x:%04x", f->vendor, f->device, f->subsystem_vendor,
		       f->subsystem_device);
	(void)snprintf(subject->words[QUIESCE_MATCH_CLASS], sizeof(subject->words[0]), "%06x",
		       f->class_code);
	(void)snprintf(subject->words[QUIESCE_MATCH_DRIVER], sizeof(subject->words[0]), "%s",
		       f->driver);
}

bool quiesce_rule_matches(const struct quiesce_rule *rule, const struct quiesce_subject *subject)
{
	const struct pcireset_function *f = &subject->machine->functions[subject->i];

	switch (rule->match) {
	case QUIESCE_MATCH_PATH:
		return fits_path(rule->pattern, subject);
	case QUIESCE_MATCH_CONSOLE:
		return subject->is_console;
	case QUIESCE_MATCH_BOOT_VGA:
		return f->boot_vga;
	case QUIESCE_MATCH_DUMP_TARGET:
		return subject->is_dump_target;
	case QUIESCE_MATCH_BOUND:
		return f->driver[0] != '\0';
	default:
		return fits(rule->pattern, subject->words[rule->match]);
	}
}
