/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of "lspci -xxxx", planned. A form feed ends a configuration before it. */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = fuzz_text(data, size);
	struct pcireset_dump_problem problem = { 0 };
	struct pcireset_io *io;
	char *dump = strchr(text, '\f');
	int r;

	if (dump)
		*dump++ = '\0';
	r = pcireset_io_open_dump(dump ? dump : text, &problem, &io);
	if (r < 0) {
		fuzz_check(r == -EBADMSG && problem.words, "a dump refused without a reason");
		return 0;
	}
	fuzz_plan(io, dump ? text : "");
	pcireset_io_close(io);
	return 0;
}
