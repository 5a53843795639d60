/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON that an earlier run or the healthy machine left: the report. */
#include "fuzz.h"

#include <cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_report(data, size);
	return 0;
}
