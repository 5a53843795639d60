/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --dump: a machine that is elsewhere. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "commands.h"

#define DUMP_BYTES_MAX (64u * 1024 * 1024)

/* A pipe will do, and "-" for standard input: whoever names it waits for it. */
static int read_dump(const char *name, char **ret_text)
{
	_cleanup_close_ int fd = -1;

	if (strcmp(name, "-") == 0)
		return quiesce_fd_read(STDIN_FILENO, DUMP_BYTES_MAX, ret_text);
	fd = open(name, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : quiesce_fd_read(fd, DUMP_BYTES_MAX, ret_text);
}

/* What is left of it may do. */
static void warn_of_cut(const char *name, const struct pcireset_dump_problem *problem)
{
	char address[PCIRESET_ADDRESS_BYTES], more[32] = "";

	if (problem->n_cut == 0)
		return;
	if (problem->n_cut > 1)
		(void)snprintf(more, sizeof(more), " and %zu more", problem->n_cut - 1);
	quiesce_log(&quiesce_to_stderr, QUIESCE_WARNING, "%s:%u: cut short: %s%s", name,
		    problem->line, pcireset_address_format(problem->cut, address), more);
}

int quiesce_dump_open(const char *name, struct pcireset_io **ret_io)
{
	struct pcireset_dump_problem problem;
	_cleanup_free_ char *text = NULL;
	int r;

	r = read_dump(name, &text);
	if (r < 0) {
		quiesce_log(&quiesce_to_stderr, QUIESCE_ERR, "%s: %s", name,
			    quiesce_file_problem(r));
		return QUIESCE_BAD_FUNCTIONS;
	}
	r = pcireset_io_open_dump(text, &problem, ret_io);
	if (r == 0) {
		warn_of_cut(name, &problem);
		return QUIESCE_OK;
	}
	if (r != -EBADMSG)
		return quiesce_fail(name, r);
	if (problem.line)
		quiesce_log(&quiesce_to_stderr, QUIESCE_ERR, "%s:%u: %s", name, problem.line,
			    problem.words);
	else
		quiesce_log(&quiesce_to_stderr, QUIESCE_ERR, "%s: %s", name, problem.words);
	return QUIESCE_BAD_USAGE;
}
