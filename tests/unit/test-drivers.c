/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the drivers stage does, in what order, and to whom it does nothing. */
#include <errno.h>
#include <string.h>

#include "fake_drivers.h"

/* In a child. */
static void hang(struct fake_function *unused)
{
	(void)unused;
	fake_hang();
}

static void assert_order(const char *const *lines)
{
	const char *at = fake->log;

	for (; *lines; lines++) {
		at = strstr(at, *lines);
		if (!at)
			fail_msg("not there, or not in that order: %s\nin:\n%s", *lines, fake->log);
		at += strlen(*lines);
	}
}

#define ASSERT_ORDER(...) assert_order((const char *const[]){ __VA_ARGS__, NULL })

static void iommus_come_first_then_what_others_are_behind(void **state)
{
	(void)state;
	(void)nic("0000:00:01.0");
	(void)vmd("0000:00:02.0");
	(void)virtio_iommu("0000:00:03.0");
	load("all");
	quiesce();

	assert_int_equal(quiesce_drivers_load(&run, &loader), 0);
	ASSERT_ORDER("insert pq_virtio_pci\ninsert pq_virtio_iommu\n"
		     "a sys/bus/pci/drivers_probe 0000:00:03.0\n"
		     "insert pq_vmd\n"
		     "a sys/bus/pci/drivers_probe 0000:00:02.0\n",
		     "insert pq_nic\n", "insert pq_disk\n");
	assert_int_equal(loader.n_failed, 0);
}

static void what_appears_behind_a_driver_is_reset_before_its_own_comes(void **state)
{
	(void)state;
	(void)vmd("0000:00:02.0");
	load("all");
	quiesce();

	assert_int_equal(quiesce_drivers_load(&run, &loader), 0);
	ASSERT_ORDER("a sys/bus/pci/drivers_probe 0000:00:02.0\n", "w :01:00.0 04 0402\n",
		     "w :01:00.0 48 8000\n", "insert pq_disk\n");
	assert_int_equal(run.machine.n, 3);
	assert_int_equal(run.machine.functions[2].parent, 1);
	assert_int_equal(run.outcomes[1].verdict, PCIRESET_KEPT);
	assert_int_equal(run.outcomes[2].verdict, PCIRESET_VERIFIED);
	assert_string_equal(run.grounds[1].reason, "bridge");
	assert_int_equal(run.steps[2].method, PCIRESET_METHOD_FLR);
	assert_int_equal(run.journal->n, 3);
	/* It was counted when the run began. */
	assert_null(strstr(said(), "loaded before"));
	/* Its own driver is for later, as everybody's. */
	assert_null(strstr(fake->log, "drivers_probe 10000"));
}

/* Theirs may have had none, as that stage had nothing to do. */
static void what_appears_has_a_place_among_what_is_contained(void **state)
{
	(void)state;
	(void)vmd("0000:00:02.0");
	load("all");
	quiesce();
	run.containments = calloc(run.machine.n, sizeof(*run.containments));
	assert_non_null(run.containments);
	run.containments[0].way = PCIRESET_CONTAIN_D3HOT;

	assert_int_equal(quiesce_drivers_load(&run, &loader), 0);
	assert_int_equal(run.machine.n, 3);
	assert_int_equal(run.containments[0].way, PCIRESET_CONTAIN_D3HOT);
	assert_int_equal(run.containments[1].way, PCIRESET_CONTAIN_NONE);
	assert_null(run.containments[2].why);
}

static int scan_in_vain(void *data, struct pcireset_address **ret_addresses, size_t *ret_n)
{
	(void)data;
	(void)ret_addresses;
	(void)ret_n;
	return -EIO;
}

static int scan_without_memory(void *data, struct pcireset_address **ret_addresses, size_t *ret_n)
{
	(void)data;
	(void)ret_addresses;
	(void)ret_n;
	return -ENOMEM;
}

static void newcomers_that_cannot_be_seen_do_not_cost_what_is_there_its_drivers(void **state)
{
	(void)state;
	(void)nic("0000:00:01.0");
	(void)vmd("0000:00:02.0");
	load("all");
	quiesce();
	fake->io.scan = scan_in_vain;

	assert_int_equal(quiesce_drivers_load(&run, &loader), 0);
	ASSERT_ORDER("insert pq_vmd\n", "insert pq_nic\n");
	assert_non_null(strstr(said(), "<4>pci-quiesce: what has appeared behind drivers is not "
				       "quiesced: Input/output error\n"));
}

