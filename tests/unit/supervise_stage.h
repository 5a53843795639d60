/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A supervisor and real processes, below a root of files; for one test program each. */
#ifndef SUPERVISE_STAGE_H
#define SUPERVISE_STAGE_H

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fake_io.h"
#include "supervise.h"

#define NIC "sys/bus/pci/devices/0000:00:01.0/"

static char root[64];
static struct quiesce_config config;
static struct quiesce_log quiet = { .kmsg_fd = -1, .stderr_max = -1 };

static void full_path(const char *path, char *buffer, size_t bytes)
{
	assert_true(snprintf(buffer, bytes, "%s/%s", root, path) < (int)bytes);
}

static void make(const char *path, const char *text)
{
	char full[256], *slash;
	int fd;

	full_path(path, full, sizeof(full));
	for (slash = strchr(full + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

static void expect(const char *path, const char *text)
{
	_cleanup_free_ char *now = NULL;

	assert_int_equal(quiesce_file_read(root, path, 4096, &now), 0);
	assert_string_equal(now, text);
}

static int setup(void **state)
{
	(void)state;
	(void)strcpy(root, "test-supervise.XXXXXX");
	assert_non_null(mkdtemp(root));
	make("sys/bus/pci/drivers_autoprobe", "1\n");
	make("sys/bus/pci/drivers_probe", "");
	make("proc/sys/kernel/printk_devkmsg", "ratelimit\n");
	make("proc/sys/kernel/hung_task_panic", "1\n");
	make(NIC "class", "0x020000\n");
	make(NIC "driver_override", "pci-quiesce");
	make(NIC "reset_method", "flr");
	quiesce_config_defaults(&config);
	config.deadline_ms = 300;
	config.drivers_ms = 1000;
	return 0;
}

static int teardown(void **state)
{
	char command[96];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

static int supervise(quiesce_worker *worker, int interrupt_fd)
{
	return quiesce_supervise(&(struct quiesce_supervision){
		.log = &quiet,
		.root = root,
		.config = &config,
		.interrupt_fd = interrupt_fd,
		.worker = worker,
	});
}

/* In the middle of a reset: one method pinned, drivers kept away. */
static void change_things(struct quiesce_shared *shared)
{
	struct pcireset_journal_entry *entry = &shared->journal->entries[0];

	quiesce_autoprobe_off(shared);
	expect("sys/bus/pci/drivers_autoprobe", "0\n");
	expect("proc/sys/kernel/printk_devkmsg", "on\n");
	expect("proc/sys/kernel/hung_task_panic", "0\n");
	entry->address = (struct pcireset_address){ .device = 1 };
	entry->overridden = true;
	(void)strcpy(entry->method_before, "flr pm");
	entry->in_use = true;
	shared->journal->n = 1;
}

static void does_its_work(struct quiesce_shared *shared, uint64_t started_us, int tell_fd,
			  void *data)
{
	change_things(shared);
	shared->exit_code = 0;
	quiesce_tell(tell_fd, QUIESCE_TELL_DONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
