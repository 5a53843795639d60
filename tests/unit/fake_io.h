/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A scripted machine behind struct pcireset_io. Nothing sleeps: time is a
 * number that config accesses and sleeps move on. Every access is recorded as
 * a line of text, so that a test compares a whole sequence with a literal.
 */
#ifndef FAKE_IO_H
#define FAKE_IO_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pcireset.h"

#define FAKE_FUNCTIONS 256
#define FAKE_ATTRS 256
#define FAKE_JOBS 32
#define FAKE_CONFIG_BYTES 4096

/* What a function does when a reset of its own is written to it. */
enum fake_flr {
	FAKE_FLR_NONE, /* has none: the bit is just a bit */
	FAKE_FLR_WORKS,
	FAKE_FLR_DOES_NOTHING,
	FAKE_FLR_NEVER_RETURNS, /* ones */
	FAKE_FLR_STAYS_BUSY,	/* Request Retry Status: an id of 0001 */
	FAKE_FLR_CHANGES_ID,
};

struct fake_function {
	struct pcireset_address address;
	uint8_t config[FAKE_CONFIG_BYTES];
	size_t config_bytes;  /* what can be read of it; 256, of a port 4096 */
	bool gone;            /* reads as ones */
	uint64_t answers_at_us; /* and before that, too */
	bool dies_of_writes;  /* gone from the first write on */
	unsigned int dies_after; /* so many accesses; 0: never */
	bool sticky_master;   /* Bus Master cannot be cleared */
	bool locked_down;     /* config writes fail with -EPERM */
	enum fake_flr flr;
	uint16_t erased[2];	/* dwords that it erases, too */
	void (*erases)(uint8_t *config); /* and what else */
	uint16_t fixed;		/* one that it does not erase, or 0 */
	uint64_t flr_us;	/* how long it takes */
	uint64_t quiet_us;	/* and how long nobody may touch it */
	uint64_t quiet_until_us;
	uint64_t dead_read_us;	/* what a read costs that nobody answers */
	struct fake_function *above; /* the bridge that leads to it, or NULL: always reached */
	enum fake_flr bus_reset;     /* what a reset of its bus does; FAKE_FLR_NONE: it works */
	bool holds;		     /* of a bridge: Secondary Bus Reset cannot be cleared */
	bool forgets;		     /* of a bridge: its bus numbers cannot be written */
	uint64_t link_us;	     /* of a bridge: until its link is active again */
	uint64_t link_at_us;
	void (*released)(uint8_t *config); /* of a bridge: what a reset leaves in it */
	int pending_reads;    /* DEVSTA shows pending for so many reads; -1: for ever */
};

struct fake_attr {
	char path[128];
	char text[256];
	bool link;
	int link_error;       /* -errno of reading a link, or 0 */
	int read_error;       /* -errno of reading it, or 0 */
	int write_error;      /* -errno of a write, or 0 */
	const char *refused;  /* the one text that is invalid, or NULL */
	unsigned int busy_writes; /* so many fail with -EAGAIN at once, before all that */
	uint64_t blocks_us;   /* how long a write takes in a job; UINT64_MAX: for ever */
	void (*written)(struct fake_function *function); /* what a write does */
	struct fake_function *function;
};

struct fake_job {
	struct pcireset_job *job;
	uint64_t ends_us;
};

struct fake {
	struct pcireset_io io;
	struct fake_function functions[FAKE_FUNCTIONS];
	size_t n_functions;
	struct fake_attr attrs[FAKE_ATTRS];
	size_t n_attrs;
	struct fake_job jobs[FAKE_JOBS];
	size_t n_jobs;
	size_t most_jobs;
	uint64_t now_us;
	bool unscanned; /* configuration space is out of reach until a scan */
	void (*on_write)(bool made); /* called before and after each write, if any */
	char log[16384];
};

void fake_init(struct fake *fake);
/* Adds a type 0 function: id as device << 16 | vendor, 24 bits of class. */
struct fake_function *fake_endpoint(struct fake *fake, const char *address, uint32_t id,
				    uint32_t class_code, uint16_t command);
/* Adds a PCI Express root port above buses @secondary to @subordinate. */
struct fake_function *fake_port(struct fake *fake, const char *address, uint8_t secondary,
				uint8_t subordinate);
/* Adds a capability at @at behind those before; @next_at is patched in. */
void fake_capability(struct fake_function *function, uint8_t at, uint8_t id);
/* PCI Express at 0x40, an endpoint's, with or without FLR. */
void fake_express(struct fake_function *function, bool flr);
/* Adds an extended capability at @at behind those before; from 0x100 on. */
void fake_extended(struct fake_function *function, uint16_t at, uint16_t id);
struct fake_attr *fake_attr(struct fake *fake, const struct fake_function *function,
			    const char *name, const char *text);
struct fake_attr *fake_find_attr(struct fake *fake, const char *path);
/* What the kernel offers: reset_method, reset and driver_override. */
struct fake_attr *fake_resets(struct fake *fake, struct fake_function *function,
			      const char *methods);
/* @function is reached through @bridge, and reset with its bus. */
void fake_below(struct fake_function *function, struct fake_function *bridge);
/* fake_bus.c: a write may begin or end a reset of the bus below; can it be reached */
void fake_bus_written(struct fake *fake, struct fake_function *bridge, uint16_t reg,
		      uint32_t before);
bool fake_bus_reaches(const struct fake_function *function);
void fake_reset_function(struct fake *fake, struct fake_function *function,
			 enum fake_flr kind);
void fake_forget_log(struct fake *fake);
/* A file of the machine's that the code under test opens by itself. */
void fake_append(const char *root, const char *name, const char *text);
void fake_put(uint8_t *config, unsigned int reg, uint32_t value, size_t bytes);
uint32_t fake_get(const uint8_t *config, unsigned int reg, size_t bytes);

/* Does not return; ends with the process that forked the caller. */
void fake_hang(void) __attribute__((noreturn));

#endif