static void without_memory_nothing_more_is_loaded(void **state)
{
	(void)state;
	(void)nic("0000:00:01.0");
	(void)vmd("0000:00:02.0");
	load("all");
	quiesce();
	fake->io.scan = scan_without_memory;

	assert_int_equal(quiesce_drivers_load(&run, &loader), -ENOMEM);
	assert_null(strstr(fake->log, "insert pq_nic\n"));
}

static void nothing_is_read_again_of_what_was_there(void **state)
{
	const char *after;

	(void)state;
	(void)nic("0000:00:01.0");
	(void)vmd("0000:00:02.0");
	load("all");
	quiesce();

	assert_int_equal(quiesce_drivers_load(&run, &loader), 0);
	after = strstr(fake->log, "drivers_probe 0000:00:02.0\n");
	assert_non_null(after);
	assert_null(strstr(after, "r 00:0"));
	assert_null(strstr(after, "w 00:0"));
}

static void a_provider_is_left_alone_where_nothing_behind_it_is_wanted(void **state)
{
	(void)state;
	(void)nic("0000:00:01.0");
	(void)vmd("0000:00:02.0");
	load("0000:00:01.0");
	load("console");
	quiesce();

	assert_int_equal(quiesce_drivers_load(&run, &loader), 0);
	assert_null(strstr(fake->log, "pq_vmd"));
	assert_non_null(strstr(fake->log, "insert pq_nic\n"));
	assert_null(strstr(fake->log, PROBE));
}

static void a_dump_target_that_is_not_there_may_be_behind_one(void **state)
{
	(void)state;
	(void)vmd("0000:00:02.0");
	write_file("usr/lib/pci-quiesce", "dump-target", "10000:01:00.0 144d:a80a\n");
	load("dump-target");
	quiesce();

	assert_int_equal(quiesce_drivers_load(&run, &loader), 0);
	ASSERT_ORDER("insert pq_vmd\n", "insert pq_disk\n");
	assert_null(strstr(said(), "<4>"));
}

static void barred_functions_are_not_for_drivers(void **state)
{
	(void)state;
	(void)nic("0000:00:01.0");
	(void)virtio_iommu("0000:00:03.0");
	load("all");
	load("0000:00:01.0");
	quiesce();
	for (size_t i = 0; i < 2; i++) {
		run.journal->entries[i].address = run.machine.functions[i].address;
		run.journal->entries[i].in_use = true;
	}
	run.journal->entries[0].stuck = true;
	run.journal->entries[1].overridden = true;

	assert_int_equal(quiesce_drivers_load(&run, &loader), 0);
	assert_string_equal(fake->log, "");
	assert_non_null(strstr(said(), "<4>pci-quiesce: 0000:00:01.0: no driver for it: it is "
				       "lost or contained, or its reset is stuck\n"));
	assert_int_equal(run.n_not_loaded, 1);
}

static void what_is_lost_gets_no_driver(void **state)
{
	(void)state;
	(void)nic("0000:00:01.0");
	(void)virtio_iommu("0000:00:03.0");
	load("0000:00:01.0");
	quiesce();
	run.outcomes[0].verdict = PCIRESET_LOST;
	run.outcomes[1].verdict = PCIRESET_LOST;

	assert_int_equal(quiesce_drivers_load(&run, &loader), 0);
	assert_string_equal(fake->log, "");
	assert_non_null(strstr(said(), "<4>pci-quiesce: 0000:00:01.0: no driver for it: it is "
				       "lost or contained, or its reset is stuck\n"));
}

static void what_has_a_driver_needs_none(void **state)
{
	(void)state;
	has_driver(nic("0000:00:01.0"), "e1000e");
	load("all");
	quiesce();

	assert_int_equal(quiesce_drivers_load(&run, &loader), 0);
	assert_string_equal(fake->log, "");
}

static void the_driver_of_a_virtio_device_comes_with_that_of_its_function(void **state)
{
	struct fake_function *f;

	(void)state;
	f = function("0000:00:05.0", 0x10421af4, 0x010000,
		     "pci:v00001AF4d00001042sv00001AF4sd00001100bc01sc00i00");
	fake_put(f->config, 0x2c, 0x11001af4, 4);
	load("0000:00:05.0");
	quiesce();

	assert_int_equal(quiesce_drivers_load(&run, &loader), 0);
	assert_string_equal(fake->log, "insert pq_virtio_pci\ninsert pq_virtio_blk\n");
}

