/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machines of any size for the model clock. */
#ifndef MODEL_MACHINE_H
#define MODEL_MACHINE_H

#include "flat_parts.h"

/** enum model_machine - what a machine is made of */
enum model_machine {
	MODEL_FLR,   /* endpoints have FLR */
	MODEL_MIXED, /* some have only the reset of their bus; and one conventional bus */
	MODEL_MACHINES,
};

const char *model_machine_word(enum model_machine machine);
/** model_machine_make() - @n functions in all, ports and bridges counted */
void model_machine_make(struct flat *flat, enum model_machine machine, size_t n);
/** model_register_word() - the dword's name; returns @text */
const char *model_register_word(unsigned int reg, char *text, size_t bytes);

#endif
