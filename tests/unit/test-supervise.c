/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A supervisor and real processes, below a root of files. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "fake_io.h"
#include "supervise.h"

#define NIC "sys/bus/pci/devices/0000:00:01.0/"

static char root[64];
static struct quiesce_config config;
static const struct quiesce_log quiet = { .kmsg_fd = -1, .stderr_max = -1 };

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

static void expect_all_put_back(void)
{
	expect("sys/bus/pci/drivers_autoprobe", "1\n");
	expect(NIC "driver_override", "\n");
	expect(NIC "reset_method", "flr pm");
	expect("sys/bus/pci/drivers_probe", "0000:00:01.0");
	expect("proc/sys/kernel/printk_devkmsg", "ratelimit\n");
	expect("proc/sys/kernel/hung_task_panic", "1\n");
}

static void does_its_work(struct quiesce_shared *shared, uint64_t started_us, int tell_fd,
			  void *data)
{
	change_things(shared);
	shared->exit_code = 0;
	quiesce_tell(tell_fd, QUIESCE_TELL_DONE);
}

static void a_worker_that_does_its_work_gives_its_exit_code(void **state)
{
	(void)state;
	assert_int_equal(supervise(does_its_work, -1), 0);
	expect_all_put_back();
}

static void dies(struct quiesce_shared *shared, uint64_t started_us, int tell_fd, void *data)
{
	change_things(shared);
	shared->exit_code = 0;
	(void)raise(SIGKILL);
}

static void what_a_dead_worker_left_is_put_back(void **state)
{
	(void)state;
	assert_int_equal(supervise(dies, -1), QUIESCE_BAD_FUNCTIONS);
	expect_all_put_back();
}

static void hangs(struct quiesce_shared *shared, uint64_t started_us, int tell_fd, void *data)
{
	change_things(shared);
	for (;;)
		(void)pause();
}

static void a_worker_that_hangs_is_killed_at_its_deadline(void **state)
{
	uint64_t started_us = quiesce_monotonic_us();

	(void)state;
	assert_int_equal(supervise(hangs, -1), QUIESCE_BAD_FUNCTIONS);
	assert_in_range(quiesce_monotonic_us() - started_us, 300000, 1300000);
	expect_all_put_back();
}

static void hangs_later(struct quiesce_shared *shared, uint64_t started_us, int tell_fd,
			void *data)
{
	change_things(shared);
	shared->drivers_ms = 600;
	quiesce_tell(tell_fd, QUIESCE_TELL_CONFIG);
	quiesce_tell(tell_fd, QUIESCE_TELL_QUIESCED);
	for (;;)
		(void)pause();
}

static void behind_the_resets_the_second_deadline_counts(void **state)
{
	uint64_t started_us = quiesce_monotonic_us();

	(void)state;
	config.deadline_ms = 20000;
	assert_int_equal(supervise(hangs_later, -1), QUIESCE_BAD_FUNCTIONS);
	/* It has seven tenths of that time; putting back has the rest. */
	assert_in_range(quiesce_monotonic_us() - started_us, 420000, 1500000);
	expect_all_put_back();
}

static void whoever_interrupts_gets_everything_back(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "!", 1), 1);
	config.deadline_ms = 20000;
	assert_int_equal(supervise(hangs, fds[0]), QUIESCE_BAD_FUNCTIONS);
	/* It may have been stopped before it changed anything. */
	expect("sys/bus/pci/drivers_autoprobe", "1\n");
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void a_running_watchdog_shortens_the_deadlines(void **state)
{
	uint64_t started_us = quiesce_monotonic_us();

	(void)state;
	make("sys/class/watchdog/watchdog0/state", "inactive\n");
	make("sys/class/watchdog/watchdog0/timeleft", "1\n");
	make("sys/class/watchdog/watchdog1/state", "active\n");
	make("sys/class/watchdog/watchdog1/timeout", "4\n");
	assert_int_equal(quiesce_watchdog_ms(root), 4000);
	make("sys/class/watchdog/watchdog1/timeleft", "2\n");
	assert_int_equal(quiesce_watchdog_ms(root), 2000);

	config.deadline_ms = 10000;
	config.drivers_ms = 15000;
	assert_int_equal(supervise(hangs, -1), QUIESCE_BAD_FUNCTIONS);
	/* Three quarters of two seconds, two fifths of which are the first deadline's. */
	assert_in_range(quiesce_monotonic_us() - started_us, 600000, 1500000);
	expect_all_put_back();
}

static void without_a_watchdog_nothing_is_shorter(void **state)
{
	uint32_t deadline_ms = 10000, drivers_ms = 15000;

	(void)state;
	assert_int_equal(quiesce_watchdog_ms(root), UINT32_MAX);
	quiesce_deadlines_fit(&deadline_ms, &drivers_ms, UINT32_MAX);
	assert_int_equal(deadline_ms, 10000);
	assert_int_equal(drivers_ms, 15000);
	quiesce_deadlines_fit(&deadline_ms, &drivers_ms, 5000);
	assert_int_equal(deadline_ms, 2000);
	assert_int_equal(drivers_ms, 3000);
}

static void leaves_one_stuck(struct quiesce_shared *shared, uint64_t started_us, int tell_fd,
			     void *data)
{
	change_things(shared);
	shared->journal->entries[0].stuck = true;
	shared->exit_code = 1;
	quiesce_tell(tell_fd, QUIESCE_TELL_DONE);
}