static void a_transitional_virtio_device_has_its_kind_in_the_subsystem_id(void **state)
{
	struct fake_function *f;

	(void)state;
	f = function("0000:00:05.0", 0x10011af4, 0x010000,
		     "pci:v00001AF4d00001001sv00001AF4sd00000002bc01sc00i00");
	fake_put(f->config, 0x2c, 0x00021af4, 4);
	load("0000:00:05.0");
	quiesce();

	assert_int_equal(quiesce_drivers_load(&run, &loader), 0);
	assert_string_equal(fake->log, "insert pq_virtio_pci\ninsert pq_virtio_blk\n");
}

static void where_virtio_pci_is_built_in_its_devices_still_need_drivers(void **state)
{
	struct fake_function *f;

	(void)state;
	has_driver(virtio_iommu("0000:00:03.0"), "virtio-pci");
	f = function("0000:00:05.0", 0x10421af4, 0x010000, "x");
	has_driver(f, "virtio-pci");
	load("0000:00:05.0");
	quiesce();

	assert_int_equal(quiesce_drivers_load(&run, &loader), 0);
	assert_string_equal(fake->log, "insert pq_virtio_iommu\ninsert pq_virtio_blk\n");
}

static void a_module_can_be_named(void **state)
{
	(void)state;
	load("module pq_sound");
	load("module no_such");
	quiesce();

	assert_int_equal(quiesce_drivers_load(&run, &loader), 0);
	assert_string_equal(fake->log, "insert pq_sound\n");
	assert_non_null(strstr(said(), "<4>pci-quiesce: file:1: there is no module no_such in the "
				       "image\n"));
	free(loads[0].name);
	free(loads[1].name);
}

static void a_probe_that_hangs_is_left_behind(void **state)
{
	(void)state;
	(void)nic("0000:00:01.0");
	(void)virtio_iommu("0000:00:03.0");
	load("0000:00:01.0");
	quiesce();
	fake_find_attr(fake, PROBE)->written = hang;
	loader.module_ms = 300;

	assert_int_equal(quiesce_drivers_load(&run, &loader), 0);
	ASSERT_ORDER("a sys/bus/pci/drivers_probe 0000:00:03.0\n", "insert pq_nic\n");
	assert_true(run.left_behind);
}

static void without_anything_to_do_no_module_is_looked_for(void **state)
{
	(void)state;
	(void)nic("0000:00:01.0");
	quiesce();
	run.root = "no-such-root";

	assert_int_equal(quiesce_drivers_stage(&run), 0);
	assert_string_equal(said(), "");

	load("all");
	assert_int_equal(quiesce_drivers_stage(&run), 0);
	assert_string_equal(said(), "<4>pci-quiesce: the image has no modules of this kernel\n");
	assert_string_equal(fake->log, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(iommus_come_first_then_what_others_are_behind),
		TEST(what_appears_behind_a_driver_is_reset_before_its_own_comes),
		TEST(what_appears_has_a_place_among_what_is_contained),
		TEST(newcomers_that_cannot_be_seen_do_not_cost_what_is_there_its_drivers),
		TEST(without_memory_nothing_more_is_loaded),
		TEST(nothing_is_read_again_of_what_was_there),
		TEST(a_provider_is_left_alone_where_nothing_behind_it_is_wanted),
		TEST(a_dump_target_that_is_not_there_may_be_behind_one),
		TEST(barred_functions_are_not_for_drivers),
		TEST(what_is_lost_gets_no_driver),
		TEST(what_has_a_driver_needs_none),
		TEST(the_driver_of_a_virtio_device_comes_with_that_of_its_function),
		TEST(a_transitional_virtio_device_has_its_kind_in_the_subsystem_id),
		TEST(where_virtio_pci_is_built_in_its_devices_still_need_drivers),
		TEST(a_module_can_be_named),
		TEST(a_probe_that_hangs_is_left_behind),
		TEST(without_anything_to_do_no_module_is_looked_for),
	};

	return cmocka_run_group_tests_name("drivers", tests, group_setup, group_teardown);
}
