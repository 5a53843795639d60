/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the drain to the last try: what comes after a function-level reset that failed. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "resets_stage.h"

/* The whole way: drain, FLR, looked at, restored, and the kernel's reset of the bus. */
static void a_reset_that_does_nothing_is_followed_by_that_of_the_bus(void **state)
{
	(void)state;
	(void)nic(FAKE_FLR_DOES_NOTHING);
	make(PCIRESET_ANY_METHOD);

	assert_string_equal(direct.log, "r 01:00.0 4a\n" /* drain */
					"r 01:00.0 04\n" /* save */
					"r 01:00.0 10\n"
					"r 01:00.0 48\n"
					"r 01:00.0 50\n"
					"r 01:00.0 68\n"
					"w 01:00.0 04 0400\n"
					"w 01:00.0 48 a810\n"
					"r 01:00.0 00\n" /* 100 ms later: look */
					"r 01:00.0 04\n"
					"r 01:00.0 10\n"
					"w 01:00.0 10 fe000004\n" /* restore */
					"r 01:00.0 10\n"
					"w 01:00.0 3c 0b\n"
					"r 01:00.0 3c\n"
					"r 01:00.0 48\n"
					"r 01:00.0 50\n"
					"r 01:00.0 68\n"
					"w 01:00.0 04 0400\n"
					"r 01:00.0 04\n"
					"r 01:00.0 48\n" /* save */
					"r 01:00.0 50\n"
					"r 01:00.0 68\n"
					"a 01:00.0/driver_override pci-quiesce\n"
					"a 01:00.0/reset_method bus\n"
					"a 01:00.0/reset 1\n"
					"a 01:00.0/reset_method flr bus\n"
					"a 01:00.0/driver_override \n");
	assert_int_equal(verify(), 0);
	assert_int_equal(run.outcomes[1].verdict, PCIRESET_COMPLETED);
	assert_int_equal(run.steps[1].method, PCIRESET_METHOD_SBR);
	assert_int_equal(run.steps[1].engine, PCIRESET_ENGINE_KERNEL);
}

/* Of ones the kernel would make a state to be restored. */
static void one_that_does_not_answer_gets_no_reset_of_its_bus(void **state)
{
	(void)state;
	(void)nic(FAKE_FLR_NEVER_RETURNS);
	make(PCIRESET_ANY_METHOD);

	assert_null(strstr(direct.log, "a 01:00.0/reset 1\n"));
	assert_int_equal(run.outcomes[1].reset_error, -ETIMEDOUT);
	assert_int_equal(verify(), 1);
	assert_int_equal(run.outcomes[1].verdict, PCIRESET_LOST);
	/* What it held is kept for whoever finds it back. */
	assert_true(run.journal->entries[1].in_use);
	assert_int_not_equal(run.journal->entries[1].saved.n, 0);
}

/* The bus takes 102 ms, and 50 are left. */
static void what_is_left_is_too_little_for_a_bus(void **state)
{
	(void)state;
	(void)nic(FAKE_FLR_DOES_NOTHING);
	run.deadline_us = 150000;
	make(PCIRESET_ANY_METHOD);

	assert_null(strstr(direct.log, "a 01:00.0/reset 1\n"));
	assert_int_equal(run.outcomes[1].reset_error, -ETIMEDOUT);
	assert_int_equal(verify(), 0);
	assert_int_equal(run.outcomes[1].verdict, PCIRESET_FENCED);
}

static void without_a_bus_it_is_fenced_at_once(void **state)
{
	(void)state;
	(void)nic(FAKE_FLR_DOES_NOTHING);
	make(PCIRESET_FUNCTION_LEVEL);

	assert_null(strstr(direct.log, "a "));
	assert_int_equal(run.outcomes[1].reset_error, -EOPNOTSUPP);
	assert_int_equal(verify(), 0);
	assert_int_equal(run.outcomes[1].verdict, PCIRESET_FENCED);
}

/* There is no third try, and no way back to a weaker one. */
static void a_bus_that_fails_is_the_end(void **state)
{
	(void)state;
	(void)nic(FAKE_FLR_DOES_NOTHING);
	reset->write_error = -ENOTTY;
	make(PCIRESET_ANY_METHOD);

	assert_null(strstr(strstr(direct.log, "a 01:00.0/reset 1\n") + 1, "a 01:00.0/reset 1\n"));
	assert_null(strstr(strstr(direct.log, "w 01:00.0 48") + 1, "w 01:00.0 48"));
	assert_int_equal(run.outcomes[1].reset_error, -ENOTTY);
	assert_int_equal(verify(), 0);
	assert_int_equal(run.outcomes[1].verdict, PCIRESET_FENCED);
}

/* Whatever is configured: 200 ms for the drain, 50 for a timeout, 100 for the reset. */
static void the_drain_leaves_half_of_the_time(void **state)
{
	(void)state;
	nic(FAKE_FLR_WORKS)->pending_reads = -1;
	run.config.drain_ms = 5000;
	run.deadline_us = 400000;
	make(PCIRESET_ANY_METHOD);

	assert_in_range(run.outcomes[1].drain_us, 200000, 216000);
	assert_in_range(direct.now_us, 350000, 366200);
	assert_int_equal(run.outcomes[1].reset, PCIRESET_SEEN_OBSERVED);
}