/* Reading lets whoever waits to write go on. */
static void read_fifo(const char *path, char *buffer, size_t bytes)
{
	struct pollfd fifo = { .events = POLLIN };
	char full[256];
	ssize_t n;

	full_path(path, full, sizeof(full));
	fifo.fd = open(full, O_RDONLY | O_NONBLOCK);
	assert_true(fifo.fd >= 0);
	assert_int_equal(poll(&fifo, 1, 5000), 1);
	n = read(fifo.fd, buffer, bytes - 1);
	assert_true(n > 0);
	buffer[n] = '\0';
	(void)close(fifo.fd);
}

static void make_fifo(const char *path)
{
	char full[256];

	full_path(path, full, sizeof(full));
	(void)unlink(full);
	assert_int_equal(mkfifo(full, 0644), 0);
}

static void what_is_stuck_is_freed_when_its_reset_returns_and_nobody_waits(void **state)
{
	uint64_t started_us = quiesce_monotonic_us();
	char text[64];

	(void)state;
	/* As the lock of a device: the write waits until somebody lets it. */
	make_fifo(NIC "driver_override");
	make_fifo("sys/bus/pci/drivers_probe");
	assert_int_equal(supervise(leaves_one_stuck, -1), 1);
	assert_in_range(quiesce_monotonic_us() - started_us, 0, 900000);
	expect("sys/bus/pci/drivers_autoprobe", "1\n");
	/* While it waits a hung task must be no panic. */
	expect("proc/sys/kernel/hung_task_panic", "0\n");

	/* A probe that matches nothing waits for the lock. */
	read_fifo("sys/bus/pci/drivers_probe", text, sizeof(text));
	assert_string_equal(text, "0000:00:01.0");
	read_fifo(NIC "driver_override", text, sizeof(text));
	assert_string_equal(text, "\n");
	read_fifo("sys/bus/pci/drivers_probe", text, sizeof(text));
	assert_string_equal(text, "0000:00:01.0");
}

static void make_config(uint32_t id)
{
	uint8_t bytes[256];
	char full[256];
	int fd;

	memset(bytes, id == UINT32_MAX ? 0xff : 0, sizeof(bytes));
	memcpy(bytes, &id, sizeof(id));
	full_path(NIC "config", full, sizeof(full));
	fd = open(full, O_RDWR | O_CREAT, 0644);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	assert_int_equal(close(fd), 0);
}

/* The engine has waited for it for as long as it may. */
static void leaves_one_away(struct quiesce_shared *shared, uint64_t started_us, int tell_fd,
			    void *data)
{
	struct pcireset_journal_entry *entry = &shared->journal->entries[0];

	change_things(shared);
	entry->overridden = false;
	entry->method_before[0] = '\0';
	entry->late = true;
	entry->quiet_until_us = 1;
	entry->saved = (struct pcireset_saved){
		.id = 0x10d38086, .n = 1, .registers = { { 0x10, 4, 0xfe000000 } }
	};
	quiesce_tell(tell_fd, QUIESCE_TELL_DONE);
}

static void what_comes_back_late_gets_its_registers_and_then_its_driver(void **state)
{
	uint64_t started_us = quiesce_monotonic_us();
	char full[256], text[64];
	uint32_t bar;
	int fd;

	(void)state;
	make(NIC "driver_override", "(null)\n");
	make_config(UINT32_MAX);
	make_fifo("sys/bus/pci/drivers_probe");
	assert_int_equal(supervise(leaves_one_away, -1), QUIESCE_BAD_FUNCTIONS);
	assert_in_range(quiesce_monotonic_us() - started_us, 0, 900000);
	expect("sys/bus/pci/drivers_autoprobe", "1\n");
	expect(NIC "driver_override", "pci-quiesce");

	make_config(0x10d38086);
	read_fifo("sys/bus/pci/drivers_probe", text, sizeof(text));
	assert_string_equal(text, "0000:00:01.0");
	expect(NIC "driver_override", "\n");
	full_path(NIC "config", full, sizeof(full));
	fd = open(full, O_RDONLY);
	assert_int_equal(pread(fd, &bar, sizeof(bar), 0x10), sizeof(bar));
	assert_int_equal(bar, 0xfe000000);
	(void)close(fd);
}

static void leaves_a_child(struct quiesce_shared *shared, uint64_t started_us, int tell_fd,
			   void *data)
{
	shared->left_behind = true;
	does_its_work(shared, started_us, tell_fd, data);
}

static void while_a_child_is_left_behind_a_hung_task_is_no_panic(void **state)
{
	(void)state;
	assert_int_equal(supervise(leaves_a_child, -1), 0);
	expect("proc/sys/kernel/hung_task_panic", "0\n");
	expect(NIC "driver_override", "\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_worker_that_does_its_work_gives_its_exit_code),
		TEST(what_a_dead_worker_left_is_put_back),
		TEST(a_worker_that_hangs_is_killed_at_its_deadline),
		TEST(behind_the_resets_the_second_deadline_counts),
		TEST(whoever_interrupts_gets_everything_back),
		TEST(a_running_watchdog_shortens_the_deadlines),
		TEST(without_a_watchdog_nothing_is_shorter),
		TEST(what_is_stuck_is_freed_when_its_reset_returns_and_nobody_waits),
		TEST(what_comes_back_late_gets_its_registers_and_then_its_driver),
		TEST(while_a_child_is_left_behind_a_hung_task_is_no_panic),
	};

	return cmocka_run_group_tests_name("supervise", tests, NULL, NULL);
}
