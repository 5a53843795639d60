/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the crash kernel finds against what the healthy machine had. */
#include <cJSON.h>
#include <errno.h>
#include <string.h>

#include "manifest.h"
#include "report.h"

/* Serial consoles are slow, and the report has all of them. */
#define LINES_MAX 10

/* What both sides are ordered and matched by. */
struct key {
	const char *path;
	struct pcireset_address address;
	uint32_t id;
	size_t index;
};

static int compare_paths(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	const int order = strcmp(x->path, y->path);

	return order ? order : (x->id > y->id) - (x->id < y->id);
}

static int compare_addresses(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	const int order = pcireset_address_compare(x->address, y->address);

	return order ? order : (x->id > y->id) - (x->id < y->id);
}

static uint32_t id_of(uint16_t vendor, uint16_t device)
{
	return (uint32_t)vendor << 16 | device;
}

/*
 * @was: one key for each function of the manifest, paired ones are taken out
 * @is: the same for the machine
 * @paths: of the machine's functions
 */
struct sides {
	struct key *was;
	size_t n_was;
	struct key *is;
	size_t n_is;
	char (*paths)[QUIESCE_PATH_BYTES_MAX];
};

static void sides_free(struct sides *sides)
{
	free(sides->was);
	free(sides->is);
	free(sides->paths);
}

static int sides_make(const struct pcireset_machine *machine,
		      const struct quiesce_manifest *manifest, struct sides *sides)
{
	sides->was = calloc(manifest->n + 1, sizeof(*sides->was));
	sides->is = calloc(machine->n + 1, sizeof(*sides->is));
	sides->paths = calloc(machine->n + 1, sizeof(*sides->paths));
	if (!sides->was || !sides->is || !sides->paths)
		return -ENOMEM;

	for (size_t i = 0; i < manifest->n; i++) {
		const struct quiesce_manifest_function *f = &manifest->functions[i];

		sides->was[i] = (struct key){ f->path, f->address, id_of(f->vendor, f->device), i };
	}
	for (size_t i = 0; i < machine->n; i++) {
		const struct pcireset_function *f = &machine->functions[i];

		sides->is[i] = (struct key){ quiesce_path_format(machine, i, sides->paths[i]),
					     f->address, id_of(f->vendor, f->device), i };
	}
	sides->n_was = manifest->n;
	sides->n_is = machine->n;
	return 0;
}

static void add(struct quiesce_comparison *comparison, size_t was, size_t is)
{
	comparison->differences[comparison->n++] = (struct quiesce_difference){ was, is };
}

/* Both in one order: what is equal goes, the rest moves up. */
static void pair(struct sides *sides, int (*compare)(const void *a, const void *b),
		 struct quiesce_comparison *comparison)
{
	size_t w = 0, i = 0, left_w = 0, left_i = 0;

	qsort(sides->was, sides->n_was, sizeof(*sides->was), compare);
	qsort(sides->is, sides->n_is, sizeof(*sides->is), compare);
	while (w < sides->n_was || i < sides->n_is) {
		const int order = w == sides->n_was ? 1 :
				  i == sides->n_is  ? -1 :
						      compare(&sides->was[w], &sides->is[i]);

		if (order < 0) {
			sides->was[left_w++] = sides->was[w++];
		} else if (order > 0) {
			sides->is[left_i++] = sides->is[i++];
		} else {
			if (pcireset_address_compare(sides->was[w].address,
						     sides->is[i].address) != 0)
				add(comparison, sides->was[w].index, sides->is[i].index);
			w++;
			i++;
		}
	}
	sides->n_was = left_w;
	sides->n_is = left_i;
}

static bool has_domain(const struct pcireset_machine *machine, uint32_t domain)
{
	for (size_t i = 0; i < machine->n; i++)
		if (machine->functions[i].address.domain == domain)
			return true;
	return false;
}

static bool is_expected_to_miss(const struct pcireset_machine *machine,
				const struct quiesce_manifest_function *f)
{
	return f->is_virtual || (f->is_behind && !has_domain(machine, f->address.domain));
}

int quiesce_manifest_compare(const struct pcireset_machine *machine,
			     struct quiesce_comparison *comparison)
{
	struct sides sides = { 0 };

	comparison->differences =
		calloc(machine->n + comparison->manifest.n + 1, sizeof(*comparison->differences));
	if (!comparison->differences ||
	    sides_make(machine, &comparison->manifest, &sides) < 0) {
		sides_free(&sides);
		return -ENOMEM;
	}
	/* A function that moved is told where both its path and its ids are the same. */
	pair(&sides, compare_paths, comparison);
	/* Paths differ where a bridge is not read as it was. */
	pair(&sides, compare_addresses, comparison);
	for (size_t w = 0; w < sides.n_was; w++)
		if (!is_expected_to_miss(machine,
					 &comparison->manifest.functions[sides.was[w].index]))
			add(comparison, sides.was[w].index, PCIRESET_NONE);
	for (size_t i = 0; i < sides.n_is; i++)
		add(comparison, PCIRESET_NONE, sides.is[i].index);
	sides_free(&sides);
	return 0;
}

