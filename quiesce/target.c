/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices to the PCI functions that they need, through sysfs. */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "rules.h"
#include "target.h"

#define PATH_BYTES 1024
/* Devices on top of each other; sysfs has no loops, a copy of it may. */
#define DEPTH_MAX 8

/*
 * @root: prefix of all paths
 * @source: what is being looked at
 */
struct search {
	const char *root;
	struct quiesce_target_source source;
};

static bool read_hex(const char *directory, const char *name, unsigned long *ret_value)
{
	_cleanup_free_ char *text = NULL;
	char *end;

	if (quiesce_file_read(directory, name, 64, &text) < 0)
		return false;
	*ret_value = strtoul(text, &end, 16);
	return end != text;
}

/* PCI Code and ID Assignment Specification: PCI-to-PCI bridges are on the way only. */
static bool is_bridge(unsigned long class)
{
	return class >> 8 == 0x0604 || class >> 8 == 0x0607;
}

static int add_function(struct search *search, const char *directory,
			struct pcireset_address address, const char *way)
{
	struct quiesce_target_source *s = &search->source;
	struct quiesce_target_function *functions;
	unsigned long class, vendor, device;
	size_t at = 0;

	if (!read_hex(directory, "class", &class) || is_bridge(class) ||
	    !read_hex(directory, "vendor", &vendor) || !read_hex(directory, "device", &device))
		return 0;

	while (at < s->n && pcireset_address_compare(s->functions[at].address, address) < 0)
		at++;
	if (at < s->n && pcireset_address_compare(s->functions[at].address, address) == 0)
		return 0;
	functions = reallocarray(s->functions, s->n + 1, sizeof(*functions));
	if (!functions)
		return -ENOMEM;
	memmove(&functions[at + 1], &functions[at], (s->n++ - at) * sizeof(*functions));
	functions[at] = (struct quiesce_target_function){ address, (uint16_t)vendor,
							  (uint16_t)device, "" };
	(void)snprintf(functions[at].path, sizeof(functions[at].path), "%s", way);
	s->functions = functions;
	return 0;
}

/* Where it leads with all links followed, below sys/devices; heap, NULL for nowhere. */
static char *real_device(const struct search *search, const char *path)
{
	_cleanup_free_ char *devices = NULL, *real = realpath(path, NULL);
	char text[PATH_BYTES], *result = NULL;

	(void)snprintf(text, sizeof(text), "%s/sys/devices/", search->root);
	devices = realpath(text, NULL);
	if (devices && real && strncmp(real, devices, strlen(devices)) == 0) {
		result = real;
		real = NULL;
	}
	return result;
}

/* "" where it does not fit: a path that is cut would be another one. */
static void extend(char *way, size_t bytes, struct pcireset_address address, bool is_root)
{
	const size_t used = is_root ? 0 : strlen(way);
	char text[PCIRESET_ADDRESS_BYTES];
	int n;

	if (!is_root && !used)
		return;
	(void)pcireset_address_format(address, text);
	if (is_root)
		n = snprintf(way, bytes, "%s", text);
	else
		n = snprintf(way + used, bytes - used, "/%s", text + strlen(text) - 4);
	if (n >= (int)(bytes - used))
		way[0] = '\0';
}

/* A controller such as VMD has others behind it, so there may be two. */
static int add_path(struct search *search, char *path)
{
	char way[sizeof(((struct quiesce_target_function *)NULL)->path)] = "";
	struct pcireset_address address;
	bool is_root = true;
	int r = 0;

	for (char *at = path; r == 0 && *at;) {
		char *end = at + 1 + strcspn(at + 1, "/");
		const char last = *end;

		*end = '\0';
		if (pcireset_address_parse(at + 1, &address) == 0) {
			extend(way, sizeof(way), address, is_root);
			is_root = false;
			r = add_function(search, path, address, way);
		} else {
			is_root = true; /* "pci10000:e0" */
		}
		*end = last;
		at = end;
	}
	return r;
}

