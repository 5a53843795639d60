/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine in memory behind struct pcireset_io: all of configuration space, no
 * sleeping, as many functions as wanted, and nothing of a test framework. Only
 * what planning may do works; a write aborts.
 */
#ifndef FLAT_IO_H
#define FLAT_IO_H

#include "pcireset.h"

#define FLAT_CONFIG_BYTES 4096

/**
 * struct flat_function - one function
 * @config_bytes: how much of @config can be read
 * @methods: text of reset_method, or NULL for no such attribute; not freed
 * @has_reset_subordinate: of a bridge
 * @n_reads: how often its configuration space was read
 */
struct flat_function {
	struct pcireset_address address;
	uint16_t config_bytes;
	const char *methods;
	bool has_reset_subordinate;
	size_t n_reads;
	uint8_t config[FLAT_CONFIG_BYTES];
};

struct flat {
	struct pcireset_io io;
	struct flat_function *functions; /* heap */
	size_t n;
	size_t capacity;
};

/** flat_add() - one more function, zeroed, all of its space readable; aborts without memory */
struct flat_function *flat_add(struct flat *flat, struct pcireset_address address);
/** flat_open() - ready to be read; of functions with one address the first stays */
const struct pcireset_io *flat_open(struct flat *flat);
void flat_free(struct flat *flat);
/** flat_put() - the low @bytes of @value at @reg */
void flat_put(struct flat_function *function, unsigned int reg, uint32_t value, size_t bytes);

#endif
