/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which functions a load line means. */
#include <errno.h>
#include <string.h>

#include "drivers.h"

#define TEXT_BYTES_MAX 65536

static size_t find(const struct quiesce_run *run, struct pcireset_address address)
{
	for (size_t i = 0; i < run->machine.n; i++)
		if (pcireset_address_compare(run->machine.functions[i].address, address) == 0)
			return i;
	return PCIRESET_NONE;
}

static size_t mark_address(const struct quiesce_run *run, const struct quiesce_load *load, bool say,
			   bool *wanted)
{
	char address[PCIRESET_ADDRESS_BYTES];
	size_t i = find(run, load->address);

	if (i != PCIRESET_NONE) {
		wanted[i] = true;
		return 0;
	}
	if (say)
		quiesce_log(run->log, QUIESCE_WARNING, "%s: %s is not there", load->origin,
			    pcireset_address_format(load->address, address));
	return 1;
}

/* One line of the file. Return: 1 where it names what is not there. */
static size_t mark_target(const struct quiesce_run *run, const char *line, bool say, bool *wanted)
{
	const struct pcireset_function *f;
	struct pcireset_address address;
	unsigned int vendor, device;
	char word[24];
	size_t i;

	if (sscanf(line, "%23s %4x:%4x", word, &vendor, &device) != 3 ||
	    pcireset_address_parse(word, &address) < 0) {
		if (say && line[strspn(line, " \t")] && line[0] != '#')
			quiesce_log(run->log, QUIESCE_WARNING,
				    "/" QUIESCE_DUMP_TARGET ": not understood: %s", line);
		return 0;
	}

	i = find(run, address);
	if (i == PCIRESET_NONE) {
		if (say)
			quiesce_log(run->log, QUIESCE_WARNING,
				    "dump target %s: nothing is at that address", word);
		return 1;
	}
	/* Buses are numbered anew by each kernel. */
	f = &run->machine.functions[i];
	if (f->vendor == vendor && f->device == device) {
		wanted[i] = true;
		return 0;
	}
	if (say)
		quiesce_log(run->log, QUIESCE_WARNING,
			    "dump target %s: is %04x:%04x, not %04x:%04x", word, f->vendor,
			    f->device, vendor, device);
	return 1;
}

static size_t mark_dump_target(const struct quiesce_run *run, bool say, bool *wanted)
{
	_cleanup_free_ char *text = NULL;
	size_t n_missing = 0;
	char *rest, *line;
	int r;

	r = quiesce_file_read(run->root, QUIESCE_DUMP_TARGET, TEXT_BYTES_MAX, &text);
	if (r < 0) {
		if (say)
			quiesce_log(run->log, QUIESCE_WARNING,
				    "the dump target is not known: /" QUIESCE_DUMP_TARGET ": %s",
				    strerror(-r));
		return 0;
	}
	rest = text;
	while ((line = strsep(&rest, "\n")))
		n_missing += mark_target(run, line, say, wanted);
	return n_missing;
}

/* Documentation/filesystems/proc.rst, /proc/consoles: a name at the start of each line. */
static bool has_usb_console(const struct quiesce_run *run)
{
	_cleanup_free_ char *text = NULL;

	return quiesce_file_read(run->root, "proc/consoles", TEXT_BYTES_MAX, &text) == 0 &&
	       (strncmp(text, "ttyUSB", 6) == 0 || strstr(text, "\nttyUSB"));
}

/* PCI Code and ID Assignment Specification: serial ports, modems, USB host controllers. */
static void mark_console(const struct quiesce_run *run, bool *wanted)
{
	const bool usb = has_usb_console(run);

	for (size_t i = 0; i < run->machine.n; i++) {
		const struct pcireset_function *f = &run->machine.functions[i];
		const uint32_t sub_class = f->class_code >> 8;

		if ((sub_class == 0x0300 && f->boot_vga) || sub_class == 0x0700 ||
		    sub_class == 0x0702 ||
		    (usb && sub_class == 0x0c03 && (f->class_code & 0xff) <= 0x30))
			wanted[i] = true;
	}
}

size_t quiesce_wanted_mark(const struct quiesce_run *run, const struct quiesce_load *load, bool say,
			   bool *wanted)
{
	switch (load->what) {
	case QUIESCE_LOAD_ALL:
		memset(wanted, true, run->machine.n * sizeof(*wanted));
		return 0;
	case QUIESCE_LOAD_ADDRESS:
		return mark_address(run, load, say, wanted);
	case QUIESCE_LOAD_DUMP_TARGET:
		return mark_dump_target(run, say, wanted);
	case QUIESCE_LOAD_CONSOLE:
		mark_console(run, wanted);
		return 0;
	case QUIESCE_LOAD_MODULE:
		break;
	}
	return 0;
}
