/* SPDX-License-Identifier: GPL-2.0-or-later */
/* D3hot and back, by the kernel: believed where a mark shows it, and nowhere else. */
#include <errno.h>

#include "kernel_stage.h"

static struct fake_function *nic;
static struct fake_attr *reset;

/* A network controller that says it can; capability 0x11 is MSI-X, 0x05 is MSI. */
static void with(uint8_t capability, uint16_t control)
{
	nic = endpoint("0000:00:01.0");
	if (capability) {
		fake_capability(nic, 0x50, capability);
		fake_put(nic->config, 0x52, control, 2);
	}
	reset = fake_resets(&fake, nic, "pm bus");
	read_machine();
	reset_by(0, PCIRESET_METHOD_PM);
}

static size_t make(void)
{
	run(2000, 10000);
	return pcireset_verify(&fake.io, &machine, steps, journal, outcomes);
}

static void erase(struct fake_function *function)
{
	fake_put(function->config, 0x52, fake_get(function->config, 0x52, 2) & 0x3f8f, 2);
}

#define MADE                                         \
	"a 00:01.0/driver_override pci-quiesce\n"    \
	"a 00:01.0/reset_method pm\n"                \
	"a 00:01.0/reset 1\n"                        \
	"a 00:01.0/reset_method pm bus\n"            \
	"a 00:01.0/driver_override \n"

static void a_mark_that_is_gone_shows_it(void **state)
{
	(void)state;
	with(0x11, 0x0003);
	reset->written = erase;
	assert_int_equal(make(), 0);

	assert_string_equal(fake.log, "r 00:01.0 52\n"
				      "w 00:01.0 52 4003\n" /* Function Mask */
				      "r 00:01.0 52\n"
				      MADE
				      "r 00:01.0 52\n"
				      "r 00:01.0 00\n" /* verify */
				      "r 00:01.0 04\n"
				      "r 00:01.0 00\n"
				      "r 00:01.0 52\n");
	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_OBSERVED);
	assert_int_equal(outcomes[0].verdict, PCIRESET_VERIFIED);
	assert_int_equal(outcomes[0].observed.reg, 0x52);
	assert_int_equal(outcomes[0].observed.before, 0x4003);
	assert_int_equal(outcomes[0].observed.after, 0x0003);
	assert_int_equal(outcomes[0].restored, 0);
}

static void a_mark_that_stays_shows_that_it_did_nothing(void **state)
{
	(void)state;
	with(0x11, 0x0003);
	assert_int_equal(make(), 0);

	assert_int_equal(outcomes[0].reset_error, -95);
	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_NONE);
	assert_int_equal(outcomes[0].verdict, PCIRESET_FENCED);
	/* It is taken away again, and no reset has erased it. */
	assert_int_equal(outcomes[0].restored, 0);
	assert_int_equal(fake_get(nic->config, 0x52, 2), 0x0003);
}

static void a_reset_that_failed_has_not_erased_the_mark(void **state)
{
	(void)state;
	with(0x11, 0x0003);
	reset->write_error = -ENOTTY;
	assert_int_equal(make(), 0);

	assert_int_equal(outcomes[0].reset_error, -25);
	assert_int_equal(outcomes[0].observed.reg, 0);
	assert_int_equal(outcomes[0].restored, 0);
	assert_int_equal(fake_get(nic->config, 0x52, 2), 0x0003);
}

static void without_msix_msi_has_one(void **state)
{
	(void)state;
	with(0x05, 0x0180);
	reset->written = erase;
	assert_int_equal(make(), 0);

	assert_non_null(strstr(fake.log, "w 00:01.0 52 0190\n")); /* Multiple Message Enable */
	assert_int_equal(outcomes[0].verdict, PCIRESET_VERIFIED);
	assert_int_equal(fake_get(nic->config, 0x52, 2), 0x0180);
}

static void assert_fenced_unmarked(void)
{
	assert_int_equal(make(), 0);
	assert_null(strstr(fake.log, "w 00:01.0 52"));
	assert_int_equal(outcomes[0].reset_error, 0);
	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_NONE);
	assert_int_equal(outcomes[0].verdict, PCIRESET_FENCED);
}

static void without_either_nothing_is_believed(void **state)
{
	(void)state;
	with(0, 0);
	assert_fenced_unmarked();
}

/* Messages that the crashed kernel left on, with an address that may be this one's. */
static void messages_that_are_on_are_left_alone(void **state)
{
	(void)state;
	with(0x11, 0x8003);
	assert_fenced_unmarked();
}

static void what_a_driver_has_is_left_alone(void **state)
{
	(void)state;
	with(0x11, 0x0003);
	(void)strcpy(machine.functions[0].driver, "e1000e");
	assert_fenced_unmarked();
}

static void a_kernel_that_is_locked_down_takes_no_mark(void **state)
{
	(void)state;
	with(0x11, 0x0003);
	nic->locked_down = true;
	reset->written = erase;
	assert_int_equal(make(), 0);
	assert_int_equal(outcomes[0].reset_error, 0);
	assert_int_equal(outcomes[0].verdict, PCIRESET_FENCED);
}

/* Whoever dies then leaves somebody who takes it away. */
static void know_of_it(bool made)
{
	(void)made;
	fake.on_write = NULL;
	assert_true(entries[0].in_use);
	assert_int_equal(entries[0].saved.n, 1);
	assert_int_equal(entries[0].saved.registers[0].reg, 0x52);
	assert_int_equal(entries[0].saved.registers[0].value, 0x0003);
}

static void the_journal_knows_of_the_mark_before_it_is_made(void **state)
{
	(void)state;
	with(0x11, 0x0003);
	fake.on_write = know_of_it;
	assert_int_equal(make(), 0);
	assert_null(fake.on_write);
}

/* What it was is what it was before the first try. */
static void a_second_try_makes_no_second_mark(void **state)
{
	(void)state;
	with(0x11, 0x0003);
	reset->busy_writes = 1;
	assert_int_equal(make(), 0);

	assert_null(strstr(strstr(fake.log, "w 00:01.0 52 4003") + 1, "w 00:01.0 52 4003"));
	assert_int_equal(fake_get(nic->config, 0x52, 2), 0x0003);
}

/* Of any other method the kernel's word is enough. */
static void no_other_reset_is_marked(void **state)
{
	(void)state;
	with(0x11, 0x0003);
	reset_by(0, PCIRESET_METHOD_SBR);
	assert_int_equal(make(), 0);

	assert_null(strstr(fake.log, "w 00:01.0"));
	assert_int_equal(outcomes[0].verdict, PCIRESET_COMPLETED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_mark_that_is_gone_shows_it),
		TEST(a_mark_that_stays_shows_that_it_did_nothing),
		TEST(a_reset_that_failed_has_not_erased_the_mark),
		TEST(without_msix_msi_has_one),
		TEST(without_either_nothing_is_believed),
		TEST(messages_that_are_on_are_left_alone),
		TEST(what_a_driver_has_is_left_alone),
		TEST(a_kernel_that_is_locked_down_takes_no_mark),
		TEST(the_journal_knows_of_the_mark_before_it_is_made),
		TEST(a_second_try_makes_no_second_mark),
		TEST(no_other_reset_is_marked),
	};

	return cmocka_run_group_tests_name("power", tests, NULL, NULL);
}
