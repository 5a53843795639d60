/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is remembered of a function before a reset, and in which order that is written back. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>

#include "fake_direct.h"

static char text[2048];

/* One register a line: offset, bytes, value. */
static const char *saved_text(const struct pcireset_saved *saved)
{
	text[0] = '\0';
	for (size_t i = 0; i < saved->n; i++) {
		const size_t used = strlen(text);

		(void)snprintf(text + used, sizeof(text) - used, "%02x %0*x\n",
			       saved->registers[i].reg, saved->registers[i].bytes * 2,
			       saved->registers[i].value);
	}
	return text;
}

static const char *saved_of_first(void)
{
	struct pcireset_saved saved;

	direct_prepare();
	assert_int_equal(pcireset_saved_take(&direct.io, &machine.functions[0], &saved), 0);
	return saved_text(&saved);
}

/* All that such a function can have, with something in each. */
static struct fake_function *everything(void)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	for (uint8_t reg = PCI_BASE_ADDRESS_1; reg <= PCI_BASE_ADDRESS_5; reg += 4)
		fake_put(f->config, reg, 0xfd000000 | (uint32_t)reg << 16, 4);
	fake_put(f->config, PCI_ROM_ADDRESS, 0xfc000000, 4);
	fake_put(f->config, PCI_CACHE_LINE_SIZE, 0x4010, 2);
	fake_put(f->config, 0x50, 0x0042, 2);
	fake_put(f->config, 0x68, 0x0400, 2);
	fake_capability(f, 0x80, PCI_CAP_ID_PCIX);
	fake_put(f->config, 0x82, 0x0032, 2);
	fake_extended(f, 0x100, PCI_EXT_CAP_ID_ACS);
	fake_put(f->config, 0x106, 0x005d, 2);
	fake_extended(f, 0x140, PCI_EXT_CAP_ID_LTR);
	fake_put(f->config, 0x144, 0x10031003, 4);
	fake_extended(f, 0x180, PCI_EXT_CAP_ID_PTM);
	fake_put(f->config, 0x188, 0x00000003, 4);
	fake_extended(f, 0x200, PCI_EXT_CAP_ID_L1SS);
	fake_put(f->config, 0x208, 0x4028000f, 4);
	fake_put(f->config, 0x20c, 0x00000028, 4);
	fake_extended(f, 0x240, PCI_EXT_CAP_ID_SRIOV);
	fake_put(f->config, 0x248, 0x0010, 2);
	fake_put(f->config, 0x260, 0x00000001, 4);
	for (uint16_t reg = 0x264; reg < 0x27c; reg += 4)
		fake_put(f->config, reg, 0xfb000000 | (uint32_t)(reg & 0xff) << 16, 4);
	fake_extended(f, 0x280, PCI_EXT_CAP_ID_REBAR);
	fake_extended(f, 0x2c0, 0x24); /* VF Resizable BAR */
	for (uint16_t i = 0; i < 6; i++) {
		fake_put(f->config, 0x288 + 8 * i, 0x00000cc0 | i, 4);
		fake_put(f->config, 0x2c8 + 8 * i, 0x000008c0 | i, 4);
	}
	/* Sticky, kept by FLR, or off after it: AER, TPH, ATS, PRI, PASID, VC. */
	fake_extended(f, 0x1c0, PCI_EXT_CAP_ID_TPH);
	fake_put(f->config, 0x1c8, 0x00000101, 4);
	fake_extended(f, 0x300, PCI_EXT_CAP_ID_ERR);
	fake_put(f->config, 0x308, 0x00400000, 4);
	fake_extended(f, 0x340, PCI_EXT_CAP_ID_ATS);
	fake_put(f->config, 0x346, 0x8000, 2);
	fake_extended(f, 0x350, PCI_EXT_CAP_ID_PRI);
	fake_put(f->config, 0x354, 0x0001, 2);
	fake_extended(f, 0x360, PCI_EXT_CAP_ID_PASID);
	fake_put(f->config, 0x366, 0x0001, 2);
	fake_extended(f, 0x380, PCI_EXT_CAP_ID_VC);
	fake_capability(f, 0x90, PCI_CAP_ID_MSI);
	fake_put(f->config, 0x92, 0x0001, 2);
	fake_capability(f, 0xa0, PCI_CAP_ID_MSIX);
	fake_put(f->config, 0xa2, 0x8000, 2);
	return f;
}

