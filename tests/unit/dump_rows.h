/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of dumps. */
#ifndef DUMP_ROWS_H
#define DUMP_ROWS_H

#include <stdio.h>

/* A header of 64 bytes: an Ethernet controller with Bus Master. */
#define ROWS                                                     \
	"00: 86 80 d3 10 06 04 10 00 00 00 00 02 00 00 00 00\n"  \
	"10: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n"  \
	"20: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n"  \
	"30: 00 00 00 00 c8 00 00 00 00 00 00 00 0b 01 00 00\n"

/* The same function without a capability list. */
#define ROWS_WITHOUT_LIST                                        \
	"00: 86 80 d3 10 06 04 00 00 00 00 00 02 00 00 00 00\n"  \
	"10: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n"  \
	"20: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n"  \
	"30: 00 00 00 00 00 00 00 00 00 00 00 00 0b 01 00 00\n"

/* A bridge above bus 1. */
#define PORT_ROWS                                                \
	"00: 86 80 10 a1 06 04 10 00 00 00 04 06 00 00 01 00\n"  \
	"10: 00 00 00 00 00 00 00 00 00 01 01 00 00 00 00 00\n"  \
	"20: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n"  \
	"30: 00 00 00 00 40 00 00 00 00 00 00 00 0b 01 00 00\n"

/* @before, then rows of zeroes. */
static void add_rows(char *text, const char *before, unsigned int first, unsigned int end)
{
	text += sprintf(text, "%s", before);
	for (unsigned int at = first; at < end; at += 16) {
		const unsigned int n = end - at < 16 ? end - at : 16;

		text += sprintf(text, "%02x:", at);
		for (unsigned int k = 0; k < n; k++)
			text += sprintf(text, " 00");
		text += sprintf(text, "\n");
	}
}

#endif
