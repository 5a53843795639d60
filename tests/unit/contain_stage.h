/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fenced machine whose functions are to be isolated; for one test program each. */
#ifndef CONTAIN_STAGE_H
#define CONTAIN_STAGE_H

#include <errno.h>
#include <setjmp.h>
#include <string.h>

#include "fake_direct.h"
#include "pcireset_contain.h"

static struct pcireset_contained list[8];
static jmp_buf death;
static int dies_at, n_moments;

static void scan(void)
{
	direct_prepare();
	memset(list, 0, sizeof(list));
	for (size_t i = 0; i < machine.n; i++)
		list[i].wanted = !pcireset_is_bridge(&machine.functions[i]);
	journal[0].n = machine.n;
	fake_forget_log(&direct);
	direct.now_us = 0;
}

static const char *override_of(const struct fake_function *f)
{
	char path[PCIRESET_PATH_BYTES];

	return fake_find_attr(&direct, pcireset_attr_path(f->address, "driver_override", path))->text;
}

static inline void die(bool made)
{
	(void)made;
	if (n_moments++ == dies_at)
		longjmp(death, 1);
}

/* Return: did it die. Then whoever lives on has put back what is not to stay. */
static inline bool dies(int at, void (*on_write)(bool made), void (*work)(void))
{
	volatile bool died = false;

	dies_at = at;
	n_moments = 0;
	direct.on_write = on_write;
	if (setjmp(death) == 0)
		work();
	else
		died = true;
	direct.on_write = NULL;
	for (size_t i = 0; i < machine.n; i++)
		assert_int_equal(pcireset_journal_restore(&direct.io, &entries[i]), 0);
	return died;
}

#endif