/* Sizes, addresses, latencies and substates before LTR and ASPM, VFs, the rest. */
static const char all_registers[] = "288 00000cc0\n"
				    "290 00000cc1\n"
				    "298 00000cc2\n"
				    "2a0 00000cc3\n"
				    "2a8 00000cc4\n"
				    "2b0 00000cc5\n"
				    "2c8 000008c0\n"
				    "2d0 000008c1\n"
				    "2d8 000008c2\n"
				    "2e0 000008c3\n"
				    "2e8 000008c4\n"
				    "2f0 000008c5\n"
				    "10 fe000004\n"
				    "14 fd140000\n"
				    "18 fd180000\n"
				    "1c fd1c0000\n"
				    "20 fd200000\n"
				    "24 fd240000\n"
				    "30 fc000000\n"
				    "0c 4010\n"
				    "3c 0b\n"
				    "144 10031003\n"
				    "20c 00000028\n"
				    "208 4028000a\n"
				    "208 4028000f\n"
				    "48 2810\n"
				    "50 0042\n"
				    "68 0400\n"
				    "82 0032\n"
				    "248 0010\n"
				    "260 00000001\n"
				    "264 fb640000\n"
				    "268 fb680000\n"
				    "26c fb6c0000\n"
				    "270 fb700000\n"
				    "274 fb740000\n"
				    "278 fb780000\n"
				    "106 005d\n"
				    "188 00000003\n";

static void erase_everything(uint8_t *config)
{
	static const struct {
		uint16_t reg, bytes;
	} erased[] = {
		{ 0x30, 4 },  { 0x48, 2 },   { 0x50, 2 },  { 0x68, 2 },	 { 0x82, 2 },  { 0x92, 2 },
		{ 0xa2, 2 },  { 0x106, 2 },  { 0x144, 4 }, { 0x188, 4 }, { 0x1c8, 4 }, { 0x208, 8 },
		{ 0x248, 2 }, { 0x260, 28 }, { 0x346, 2 }, { 0x354, 2 }, { 0x366, 2 },
	};

	for (size_t i = 0; i < sizeof(erased) / sizeof(erased[0]); i++)
		memset(config + erased[i].reg, 0, erased[i].bytes);
	for (uint16_t i = 0; i < 6; i++) {
		fake_put(config, 0x288 + 8 * i, 0, 4);
		fake_put(config, 0x2c8 + 8 * i, 0, 4);
	}
}

static void all_that_a_reset_erases_is_saved_in_the_order_of_its_use(void **state)
{
	(void)state;
	(void)everything();
	assert_string_equal(saved_of_first(), all_registers);
}

/* With COMMAND as the last, there is room for all. */
static void all_of_it_is_written_back(void **state)
{
	static uint8_t before[FAKE_CONFIG_BYTES];
	struct fake_function *f = everything();

	(void)state;
	memcpy(before, f->config, sizeof(before));
	f->erases = erase_everything;
	direct_run(10000);

	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_OBSERVED);
	assert_int_equal(outcomes[0].restored, 40);
	assert_int_equal(fake_get(f->config, PCI_COMMAND, 2), 0x0400);
	assert_non_null(strstr(direct.log, "w 01:00.0 208 4028000a\n"
					   "r 01:00.0 208\n"
					   "r 01:00.0 208\n"
					   "w 01:00.0 208 4028000f\n"));
	/* But for what ends with a reset. */
	fake_put(before, PCI_COMMAND, 0x0400, 2);
	fake_put(before, 0x92, 0, 2);
	fake_put(before, 0xa2, 0, 2);
	fake_put(before, 0x1c8, 0, 4);
	fake_put(before, 0x346, 0, 2);
	fake_put(before, 0x354, 0, 2);
	fake_put(before, 0x366, 0, 2);
	assert_memory_equal(f->config, before, sizeof(before));
}

/* L1.2 is not turned off for a moment where nothing was erased. */
static void a_register_of_two_steps_that_was_not_erased_is_not_written(void **state)
{
	(void)state;
	(void)everything();
	direct_run(10000);

	assert_null(strstr(direct.log, "w 01:00.0 208"));
}

/* What is on is never turned on again; of VFs that are listed that is the kernel's. */
static void of_sriov_control_one_bit_is_saved(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);
	struct pcireset_saved saved;

	(void)state;
	fake_extended(f, 0x100, PCI_EXT_CAP_ID_SRIOV);
	fake_put(f->config, 0x108, 0x0019, 2);
	assert_non_null(strstr(saved_of_first(), "108 0010\n"));
	machine.functions[0].vfs_listed = 1;
	assert_int_equal(pcireset_saved_take(&direct.io, &machine.functions[0], &saved), 0);
	assert_null(strstr(saved_text(&saved), "108 "));
	fake_put(f->config, 0x108, 0x0009, 2);
	pcireset_machine_free(&machine);
	assert_null(strstr(saved_of_first(), "108 "));
}

