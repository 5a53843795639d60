/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which PCI functions lead to the dump target, as the healthy machine knows it. */
#ifndef QUIESCE_TARGET_H
#define QUIESCE_TARGET_H

#include "quiesce.h"

/**
 * struct quiesce_target_function - a function, and what it is
 * @path: as in a rule, from the root of its domain; "" where it is too long
 */
struct quiesce_target_function {
	struct pcireset_address address;
	uint16_t vendor;
	uint16_t device;
	char path[96];
};

/**
 * struct quiesce_target_source - a device that the dump goes to or through
 * @name: "block device NAME" or "network interface NAME"; heap
 * @functions: what it needs, ordered by address; heap
 * @n: how many; 0: no PCI function is known to lead to it, if it is there at all
 * @file: the configuration that names it, or NULL
 * @line: where there; 0: nowhere, it is the default
 */
struct quiesce_target_source {
	char *name;
	struct quiesce_target_function *functions;
	size_t n;
	const char *file;
	unsigned int line;
};

struct quiesce_target {
	struct quiesce_target_source *sources;
	size_t n;
};

void quiesce_target_free(struct quiesce_target *target);

/* Each looks below @root alone and returns 0 or -ENOMEM. What is not there has no functions. */

/* target.c */

/**
 * quiesce_target_add_block() - through partitions, dm, md, NVMe multipathing
 * @name: a node of /dev, MAJOR:MINOR, or UUID=, LABEL=, PARTUUID=, PARTLABEL=
 *
 * Bridges on the way are not among the functions; a VMD is.
 * Source: Documentation/ABI/stable/sysfs-block, slaves and partition.
 */
int quiesce_target_add_block(struct quiesce_target *target, const char *root, const char *name);
/** quiesce_target_add_interface() - through bond, team, VLAN, bridge */
int quiesce_target_add_interface(struct quiesce_target *target, const char *root,
				 const char *name);
/** quiesce_target_add_unknown() - what is no device here, such as a host without a route */
int quiesce_target_add_unknown(struct quiesce_target *target, const char *kind, const char *name);
/**
 * quiesce_target_print() - "ADDRESS VENDOR:DEVICE PATH" lines for the image
 *
 * Without functions nothing. With some, a source that has none is a line that is no comment:
 * the crash kernel must not take those of the others for all that the dump may need.
 */
void quiesce_target_print(const struct quiesce_target *target, FILE *out);
/**
 * quiesce_functions_of_class() - functions behind sys/class/CLASS/NAME/device
 * @ret_source: its name is not set; functions are heap
 */
int quiesce_functions_of_class(const char *root, const char *class, const char *name,
			       struct quiesce_target_source *ret_source);

/* target_network.c */

/**
 * quiesce_target_add_host() - interfaces that packets to a host leave through
 * @host: an IPv4 or IPv6 address; anything else: all that have a default route
 *
 * Source: net/ipv4/fib_trie.c, fib_route_seq_show(); net/ipv6/ip6_fib.c,
 * ipv6_route_native_seq_show().
 */
int quiesce_target_add_host(struct quiesce_target *target, const char *root, const char *host);

/* target_config.c */

/**
 * quiesce_target_read() - from operands and the configuration of kdump
 * @operands: block devices, interfaces, or "network" for any default route
 * @n: how many; with some, local targets of the configuration are left out
 * @ret_target: quiesce_target_free()
 *
 * Reads kdump.conf (Fedora, RHEL), sysconfig/kdump (SUSE), default/kdump-tools (Debian).
 */
int quiesce_target_read(const char *root, char *const *operands, size_t n,
			struct quiesce_target *ret_target);

/* shell_variable.c */

/**
 * quiesce_shell_variable() - NAME as a file that sh reads leaves it: NAME=VALUE, NAME+=VALUE
 * @text: the file
 * @ret_value: without quotes, on one line; nothing in it is expanded; heap
 * @ret_line: of the last assignment; may be NULL
 *
 * Return: 0, -ENOENT, -ENOMEM.
 */
int quiesce_shell_variable(const char *text, const char *name, char **ret_value,
			   unsigned int *ret_line);

#endif
