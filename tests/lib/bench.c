/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

double bench_cpu_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

void bench_must(bool holds, const char *words)
{
	if (holds)
		return;
	(void)fprintf(stderr, "bench: %s\n", words);
	exit(2);
}

void bench_target(struct bench_targets *targets, const char *what, double value, double limit)
{
	const bool ok = value <= limit;

	(void)printf("%s{\"what\":\"%s\",\"value\":%.3f,\"limit\":%g,\"ok\":%s}",
		     targets->n ? ",\n" : "\n", what, value, limit, ok ? "true" : "false");
	targets->n++;
	targets->n_missed += !ok;
}
