/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worker dies before and after every single write of a whole run, the ones
 * inside a reset included. What is put back must be all that a driver needs.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "fake_io.h"
#include "supervise.h"

#define FUNCTIONS_MAX 16

/* What both processes see: the machine outlives its worker. */
struct stage {
	struct fake fake;
	struct quiesce_shared shared;
	long writes;
	long dies_at; /* number of the write, or -1 */
	bool dies_after;
	bool survived;
	struct pcireset_journal journal;
	struct pcireset_journal_entry entries[FUNCTIONS_MAX];
};

static struct stage *stage;
static char root[64];

static void count(bool made)
{
	if (!made)
		stage->writes++;
	if (stage->writes == stage->dies_at && made == stage->dies_after)
		_exit(0);
}

/* The worst that a reset may leave behind; the kernel was too early. */
static void erase(struct fake_function *f)
{
	memset(f->config + 0x10, 0, 0x24);
	fake_put(f->config, 0x3c, 0, 4);
	fake_put(f->config, 0x48, 0x2810, 2);
}

static void erase_below(struct fake_function *port)
{
	for (size_t i = 0; i < stage->fake.n_functions; i++) {
		struct fake_function *f = &stage->fake.functions[i];

		if (f->address.bus >= port->config[0x19] && f->address.bus <= port->config[0x1a])
			erase(f);
	}
}

static struct fake_function *endpoint(const char *address, const char *methods)
{
	struct fake_function *f =
		fake_endpoint(&stage->fake, address, 0x10d38086, 0x020000, 0x0007);

	(void)fake_attr(&stage->fake, f, "class", "0x020000");
	fake_express(f, false);
	fake_put(f->config, 0x10, 0xfe000000u + ((uint32_t)f->address.bus << 16), 4);
	fake_put(f->config, 0x18, 0xfd00000c, 4);
	fake_put(f->config, 0x3c, 0x010b, 2);
	fake_put(f->config, 0x48, 0x2936, 2);
	if (methods)
		fake_resets(&stage->fake, f, methods)->written = erase;
	else
		(void)fake_attr(&stage->fake, f, "driver_override", "(null)");
	return f;
}

/* By its own bit; whoever comes too early fails the test. */
static void direct_endpoint(const char *address)
{
	struct fake_function *f = endpoint(address, "flr");

	fake_put(f->config, 0x44, 0x10000000, 4);
	f->flr = FAKE_FLR_WORKS;
	f->flr_us = 150000;
	f->quiet_us = 100000;
	f->erased[0] = 0x48;
}

static struct fake_function *port(const char *address, uint8_t secondary, uint8_t subordinate)
{
	struct fake_function *f = fake_port(&stage->fake, address, secondary, subordinate);

	(void)fake_attr(&stage->fake, f, "class", "0x060400");
	fake_put(f->config, 0x20, 0xfe10fe00, 4);
	fake_put(f->config, 0x3e, 0x0003, 2);
	return f;
}

static void build_machine(void)
{
	struct fake_attr *subordinate, *probe;
	struct fake_function *above;

	fake_init(&stage->fake);
	(void)endpoint("0000:00:01.0", "flr");
	direct_endpoint("0000:00:01.1");
	(void)port("0000:00:02.0", 1, 1);
	(void)endpoint("0000:01:00.0", "pm bus");

	/* One reset for all below a port, a bridge and what is behind it included. */
	above = port("0000:00:03.0", 2, 3);
	subordinate = fake_attr(&stage->fake, above, "reset_subordinate", "");
	subordinate->function = above;
	subordinate->written = erase_below;
	subordinate->blocks_us = 100000;
	(void)port("0000:02:00.0", 3, 3);
	(void)endpoint("0000:02:01.0", NULL);
	(void)endpoint("0000:03:00.0", "pm bus");

	probe = &stage->fake.attrs[stage->fake.n_attrs++];
	(void)strcpy(probe->path, "sys/bus/pci/drivers_probe");
	stage->fake.on_write = count;
}

