/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which interface packets to a host leave through, by the kernel's routes. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/route.h>
#include <string.h>

#include "target.h"

#define ROUTES_BYTES_MAX (4u * 1024 * 1024)

/*
 * @family: of @address; 0: no address is wanted, only default routes count
 * @prefix: length of the best route so far, or -1
 * @metric: of that
 * @interface: of that, or the last of all
 */
struct wanted {
	int family;
	uint8_t address[16];
	int prefix;
	unsigned long metric;
	char interface[16];
};

static int prefix_of(uint32_t mask)
{
	return __builtin_popcount(mask);
}

static bool matches(const struct wanted *wanted, const uint8_t *route, int prefix)
{
	if (!wanted->family)
		return prefix == 0;
	for (int bit = 0; bit < prefix; bit++)
		if ((wanted->address[bit / 8] ^ route[bit / 8]) & (0x80 >> bit % 8))
			return false;
	return true;
}

/* One that is better replaces it; of default routes each counts. */
static int take(struct quiesce_target *target, const char *root, struct wanted *wanted,
		const char *interface, int prefix, unsigned long metric)
{
	if (strcmp(interface, "lo") == 0)
		return 0;
	if (wanted->family &&
	    (prefix < wanted->prefix || (prefix == wanted->prefix && metric >= wanted->metric)))
		return 0;
	wanted->prefix = prefix;
	wanted->metric = metric;
	(void)snprintf(wanted->interface, sizeof(wanted->interface), "%s", interface);
	return wanted->family ? 0 : quiesce_target_add_interface(target, root, interface);
}

/* Iface Destination Gateway Flags RefCnt Use Metric Mask; numbers as they are in memory. */
static int take_v4(struct quiesce_target *target, const char *root, const char *line,
		   struct wanted *wanted)
{
	uint32_t destination, flags, mask;
	unsigned long metric;
	char interface[16];

	if (sscanf(line, "%15s %8x %*8x %4x %*u %*u %lu %8x", interface, &destination, &flags,
		   &metric, &mask) != 5 ||
	    (flags & RTF_REJECT) ||
	    !matches(wanted, (const uint8_t *)&destination, prefix_of(mask)))
		return 0;
	return take(target, root, wanted, interface, prefix_of(mask), metric);
}

/* Destination, its prefix length, source, its, next hop, metric, two counters, flags, Iface. */
static int take_v6(struct quiesce_target *target, const char *root, const char *line,
		   struct wanted *wanted)
{
	char destination[33], interface[16], byte[3] = "";
	unsigned int prefix, flags;
	unsigned long metric;
	uint8_t route[16];

	if (sscanf(line, "%32s %2x %*s %*x %*s %8lx %*x %*x %8x %15s", destination, &prefix,
		   &metric, &flags, interface) != 5 ||
	    strlen(destination) != 32 || prefix > 128 || (flags & RTF_REJECT))
		return 0;
	for (size_t i = 0; i < sizeof(route); i++) {
		memcpy(byte, destination + 2 * i, 2);
		route[i] = (uint8_t)strtoul(byte, NULL, 16);
	}
	if (!matches(wanted, route, (int)prefix))
		return 0;
	return take(target, root, wanted, interface, (int)prefix, metric);
}

static int read_routes(struct quiesce_target *target, const char *root, const char *path,
		       struct wanted *wanted,
		       int (*take_line)(struct quiesce_target *target, const char *root,
					const char *line, struct wanted *wanted))
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line;
	int r;

	r = quiesce_file_read(root, path, ROUTES_BYTES_MAX, &text);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	rest = text;
	while (r == 0 && (line = strsep(&rest, "\n")))
		r = take_line(target, root, line, wanted);
	return r;
}

int quiesce_target_add_host(struct quiesce_target *target, const char *root, const char *host)
{
	struct wanted wanted = { .prefix = -1 };
	int r = 0;

	if (inet_pton(AF_INET, host, wanted.address) == 1)
		wanted.family = AF_INET;
	else if (inet_pton(AF_INET6, host, wanted.address) == 1)
		wanted.family = AF_INET6;
	if (wanted.family != AF_INET6)
		r = read_routes(target, root, "proc/net/route", &wanted, take_v4);
	if (r == 0 && wanted.family != AF_INET)
		r = read_routes(target, root, "proc/net/ipv6_route", &wanted, take_v6);
	if (r < 0)
		return r;
	return wanted.interface[0] ? quiesce_target_add_interface(target, root, wanted.interface) :
				     quiesce_target_add_unknown(target, "route to",
							host[0] ? host : "any host");
}
