/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fuzz targets share. Whatever goes wrong aborts: libFuzzer keeps the input. */
#ifndef FUZZ_H
#define FUZZ_H

#include "quiesce.h"

/** LLVMFuzzerTestOneInput() - each target's one function; libFuzzer or replay.c calls it */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** fuzz_check() - abort with words unless it holds */
#define fuzz_check(holds, words) ((holds) ? (void)0 : fuzz_fail(__FILE__, __LINE__, words))
void fuzz_fail(const char *file, int line, const char *words) __attribute__((noreturn));

/** fuzz_text() - the input as a text up to its first NUL, as files are read; heap */
char *fuzz_text(const uint8_t *data, size_t size);

/** fuzz_quiet() - a complaint that nobody hears, and that reads all that it is given */
extern const struct quiesce_complaint fuzz_quiet;

/**
 * fuzz_plan() - plan a machine as the commands do, print it, check all of it
 * @io: only read
 * @config: configuration text
 */
void fuzz_plan(const struct pcireset_io *io, const char *config);

/* plan_check.c */

/** fuzz_check_machine() - what holds of any machine, however it was read */
void fuzz_check_machine(const struct pcireset_machine *machine);
/** fuzz_check_steps() - what holds of any plan: no reset reaches what must not be reset */
void fuzz_check_steps(const struct pcireset_machine *machine,
		      const struct pcireset_decision *decisions,
		      const struct pcireset_step *steps);

#endif
