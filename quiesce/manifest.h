/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The healthy machine, as the crash image remembers it. */
#ifndef QUIESCE_MANIFEST_H
#define QUIESCE_MANIFEST_H

#include "target.h"

/** Written into the image when it is built; conf/manifest.schema.json. */
#define QUIESCE_MANIFEST "usr/lib/pci-quiesce/manifest.json"
/** Longest manifest that is read: some 8,000 functions. */
#define QUIESCE_MANIFEST_BYTES_MAX (4u * 1024 * 1024)
/** Longest path of a function from its root port, with its NUL. */
#define QUIESCE_PATH_BYTES_MAX 256

/**
 * struct quiesce_manifest_function - what is compared of a function
 * @address: where it was
 * @vendor: id
 * @device: id
 * @is_virtual: a VF; a crash kernel lists none that nobody enables
 * @is_behind: in a domain that another function provides (VMD)
 * @path: from the root port, "0000:00:1c.0/00.0"; heap
 */
struct quiesce_manifest_function {
	struct pcireset_address address;
	uint16_t vendor;
	uint16_t device;
	bool is_virtual;
	bool is_behind;
	char *path;
};

struct quiesce_manifest {
	struct quiesce_manifest_function *functions;
	size_t n;
};

/* manifest.c */

/**
 * quiesce_path_format() - how a function is reached; bus numbers of switches are not in it
 * @buffer: QUIESCE_PATH_BYTES_MAX bytes; cut there
 *
 * Return: @buffer.
 */
const char *quiesce_path_format(const struct pcireset_machine *machine, size_t i, char *buffer);
/** quiesce_manifest_print() - the machine as a manifest; -ENOMEM */
int quiesce_manifest_print(const char *root, const struct pcireset_machine *machine,
			   const struct quiesce_target *target, FILE *out);

/* manifest_parse.c */

/**
 * quiesce_manifest_parse() - read a manifest; nothing in it is believed
 * @text: NUL-terminated
 * @ret_manifest: quiesce_manifest_free()
 *
 * Return: 0, -EBADMSG where it is none or ends early, -ENOMEM.
 */
int quiesce_manifest_parse(const char *text, struct quiesce_manifest *ret_manifest);
void quiesce_manifest_free(struct quiesce_manifest *manifest);

/* manifest_compare.c */

/**
 * struct quiesce_difference - one function that is not where the manifest has it
 * @was: index in the manifest, or PCIRESET_NONE: it is new
 * @is: index in the machine, or PCIRESET_NONE: it is missing
 */
struct quiesce_difference {
	size_t was;
	size_t is;
};

/**
 * struct quiesce_comparison - the machine against the manifest
 * @manifest: as read
 * @differences: heap
 * @n: how many
 */
struct quiesce_comparison {
	struct quiesce_manifest manifest;
	struct quiesce_difference *differences;
	size_t n;
};

/**
 * quiesce_manifest_compare() - by path and ids, then by address and ids
 * @machine: with its topology
 * @comparison: with its manifest; the rest is filled in
 *
 * Missing VFs, and missing functions of domains that are not there because
 * nobody loaded what provides them, are no difference.
 *
 * Return: 0 or -ENOMEM.
 */
int quiesce_manifest_compare(const struct pcireset_machine *machine,
			     struct quiesce_comparison *comparison);
/**
 * quiesce_manifest_stage() - compare with the image's manifest, if it has one
 * @run: with its topology; comparison is set, and a few lines are logged
 *
 * Changes no decision. A manifest that cannot be read is a warning.
 */
void quiesce_manifest_stage(struct quiesce_run *run);
/** quiesce_manifest_report() - the report's key, with a comma behind it; -ENOMEM */
int quiesce_manifest_report(const struct quiesce_run *run, FILE *out);
void quiesce_comparison_free(struct quiesce_comparison *comparison);

#endif
