/* SPDX-License-Identifier: GPL-2.0-or-later */
/* list: every function on a line; a tree for those who look, a table for a pipe. */
#include <linux/pci_regs.h>
#include <string.h>

#include "commands.h"
#include "report.h"
#include "terminal.h"

enum column { ADDRESS, ID, CLASS, TYPE, MASTER, GROUP, DRIVER, RESETS, NOTES };

/* @nodes: lines of a tree; NULL: @rows of functions. */
struct listing {
	const struct pcireset_machine *machine;
	const struct quiesce_node *nodes;
	const size_t *rows;
	bool utf8;
	bool is_dump;
};

static const struct pcireset_function *function_of(const struct listing *listing, size_t row)
{
	const size_t i = listing->nodes ? listing->nodes[row].function : listing->rows[row];

	return i == PCIRESET_NONE ? NULL : &listing->machine->functions[i];
}

static const char *resets_of(const struct pcireset_function *f, char *buffer)
{
	const unsigned int offered = quiesce_resets_offered(f);
	size_t used = 0;

	(void)strcpy(buffer, f->is_unknown ? "?" : "-");
	for (unsigned int m = PCIRESET_METHOD_NONE + 1; m < PCIRESET_METHODS; m++)
		if (offered & PCIRESET_BIT(m))
			used += (size_t)snprintf(buffer + used, QUIESCE_CELL_BYTES - used, "%s%s",
						 used ? "," : "", pcireset_method_word(m));
	if (used && f->is_unknown)
		(void)strcpy(buffer + used, ",?");
	return buffer;
}

static const char *notes_of(const struct pcireset_machine *machine,
			    const struct pcireset_function *f, char *buffer)
{
	const size_t bytes = QUIESCE_CELL_BYTES;
	char text[PCIRESET_ADDRESS_BYTES];

	buffer[0] = '\0';
	if (f->physical != PCIRESET_NONE)
		(void)snprintf(
			buffer, bytes, "VF of %s",
			pcireset_address_format(machine->functions[f->physical].address, text));
	else if (f->vfs)
		(void)snprintf(buffer, bytes, "%u VFs, %u listed", f->vfs, f->vfs_listed);
	else if (f->parent == PCIRESET_NONE && f->behind != PCIRESET_NONE)
		(void)snprintf(
			buffer, bytes, "behind %s",
			pcireset_address_format(machine->functions[f->behind].address, text));
	else if (f->hotplug_capable)
		(void)strcpy(buffer, "hot-plug");
	return buffer;
}

static const char *bus_cell(const struct quiesce_node *node, size_t column, char *buffer)
{
	if (column != ADDRESS)
		return NULL;
	(void)snprintf(buffer, QUIESCE_CELL_BYTES, "%04x:%02x", node->bus.domain, node->bus.bus);
	return buffer;
}

/* What a function that does not answer has in its registers is not known. */
static const char *register_cell(const struct pcireset_function *f, size_t column, char *buffer,
				 enum quiesce_color *color)
{
	if (!f->answers) {
		*color = QUIESCE_RED;
		if (column != RESETS)
			return "?";
		return f->is_unknown ? "cut short" : "does not answer";
	}
	switch (column) {
	case CLASS:
		(void)snprintf(buffer, QUIESCE_CELL_BYTES, "%06x", f->class_code);
		return buffer;
	case TYPE:
		return quiesce_class_word(f->class_code);
	case MASTER:
		return f->command & PCI_COMMAND_MASTER ? "+" : "-";
	default:
		*color = f->is_unknown ? QUIESCE_YELLOW : QUIESCE_PLAIN;
		return resets_of(f, buffer);
	}
}

static const char *cell(const void *data, size_t row, size_t column, char *buffer,
			enum quiesce_color *color)
{
	const struct listing *listing = data;
	const struct pcireset_function *f = function_of(listing, row);

	if (!f)
		return bus_cell(&listing->nodes[row], column, buffer);
	switch (column) {
	case ADDRESS:
		return pcireset_address_format(f->address, buffer);
	case ID:
		(void)snprintf(buffer, QUIESCE_CELL_BYTES, "%04x:%04x", f->vendor, f->device);
		return buffer;
	case GROUP:
		if (f->iommu_group < 0)
			return "-";
		(void)snprintf(buffer, QUIESCE_CELL_BYTES, "%d", f->iommu_group);
		return buffer;
	case DRIVER:
		return f->driver[0] ? f->driver : "-";
	case NOTES:
		return notes_of(listing->machine, f, buffer);
	default:
		return register_cell(f, column, buffer, color);
	}
}

static size_t lead(const void *data, size_t row, FILE *out)
{
	const struct listing *listing = data;

	return quiesce_tree_draw(&listing->nodes[row], listing->utf8, out);
}

static int print_table(const struct pcireset_machine *machine, const size_t *rows, size_t n,
		       const struct quiesce_terminal *terminal)
{
	_cleanup_free_ struct quiesce_node *nodes = NULL;
	struct listing listing = { .machine = machine, .rows = rows, .utf8 = terminal->utf8 };
	struct quiesce_table table = {
		.headings = { "ADDRESS", "ID", "CLASS", "TYPE", "BM", "GROUP", "DRIVER", "RESETS",
			      "NOTES" },
		.n = n,
		.cell = cell,
		.data = &listing,
	};
	int r;

	/* A part of a tree has no lines to draw. */
	if (terminal->is_terminal && n == machine->n) {
		r = quiesce_tree_make(machine, &nodes, &table.n);
		if (r < 0)
			return r;
		listing.nodes = nodes;
		table.lead = lead;
	}
	quiesce_table_print(&table, terminal, stdout);
	return 0;
}

static struct cJSON *make_function(const void *data, size_t row)
{
	const struct listing *listing = data;

	return quiesce_function_json(listing->machine, listing->rows[row], listing->is_dump);
}

static int print_json(const struct pcireset_machine *machine, const size_t *rows, size_t n,
		      bool is_dump)
{
	const struct listing listing = { .machine = machine, .rows = rows, .is_dump = is_dump };
	int r;

	(void)fputs("{\"schema\":1,\"functions\":[", stdout);
	r = quiesce_json_elements(stdout, n, make_function, &listing);
	if (r == 0)
		(void)fputs("\n]}\n", stdout);
	return r;
}

static int print(const struct pcireset_machine *machine, const struct pcireset_filter *filter,
		 const struct quiesce_options *options)
{
	const struct quiesce_terminal terminal = quiesce_terminal_look(options->color);
	_cleanup_free_ size_t *rows = NULL;
	size_t n;
	int r;

	r = quiesce_filter_apply(filter, machine, &rows, &n);
	if (r < 0)
		return r;
	return options->json ? print_json(machine, rows, n, options->dump)
			     : print_table(machine, rows, n, &terminal);
}

int quiesce_command_list(const struct quiesce_options *options)
{
	_cleanup_free_ struct pcireset_filter *filter = NULL;
	struct pcireset_machine machine = { 0 };
	struct pcireset_io *io;
	int r, code;

	code = quiesce_filter_take(options, &filter);
	if (code == QUIESCE_OK)
		code = quiesce_door_open(options, &io);
	if (code != QUIESCE_OK)
		return code;

	r = pcireset_scan(io, &machine);
	if (r == 0) {
		pcireset_topology_read(io, &machine);
		quiesce_tell_unprivileged(io, &machine);
		r = print(&machine, filter, options);
	}
	pcireset_machine_free(&machine);
	pcireset_io_close(io);
	return r < 0 ? quiesce_fail("cannot read PCI functions", r) : QUIESCE_OK;
}
