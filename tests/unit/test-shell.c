/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The shell of rd.pci_quiesce=shell, on a pseudo-terminal instead of the console. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "fake_io.h"
#include "pid1.h"
#include "report.h"

static const struct quiesce_log quiet = { .kmsg_fd = -1, .stderr_max = -1 };
static char root[64];
static int terminal;

static void in_root(const char *name, char *buffer, size_t bytes)
{
	(void)snprintf(buffer, bytes, "%s/%s", root, name);
}

static void make_directory(const char *name)
{
	char path[128];

	in_root(name, path, sizeof(path));
	assert_int_equal(mkdir(path, 0755), 0);
}

static void make_link(const char *name, const char *target)
{
	char path[128];

	in_root(name, path, sizeof(path));
	assert_int_equal(symlink(target, path), 0);
}

static void make_console(void)
{
	terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(terminal >= 0);
	assert_int_equal(grantpt(terminal), 0);
	assert_int_equal(unlockpt(terminal), 0);
	make_link("dev/console", ptsname(terminal));
}

static void type(const char *text)
{
	assert_int_equal(write(terminal, text, strlen(text)), strlen(text));
}

static void report(const char *mode, const char *complete)
{
	char path[128];
	FILE *out;

	in_root(QUIESCE_REPORT, path, sizeof(path));
	out = fopen(path, "w");
	assert_non_null(out);
	(void)fprintf(out, "{\"mode\":\"%s\",\"complete\":%s,\"devices\":[]}\n", mode, complete);
	(void)fclose(out);
}

static int setup(void **state)
{
	(void)state;
	terminal = -1;
	(void)strcpy(root, "test-shell.XXXXXX");
	assert_non_null(mkdtemp(root));
	make_directory("dev");
	make_directory("bin");
	make_directory("run");
	make_directory("run/pci-quiesce");
	return 0;
}

static int teardown(void **state)
{
	char command[96];

	(void)state;
	if (terminal >= 0)
		(void)close(terminal);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

static void without_a_console_nobody_waits(void **state)
{
	(void)state;
	make_link("bin/sh", "/bin/sh");
	assert_false(quiesce_shell(&quiet, root));
}

static void a_console_that_is_no_terminal_is_none(void **state)
{
	(void)state;
	make_link("bin/sh", "/bin/sh");
	make_link("dev/console", "/dev/null");
	assert_false(quiesce_shell(&quiet, root));
}

static void without_a_shell_nobody_waits(void **state)
{
	(void)state;
	make_console();
	assert_false(quiesce_shell(&quiet, root));
}

static void a_shell_that_cannot_be_executed_is_not_waited_for(void **state)
{
	(void)state;
	make_console();
	make_directory("bin/sh");
	assert_false(quiesce_shell(&quiet, root));
}

/* /dev/tty opens for those alone who have a controlling terminal. */
static void it_has_a_terminal_and_an_environment(void **state)
{
	_cleanup_free_ char *said = NULL;
	char command[160];

	(void)state;
	make_console();
	make_link("bin/sh", "/bin/sh");
	(void)snprintf(command, sizeof(command),
		       "echo >/dev/tty && echo \"$PS1|$PATH\" >%s/said\nexit\n", root);
	type(command);
	assert_false(quiesce_shell(&quiet, root));
	assert_int_equal(quiesce_file_read(root, "said", 256, &said), 0);
	assert_string_equal(said, "pci-quiesce:$PWD# |/usr/sbin:/usr/bin:/sbin:/bin\n");
}

static void only_a_complete_run_by_hand_is_enough(void **state)
{
	(void)state;
	make_console();
	make_link("bin/sh", "/bin/sh");

	report("plan", "true");
	type("exit\n");
	assert_false(quiesce_shell(&quiet, root));
	report("run", "false");
	type("exit\n");
	assert_false(quiesce_shell(&quiet, root));
	report("run", "true");
	type("exit\n");
	assert_true(quiesce_shell(&quiet, root));
}

static void a_shell_that_dies_is_no_run(void **state)
{
	(void)state;
	make_console();
	make_link("bin/sh", "/bin/sh");
	type("kill -KILL $$\n");
	assert_false(quiesce_shell(&quiet, root));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_console_nobody_waits),
		TEST(a_console_that_is_no_terminal_is_none),
		TEST(without_a_shell_nobody_waits),
		TEST(a_shell_that_cannot_be_executed_is_not_waited_for),
		TEST(it_has_a_terminal_and_an_environment),
		TEST(only_a_complete_run_by_hand_is_enough),
		TEST(a_shell_that_dies_is_no_run),
	};

	return cmocka_run_group_tests_name("shell", tests, NULL, NULL);
}