/* A bus that only our own writes can reset, and who would be told of that. */
static void build_bus_machine(void)
{
	struct fake_function *above, *bridge, *f;

	fake_init(&stage->fake);
	above = port("0000:00:04.0", 4, 5);
	fake_put(above->config, 0x42, 0x0142, 2);
	fake_put(above->config, 0x58, 0x1038, 2);
	fake_extended(above, 0x100, 0x0001);
	fake_put(above->config, 0x108, 0x00100000, 4);
	bridge = port("0000:04:00.0", 5, 5);
	fake_below(bridge, above);
	bridge->quiet_us = 100000;
	for (unsigned int i = 0; i < 2; i++) {
		f = endpoint(i ? "0000:05:00.0" : "0000:04:01.0", "pm bus");
		f->config_bytes = FAKE_CONFIG_BYTES;
		fake_below(f, i ? bridge : above);
		f->quiet_us = i ? 200000 : 100000;
		f->erased[0] = 0x48;
	}
	(void)strcpy(stage->fake.attrs[stage->fake.n_attrs++].path, "sys/bus/pci/drivers_probe");
	stage->fake.on_write = count;
}

static void (*build)(void);

static void write_file(const char *path, const char *text)
{
	char full[128];
	FILE *file;

	(void)snprintf(full, sizeof(full), "%s/%s", root, path);
	file = fopen(full, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static char autoprobe(void)
{
	char now = '?';

	assert_int_equal(pread(stage->shared.autoprobe_fd, &now, 1, 0), 1);
	return now;
}

static void work(void)
{
	const struct quiesce_log quiet = { .kmsg_fd = -1, .stderr_max = -1 };
	struct quiesce_run run = { .root = root, .log = &quiet, .io = &stage->fake.io };

	quiesce_config_defaults(&run.config);
	(void)quiesce_work(&run, &stage->shared, 0, -1);
	quiesce_run_free(&run);
	stage->survived = true;
	_exit(0);
}

/* Return: did it die. */
static bool run_until(long dies_at, bool dies_after)
{
	int fd = stage->shared.autoprobe_fd, status;
	pid_t pid;

	memset(stage, 0, sizeof(*stage));
	build();
	write_file("sys/bus/pci/drivers_autoprobe", "1");
	stage->shared = (struct quiesce_shared){
		.watchdog_ms = UINT32_MAX,
		.autoprobe_fd = fd,
		.journal = &stage->journal,
	};
	stage->journal.entries = stage->entries;
	stage->journal.capacity = FUNCTIONS_MAX;
	stage->dies_at = dies_at;
	stage->dies_after = dies_after;

	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		work();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);

	/* Its jobs died with it; the machine has nobody who counts any more. */
	stage->fake.n_jobs = 0;
	stage->fake.on_write = NULL;
	stage->fake.unscanned = true;
	fake_forget_log(&stage->fake);
	return !stage->survived;
}

static void expect_registers(const struct fake_function *f)
{
	if (f->config[0x0e] == 1) {
		assert_int_equal(fake_get(f->config, 0x20, 4), 0xfe10fe00);
		assert_int_equal(fake_get(f->config, 0x3e, 2), 0x0003);
		assert_true(f->config[0x19] >= 1 && f->config[0x1a] >= f->config[0x19]);
		assert_int_equal(fake_get(f->config, 0x04, 2), 0x0507);
		return;
	}
	assert_int_equal(fake_get(f->config, 0x10, 4),
			 0xfe000000u + ((uint32_t)f->address.bus << 16));
	assert_int_equal(fake_get(f->config, 0x18, 4), 0xfd00000c);
	assert_int_equal(f->config[0x3c], 0x0b);
	assert_int_equal(fake_get(f->config, 0x48, 2), 0x2936);
}

static void expect_attrs(const struct fake_function *f)
{
	char path[PCIRESET_PATH_BYTES];
	const struct fake_attr *attr;

	attr = fake_find_attr(&stage->fake,
			      pcireset_attr_path(f->address, "driver_override", path));
	assert_true(!attr || attr->text[0] == '\0' || strcmp(attr->text, "(null)") == 0);
	attr = fake_find_attr(&stage->fake, pcireset_attr_path(f->address, "reset_method", path));
	assert_true(!attr ||
		    strcmp(attr->text, f->address.bus == 0 ? "flr" : "pm bus") == 0);
}

static void expect_as_a_driver_needs_it(void)
{
	const struct quiesce_log quiet = { .kmsg_fd = -1, .stderr_max = -1 };

	assert_int_equal(quiesce_autoprobe_on(&stage->shared), 0);
	assert_int_equal(autoprobe(), '1');
	assert_int_equal(quiesce_put_back_from(&stage->fake.io, &quiet, &stage->shared), 0);

	for (size_t i = 0; i < stage->fake.n_functions; i++) {
		const struct fake_function *f = &stage->fake.functions[i];
		char address[PCIRESET_ADDRESS_BYTES], probed[64];

		expect_registers(f);
		expect_attrs(f);
		(void)snprintf(probed, sizeof(probed), "drivers_probe %s\n",
			       pcireset_address_format(f->address, address));
		if (f->config[0x0e] != 1)
			assert_non_null(strstr(stage->fake.log, probed));
	}
}

static void a_worker_that_dies_at_any_write_leaves_a_machine_that_drivers_can_use(void **state)
{
	long n = 0;

	(void)state;
	build = build_machine;
	for (; run_until(n + 1, false); n++) {
		expect_as_a_driver_needs_it();
		assert_true(run_until(n + 1, true));
		expect_as_a_driver_needs_it();
	}
	expect_as_a_driver_needs_it();
	/* One more is fenced, closed, reset by us, and gets 5 registers back. Of the others
	 * 4 are fenced; 5 writes pin, make and put back a reset, 5 that of two functions;
	 * 4 registers of each are restored, of the bridge among them, too. */
	assert_int_equal(n, 4 + 15 + 4 * 5 + 8);
}

static void expect_as_before(void)
{
	const struct fake_function *above = &stage->fake.functions[0];

	expect_as_a_driver_needs_it();
	assert_int_equal(fake_get(above->config, 0x58, 2), 0x1038);
	assert_int_equal(fake_get(above->config, 0x108, 4), 0x00100000);
	for (size_t i = 0; i < stage->fake.n_functions; i++)
		assert_false(stage->fake.functions[i].quiet_until_us > stage->fake.now_us);
}

/* The put-back ends a reset that was left, and goes down from there. */
static void nor_one_that_dies_in_a_bus_reset_by_our_own_writes(void **state)
{
	long n = 0;

	(void)state;
	build = build_bus_machine;
	for (; run_until(n + 1, false); n++) {
		expect_as_before();
		assert_true(run_until(n + 1, true));
		expect_as_before();
	}
	expect_as_before();
	/* Two are fenced; 3 writes silence, 2 are the reset; 11 registers of the bridge below
	 * and 5 of each function come back, then 3 of who is told; the slot has told of both
	 * commands. */
	assert_int_equal(n, 2 + 3 + 2 + 11 + 2 * 5 + 3 + 2);
}

static int setup(void **state)
{
	static const char *const directories[] = { "run", "sys", "sys/bus", "sys/bus/pci" };
	char path[128];

	(void)state;
	stage = mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	assert_true(stage != MAP_FAILED);
	(void)strcpy(root, "test-death.XXXXXX");
	assert_non_null(mkdtemp(root));
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", root, directories[i]);
		assert_int_equal(mkdir(path, 0755), 0);
	}
	write_file("sys/bus/pci/drivers_autoprobe", "1");
	stage->shared.autoprobe_fd = quiesce_autoprobe_open(root);
	assert_true(stage->shared.autoprobe_fd >= 0);
	return 0;
}

static int teardown(void **state)
{
	char command[96];

	(void)state;
	(void)close(stage->shared.autoprobe_fd);
	(void)munmap(stage, sizeof(*stage));
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_worker_that_dies_at_any_write_leaves_a_machine_that_drivers_can_use,
			setup, teardown),
		cmocka_unit_test_setup_teardown(
			nor_one_that_dies_in_a_bus_reset_by_our_own_writes, setup, teardown),
	};

	return cmocka_run_group_tests_name("death", tests, NULL, NULL);
}