/* Before, at and after the reset, and how long each step took. */
static void the_evidence_of_a_reset_is_in_the_report(void **state)
{
	struct fake_function *f = nic(FAKE_FLR_WORKS);

	(void)state;
	fake_put(f->config, 0x52, 0x1043, 2);
	f->pending_reads = 1;
	make(PCIRESET_ANY_METHOD);
	run.outcomes[1].before = (struct pcireset_registers){ NIC, 0x0006, 0x0024, 0x1043 };
	run.outcomes[1].crash = (struct pcireset_crash){ 0x00044000, 0x00040000, 0x40, 0x4000 };
	assert_int_equal(verify(), 0);

	assert_int_equal(run.outcomes[1].verdict, PCIRESET_VERIFIED);
	assert_report(quiesce_report_evidence, 1,
			"{\"evidence\":{\"silent\":true,\"pending\":false,\"reset\":\"observed\","
			"\"ready\":true,\"before\":{\"id\":\"10d38086\",\"command\":\"0006\","
			"\"devsta\":\"0024\",\"link\":{\"gt_s\":8,\"width\":4}},"
			"\"aer\":{\"uncorrectable\":\"00044000\",\"fatal\":\"00040000\","
			"\"correctable\":\"00000040\",\"masked\":\"00004000\"},\"observed\":{\"register\":\"04\","
			"\"before\":\"00000400\",\"after\":\"00000000\"},\"restored\":3,"
			"\"after\":{\"id\":\"10d38086\",\"command\":\"0400\","
			"\"devsta\":\"0000\",\"link\":{\"gt_s\":8,\"width\":4}},\"not_set\":[],\"window\":null},"
			"\"ms\":{\"drain\":0.502,\"reset\":100.001,\"restore\":0.011}}");
	/* What was not reset took no time, and was not looked at. */
	run.outcomes[0].before = run.outcomes[0].after;
	assert_report(quiesce_report_evidence, 0, "{\"evidence\":{\"silent\":null,\"pending\":null,\"reset\":\"none\","
			   "\"ready\":null,\"before\":{\"id\":null,\"command\":null,"
			   "\"devsta\":null,\"link\":null},\"aer\":null,\"observed\":null,"
			   "\"restored\":0,\"after\":{\"id\":null,\"command\":null,"
			   "\"devsta\":null,\"link\":null},\"not_set\":[],\"window\":null},"
			   "\"ms\":{\"drain\":null,\"reset\":null,\"restore\":null}}");
}

/* Only the kernel could write it, and has turned it on again. */
static void a_bit_that_could_not_be_set_is_evidence(void **state)
{
	(void)state;
	(void)nic(FAKE_FLR_WORKS);
	make(PCIRESET_ANY_METHOD);
	assert_int_equal(verify(), 0);
	run.outcomes[1].after.command = 0x0003;
	assert_false(quiesce_intx_stays(&run, 1)); /* no pin */
	run.machine.functions[1].header[PCI_INTERRUPT_PIN] = 1;
	assert_true(quiesce_intx_stays(&run, 1));
	run.outcomes[1].after.command = PCIRESET_UNREAD;
	assert_false(quiesce_intx_stays(&run, 1));
	run.outcomes[1].after.command = 0x0403;
	assert_false(quiesce_intx_stays(&run, 1));
	run.outcomes[1].after.command = 0x0003;
	run.steps[1].leave_intx = true;
	assert_false(quiesce_intx_stays(&run, 1));
}

static const char *problem_of(size_t i)
{
	static char words[QUIESCE_PROBLEM_BYTES];

	return quiesce_problem(&run, i, words);
}

/* All below the port may lose its bus; whoever had its reset keeps its verdict. */
static void a_whole_bus_is_reset_for_one_of_two(void **state)
{
	struct fake_function *f;
	const size_t *members;

	(void)state;
	(void)nic(FAKE_FLR_WORKS);
	f = endpoint("0000:01:00.1", FAKE_FLR_DOES_NOTHING);
	(void)fake_resets(&direct, f, "flr");
	make(PCIRESET_ANY_METHOD);

	assert_non_null(strstr(direct.log, "a 01:00.0/driver_override pci-quiesce\n"
					   "a 01:00.1/driver_override pci-quiesce\n"
					   "a 00:01.0/reset_subordinate 1\n"
					   "a 01:00.0/driver_override \n"
					   "a 01:00.1/driver_override \n"));
	assert_int_equal(pcireset_reach_of(&run.machine, run.steps, &run.reach, 2, &members), 2);
	assert_int_equal(members[0], 1);
	assert_int_equal(members[1], 2);
	assert_int_equal(verify(), 0);
	assert_int_equal(run.outcomes[1].verdict, PCIRESET_VERIFIED);
	assert_int_equal(run.outcomes[2].verdict, PCIRESET_COMPLETED);
	assert_report(quiesce_report_earlier, 1,
		      "{\"escalated_from\":null,\"reset_again_via\":\"0000:00:01.0\"}");
	assert_report(quiesce_report_earlier, 2, FLR_THAT_DID_NOTHING("100.012") "null}");
	assert_null(problem_of(1));
	/* Of its own reset; the kernel restored what that of the bus erased. */
	assert_int_equal(run.outcomes[1].restored, 3);
}

