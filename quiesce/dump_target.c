/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions that the dump is written through, as the image was told. */
#include <string.h>

#include "quiesce.h"
#include "rules.h"

#define TEXT_BYTES_MAX 65536

/* Serial consoles are slow, and the fence waits for this. */
#define LINES_LOGGED_MAX 20

enum line {
	LINE_GOOD,
	LINE_BAD,
	LINE_MISSING, /* names what is not there */
};

/* Buses are numbered anew by each kernel: a path in the form of a rule holds. */
static bool mark_path(const struct pcireset_machine *machine, const char *path,
		      unsigned int vendor, unsigned int device, bool *marked)
{
	const struct quiesce_rule rule = { .match = QUIESCE_MATCH_PATH, .pattern = path };
	bool found = false;

	for (size_t i = 0; i < machine->n; i++) {
		const struct pcireset_function *f = &machine->functions[i];
		struct quiesce_subject subject;

		if (f->vendor != vendor || f->device != device)
			continue;
		quiesce_subject_describe(machine, i, &subject);
		if (!quiesce_rule_matches(&rule, &subject))
			continue;
		marked[i] = found = true;
	}
	return found;
}

static void complain(const struct quiesce_log *log, const char *line)
{
	const size_t n = strlen(QUIESCE_TARGET_UNKNOWN);

	if (strncmp(line, QUIESCE_TARGET_UNKNOWN " ", n + 1) == 0)
		quiesce_log(log, QUIESCE_WARNING,
			    "dump target: no PCI function is known to lead to %s", line + n + 1);
	else
		quiesce_log(log, QUIESCE_WARNING,
			    "/" QUIESCE_DUMP_TARGET ": not understood: %s", line);
}

static enum line mark(const struct pcireset_machine *machine, const char *line,
		   const struct quiesce_log *log, bool *marked)
{
	const struct pcireset_function *f;
	struct pcireset_address address;
	unsigned int vendor, device;
	char word[24], path[128] = "";
	bool found;
	size_t i;

	if (sscanf(line, "%23s %4x:%4x %127s", word, &vendor, &device, path) < 3 ||
	    pcireset_address_parse(word, &address) < 0) {
		if (!line[strspn(line, " \t")] || line[0] == '#')
			return LINE_GOOD;
		if (log)
			complain(log, line);
		return LINE_BAD;
	}

	/* Where path and address disagree both are spared: one of them is it. */
	found = path[0] && mark_path(machine, path, vendor, device, marked);
	i = quiesce_find(machine, address);
	if (i == PCIRESET_NONE) {
		if (found)
			return LINE_GOOD;
		if (log)
			quiesce_log(log, QUIESCE_WARNING,
				    "dump target %s: nothing is at that address", word);
		return LINE_MISSING;
	}
	f = &machine->functions[i];
	if (f->vendor == vendor && f->device == device)
		marked[i] = found = true;
	if (found)
		return LINE_GOOD;
	if (log)
		quiesce_log(log, QUIESCE_WARNING, "dump target %s: is %04x:%04x, not %04x:%04x",
			    word, f->vendor, f->device, vendor, device);
	return LINE_MISSING;
}

int quiesce_dump_target_mark(const char *root, const struct pcireset_machine *machine,
			     const struct quiesce_log *log, bool *marked, size_t *ret_missing,
			     size_t *ret_bad)
{
	_cleanup_free_ char *text = NULL;
	size_t n_missing = 0, n_not_good = 0;
	char *rest, *line;
	int r;

	r = quiesce_file_read(root, QUIESCE_DUMP_TARGET, TEXT_BYTES_MAX, &text);
	if (r < 0)
		return r;

	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		enum line is = mark(machine, line, n_not_good < LINES_LOGGED_MAX ? log : NULL,
				    marked);

		n_missing += is == LINE_MISSING;
		n_not_good += is != LINE_GOOD;
	}
	if (log && n_not_good > LINES_LOGGED_MAX)
		quiesce_log(log, QUIESCE_WARNING, "/" QUIESCE_DUMP_TARGET ": and %zu lines more",
			    n_not_good - LINES_LOGGED_MAX);
	*ret_missing = n_missing;
	*ret_bad = n_not_good - n_missing;
	return 0;
}
