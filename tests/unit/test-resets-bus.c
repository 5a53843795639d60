/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A reset that did nothing, of a function whose bus is reset for others. */
#include <errno.h>
#include <string.h>

#include "resets_stage.h"

/* It was made for a sibling's sake, and after its own had done nothing. */
static void beside_one_that_needs_its_bus(int error)
{
	struct fake_attr *bus;

	(void)nic(FAKE_FLR_DOES_NOTHING);
	(void)fake_resets(&direct, endpoint("0000:01:00.1", FAKE_FLR_NONE), "pm");
	bus = fake_find_attr(&direct, "sys/bus/pci/devices/0000:00:01.0/reset_subordinate");
	bus->blocks_us = 102000;
	bus->write_error = error;
	make(PCIRESET_ANY_METHOD);
	assert_null(strstr(strstr(direct.log, "reset_subordinate 1") + 1, "reset_subordinate"));
}

static void a_bus_that_was_reset_since_is_not_reset_anew(void **state)
{
	(void)state;
	beside_one_that_needs_its_bus(0);
	assert_int_equal(run.steps[1].method, PCIRESET_METHOD_SBR);
	assert_int_equal(run.outcomes[1].reset_us, 102000);
	assert_int_equal(verify(), 0);
	assert_int_equal(run.outcomes[1].verdict, PCIRESET_COMPLETED);
	assert_int_equal(run.outcomes[2].verdict, PCIRESET_COMPLETED);
	assert_report(quiesce_report_earlier, 1, FLR_THAT_DID_NOTHING("100.001") "null}");
}

static void nor_one_that_the_kernel_could_not_reset(void **state)
{
	(void)state;
	beside_one_that_needs_its_bus(-ENOTTY);
	assert_int_equal(run.outcomes[1].reset_error, -ENOTTY);
	assert_int_equal(verify(), 0);
	assert_int_equal(run.outcomes[1].verdict, PCIRESET_FENCED);
}

/* By our own writes; what the bus's reset does to the first is looked at. */
static void beside_one_whose_bus_we_reset(enum fake_flr bus_reset)
{
	struct fake_function *p = fake_port(&direct, "0000:00:01.0", 1, 1), *f, *other;

	fake_put(p->config, 0x4c, 0x00000012, 4);
	f = endpoint("0000:01:00.0", FAKE_FLR_DOES_NOTHING);
	(void)fake_resets(&direct, f, "flr");
	f->bus_reset = bus_reset;
	other = endpoint("0000:01:00.1", FAKE_FLR_NONE);
	fake_put(other->config, 0x44, 0, 4);
	p->config_bytes = f->config_bytes = other->config_bytes = FAKE_CONFIG_BYTES;
	fake_below(f, p);
	fake_below(other, p);
	make(PCIRESET_ANY_METHOD);
	assert_true(run.steps[1].whole_bus);
	assert_int_equal(run.steps[1].engine, PCIRESET_ENGINE_DIRECT);
	assert_int_equal(verify(), 0);
	assert_int_equal(run.outcomes[2].verdict, PCIRESET_VERIFIED);
}

static void one_that_its_bus_did_nothing_to_is_not_called_reset(void **state)
{
	(void)state;
	beside_one_whose_bus_we_reset(FAKE_FLR_DOES_NOTHING);
	assert_int_equal(run.outcomes[1].reset_error, -EOPNOTSUPP);
	assert_int_equal(run.outcomes[1].observed.after, 0xfe000004);
	assert_int_equal(run.outcomes[1].verdict, PCIRESET_FENCED);
}

static void one_that_its_bus_was_seen_to_reset_is_verified(void **state)
{
	(void)state;
	beside_one_whose_bus_we_reset(FAKE_FLR_WORKS);
	assert_int_equal(run.outcomes[1].reset_error, 0);
	assert_int_equal(run.outcomes[1].observed.after, 0);
	assert_int_equal(run.outcomes[1].verdict, PCIRESET_VERIFIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RESETS(a_bus_that_was_reset_since_is_not_reset_anew),
		RESETS(nor_one_that_the_kernel_could_not_reset),
		RESETS(one_that_its_bus_did_nothing_to_is_not_called_reset),
		RESETS(one_that_its_bus_was_seen_to_reset_is_verified),
	};

	return cmocka_run_group_tests_name("resets-bus", tests, NULL, NULL);
}