/* The first in full, the second in its own words; what was planned stays. */
static void both_tries_are_in_the_report(void **state)
{
	(void)state;
	(void)nic(FAKE_FLR_DOES_NOTHING);
	make(PCIRESET_ANY_METHOD);
	assert_null(problem_of(1));
	assert_int_equal(run.outcomes[1].observed.reg, 0);
	assert_int_equal(run.outcomes[1].restored, 0);
	assert_int_equal(run.outcomes[1].restore_us, 0);
	assert_int_equal(verify(), 0);

	assert_report(quiesce_report_earlier, 1, FLR_THAT_DID_NOTHING("100.001") "null}");
	assert_string_equal(problem_of(1), "FLR did nothing: BAR 0 is still fe000004");
	assert_int_equal(run.steps[1].expected, PCIRESET_VERIFIED);
	assert_int_equal(run.steps[1].estimate_ms, 100);
	assert_report(quiesce_report_earlier, 0,
		      "{\"escalated_from\":null,\"reset_again_via\":null}");
	assert_null(problem_of(0));
}

static void a_second_try_that_was_not_begun_leaves_the_first_in_the_report(void **state)
{
	(void)state;
	(void)nic(FAKE_FLR_DOES_NOTHING);
	run.deadline_us = 150000;
	make(PCIRESET_ANY_METHOD);
	assert_int_equal(verify(), 0);

	assert_report(quiesce_report_earlier, 1, FLR_THAT_DID_NOTHING("100.001") "null}");
	assert_string_equal(problem_of(1), "no time was left");
}

static void what_answered_last_is_told_of_one_that_never_came_back(void **state)
{
	(void)state;
	(void)nic(FAKE_FLR_STAYS_BUSY);
	(void)fake_resets(&direct, endpoint("0000:01:00.1", FAKE_FLR_NEVER_RETURNS), "flr");
	(void)fake_resets(&direct, endpoint("0000:01:00.2", FAKE_FLR_CHANGES_ID), "flr");
	make(PCIRESET_FUNCTION_LEVEL);
	assert_int_equal(verify(), 3);

	assert_string_equal(problem_of(1), "never got ready (id 0001)");
	assert_string_equal(problem_of(2), "does not answer");
	assert_string_equal(problem_of(3), "answers with another id: 1000:02b2");
}

static void of_many_that_fail_ten_are_logged_and_the_others_counted(void **state)
{
	struct quiesce_log log = { .stderr_max = -1 };
	char text[4096] = "";
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	log.kmsg_fd = fds[1];
	(void)nic(FAKE_FLR_DOES_NOTHING);
	for (unsigned int i = 1; i < 12; i++) {
		(void)snprintf(text, sizeof(text), "0000:01:%02x.%u", i / 8, i % 8);
		(void)fake_resets(&direct, endpoint(text, FAKE_FLR_DOES_NOTHING), "flr");
	}
	run.log = &log;
	make(PCIRESET_ANY_METHOD);
	run.log = &quiet;
	text[read(fds[0], text, sizeof(text) - 1)] = '\0';

	assert_non_null(strstr(text, "<4>pci-quiesce: 0000:01:01.1: FLR did nothing: BAR 0 is "
				     "still fe000004: sbr by the kernel follows\n"
				     "<4>pci-quiesce: and 2 more: see the report\n"));
	assert_null(strstr(text, "0000:01:01.2: FLR did nothing"));
	assert_int_equal(close(fds[0]) | close(fds[1]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RESETS(a_reset_that_does_nothing_is_followed_by_that_of_the_bus),
		RESETS(one_that_does_not_answer_gets_no_reset_of_its_bus),
		RESETS(what_is_left_is_too_little_for_a_bus),
		RESETS(without_a_bus_it_is_fenced_at_once),
		RESETS(a_bus_that_fails_is_the_end),
		RESETS(the_drain_leaves_half_of_the_time),
		RESETS(the_evidence_of_a_reset_is_in_the_report),
		RESETS(a_bit_that_could_not_be_set_is_evidence),
		RESETS(a_whole_bus_is_reset_for_one_of_two),
		RESETS(both_tries_are_in_the_report),
		RESETS(a_second_try_that_was_not_begun_leaves_the_first_in_the_report),
		RESETS(what_answered_last_is_told_of_one_that_never_came_back),
		RESETS(of_many_that_fail_ten_are_logged_and_the_others_counted),
	};

	return cmocka_run_group_tests_name("resets", tests, NULL, NULL);
}
