/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of the bridge above a bus is no setting that could be written back. */
#include "bus_stage.h"

/* A 1 clears it, and what it tells is left to whoever reads it. */
static void a_timer_that_ran_out_before_is_neither_cleared_nor_compared(void **state)
{
	struct fake_function *p = port("0000:00:03.0", 1, 1);

	(void)state;
	(void)below(p, "0000:01:00.0");
	fake_put(p->config, 0x3e, 0x0403, 2);
	bus_run(10000);

	assert_int_equal(outcomes[1].reset_error, 0);
	assert_int_equal(fake_get(p->config, 0x3e, 2), 0x0403);
	assert_non_null(strstr(direct.log, "w 00:03.0 3e 0043\n"));
	assert_non_null(strstr(direct.log, "w 00:03.0 3e 0003\n"));
	assert_false(entries[0].in_use);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_timer_that_ran_out_before_is_neither_cleared_nor_compared),
	};

	return cmocka_run_group_tests_name("bus-bridge", tests, NULL, NULL);
}
