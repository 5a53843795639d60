/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was planned stays in the report, whatever came of it. */
#include <string.h>

#include "fake_io.h"
#include "quiesce.h"
#include "report.h"

static const struct quiesce_log quiet = { .kmsg_fd = -1, .stderr_max = -1 };
static struct fake fake;

/* An FLR that does nothing, and then the bus: "as planned?" can still be asked. */
static void the_forecast_stays_that_of_the_first_plan(void **state)
{
	static const char *const parts[] = {
		"\"estimate_ms\":100,\"expected\":{\"verified\":1,\"completed\":0,",
		"\"method\":\"sbr\",",
		"\"expected\":\"verified\",\"estimate_ms\":100,",
		"\"verdict\":\"completed\",\"problem\":\"FLR did nothing: BAR 0 is still "
		"fe000000\",",
		"\"escalated_from\":{\"method\":\"flr\",",
	};
	struct quiesce_run run = { .root = "",
				   .io = &fake.io,
				   .log = &quiet,
				   .is_addition = true, /* no file */
				   .deadline_us = UINT64_MAX };
	struct fake_function *f, *port;
	char text[8192] = "";
	FILE *out;

	(void)state;
	fake_init(&fake);
	port = fake_port(&fake, "0000:00:01.0", 1, 1);
	(void)fake_attr(&fake, port, "reset_subordinate", "");
	f = fake_endpoint(&fake, "0000:01:00.0", 0x10d38086, 0x020000, 0x0006);
	fake_express(f, true);
	fake_put(f->config, 0x10, 0xfe000000, 4);
	f->flr = FAKE_FLR_DOES_NOTHING;
	(void)fake_resets(&fake, f, "flr bus");
	quiesce_config_defaults(&run.config);

	assert_int_equal(pcireset_scan(&fake.io, &run.machine), 0);
	assert_int_equal(quiesce_pipeline_silence(&run), 0);
	out = fmemopen(text, sizeof(text) - 1, "w");
	assert_non_null(out);
	assert_int_equal(quiesce_report_print(&run, out), 0);
	assert_int_equal(fclose(out), 0);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		assert_non_null(strstr(text, parts[i]));
	quiesce_run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_forecast_stays_that_of_the_first_plan),
	};

	return cmocka_run_group_tests_name("forecast", tests, NULL, NULL);
}