/* A capability of version 1, and one that ends where extended space begins. */
static void registers_that_are_not_there_are_not_saved(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	fake_put(f->config, 0x42, 0x0001, 2);
	assert_string_equal(saved_of_first(), "10 fe000004\n3c 0b\n48 2810\n50 0000\n");
	fake_put(f->config, 0x42, 0x0092, 2); /* integrated into the root complex */
	pcireset_machine_free(&machine);
	assert_string_equal(saved_of_first(), "10 fe000004\n3c 0b\n48 2810\n68 0000\n");
}

/* Ones, written back later to one that is there again, would start all kinds of things. */
static void nothing_is_saved_of_one_that_has_gone_and_one_read_is_enough(void **state)
{
	struct pcireset_saved saved;

	(void)state;
	(void)everything();
	direct_prepare();
	direct.functions[0].gone = true;
	machine.functions[0].extended[0].id = 0; /* no sizes */
	fake_forget_log(&direct);

	assert_int_equal(pcireset_saved_take(&direct.io, &machine.functions[0], &saved), 0);
	assert_int_equal(saved.n, 0);
	assert_string_equal(direct.log, "r 01:00.0 288\nr 01:00.0 288\n");
}

/* One question for its id, and nothing more is written. */
static void one_that_goes_while_it_is_written_back_is_left(void **state)
{
	(void)state;
	endpoint("0000:01:00.0", FAKE_FLR_WORKS)->dead_read_us = 50000;
	direct_prepare();
	/* In the middle of what the test of one that works has as a whole. */
	direct.functions[0].dies_after = 11;
	direct_reset(10000);

	assert_string_equal(strstr(direct.log, "w 01:00.0 10 "), "w 01:00.0 10 fe000004\n"
								 "r 01:00.0 10\n"
								 "r 01:00.0 00\n");
	assert_int_equal(outcomes[0].reset, PCIRESET_SEEN_OBSERVED);
	assert_int_equal(outcomes[0].restored, -ENODEV);
	assert_true(entries[0].in_use);
}

/* Retrain Link, Initiate FLR, Secondary Bus Reset; of a PCIe bridge that bit is another. */
static void no_bit_that_starts_something_is_saved(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS), *port;
	struct pcireset_saved saved;

	(void)state;
	fake_put(f->config, 0x48, 0xa810, 2);
	fake_put(f->config, 0x50, 0x0062, 2);
	port = fake_port(&direct, "0000:02:00.0", 3, 3);
	fake_put(port->config, 0x42, 0x0072, 2); /* PCI Express to PCI */
	fake_put(port->config, 0x48, 0x8000, 2);
	fake_put(port->config, 0x3e, 0x0043, 2);
	fake_capability(port, 0x80, PCI_CAP_ID_PCIX);
	fake_put(port->config, 0x82, 0x0032, 2);
	assert_string_equal(saved_of_first(), "10 fe000004\n3c 0b\n48 2810\n50 0042\n68 0000\n");
	assert_int_equal(pcireset_saved_take(&direct.io, &machine.functions[1], &saved), 0);
	assert_string_equal(saved_text(&saved), "18 00030302\n1c 0000\n20 00000000\n24 00000000\n"
						"28 00000000\n2c 00000000\n30 00000000\n"
						"3e 0003\n0c 0000\n48 8000\n50 0000\n68 0000\n");
}

/* Behind its last register extended space begins, which may not be there. */
static void a_capability_at_the_end_is_cut_there(void **state)
{
	struct fake_function *f;

	(void)state;
	f = fake_endpoint(&direct, "0000:01:00.0", NIC, 0x020000, 0x0402);
	fake_capability(f, 0xd8, PCI_CAP_ID_EXP);
	fake_put(f->config, 0xda, 0x0002, 2);
	assert_string_equal(saved_of_first(), "e0 0000\ne8 0000\n");
}

static void no_more_than_six_sizes_are_believed(void **state)
{
	struct fake_function *f = endpoint("0000:01:00.0", FAKE_FLR_WORKS);

	(void)state;
	fake_extended(f, 0x100, PCI_EXT_CAP_ID_REBAR);
	fake_put(f->config, 0x108, 0x000004e0, 4); /* says seven */
	fake_put(f->config, 0x138, 0x00000123, 4);
	assert_null(strstr(saved_of_first(), "138 "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_that_a_reset_erases_is_saved_in_the_order_of_its_use),
		TEST(all_of_it_is_written_back),
		TEST(a_register_of_two_steps_that_was_not_erased_is_not_written),
		TEST(of_sriov_control_one_bit_is_saved),
		TEST(registers_that_are_not_there_are_not_saved),
		TEST(nothing_is_saved_of_one_that_has_gone_and_one_read_is_enough),
		TEST(one_that_goes_while_it_is_written_back_is_left),
		TEST(no_bit_that_starts_something_is_saved),
		TEST(a_capability_at_the_end_is_cut_there),
		TEST(no_more_than_six_sizes_are_believed),
	};

	return cmocka_run_group_tests_name("saved", tests, NULL, NULL);
}
