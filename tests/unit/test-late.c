/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What nobody waits for: stuck resets, functions that come back late, children. */
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "supervise_stage.h"

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
	/* An earlier writer may be about to close its end. */
	do {
		fifo.fd = open(full, O_RDONLY | O_NONBLOCK);
		assert_true(fifo.fd >= 0);
		assert_int_equal(poll(&fifo, 1, 5000), 1);
		n = read(fifo.fd, buffer, bytes - 1);
		(void)close(fifo.fd);
	} while (n == 0);
	assert_true(n > 0);
	buffer[n] = '\0';
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

static void leave_one_away(quiesce_worker *worker)
{
	uint64_t started_us = quiesce_monotonic_us();

	make(NIC "driver_override", "(null)\n");
	make_config(UINT32_MAX);
	make_fifo("sys/bus/pci/drivers_probe");
	assert_int_equal(supervise(worker, -1), QUIESCE_BAD_FUNCTIONS);
	assert_in_range(quiesce_monotonic_us() - started_us, 0, 900000);
	expect("sys/bus/pci/drivers_autoprobe", "1\n");
	expect(NIC "driver_override", "pci-quiesce");
}

/* It gets its registers, and then its driver. */
static void expect_it_back(void)
{
	char full[256], text[64];
	uint32_t bar;
	int fd;

	read_fifo("sys/bus/pci/drivers_probe", text, sizeof(text));
	assert_string_equal(text, "0000:00:01.0");
	expect(NIC "driver_override", "\n");
	full_path(NIC "config", full, sizeof(full));
	fd = open(full, O_RDONLY);
	assert_int_equal(pread(fd, &bar, sizeof(bar), 0x10), sizeof(bar));
	assert_int_equal(bar, 0xfe000000);
	(void)close(fd);
}

static void what_comes_back_late_gets_its_registers_and_then_its_driver(void **state)
{
	(void)state;
	leave_one_away(leaves_one_away);
	make_config(0x10d38086);
	expect_it_back();
}

/* The worker has died in the middle of that: its register says that it was done. */
static void leaves_one_isolated(struct quiesce_shared *shared, uint64_t started_us, int tell_fd,
				void *data)
{
	struct pcireset_journal_entry *entry = &shared->journal->entries[0];

	leaves_one_away(shared, started_us, -1, data);
	entry->isolation = (struct pcireset_isolation){
		.way = PCIRESET_CONTAIN_LINK, .at = entry->address, .reg = 0x00, .bits = 0x8086
	};
	quiesce_tell(tell_fd, QUIESCE_TELL_DONE);
}

static void what_was_isolated_meanwhile_is_told_and_gets_none(void **state)
{
	char said[1024];
	ssize_t n;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	make(NIC "driver_override", "(null)\n");
	make("sys/bus/pci/drivers_probe", "nobody");
	make_config(0x10d38086);
	quiet.kmsg_fd = memfd_create("kmsg", MFD_CLOEXEC);
	assert_int_equal(supervise(leaves_one_isolated, -1), QUIESCE_BAD_FUNCTIONS);
	while (waitpid(-1, NULL, 0) > 0)
		;
	n = pread(quiet.kmsg_fd, said, sizeof(said) - 1, 0);
	(void)close(quiet.kmsg_fd);
	quiet.kmsg_fd = -1;
	assert_true(n > 0);
	said[n] = '\0';
	assert_non_null(strstr(said, "0000:00:01.0: stays isolated\n"));
	assert_null(strstr(said, "it is back"));
	expect("sys/bus/pci/drivers_probe", "nobody");
	expect(NIC "driver_override", "pci-quiesce");
}

/* Killed before it has waited for that; it is back once it was given up. */
static void dies_while_one_is_away(struct quiesce_shared *shared, uint64_t started_us, int tell_fd,
				   void *data)
{
	struct pcireset_journal_entry *entry = &shared->journal->entries[0];

	leaves_one_away(shared, started_us, -1, data);
	entry->late = false;
	if (fork() == 0) {
		(void)close(tell_fd);
		for (int i = 0; i < 5000 && !__atomic_load_n(&entry->late, __ATOMIC_RELAXED); i++)
			(void)usleep(1000);
		make_config(0x10d38086);
		_exit(0);
	}
	(void)raise(SIGKILL);
}

static void without_time_to_put_it_back_it_is_looked_after_too(void **state)
{
	char text[64];

	(void)state;
	config.drivers_ms = 100;
	leave_one_away(dies_while_one_is_away);
	/* Whoever puts it back has waited for its lock until now. */
	read_fifo("sys/bus/pci/drivers_probe", text, sizeof(text));
	assert_string_equal(text, "0000:00:01.0");
	expect_it_back();
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_stuck_is_freed_when_its_reset_returns_and_nobody_waits),
		TEST(what_comes_back_late_gets_its_registers_and_then_its_driver),
		TEST(what_was_isolated_meanwhile_is_told_and_gets_none),
		TEST(without_time_to_put_it_back_it_is_looked_after_too),
		TEST(while_a_child_is_left_behind_a_hung_task_is_no_panic),
	};

	return cmocka_run_group_tests_name("late", tests, NULL, NULL);
}
