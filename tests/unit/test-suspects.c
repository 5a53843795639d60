/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose registers tell of an error, and who comes first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "quiesce.h"
#include "report.h"

#define FUNCTIONS 16

static struct pcireset_function functions[FUNCTIONS];
static struct pcireset_outcome outcomes[FUNCTIONS];
static struct pcireset_step steps[FUNCTIONS];
static struct quiesce_run run;

static int setup(void **state)
{
	(void)state;
	memset(functions, 0, sizeof(functions));
	memset(outcomes, 0, sizeof(outcomes));
	for (size_t i = 0; i < FUNCTIONS; i++) {
		functions[i].address.bus = (uint8_t)(i + 1);
		outcomes[i].before.devsta = PCIRESET_UNREAD;
		outcomes[i].crash.uncorrectable = PCIRESET_UNREAD;
	}
	run = (struct quiesce_run){ .machine = { functions, FUNCTIONS },
				    .outcomes = outcomes,
				    .steps = steps };
	return 0;
}

static const char *printed(void)
{
	static char text[2048];
	FILE *out;

	memset(text, 0, sizeof(text));
	out = fmemopen(text, sizeof(text), "w");
	assert_non_null(out);
	quiesce_suspects_print(&run, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void set_aer(size_t i, uint32_t status, uint32_t severity)
{
	outcomes[i].crash.uncorrectable = status;
	outcomes[i].crash.fatal = status & severity;
}

static void a_machine_without_errors_has_no_suspects(void **state)
{
	(void)state;
	set_aer(0, 0, 0xffffffff);
	outcomes[1].before.devsta = 0x0011; /* correctable errors */
	outcomes[2].pending = PCIRESET_NO;

	assert_string_equal(printed(), "\"suspects\":[],");
}

static void a_fatal_error_and_pending_requests_come_first(void **state)
{
	(void)state;
	outcomes[0].before.devsta = 0x0002; /* non-fatal, without AER */
	outcomes[1].pending = PCIRESET_YES;
	set_aer(2, 0x00004000, 0x00004000);
	set_aer(3, 0x00044000, 0x00040000);
	outcomes[3].pending = PCIRESET_YES;
	outcomes[4].before.devsta = 0x0006;
	set_aer(5, 0x00100000, 0x00040000);

	assert_string_equal(
		printed(),
		"\"suspects\":["
		"{\"address\":\"0000:04:00.0\",\"rank\":28,\"words\":\"a fatal error (malformed "
		"TLP); requests stayed pending; an uncorrectable error (completion timeout)\"},"
		"{\"address\":\"0000:03:00.0\",\"rank\":16,\"words\":\"a fatal error (completion "
		"timeout)\"},"
		"{\"address\":\"0000:02:00.0\",\"rank\":8,\"words\":\"requests stayed pending\"},"
		"{\"address\":\"0000:05:00.0\",\"rank\":4,\"words\":\"a fatal error was "
		"detected\"},"
		"{\"address\":\"0000:06:00.0\",\"rank\":4,\"words\":\"an uncorrectable error "
		"(unsupported request)\"},"
		"{\"address\":\"0000:01:00.0\",\"rank\":2,\"words\":\"an error was detected\"}],");
}

static void of_many_the_eight_heaviest_are_told(void **state)
{
	struct quiesce_suspects suspects;

	(void)state;
	for (size_t i = 0; i < FUNCTIONS; i++)
		outcomes[i].before.devsta = 0x0002;
	outcomes[FUNCTIONS - 1].pending = PCIRESET_YES;
	quiesce_suspects_find(&run, &suspects);

	assert_int_equal(suspects.n, 8);
	assert_int_equal(suspects.list[0].i, FUNCTIONS - 1);
	for (size_t k = 1; k < 8; k++)
		assert_int_equal(suspects.list[k].i, k - 1);
}

static void of_many_errors_one_is_named_and_the_others_are_counted(void **state)
{
	(void)state;
	set_aer(0, 0x00384030, 0x00000030);
	outcomes[0].pending = PCIRESET_YES;
	set_aer(1, 0x00800000, 0); /* MC Blocked TLP */

	assert_string_equal(
		printed(),
		"\"suspects\":["
		"{\"address\":\"0000:01:00.0\",\"rank\":28,\"words\":\"a fatal error (data link "
		"protocol and 1 more); requests stayed pending; an uncorrectable error "
		"(completion timeout and 3 more)\"},"
		"{\"address\":\"0000:02:00.0\",\"rank\":4,\"words\":\"an uncorrectable error "
		"(another one)\"}],");
}

/* Its own function thinks nothing of them. */
static void errors_that_are_masked_do_not_count(void **state)
{
	(void)state;
	set_aer(0, 0x00104000, 0x00004000);
	outcomes[0].crash.masked = 0x00104000;
	outcomes[0].before.devsta = 0x0006;
	set_aer(1, 0x00104000, 0x00004000);
	outcomes[1].crash.masked = 0x00004000;

	assert_string_equal(printed(),
			    "\"suspects\":[{\"address\":\"0000:02:00.0\",\"rank\":4,\"words\":"
			    "\"an uncorrectable error (unsupported request)\"}],");
}

/* What a terminal or a reader of the log sees. */
static void the_log_says_once_how_far_they_can_be_trusted(void **state)
{
	struct quiesce_log log = { .stderr_max = -1 };
	struct quiesce_suspects suspects;
	char text[512] = "";
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	log.kmsg_fd = fds[1];
	run.log = &log;
	set_aer(0, 0x4000, 0);
	outcomes[1].pending = PCIRESET_YES;
	quiesce_suspects_find(&run, &suspects);
	quiesce_suspects_log(&run, &suspects);
	assert_true(read(fds[0], text, sizeof(text) - 1) > 0);
	assert_string_equal(
		text,
		"<5>pci-quiesce: suspects, by their registers alone (errors may be older than the "
		"crash; Linux clears AER as it enumerates):\n"
		"<5>pci-quiesce: suspect 1, rank 8: 0000:02:00.0: requests stayed pending\n"
		"<5>pci-quiesce: suspect 2, rank 4: 0000:01:00.0: an uncorrectable error "
		"(completion timeout)\n");
	assert_int_equal(close(fds[0]) | close(fds[1]), 0);
}

static void a_plan_has_read_no_errors(void **state)
{
	(void)state;
	set_aer(0, 0x4000, 0x4000);
	run.dry_run = true;

	assert_string_equal(printed(), "\"suspects\":[],");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_machine_without_errors_has_no_suspects, setup),
		cmocka_unit_test_setup(a_fatal_error_and_pending_requests_come_first, setup),
		cmocka_unit_test_setup(of_many_the_eight_heaviest_are_told, setup),
		cmocka_unit_test_setup(of_many_errors_one_is_named_and_the_others_are_counted, setup),
		cmocka_unit_test_setup(errors_that_are_masked_do_not_count, setup),
		cmocka_unit_test_setup(the_log_says_once_how_far_they_can_be_trusted, setup),
		cmocka_unit_test_setup(a_plan_has_read_no_errors, setup),
	};

	return cmocka_run_group_tests_name("suspects", tests, NULL, NULL);
}
