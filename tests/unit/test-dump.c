/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dump_rows.h"
#include "fake_io.h"

static struct pcireset_io *io;
static struct pcireset_machine machine;

static int teardown(void **state)
{
	(void)state;
	pcireset_machine_free(&machine);
	pcireset_io_close(io);
	io = NULL;
	return 0;
}

/* Opens the door to @text, and scans. */
static const struct pcireset_function *first_of(const char *text)
{
	struct pcireset_dump_problem problem = { 0 };
	int r = pcireset_io_open_dump(text, &problem, &io);

	if (r < 0)
		fail_msg("line %u: %s", problem.line, problem.words);
	assert_int_equal(pcireset_scan(io, &machine), 0);
	return &machine.functions[0];
}

static uint32_t read8(uint16_t reg)
{
	uint8_t value;

	assert_int_equal(io->config_read(io->data, machine.functions[0].address, reg, &value, 1),
			 0);
	return value;
}

#define ASSERT_BAD(text, bad_line, bad_words)                                              \
	do {                                                                               \
		struct pcireset_dump_problem problem = { 0 };                              \
                                                                                           \
		assert_int_equal(pcireset_io_open_dump(text, &problem, &io), -EBADMSG);    \
		assert_int_equal(problem.line, bad_line);                                  \
		assert_string_equal(problem.words, bad_words);                             \
		assert_null(io);                                                           \
	} while (0)

static void addresses_have_a_domain_or_none(void **state)
{
	(void)state;
	(void)first_of("00:02.0 Ethernet controller\n" ROWS "\n"
		       "0001:02:1f.7 Ethernet controller\n" ROWS "\n"
		       "10000:00:00.0 Ethernet controller\n" ROWS "\n"
		       "abcdef:ff:00.0\n" ROWS);

	assert_int_equal(machine.n, 4);
	assert_int_equal(machine.functions[0].address.domain, 0);
	assert_int_equal(machine.functions[0].address.device, 2);
	assert_int_equal(machine.functions[1].address.function, 7);
	assert_int_equal(machine.functions[2].address.domain, 0x10000);
	assert_int_equal(machine.functions[3].address.domain, 0xabcdef);
	assert_int_equal(machine.functions[3].device, 0x10d3);
	assert_int_equal(machine.functions[3].command, 0x0406);
}

static void crlf_and_a_missing_last_newline_do_no_harm(void **state)
{
	const struct pcireset_function *f;

	(void)state;
	f = first_of("00:02.0 Ethernet controller\r\n"
		     "00: 86 80 d3 10 06 04 10 00 00 00 00 02 00 00 00 00\r\n"
		     "10: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\r\n"
		     "20: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\r\n"
		     "30: 00 00 00 00 c8 00 00 00 00 00 00 00 0b 01 00 99");

	assert_true(f->answers);
	assert_int_equal(f->vendor, 0x8086);
	assert_int_equal(read8(0x3f), 0x99);
}

static void decoded_text_is_passed_over_however_long_its_lines_are(void **state)
{
	const struct pcireset_function *f;
	char text[2048] = "00:02.0 ", name[600];

	(void)state;
	memset(name, 'x', sizeof(name));
	(void)snprintf(text + 8, sizeof(text) - 8,
		       "%.*s\n"
		       "\tSubsystem: %.*s\n"
		       "\tControl: I/O- Mem+ BusMaster+\n"
		       "\t10: 20 30\n"
		       "\tCapabilities: [c8] Power Management version 2\n"
		       "pcilib: sysfs_read_vpd: read failed\n" ROWS "\n",
		       (int)sizeof(name), name, (int)sizeof(name), name);
	f = first_of(text);

	assert_int_equal(machine.n, 1);
	assert_int_equal(f->device, 0x10d3);
	assert_int_equal(read8(0x10), 0);
}

static void rows_may_come_in_any_order_and_length(void **state)
{
	const struct pcireset_function *f;

	(void)state;
	f = first_of("00:02.0 x\n"
		     "41: 01 02\n"
		     "0043: 03 00 02 00\n" ROWS "40: 5a\n");

	assert_true(f->answers);
	assert_int_equal(read8(0x40), 0x5a);
	assert_int_equal(read8(0x42), 0x02);
	assert_int_equal(read8(0x43), 0x03);
}

