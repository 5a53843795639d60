/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stage behind the verdicts, on a scripted machine, with vfio played. */
#include "iommu_stage.h"

static void groups_are_done_one_after_the_other_and_vfio_is_loaded_once(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	(void)add("0000:01:00.0", "3");
	(void)add("0000:02:00.0", "4");
	work(UINT64_MAX);
	assert_int_equal(n_loads, 2); /* type1 and vfio-pci */
	assert_string_equal(asked, "dev/vfio/vfio\ndev/vfio/3\ndev/vfio/vfio\ndev/vfio/4\n");
	text = reported(1);
	assert_string_equal(text, "{\"group\":4,\"type\":\"DMA-FQ\",\"inherited\":\"yes\","
				  "\"reinit\":\"done\","
				  "\"reason\":\"claimed and released through vfio\"}");
	assert_false(run.journal->entries[0].in_use);
	assert_int_equal(run.n_bad, 0);
}

static void a_refusal_is_an_answer_and_the_next_group_has_its_turn(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	(void)add("0000:01:00.0", "3");
	(void)add("0000:02:00.0", "4");
	claim_error = -EPERM;
	work(UINT64_MAX);
	assert_string_equal(asked, "dev/vfio/vfio\ndev/vfio/3\ndev/vfio/vfio\ndev/vfio/4\n");
	text = reported(0);
	assert_string_equal(text, "{\"group\":3,\"type\":\"DMA-FQ\",\"inherited\":\"yes\","
				  "\"reinit\":\"refused\","
				  "\"reason\":\"the kernel refuses the claim: "
				  "Operation not permitted\"}");
}

static void nothing_is_loaded_where_nothing_is_wanted(void **state)
{
	(void)state;
	fake_attr(&fake, add("0000:01:00.0", "3"), "driver", "e1000e")->link = true;
	work(UINT64_MAX);
	assert_int_equal(n_loads, 0);
	assert_string_equal(asked, "");
	assert_int_equal(run.iommu->groups[0].reinit, QUIESCE_REINIT_NOT_NEEDED);
	assert_null(strstr(fake.log, "a "));
}

static void what_has_no_time_left_is_not_begun(void **state)
{
	(void)state;
	(void)add("0000:01:00.0", "3");
	work(1);
	assert_string_equal(asked, "");
	assert_int_equal(run.iommu->groups[0].reinit, QUIESCE_REINIT_NOT_POSSIBLE);
	assert_string_equal(run.iommu->groups[0].reason, "no time left");
}

static void a_function_outside_all_groups_inherited_nothing(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	(void)fake_endpoint(&fake, "0000:01:00.0", 0x10d38086, 0x020000, 0);
	work(UINT64_MAX);
	text = reported(0);
	assert_string_equal(text, "{\"group\":null,\"type\":null,\"inherited\":\"no\","
				  "\"reinit\":null,\"reason\":null}");
}

static void bus_master_that_comes_back_is_turned_off_again(void **state)
{
	struct fake_function *f;

	(void)state;
	f = add("0000:01:00.0", "3");
	(void)load(NULL, "", "");
	fake_find_attr(&fake, BIND)->written = turn_master_on;
	fake_find_attr(&fake, BIND)->function = f;
	work(UINT64_MAX);
	assert_int_equal(fake_get(f->config, 4, 2), 0x0400);
	assert_int_equal(run.outcomes[0].verdict, PCIRESET_COMPLETED);
	assert_int_equal(run.n_bad, 0);
}

static void bus_master_that_stays_on_is_a_failure(void **state)
{
	struct fake_function *f;

	(void)state;
	f = add("0000:01:00.0", "3");
	f->sticky_master = true;
	(void)load(NULL, "", "");
	fake_find_attr(&fake, BIND)->written = turn_master_on;
	fake_find_attr(&fake, BIND)->function = f;
	work(UINT64_MAX);
	assert_int_equal(run.outcomes[0].verdict, PCIRESET_FAILED);
	assert_int_equal(run.n_bad, 1);
}

static void what_appears_later_has_no_group_that_is_known(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	(void)add("0000:01:00.0", "3");
	work(UINT64_MAX);
	for (size_t i = 0; i < 4; i++) {
		char address[PCIRESET_ADDRESS_BYTES];

		(void)snprintf(address, sizeof(address), "10000:0%zu:00.0", i);
		(void)add(address, "3");
	}
	assert_int_equal(quiesce_earlier_provide(&run), 0);
	assert_int_equal(quiesce_newcomers_silence(&run), 0);
	assert_int_equal(run.machine.n, 5);
	for (size_t i = 1; i < 5; i++) {
		assert_null(quiesce_group_of(run.iommu, i));
		assert_int_equal(run.earlier[i].again_via, PCIRESET_NONE);
	}
	text = reported(4);
	assert_non_null(strstr(text, "{\"group\":3,\"type\":null,"));
}

static void die(struct fake_function *f)
{
	f->gone = true;
}

static void what_died_with_vfio_is_lost_and_not_written_to(void **state)
{
	struct quiesce_log log = { .stderr_max = -1 };
	FILE *messages = tmpfile();
	char text[2048] = "";

	(void)state;
	assert_non_null(messages);
	log.kmsg_fd = fileno(messages);
	run.log = &log;
	(void)load(NULL, "", "");
	fake_find_attr(&fake, BIND)->function = add("0000:01:00.0", "3");
	fake_find_attr(&fake, BIND)->written = die;
	work(UINT64_MAX);
	assert_true(pread(log.kmsg_fd, text, sizeof(text) - 1, 0) > 0);
	(void)fclose(messages);
	run.log = &quiet;

	assert_null(strstr(fake.log, "w 01:00.0"));
	assert_int_equal(run.outcomes[0].verdict, PCIRESET_LOST);
	assert_int_equal(run.outcomes[0].ready, PCIRESET_NO);
	assert_int_equal(run.n_bad, 1);
	assert_non_null(strstr(text, "<4>pci-quiesce: 0000:01:00.0: lost: it no longer answers "
				     "after vfio\n"));
	assert_null(strstr(text, "Bus Master"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(groups_are_done_one_after_the_other_and_vfio_is_loaded_once),
		TEST(a_refusal_is_an_answer_and_the_next_group_has_its_turn),
		TEST(nothing_is_loaded_where_nothing_is_wanted),
		TEST(what_has_no_time_left_is_not_begun),
		TEST(a_function_outside_all_groups_inherited_nothing),
		TEST(bus_master_that_comes_back_is_turned_off_again),
		TEST(bus_master_that_stays_on_is_a_failure),
		TEST(what_appears_later_has_no_group_that_is_known),
		TEST(what_died_with_vfio_is_lost_and_not_written_to),
	};

	return cmocka_run_group_tests_name("iommu-stage", tests, NULL, NULL);
}