static void log_difference(const struct quiesce_run *run, const struct quiesce_difference *d)
{
	const struct quiesce_manifest_function *was =
		d->was == PCIRESET_NONE ? NULL : &run->comparison->manifest.functions[d->was];
	const struct pcireset_function *is =
		d->is == PCIRESET_NONE ? NULL : &run->machine.functions[d->is];
	char from[PCIRESET_ADDRESS_BYTES], to[PCIRESET_ADDRESS_BYTES];

	if (was)
		(void)pcireset_address_format(was->address, from);
	if (is)
		(void)pcireset_address_format(is->address, to);
	if (was && is)
		quiesce_log(run->log, QUIESCE_NOTICE, "manifest: %s is now %s", from, to);
	else if (was)
		quiesce_log(run->log, QUIESCE_WARNING, "manifest: %s %04x:%04x is missing", from,
			    was->vendor, was->device);
	else if (is)
		quiesce_log(run->log, QUIESCE_NOTICE, "manifest: %s %04x:%04x is new", to,
			    is->vendor, is->device);
}

/* Where there is none, nobody asked. */
static int read_manifest(const struct quiesce_run *run, struct quiesce_manifest *ret_manifest)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = quiesce_file_read(run->root, QUIESCE_MANIFEST, QUIESCE_MANIFEST_BYTES_MAX, &text);
	if (r == -ENOENT)
		return r;
	if (r == 0)
		r = quiesce_manifest_parse(text, ret_manifest);
	if (r < 0)
		quiesce_log(run->log, QUIESCE_WARNING, "/" QUIESCE_MANIFEST ": %s",
			    r == -EBADMSG ? "not a manifest" : quiesce_file_problem(r));
	return r;
}

void quiesce_manifest_stage(struct quiesce_run *run)
{
	struct quiesce_comparison *comparison = calloc(1, sizeof(*comparison));

	if (!comparison || read_manifest(run, &comparison->manifest) < 0 ||
	    quiesce_manifest_compare(&run->machine, comparison) < 0) {
		quiesce_comparison_free(comparison);
		return;
	}
	run->comparison = comparison;
	for (size_t i = 0; i < comparison->n && i < LINES_MAX; i++)
		log_difference(run, &comparison->differences[i]);
	if (comparison->n > LINES_MAX)
		quiesce_log(run->log, QUIESCE_NOTICE,
			    "manifest: and %zu differences more: see the report",
			    comparison->n - LINES_MAX);
}

static struct cJSON *make_difference(const struct quiesce_run *run,
				     const struct quiesce_difference *d)
{
	const struct quiesce_manifest_function *was =
		d->was == PCIRESET_NONE ? NULL : &run->comparison->manifest.functions[d->was];
	const struct pcireset_function *is =
		d->is == PCIRESET_NONE ? NULL : &run->machine.functions[d->is];
	struct cJSON *object = cJSON_CreateObject();
	char text[PCIRESET_ADDRESS_BYTES];

	quiesce_json_string(object, "address",
			    is ? pcireset_address_format(is->address, text) : NULL);
	quiesce_json_string(object, "was",
			    was ? pcireset_address_format(was->address, text) : NULL);
	quiesce_json_hex(object, "vendor", is ? is->vendor : was->vendor, 4);
	quiesce_json_hex(object, "device", is ? is->device : was->device, 4);
	return object;
}

int quiesce_manifest_report(const struct quiesce_run *run, FILE *out)
{
	const struct quiesce_comparison *comparison = run->comparison;
	struct cJSON *object, *missing, *new, *moved;
	_cleanup_free_ char *text = NULL;

	if (!comparison) {
		(void)fputs("\"manifest\":null,", out);
		return 0;
	}
	object = cJSON_CreateObject();
	missing = cJSON_AddArrayToObject(object, "missing");
	new = cJSON_AddArrayToObject(object, "new");
	moved = cJSON_AddArrayToObject(object, "moved");
	for (size_t i = 0; i < comparison->n; i++) {
		const struct quiesce_difference *d = &comparison->differences[i];

		(void)cJSON_AddItemToArray(d->is == PCIRESET_NONE  ? missing :
					   d->was == PCIRESET_NONE ? new :
								     moved,
					   make_difference(run, d));
	}
	text = cJSON_PrintUnformatted(object);
	cJSON_Delete(object);
	if (!text)
		return -ENOMEM;
	(void)fprintf(out, "\"manifest\":%s,", text);
	return 0;
}

void quiesce_comparison_free(struct quiesce_comparison *comparison)
{
	if (!comparison)
		return;
	quiesce_manifest_free(&comparison->manifest);
	free(comparison->differences);
	free(comparison);
}