static void a_row_across_256_bytes_is_kept_whole(void **state)
{
	char text[4096];

	(void)state;
	add_rows(text, "00:02.0 x\n" ROWS, 0x40, 0xf8);
	(void)strcat(text, "f8: 01 02 03 04 05 06 07 08 09 0a\n");
	(void)first_of(text);

	assert_int_equal(read8(0x00), 0x86);
	assert_int_equal(read8(0xff), 0x08);
	assert_int_equal(read8(0x101), 0x0a);
}

static void what_is_cut_short_is_named_and_the_first_of_it(void **state)
{
	struct pcireset_dump_problem problem = { 0 };
	char text[32768];

	(void)state;
	/* 64, 256 and 4096 bytes are whole. */
	add_rows(text, "00:01.0 x\n" ROWS, 0, 0);
	add_rows(text + strlen(text), "00:02.0 x\n" ROWS, 0x40, 0x100);
	add_rows(text + strlen(text), "00:03.0 x\n" ROWS, 0x40, 0x1000);
	assert_int_equal(pcireset_io_open_dump(text, &problem, &io), 0);
	assert_int_equal(problem.n_cut, 0);
	pcireset_io_close(io);
	io = NULL;

	add_rows(text, "00:04.0 x\n" ROWS, 0x40, 0x60);
	(void)strcat(text, "00:03.0 y\n" ROWS "50: 00\n00:02.0 z\n00: 86 8");
	assert_int_equal(pcireset_io_open_dump(text, &problem, &io), 0);
	assert_int_equal(problem.n_cut, 3);
	assert_int_equal(problem.line, 7);
	assert_int_equal(problem.cut.device, 4);
}

static void of_a_function_with_a_gap_nothing_behind_it_counts(void **state)
{
	const struct pcireset_function *f;
	char text[16384];

	(void)state;
	add_rows(text, "00:02.0 x\n" ROWS, 0x50, 0x1000);
	f = first_of(text);
	pcireset_topology_read(io, &machine);
	assert_int_equal(io->config_read(io->data, f->address, 0x50, text, 1), -EIO);
	assert_int_equal(f->config_bytes, 64);
	assert_true(f->is_unknown);
}

static void what_is_behind_the_cut_is_unknown(void **state)
{
	static const struct {
		unsigned int end;
		uint16_t config_bytes;
		bool is_unknown;
	} cuts[] = { { 0x100, 256, false }, { 0x1000, 4096, false }, { 0xd0, 64, true },
		     { 0x110, 256, true },  { 0xff0, 256, true } };
	char text[16384];

	(void)state;
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		add_rows(text, "00:02.0 x\n" ROWS, 0x40, 0xc0);
		/* PCI Express, and a list of one extended capability. */
		(void)strcat(text, "c0: 00 00 00 00 00 00 00 00 10 00 02 00 00 00 00 10\n");
		add_rows(text + strlen(text), "", 0xd0, cuts[i].end < 0x100 ? cuts[i].end : 0x100);
		if (cuts[i].end > 0x100)
			(void)strcat(text, "100: 01 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00\n");
		add_rows(text + strlen(text), "", 0x110, cuts[i].end);
		(void)first_of(text);
		pcireset_topology_read(io, &machine);
		assert_int_equal(machine.functions[0].config_bytes, cuts[i].config_bytes);
		assert_int_equal(machine.functions[0].is_unknown, cuts[i].is_unknown);
		(void)teardown(NULL);
	}
}

static void behind_the_last_row_nothing_can_be_read(void **state)
{
	uint32_t value = 0;

	(void)state;
	(void)first_of("00:02.0 x\n" ROWS);

	assert_int_equal(io->config_read(io->data, machine.functions[0].address, 0x40, &value, 4),
			 -EIO);
	assert_int_equal(io->config_read(io->data, machine.functions[0].address, 0x3e, &value, 4),
			 -EIO);
	assert_int_equal(value, 0);
}