static int add_device_link(struct search *search, const char *directory)
{
	char path[PATH_BYTES];
	char *device;
	int r;

	(void)snprintf(path, sizeof(path), "%s/device", directory);
	device = real_device(search, path);
	r = device ? add_path(search, device) : 0;
	free(device);
	return r;
}

static int add_block(struct search *search, const char *path, unsigned int depth);

/*
 * Calls @add for each entry of a directory that begins with @prefix.
 * Return: how many there were, or -errno.
 */
static int for_each(struct search *search, const char *directory, const char *prefix,
		    unsigned int depth,
		    int (*add)(struct search *search, const char *path, unsigned int depth))
{
	DIR *dir = opendir(directory);
	const struct dirent *entry;
	char path[PATH_BYTES];
	int n = 0, r = 0;

	if (!dir)
		return 0;
	while (r == 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' ||
		    strncmp(entry->d_name, prefix, strlen(prefix)) != 0 ||
		    snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name) >=
			    (int)sizeof(path))
			continue;
		n++;
		r = add(search, path, depth);
	}
	(void)closedir(dir);
	return r < 0 ? r : n;
}

static int add_controller(struct search *search, const char *path, unsigned int depth)
{
	return add_device_link(search, path);
}

static int add_block(struct search *search, const char *path, unsigned int depth)
{
	_cleanup_free_ char *real = real_device(search, path);
	char below[PATH_BYTES];
	int r;

	if (!real || depth > DEPTH_MAX)
		return 0;
	/* A partition has all that in the directory of its disk. */
	(void)snprintf(below, sizeof(below), "%s/partition", real);
	if (access(below, F_OK) == 0)
		*strrchr(real, '/') = '\0';
	(void)snprintf(below, sizeof(below), "%s/slaves", real);
	r = for_each(search, below, "", depth + 1, add_block);
	if (r != 0)
		return r < 0 ? r : 0;
	if (strstr(real, "/virtual/nvme-subsystem/")) {
		*strrchr(real, '/') = '\0';
		r = for_each(search, real, "nvme", depth, add_controller);
		return r < 0 ? r : 0;
	}
	return add_path(search, real);
}

static int add_interface(struct search *search, const char *path, unsigned int depth)
{
	char interface[PATH_BYTES];
	const char *name = strrchr(path, '/') + 1;
	int r;

	if (depth > DEPTH_MAX)
		return 0;
	if (strncmp(name, "lower_", 6) == 0)
		name += 6;
	(void)snprintf(interface, sizeof(interface), "%s/sys/class/net/%s", search->root, name);
	r = for_each(search, interface, "lower_", depth + 1, add_interface);
	if (r != 0)
		return r < 0 ? r : 0;
	return add_device_link(search, interface);
}

/* Takes what was found; a name that is there already is not added again. */
static int add_source(struct quiesce_target *target, struct search *search, const char *kind,
		      const char *name)
{
	struct quiesce_target_source *sources, source = search->source;

	if (asprintf(&source.name, "%s %s", kind, name) < 0) {
		free(source.functions);
		return -ENOMEM;
	}
	for (size_t i = 0; i < target->n; i++)
		if (strcmp(target->sources[i].name, source.name) == 0) {
			free(source.name);
			free(source.functions);
			return 0;
		}
	sources = reallocarray(target->sources, target->n + 1, sizeof(*sources));
	if (!sources) {
		free(source.name);
		free(source.functions);
		return -ENOMEM;
	}
	sources[target->n++] = source;
	target->sources = sources;
	return 0;
}

/* "/dev/sda1", or what a link such as /dev/disk/by-uuid/X leads to. */
static void block_of_node(const char *root, const char *node, char *path, size_t bytes)
{
	char link[PATH_BYTES], to[PATH_BYTES];
	const char *name = node;
	struct stat st;
	ssize_t n;

	(void)snprintf(link, sizeof(link), "%s%s", root, node);
	/* dracut names nodes that are not below another root. */
	if ((stat(link, &st) == 0 || stat(node, &st) == 0) && S_ISBLK(st.st_mode)) {
		(void)snprintf(path, bytes, "%s/sys/dev/block/%u:%u", root, major(st.st_rdev),
			       minor(st.st_rdev));
		return;
	}
	n = readlink(link, to, sizeof(to) - 1);
	if (n > 0) {
		to[n] = '\0';
		name = to;
	}
	name = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	(void)snprintf(path, bytes, "%s/sys/class/block/%.255s", root, name);
}

