/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where kdump is told to write the dump, in the words of each distribution. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "target.h"

#define TEXT_BYTES_MAX (1024u * 1024)
#define DIRECTORY "/var/crash"

/*
 * @remote_only: local targets are known already
 * @file: configuration that is read
 * @line: of it that was read last; 0: a default
 * @n_placed: sources that know where they are named
 */
struct search {
	const char *root;
	struct quiesce_target *target;
	bool remote_only;
	const char *file;
	unsigned int line;
	size_t n_placed;
};

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* USER@HOST, HOST:PATH, HOST/PATH, [HOST]:PATH; an IPv6 address may have no brackets. */
static int add_remote(struct search *search, const char *place)
{
	const char *at = strchr(place, '@'), *colon;
	_cleanup_free_ char *host = NULL;
	size_t n;

	place = at ? at + 1 : place;
	if (place[0] == '[') {
		n = strcspn(++place, "]");
	} else {
		n = strcspn(place, "/% \t");
		colon = memchr(place, ':', n);
		if (colon && !memchr(colon + 1, ':', n - (size_t)(colon + 1 - place)))
			n = (size_t)(colon - place);
	}
	host = strndup(place, n);
	return host ? quiesce_target_add_host(search->target, search->root, host) : -ENOMEM;
}

static bool is_below(const char *path, const char *mount)
{
	const size_t n = strlen(mount);

	return begins(path, mount) && (mount[n - 1] == '/' || path[n] == '/' || !path[n]);
}

/*
 * The file system that holds a path: the longest mount point, of those the last.
 * ID PARENT MAJOR:MINOR ROOT MOUNT OPTIONS... - TYPE SOURCE OPTIONS
 * Source: Documentation/filesystems/proc.rst, 3.5.
 */
static int add_directory(struct search *search, const char *path)
{
	char number[24], mount[512], type[64], source[512];
	char best_number[24] = "", best_type[64] = "", best_source[512] = "";
	_cleanup_free_ char *text = NULL;
	size_t best = 0;
	char *rest, *line;

	if (quiesce_file_read(search->root, "proc/self/mountinfo", TEXT_BYTES_MAX, &text) < 0)
		return 0;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		const char *behind = strstr(line, " - ");

		if (!behind || sscanf(line, "%*d %*d %23s %*s %511s", number, mount) != 2 ||
		    sscanf(behind, " - %63s %511s", type, source) != 2 ||
		    !is_below(path, mount) || strlen(mount) < best)
			continue;
		best = strlen(mount);
		(void)strcpy(best_number, number);
		(void)strcpy(best_type, type);
		(void)strcpy(best_source, source);
	}
	if (begins(best_type, "nfs") || strcmp(best_type, "cifs") == 0)
		return add_remote(search, best_source + strspn(best_source, "/"));
	if (search->remote_only || !best)
		return 0;
	/* btrfs has a number that no block device has; ZFS and overlays have no device either. */
	if (begins(best_number, "0:") && best_source[0] != '/')
		return quiesce_target_add_unknown(search->target, "file system", best_source);
	if (begins(best_number, "0:"))
		return quiesce_target_add_block(search->target, search->root, best_source);
	return quiesce_target_add_block(search->target, search->root, best_number);
}

static int add_block(struct search *search, const char *name)
{
	return search->remote_only ? 0 :
				     quiesce_target_add_block(search->target, search->root, name);
}

/* All that were found since were named by this line. */
static void place(struct search *search)
{
	for (; search->n_placed < search->target->n; search->n_placed++) {
		search->target->sources[search->n_placed].file = search->file;
		search->target->sources[search->n_placed].line = search->line;
	}
}

/* 1 where the directive names no target. */
static int read_target(struct search *search, const char *word, const char *value)
{
	static const char *const local[] = { "raw", "ext2", "ext3", "ext4", "xfs", "btrfs",
					     "minix", "virtiofs" };

	if (strcmp(word, "ssh") == 0 || strcmp(word, "nfs") == 0 || strcmp(word, "nfs3") == 0 ||
	    strcmp(word, "nfs4") == 0)
		return add_remote(search, value);
	for (size_t i = 0; i < ARRAY_SIZE(local); i++)
		if (strcmp(word, local[i]) == 0)
			return add_block(search, value);
	return 1;
}

/*
 * kdump.conf(5): one target, else the file system of the path; and the root file system,
 * where a dump that fails goes there.
 */
