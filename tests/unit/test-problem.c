/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What went wrong, in words. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "quiesce.h"
#include "report.h"

static struct pcireset_function function;
static struct pcireset_outcome outcome;
static struct pcireset_step step;
static struct quiesce_run run;

/* One whose FLR was made and worked as planned. */
static int setup(void **state)
{
	(void)state;
	function = (struct pcireset_function){ .vendor = 0x8086, .device = 0x10d3, .answers = true };
	step = (struct pcireset_step){ .action = PCIRESET_RESET,
				       .method = PCIRESET_METHOD_FLR,
				       .engine = PCIRESET_ENGINE_DIRECT,
				       .expected = PCIRESET_VERIFIED };
	outcome = (struct pcireset_outcome){ .after = { 0x10d38086, 0x0400, 0, 0 },
					     .tried = true,
					     .silent = PCIRESET_YES,
					     .ready = PCIRESET_YES,
					     .verdict = PCIRESET_VERIFIED };
	run = (struct quiesce_run){ .machine = { &function, 1 },
				    .outcomes = &outcome,
				    .steps = &step };
	return 0;
}

static const char *words(void)
{
	static char buffer[QUIESCE_PROBLEM_BYTES];

	return quiesce_problem(&run, 0, buffer);
}

static void end(enum pcireset_engine engine, bool tried, int error)
{
	step.engine = engine;
	outcome.tried = tried;
	outcome.reset_error = error;
	outcome.verdict = PCIRESET_FENCED;
}

/* Reset with its bus, by our own writes. */
static const char *words_of_bus(int error)
{
	step.method = PCIRESET_METHOD_SBR;
	step.whole_bus = true;
	end(PCIRESET_ENGINE_DIRECT, true, error);
	return words();
}

static void a_bus_tells_what_stands_between(void **state)
{
	(void)state;
	assert_string_equal(words_of_bus(-ENOLINK), "the link to it stays down");
	assert_string_equal(words_of_bus(-EIO),
			    "a bridge above does not hold what is written to it");
	assert_string_equal(words_of_bus(-ENODEV), "a bridge above has gone: No such device");
	outcome.observed = (struct pcireset_observed){ 4, 0x400, 0x400 };
	assert_string_equal(words_of_bus(-EOPNOTSUPP),
			    "bus reset did nothing: COMMAND is still 0400");
	step.engine = PCIRESET_ENGINE_DIRECT;
	outcome.tried = false;
	outcome.reset_error = -ENOSPC;
	assert_string_equal(words(), "not begun: No space left on device");
	outcome.reset_error = -ENOTRECOVERABLE;
	assert_string_equal(words(), "not begun: nobody else could end it");
	outcome.observed.reg = 0;
	outcome.reset_error = -EOPNOTSUPP;
	assert_string_equal(words(), "not begun: a bridge has what cannot be restored");
	outcome.reset_error = -EBUSY;
	assert_string_equal(words(), "another one on its bus must not lose it");
	outcome.bound = true;
	assert_string_equal(words(), "a driver has it by now");
}

static void a_link_that_came_back_narrower_is_told_of(void **state)
{
	(void)state;
	(void)words_of_bus(0);
	outcome.verdict = PCIRESET_VERIFIED;
	outcome.before.link = 0x1043;
	outcome.after.link = 0x1013;
	assert_string_equal(words(), "its link is x1 since the reset, and was x4");
	outcome.after.link = 0x1042;
	assert_null(words());
}

static void what_went_as_planned_has_none(void **state)
{
	(void)state;
	assert_null(words());
	outcome.verdict = PCIRESET_VERDICT_NONE;
	outcome.reset_error = -EIO;
	assert_null(words());
}

static void one_that_is_lost_is_told_by_what_answers(void **state)
{
	(void)state;
	outcome.verdict = PCIRESET_LOST;
	outcome.ready = PCIRESET_NO;
	outcome.after = (struct pcireset_registers){ 0xffffffff, -1, -1, -1 };
	assert_string_equal(words(), "does not answer");
	outcome.after.id = 0x99998086;
	assert_string_equal(words(), "answers with another id: 8086:9999");
	outcome.after.id = 0xffff0001;
	assert_string_equal(words(), "never got ready (id 0001)");
	/* Its id, and ones in COMMAND. */
	outcome.after.id = 0x10d38086;
	assert_string_equal(words(), "does not answer");

	/* Nobody has asked again. */
	outcome.after.id = PCIRESET_UNREAD;
	outcome.last_id = 0xffff0001;
	outcome.reset_error = -ETIMEDOUT;
	assert_string_equal(words(), "never got ready (id 0001)");
	outcome.last_id = 0;
	assert_string_equal(words(), "does not answer");
}

static void both_what_it_is_and_what_its_reset_came_to_are_told(void **state)
{
	(void)state;
	end(PCIRESET_ENGINE_KERNEL, true, -EIO);
	outcome.verdict = PCIRESET_LOST;
	outcome.after.id = 0xffffffff;
	assert_string_equal(words(), "does not answer; the kernel's reset failed: Input/output error");

	end(PCIRESET_ENGINE_KERNEL, false, -ETIMEDOUT);
	outcome.verdict = PCIRESET_FAILED;
	outcome.after.command = 0x0404;
	assert_string_equal(words(), "Bus Master stays on; no time was left");
	outcome.after.command = 0x0400;
	assert_string_equal(words(), "requests stay pending; no time was left");
}

