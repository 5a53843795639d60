/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A static program cannot load libraries, and without codecs libkmod wants
 * none: this comes before the system's header, so that the linker has nothing
 * to warn of.
 */
#ifndef NO_DLOPEN_DLFCN_H
#define NO_DLOPEN_DLFCN_H

#include <stddef.h>

#define RTLD_LAZY 0

static inline void *dlopen(const char *file, int flags)
{
	(void)file;
	(void)flags;
	return NULL;
}

static inline void *dlsym(void *library, const char *symbol)
{
	(void)library;
	(void)symbol;
	return NULL;
}

static inline int dlclose(void *library)
{
	(void)library;
	return 0;
}

#endif