static int read_kdump_conf(struct search *search, char *text)
{
	char word[24], value[512], path[512] = DIRECTORY;
	unsigned int path_line = 0, root_line = 0;
	int r = 1;
	char *line;

	for (search->line = 1; (line = strsep(&text, "\n")); search->line++) {
		if (sscanf(line, " %23s \"%511[^\"\n]", word, value) != 2 &&
		    sscanf(line, " %23s %511s", word, value) != 2)
			continue;
		if (strcmp(word, "path") == 0) {
			(void)strcpy(path, value);
			path_line = search->line;
		}
		/* "default" is its older name. */
		if (strcmp(word, "failure_action") == 0 || strcmp(word, "default") == 0)
			root_line = strcmp(value, "dump_to_rootfs") == 0 ? search->line : 0;
		if (r == 1)
			r = read_target(search, word, value);
		if (r < 0)
			return r;
		place(search);
	}
	search->line = path_line;
	if (r == 1)
		r = add_directory(search, path);
	place(search);
	search->line = root_line;
	return r == 0 && root_line ? add_directory(search, "/") : r;
}

/* kdump(5) of SUSE: URLs; the interface may be named: NAME:PROTOCOL. */
static int read_suse(struct search *search, const char *text, char *places)
{
	_cleanup_free_ char *network = NULL;
	char *place;
	int r = 0;

	if (quiesce_shell_variable(text, "KDUMP_NETCONFIG", &network, NULL) == -ENOMEM)
		return -ENOMEM;
	if (network)
		network[strcspn(network, ":")] = '\0';
	while (r == 0 && (place = strsep(&places, " \t"))) {
		const char *behind = strstr(place, "://");

		if (!*place)
			continue;
		if (!behind || begins(place, "file://"))
			r = add_directory(search, behind ? behind + 3 : place);
		else if (network && *network && strcmp(network, "auto") != 0 &&
			 strcmp(network, "default") != 0)
			r = quiesce_target_add_interface(search->target, search->root, network);
		else
			r = add_remote(search, behind + 3);
	}
	return r;
}

static int read_debian(struct search *search, char *text)
{
	static const char *const names[] = { "SSH", "NFS", "FTP", "KDUMP_COREDIR" };
	_cleanup_free_ char *value = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int r = quiesce_shell_variable(text, names[i], &value, &search->line);

		if (r == -ENOMEM)
			return r;
		if (r == 0 && value[0])
			return value[0] == '/' ? add_directory(search, value) :
						 add_remote(search, value);
		free(value);
		value = NULL;
	}
	search->line = 0;
	return add_directory(search, DIRECTORY);
}

static int read_sysconfig(struct search *search, char *text)
{
	_cleanup_free_ char *places = NULL;

	if (quiesce_shell_variable(text, "KDUMP_SAVEDIR", &places, &search->line) == -ENOMEM)
		return -ENOMEM;
	return places ? read_suse(search, text, places) : add_directory(search, DIRECTORY);
}

/* The first that is there. */
static int read_config(struct search *search)
{
	static const struct {
		const char *file;
		int (*read)(struct search *search, char *text);
	} configs[] = {
		{ "/etc/kdump.conf", read_kdump_conf },
		{ "/etc/sysconfig/kdump", read_sysconfig },
		{ "/etc/default/kdump-tools", read_debian },
	};
	_cleanup_free_ char *text = NULL;
	size_t i = 0;
	int r;

	while (i < ARRAY_SIZE(configs) &&
	       quiesce_file_read(search->root, configs[i].file + 1, TEXT_BYTES_MAX, &text) < 0)
		i++;
	if (!text)
		return 0;
	search->file = configs[i].file;
	search->n_placed = search->target->n;
	r = configs[i].read(search, text);
	place(search);
	return r;
}

static bool is_block(const char *root, const char *name)
{
	char path[512];

	return snprintf(path, sizeof(path), "%s/sys/class/block/%s", root, name) <
		       (int)sizeof(path) &&
	       access(path, F_OK) == 0;
}

static int read_operand(struct search *search, const char *operand)
{
	if (strcmp(operand, "network") == 0)
		return quiesce_target_add_host(search->target, search->root, "");
	if (strpbrk(operand, "/:=") || is_block(search->root, operand))
		return quiesce_target_add_block(search->target, search->root, operand);
	return quiesce_target_add_interface(search->target, search->root, operand);
}

int quiesce_target_read(const char *root, char *const *operands, size_t n,
			struct quiesce_target *ret_target)
{
	struct quiesce_target target = { 0 };
	struct search search = { .root = root, .target = &target, .remote_only = n > 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = read_operand(&search, operands[i]);
	if (r == 0)
		r = read_config(&search);
	if (r < 0) {
		quiesce_target_free(&target);
		return r;
	}
	*ret_target = target;
	return 0;
}
