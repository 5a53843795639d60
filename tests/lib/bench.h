/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What benches in C share: the clock, and the targets of their JSON. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct bench_targets - zeroed by its maker
 * @n: how many were printed
 * @n_missed: those of them that were missed
 */
struct bench_targets {
	size_t n;
	size_t n_missed;
};

/** bench_cpu_us() - processor time of this process */
double bench_cpu_us(void);
/** bench_must() - or the bench itself is broken: says so and exits with 2 */
void bench_must(bool holds, const char *words);
/** bench_target() - print an element of "targets" */
void bench_target(struct bench_targets *targets, const char *what, double value, double limit);

#endif
