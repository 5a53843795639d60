/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random machines and decisions for them; the same for the same seed. */
#ifndef RANDOM_MACHINE_H
#define RANDOM_MACHINE_H

#include "pcireset.h"

#define RANDOM_MAX 4096

extern struct pcireset_function random_functions[RANDOM_MAX];
extern struct pcireset_decision random_decisions[RANDOM_MAX];

void random_seed(unsigned int seed);
/* 0 to @n - 1 */
unsigned int random_below(unsigned int n);
/*
 * Fills in both arrays: switches, conventional buses, several domains, VFs. Of all
 * about @spared percent are kept, fenced, hot-plug, of a bad id and so on.
 * Return: how many functions, @n.
 */
size_t random_machine(size_t n, size_t bridges_max, unsigned int spared);

#endif
