/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON that the healthy machine or an earlier run left: the manifest, the report. */
#include "fuzz.h"

#include <cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "manifest.h"
#include "report.h"

#define ROOT_BYTES 64

/* A directory for this process, so that several may run; its files are made anew. */
static void make_root(char *root)
{
	const char *const parts[] = { "", "/run", "/run/pci-quiesce" };
	char path[ROOT_BYTES + 32];

	(void)snprintf(root, ROOT_BYTES, "/dev/shm/pci-quiesce-fuzz-%d", (int)getpid());
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", root, parts[i]);
		fuzz_check(mkdir(path, 0700) == 0 || errno == EEXIST, "no directory for the report");
	}
}

static void remove_root(const char *root)
{
	const char *const parts[] = { "/" QUIESCE_REPORT, "/run/pci-quiesce", "/run", "" };
	char path[ROOT_BYTES + 32];

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", root, parts[i]);
		(void)remove(path);
	}
}

static void put_report(const char *root, const uint8_t *data, size_t size)
{
	_cleanup_close_ int fd = -1;
	char path[ROOT_BYTES + 32];

	(void)snprintf(path, sizeof(path), "%s/" QUIESCE_REPORT, root);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	fuzz_check(fd >= 0 && write(fd, data, size) == (ssize_t)size, "the report was not written");
}

static void look_up(const struct cJSON *report)
{
	const struct pcireset_address address = { .bus = 1 };
	const struct cJSON *found = quiesce_report_find(report, address);

	(void)quiesce_report_is_complete(report);
	fuzz_check(quiesce_report_mode(report), "a report without a mode");
	fuzz_check(!found || cJSON_IsObject(found), "found what is no function");
}

static void read_report(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = NULL;
	struct cJSON *report;
	char root[ROOT_BYTES];
	int r;

	make_root(root);
	put_report(root, data, size);
	r = quiesce_report_read(root, &text, &report);
	fuzz_check(r == 0 || r == -EBADMSG, "neither a report nor none");
	if (r == 0) {
		look_up(report);
		cJSON_Delete(report);
	}
	remove_root(root);
}

static void check_comparison(const struct quiesce_comparison *comparison,
			     const struct pcireset_machine *machine)
{
	const struct quiesce_manifest *manifest = &comparison->manifest;

	fuzz_check(comparison->n <= manifest->n + machine->n, "more differences than functions");
	for (size_t i = 0; i < comparison->n; i++) {
		const struct quiesce_difference *d = &comparison->differences[i];

		fuzz_check(d->was < manifest->n || d->was == PCIRESET_NONE,
			   "a difference of what was not there");
		fuzz_check(d->is < machine->n || d->is == PCIRESET_NONE,
			   "a difference of what is not there");
		fuzz_check(d->was != PCIRESET_NONE || d->is != PCIRESET_NONE,
			   "a difference of nothing");
	}
}

static void read_manifest(const char *text)
{
	struct pcireset_function functions[] = {
		{ .address = { .bus = 0 }, .vendor = 0x8086, .device = 0x29c0, .answers = true },
		{ .address = { .bus = 1 }, .vendor = 0x8086, .device = 0x1533, .answers = true },
		{ .address = { .bus = 2 }, .vendor = 0x144d, .device = 0xa80a, .answers = true },
	};
	const struct pcireset_machine machine = { functions, ARRAY_SIZE(functions) };
	struct quiesce_comparison *comparison = calloc(1, sizeof(*comparison));
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		functions[i].parent = PCIRESET_NONE;
		functions[i].physical = PCIRESET_NONE;
		functions[i].behind = PCIRESET_NONE;
	}
	fuzz_check(comparison, "out of memory");
	r = quiesce_manifest_parse(text, &comparison->manifest);
	fuzz_check(r == 0 || r == -EBADMSG, "neither a manifest nor none");
	for (size_t i = 0; i < comparison->manifest.n; i++)
		fuzz_check(strlen(comparison->manifest.functions[i].path) < QUIESCE_PATH_BYTES_MAX,
			   "a path that is too long");
	fuzz_check(quiesce_manifest_compare(&machine, comparison) == 0, "out of memory");
	check_comparison(comparison, &machine);
	quiesce_comparison_free(comparison);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = fuzz_text(data, size);

	read_manifest(text);
	read_report(data, size);
	return 0;
}
