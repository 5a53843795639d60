/* SPDX-License-Identifier: GPL-2.0-or-later */
/* snapshot: what a crash image should know of the healthy machine. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "manifest.h"

static int snapshot(const struct quiesce_options *options, const struct quiesce_target *target,
		    FILE *out)
{
	struct pcireset_machine machine = { 0 };
	struct pcireset_io *io;
	int r, code;

	code = quiesce_door_open(options, &io);
	if (code != QUIESCE_OK)
		return code;
	r = pcireset_scan(io, &machine);
	if (r == 0) {
		pcireset_topology_read(io, &machine);
		r = quiesce_manifest_print(options->root, &machine, target, out);
	}
	pcireset_machine_free(&machine);
	pcireset_io_close(io);
	return r < 0 ? quiesce_fail("cannot read PCI functions", r) : QUIESCE_OK;
}

/* All or nothing: whoever finds the file finds a whole one. */
static int write_file(const struct quiesce_options *options, const struct quiesce_target *target)
{
	_cleanup_free_ char *beside = NULL;
	FILE *out;
	int code, r;

	if (asprintf(&beside, "%s.new", options->output) < 0) {
		beside = NULL;
		return quiesce_fail(options->output, -ENOMEM);
	}
	out = fopen(beside, "we");
	if (!out)
		return quiesce_fail(options->output, -errno);
	code = snapshot(options, target, out);
	r = quiesce_flush(out);
	if (fclose(out) != 0 && r == 0)
		r = -errno;
	if (r < 0 && code == QUIESCE_OK)
		code = quiesce_fail(options->output, r);
	if (code == QUIESCE_OK && rename(beside, options->output) < 0)
		code = quiesce_fail(options->output, -errno);
	if (code != QUIESCE_OK)
		(void)unlink(beside);
	return code;
}

/* The image is built all the same, and does not know its dump target. */
static void warn_of_nothing(const struct quiesce_target *target)
{
	for (size_t i = 0; i < target->n; i++)
		if (!target->sources[i].n)
			quiesce_log(&quiesce_to_stderr, QUIESCE_WARNING,
				    "%s: no PCI function is known to lead to it",
				    target->sources[i].name);
}

int quiesce_command_snapshot(const struct quiesce_options *options)
{
	struct quiesce_target target;
	int r, code = QUIESCE_OK;

	r = quiesce_target_read(options->root, options->operands, options->n_operands, &target);
	if (r < 0)
		return quiesce_fail("cannot find the dump target", r);
	warn_of_nothing(&target);
	if (options->print && strcmp(options->print, "dump-target") != 0) {
		quiesce_log(&quiesce_to_stderr, QUIESCE_ERR, "no \"%s\" to print: dump-target",
			    options->print);
		code = QUIESCE_BAD_USAGE;
	} else if (options->print) {
		quiesce_target_print(&target, stdout);
	} else if (options->output) {
		code = write_file(options, &target);
	} else {
		code = snapshot(options, &target, stdout);
	}
	quiesce_target_free(&target);
	return code;
}
