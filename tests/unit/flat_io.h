/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine in memory behind struct pcireset_io: all of configuration space, no
 * sleeping, as many functions as wanted, and nothing of a test framework. Only
 * what planning may do works; a write aborts. In flat_live.h it can be reset.
 */
#ifndef FLAT_IO_H
#define FLAT_IO_H

#include "pcireset.h"

#define FLAT_CONFIG_BYTES 4096
#define FLAT_ERASED_MAX	  24

/** struct flat_erased - a dword that a reset gives another value */
struct flat_erased {
	uint16_t reg;
	uint32_t value;
};

/**
 * struct flat_function - one function
 * @config_bytes: how much of @config can be read
 * @methods: text of reset_method, or NULL for no such attribute; not freed
 * @has_reset_subordinate: of a bridge
 * @n_reads: how often its configuration space was read
 * @device_control: offset of the register whose FLR bit resets it, or 0
 * @is_conventional: of a bridge: what is below it needs longer
 * @erased: by a reset
 * @n_erased: how many
 * @quiet_until_us: end of a reset under way
 * @n_dwords_read: dwords that were read
 * @n_writes: how often it was written
 */
struct flat_function {
	struct pcireset_address address;
	uint16_t config_bytes;
	const char *methods;
	bool has_reset_subordinate;
	size_t n_reads;
	uint16_t device_control;
	bool is_conventional;
	struct flat_erased erased[FLAT_ERASED_MAX];
	size_t n_erased;
	uint64_t quiet_until_us;
	size_t n_dwords_read;
	size_t n_writes;
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
/** flat_find() - the function of an address once it is open, or NULL */
struct flat_function *flat_find(const struct flat *flat, struct pcireset_address address);
void flat_free(struct flat *flat);
/** flat_put() - the low @bytes of @value at @reg */
void flat_put(struct flat_function *function, unsigned int reg, uint32_t value, size_t bytes);

#endif