static void a_function_without_rows_does_not_answer(void **state)
{
	(void)state;
	(void)first_of("00:02.0 x\n" ROWS "\n00:03.0 no rows\n\n00:04.0 y\n" ROWS);

	assert_int_equal(machine.n, 3);
	assert_false(machine.functions[1].answers);
	assert_true(machine.functions[2].answers);
	/* Nor is it known that it would not. */
	pcireset_topology_read(io, &machine);
	assert_true(machine.functions[1].is_unknown);
}

static void what_reads_as_ones_is_known_not_to_answer(void **state)
{
	char text[512] = "00:02.0 x\n";

	(void)state;
	for (unsigned int at = 0; at < 64; at += 16)
		(void)sprintf(text + strlen(text), "%02x: ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff\n",
			      at);
	(void)first_of(text);
	pcireset_topology_read(io, &machine);
	assert_false(machine.functions[0].answers);
	assert_false(machine.functions[0].is_unknown);
}

static void a_capability_list_behind_64_bytes_is_unknown(void **state)
{
	const struct pcireset_function *f;

	(void)state;
	f = first_of("00:02.0 x\n" ROWS);
	pcireset_topology_read(io, &machine);

	assert_int_equal(f->config_bytes, 64);
	assert_true(f->is_unknown);
}

/* An FLR that cannot be seen would come before the reset of its bus. */
static void what_may_have_a_reset_that_cannot_be_seen_offers_none(void **state)
{
	(void)state;
	(void)first_of("00:1c.0 port\n" PORT_ROWS "\n01:00.0 x\n" ROWS);
	pcireset_topology_read(io, &machine);
	assert_int_equal(machine.functions[1].parent, 0);
	assert_true(machine.functions[1].is_unknown);
	assert_int_equal(machine.functions[1].offers, 0);
	assert_false(machine.functions[1].has_reset_method);

	/* A list that is not there is read to its end. */
	pcireset_machine_free(&machine);
	pcireset_io_close(io);
	(void)first_of("00:1c.0 port\n" PORT_ROWS "\n01:00.0 x\n" ROWS_WITHOUT_LIST);
	pcireset_topology_read(io, &machine);
	assert_int_equal(machine.functions[1].offers, PCIRESET_BIT(PCIRESET_METHOD_SBR));
}

static void nothing_can_be_written_and_no_file_is_there(void **state)
{
	const struct pcireset_function *f;
	char text[8];

	(void)state;
	f = first_of("00:02.0 x\n" ROWS);

	assert_true(io->is_dump);
	assert_int_equal(io->config_write(io->data, f->address, 4, 0, 2), -EROFS);
	assert_int_equal(io->attr_write(io->data, "sys/bus/pci/x", "1"), -EROFS);
	assert_int_equal(io->attr_read(io->data, "sys/bus/pci/x", text, sizeof(text)), -ENOENT);
	assert_int_equal(io->job_start(io->data, NULL), -EROFS);
}

static void what_is_no_dump_is_refused(void **state)
{
	(void)state;
	ASSERT_BAD("", 0, "no PCI function: not what \"lspci -xxxx\" prints");
	ASSERT_BAD("\n\n[rules]\nkeep = bound\n", 0,
		   "no PCI function: not what \"lspci -xxxx\" prints");
	ASSERT_BAD("00:02.0 Ethernet controller\n", 0,
		   "no configuration space: made without -xxxx");
}

static void a_bad_row_is_named(void **state)
{
	(void)state;
	ASSERT_BAD("00:02.0 x\n" ROWS "40: 00 0\n", 6, "not a row of up to 16 bytes");
	ASSERT_BAD("00:02.0 x\n40: 00 0g\n", 2, "not a row of up to 16 bytes");
	ASSERT_BAD("00:02.0 x\n40: 100\n", 2, "not a row of up to 16 bytes");
	ASSERT_BAD("00:02.0 x\n40: \n", 2, "not a row of up to 16 bytes");
	ASSERT_BAD("00:02.0 x\n"
		   "40: 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10\n",
		   2, "not a row of up to 16 bytes");
	ASSERT_BAD(ROWS, 1, "a row before the first function");
}