static void find_block(const char *root, const char *name, char *path, size_t bytes)
{
	static const char *const tags[][2] = {
		{ "UUID=", "by-uuid" },
		{ "LABEL=", "by-label" },
		{ "PARTUUID=", "by-partuuid" },
		{ "PARTLABEL=", "by-partlabel" },
	};
	char node[PATH_BYTES];

	if (name[0] != '/' && strspn(name, "0123456789:") == strlen(name)) {
		(void)snprintf(path, bytes, "%s/sys/dev/block/%s", root, name);
		return;
	}
	(void)snprintf(node, sizeof(node), "%s", name);
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		const size_t n = strlen(tags[i][0]), quoted = name[n] == '"';

		if (strncmp(name, tags[i][0], n) == 0)
			(void)snprintf(node, sizeof(node), "/dev/disk/%s/%.*s", tags[i][1],
				       (int)strcspn(name + n + quoted, "\""), name + n + quoted);
	}
	block_of_node(root, node, path, bytes);
}

int quiesce_target_add_block(struct quiesce_target *target, const char *root, const char *name)
{
	struct search search = { .root = root };
	char path[PATH_BYTES];
	int r;

	find_block(root, name, path, sizeof(path));
	r = add_block(&search, path, 0);
	if (r < 0) {
		free(search.source.functions);
		return r;
	}
	return add_source(target, &search, "block device", name);
}

int quiesce_target_add_interface(struct quiesce_target *target, const char *root,
				 const char *name)
{
	struct search search = { .root = root };
	char path[PATH_BYTES];
	int r;

	(void)snprintf(path, sizeof(path), "/%s", name);
	r = strchr(name, '/') ? 0 : add_interface(&search, path, 0);
	if (r < 0) {
		free(search.source.functions);
		return r;
	}
	return add_source(target, &search, "network interface", name);
}

int quiesce_target_add_unknown(struct quiesce_target *target, const char *kind, const char *name)
{
	struct search search = { 0 };

	return add_source(target, &search, kind, name);
}

int quiesce_functions_of_class(const char *root, const char *class, const char *name,
			       struct quiesce_target_source *ret_source)
{
	struct search search = { .root = root };
	char path[PATH_BYTES];
	int r;

	(void)snprintf(path, sizeof(path), "%s/sys/class/%s/%s", root, class, name);
	r = add_device_link(&search, path);
	if (r < 0)
		free(search.source.functions);
	else
		*ret_source = search.source;
	return r;
}

void quiesce_target_print(const struct quiesce_target *target, FILE *out)
{
	char address[PCIRESET_ADDRESS_BYTES];
	bool is_known = false;

	for (size_t i = 0; i < target->n; i++)
		is_known |= target->sources[i].n > 0;
	if (!is_known)
		return;
	(void)fputs("# PCI functions that lead to the dump target\n", out);
	for (size_t i = 0; i < target->n; i++) {
		const struct quiesce_target_source *s = &target->sources[i];

		(void)fprintf(out, "%s %s\n", s->n ? "#" : QUIESCE_TARGET_UNKNOWN, s->name);
		for (size_t f = 0; f < s->n; f++)
			(void)fprintf(out, "%s %04x:%04x%s%s\n",
				      pcireset_address_format(s->functions[f].address, address),
				      s->functions[f].vendor, s->functions[f].device,
				      s->functions[f].path[0] ? " " : "", s->functions[f].path);
	}
}

void quiesce_target_free(struct quiesce_target *target)
{
	for (size_t i = 0; i < target->n; i++) {
		free(target->sources[i].name);
		free(target->sources[i].functions);
	}
	free(target->sources);
	*target = (struct quiesce_target){ 0 };
}
