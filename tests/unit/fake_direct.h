/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine whose functions are all reset by the direct engine. */
#ifndef FAKE_DIRECT_H
#define FAKE_DIRECT_H

#include "fake_io.h"

#define FUNCTION_MS 2000
#define NIC	    0x10d38086

extern struct fake direct;
extern struct pcireset_machine machine;
extern struct pcireset_step steps[FAKE_FUNCTIONS];
extern struct pcireset_outcome outcomes[FAKE_FUNCTIONS];
extern struct pcireset_journal_entry entries[FAKE_FUNCTIONS];
extern struct pcireset_journal journal[1];
extern bool vanishes; /* the first function, between the scan and its reset */

int direct_setup(void **state);
int direct_teardown(void **state);
/* Fenced: memory decoding on, INTx off; one 64-bit base address. */
struct fake_function *endpoint(const char *address, enum fake_flr flr);
/* Scan and topology; every function to be reset by its own bit. */
void direct_prepare(void);
/* The resets alone; the log and the clock begin with them. */
void direct_reset(uint32_t deadline_ms);
void direct_run(uint32_t deadline_ms);

#define TEST(name) cmocka_unit_test_setup_teardown(name, direct_setup, direct_teardown)

#endif