static void rows_end_at_fff(void **state)
{
	(void)state;
	ASSERT_BAD("00:02.0 x\n" ROWS "ff1: 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f\n", 6,
		   "configuration space ends at fff");
	ASSERT_BAD("00:02.0 x\n1000: 00\n", 2, "configuration space ends at fff");
	ASSERT_BAD("00:02.0 x\nffffffff: 00\n", 2, "configuration space ends at fff");
}

static void addresses_that_libpci_does_not_know_are_refused(void **state)
{
	(void)state;
	ASSERT_BAD("00:02.0 x\n" ROWS "1000000:00:00.0 y\n" ROWS, 6,
		   "a domain of more than six digits");
	ASSERT_BAD("00:20.0 x\n" ROWS, 1, "a device number above 1f");
}

static void an_address_that_comes_twice_is_refused_where_it_does(void **state)
{
	(void)state;
	ASSERT_BAD("00:02.0 x\n" ROWS "00:01.0 y\n" ROWS "0000:00:02.0 x again\n" ROWS, 11,
		   "the same address again");
	/* The first of them is named, whatever their order. */
	ASSERT_BAD("00:03.0 x\n" ROWS "00:03.0 x\n" ROWS "00:01.0 y\n" ROWS "00:01.0 y\n" ROWS,
		   6, "the same address again");
	ASSERT_BAD("00:01.0 x\n" ROWS "00:01.0 x\n" ROWS "00:03.0 y\n" ROWS "00:03.0 y\n" ROWS,
		   6, "the same address again");
}

static void a_list_of_names_around_it_is_no_second_machine(void **state)
{
	static const char list[] = "00:03.0 y\n00:02.0 x\n00:04.0 no rows\n";
	char text[1024];

	(void)state;
	(void)snprintf(text, sizeof(text), "%s00:02.0 x\n" ROWS "00:03.0 y\n" ROWS "%s", list,
		       list);
	(void)first_of(text);

	assert_int_equal(machine.n, 3);
	assert_true(machine.functions[0].answers);
	assert_true(machine.functions[1].answers);
	assert_int_equal(machine.functions[2].address.device, 4);
	assert_false(machine.functions[2].answers);
}

static void quotes_indents_and_a_byte_order_mark_do_no_harm(void **state)
{
	(void)state;
	(void)first_of("\xef\xbb\xbf> 00:02.0 x\n> > " ROWS "    00:03.0 y\n    " ROWS);

	assert_int_equal(machine.n, 2);
	assert_int_equal(machine.functions[0].device, 0x10d3);
	assert_int_equal(machine.functions[1].device, 0x10d3);
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(addresses_have_a_domain_or_none),
		TEST(crlf_and_a_missing_last_newline_do_no_harm),
		TEST(decoded_text_is_passed_over_however_long_its_lines_are),
		TEST(rows_may_come_in_any_order_and_length),
		TEST(a_row_across_256_bytes_is_kept_whole),
		TEST(what_is_cut_short_is_named_and_the_first_of_it),
		TEST(of_a_function_with_a_gap_nothing_behind_it_counts),
		TEST(what_is_behind_the_cut_is_unknown),
		TEST(behind_the_last_row_nothing_can_be_read),
		TEST(a_function_without_rows_does_not_answer),
		TEST(what_reads_as_ones_is_known_not_to_answer),
		TEST(a_capability_list_behind_64_bytes_is_unknown),
		TEST(what_may_have_a_reset_that_cannot_be_seen_offers_none),
		TEST(nothing_can_be_written_and_no_file_is_there),
		TEST(what_is_no_dump_is_refused),
		TEST(a_bad_row_is_named),
		TEST(rows_end_at_fff),
		TEST(addresses_that_libpci_does_not_know_are_refused),
		TEST(an_address_that_comes_twice_is_refused_where_it_does),
		TEST(a_list_of_names_around_it_is_no_second_machine),
		TEST(quotes_indents_and_a_byte_order_mark_do_no_harm),
	};

	return cmocka_run_group_tests_name("dump", tests, NULL, NULL);
}