static void a_reset_that_did_nothing_is_told_by_the_register_that_shows_it(void **state)
{
	(void)state;
	end(PCIRESET_ENGINE_DIRECT, true, -EOPNOTSUPP);
	outcome.observed = (struct pcireset_observed){ 0x14, 0xfebf0000, 0xfebf0000 };
	assert_string_equal(words(), "FLR did nothing: BAR 1 is still febf0000");
	step.method = PCIRESET_METHOD_PM;
	end(PCIRESET_ENGINE_KERNEL, true, -EOPNOTSUPP);
	outcome.observed = (struct pcireset_observed){ 0x72, 0x4003, 0x4003 };
	assert_string_equal(words(), "PM did nothing: register 72 is still 4003");
	step.method = PCIRESET_METHOD_AF;
	outcome.observed = (struct pcireset_observed){ 0x04, 0x0400, 0x0400 };
	assert_string_equal(words(), "AF FLR did nothing: COMMAND is still 0400");
}

static void a_reset_that_was_not_made_is_told_by_its_error(void **state)
{
	static const struct {
		enum pcireset_engine engine;
		bool tried;
		int error;
		const char *words;
	} cases[] = {
		{ PCIRESET_ENGINE_DIRECT, false, -ETIMEDOUT, "no time was left" },
		{ PCIRESET_ENGINE_DIRECT, false, -EBUSY, "a driver has it by now" },
		{ PCIRESET_ENGINE_DIRECT, false, -EPERM, "not begun: Operation not permitted" },
		{ PCIRESET_ENGINE_DIRECT, true, -ETIMEDOUT, "answered too late" },
		{ PCIRESET_ENGINE_DIRECT, true, -EIO, "its registers cannot be read: Input/output error" },
		{ PCIRESET_ENGINE_KERNEL, false, -ETIMEDOUT, "no time was left" },
		{ PCIRESET_ENGINE_KERNEL, false, -EBUSY, "a sibling's reset was abandoned" },
		{ PCIRESET_ENGINE_KERNEL, true, -EAGAIN, "others held its locks all the time" },
		{ PCIRESET_ENGINE_KERNEL, true, -EIO, "the kernel's reset failed: Input/output error" },
		{ PCIRESET_ENGINE_NONE, true, -EIO, "the reset that reaches it failed: Input/output error" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		end(cases[i].engine, cases[i].tried, cases[i].error);
		assert_string_equal(words(), cases[i].words);
	}
	outcome.bound = true;
	end(PCIRESET_ENGINE_KERNEL, false, -EBUSY);
	assert_string_equal(words(), "a driver has it by now");
	/* Whatever else is known of it: no register of it may be read. */
	outcome.stuck = true;
	outcome.verdict = PCIRESET_LOST;
	assert_string_equal(words(), "abandoned: the kernel is still at it");
}

static void what_a_good_verdict_leaves_out_is_told(void **state)
{
	(void)state;
	outcome.verdict = PCIRESET_COMPLETED;
	assert_string_equal(words(), "its registers do not show the reset");
	outcome.observed = (struct pcireset_observed){ 0x10, 0xfebf0000, 0xfebf0000 };
	assert_string_equal(words(), "only some registers show the reset");
	outcome.verdict = PCIRESET_KEPT;
	assert_string_equal(words(), "a driver has it by now");
	outcome.verdict = PCIRESET_COMPLETED;
	step.expected = PCIRESET_COMPLETED;
	assert_null(words());
	outcome.restored = -EIO;
	assert_string_equal(words(), "registers stay erased: Input/output error");
	outcome.fence_error = -EBUSY;
	assert_string_equal(words(), "not fenced at first: Device or resource busy");
}

static const char *reason(void)
{
	static char buffer[QUIESCE_PROBLEM_BYTES];

	return quiesce_reason(&run, 0, buffer);
}

static void what_keeps_its_bus_from_a_reset_is_part_of_the_reason(void **state)
{
	struct quiesce_ground ground = { .reason = "by a rule" };

	(void)state;
	run.grounds = &ground;
	assert_string_equal(reason(), "by a rule");
	step.action = PCIRESET_FENCE;
	step.why = PCIRESET_WHY_NOTHING_OFFERED;
	assert_string_equal(reason(), "no usable reset");
	step.engine_why = PCIRESET_ENGINE_WHY_DRIVER;
	assert_string_equal(reason(), "no usable reset; its bus not by us: a driver has it");
	step.engine_why = PCIRESET_ENGINE_WHY_HIDDEN;
	assert_string_equal(reason(), "no usable reset; its bus not by us: "
				      "extended registers out of sight");
	step.why = PCIRESET_WHY_KEPT_BESIDE;
	assert_string_equal(reason(), "a bus reset would reach others");
	run.steps = NULL;
	assert_string_equal(reason(), "by a rule");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_went_as_planned_has_none, setup),
		cmocka_unit_test_setup(one_that_is_lost_is_told_by_what_answers, setup),
		cmocka_unit_test_setup(both_what_it_is_and_what_its_reset_came_to_are_told, setup),
		cmocka_unit_test_setup(a_reset_that_did_nothing_is_told_by_the_register_that_shows_it, setup),
		cmocka_unit_test_setup(a_reset_that_was_not_made_is_told_by_its_error, setup),
		cmocka_unit_test_setup(what_a_good_verdict_leaves_out_is_told, setup),
		cmocka_unit_test_setup(what_keeps_its_bus_from_a_reset_is_part_of_the_reason,
				       setup),
		cmocka_unit_test_setup(a_bus_tells_what_stands_between, setup),
		cmocka_unit_test_setup(a_link_that_came_back_narrower_is_told_of, setup),
	};

	return cmocka_run_group_tests_name("problem", tests, NULL, NULL);
}
