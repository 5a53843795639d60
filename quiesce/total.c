/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Below a table: all functions in one line, and who may have to do with the crash. */
#include <cJSON.h>

#include "commands.h"
#include "report.h"
#include "terminal.h"

static const struct cJSON *item(const struct cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

/* "12 verified, 4 kept" */
static void print_verdicts(const struct cJSON *devices, const char *key, FILE *out)
{
	size_t left = (size_t)cJSON_GetArraySize(devices);
	const char *before = "";
	const struct cJSON *device;

	for (unsigned int v = PCIRESET_VERDICT_NONE + 1; v < PCIRESET_VERDICTS; v++) {
		size_t n = 0;

		cJSON_ArrayForEach(device, devices)
			n += quiesce_json_is(device, key, pcireset_verdict_word(v));
		if (n) {
			(void)fprintf(out, "%s%zu %s", before, n, pcireset_verdict_word(v));
			before = ", ";
		}
		left -= n;
	}
	if (left)
		(void)fprintf(out, "%s%zu without a verdict", before, left);
}

/* A bus is reset once, whoever is on it. */
static size_t count_buses(const struct cJSON *devices, enum pcireset_engine engine)
{
	struct cJSON *seen = cJSON_CreateObject();
	const struct cJSON *device;
	size_t n;

	cJSON_ArrayForEach(device, devices) {
		const char *via = cJSON_GetStringValue(item(device, "via"));

		if (via && !item(seen, via) &&
		    quiesce_json_is(device, "engine", pcireset_engine_word(engine)))
			(void)cJSON_AddTrueToObject(seen, via);
	}
	n = (size_t)cJSON_GetArraySize(seen);
	cJSON_Delete(seen);
	return n;
}

static size_t count_made_by(const struct cJSON *devices, enum pcireset_engine engine)
{
	const struct cJSON *device;
	size_t n = 0;

	cJSON_ArrayForEach(device, devices)
		n += !cJSON_IsString(item(device, "via")) &&
		     quiesce_json_is(device, "engine", pcireset_engine_word(engine));
	return n;
}

void quiesce_total_plan(const struct cJSON *devices, unsigned int estimate_ms, FILE *out)
{
	const size_t direct = count_made_by(devices, PCIRESET_ENGINE_DIRECT);
	const size_t buses = count_buses(devices, PCIRESET_ENGINE_DIRECT);
	const int n = cJSON_GetArraySize(devices);

	(void)fprintf(out, "\n%d function%s in all%s", n, plural((size_t)n), n ? ": " : "");
	print_verdicts(devices, "expected", out);
	(void)fprintf(out,
		      "; %zu reset%s by us at once, %zu by the kernel; %zu bus reset%s by us, "
		      "%zu by the kernel; about %u ms\n",
		      direct, plural(direct), count_made_by(devices, PCIRESET_ENGINE_KERNEL), buses,
		      plural(buses), count_buses(devices, PCIRESET_ENGINE_KERNEL), estimate_ms);
}

static void print_suspects(const struct cJSON *suspects, FILE *out)
{
	static const struct quiesce_terminal plain;
	const struct cJSON *suspect;

	(void)fputs(cJSON_GetArraySize(suspects) ? "\nSuspects, the likeliest first:\n" :
						   "\nNo suspects.\n",
		    out);
	cJSON_ArrayForEach(suspect, suspects) {
		const char *address = cJSON_GetStringValue(item(suspect, "address"));
		const char *words = cJSON_GetStringValue(item(suspect, "words"));

		(void)fputs("  ", out);
		quiesce_terminal_write(&plain, out, QUIESCE_PLAIN, address ? address : "-",
				       QUIESCE_CELL_BYTES);
		(void)fputs("  ", out);
		quiesce_terminal_write(&plain, out, QUIESCE_PLAIN, words ? words : "-",
				       QUIESCE_CELL_BYTES);
		(void)fputs("\n", out);
	}
	(void)fputs("Linux may have cleared AER status since the crash, and what is left may be\n"
		    "older than the crash: not to be named clears nobody.\n",
		    out);
}

void quiesce_total_run(const struct cJSON *report, FILE *out)
{
	const struct cJSON *devices = item(report, "devices"), *suspects = item(report, "suspects");
	const struct cJSON *total = item(report, "total_ms"), *silence = item(report, "silence_us");
	const int n = cJSON_GetArraySize(devices);

	(void)fprintf(out, "\n%d function%s", n, plural((size_t)n));
	if (cJSON_IsNumber(total))
		(void)fprintf(out, " in %.0f ms", total->valuedouble);
	if (cJSON_IsNumber(silence))
		(void)fprintf(out, " (silent after %.1f ms)", silence->valuedouble / 1000);
	(void)fputs(n ? ": " : "", out);
	print_verdicts(devices, "verdict", out);
	(void)fputs("\n", out);
	if (cJSON_IsArray(suspects))
		print_suspects(suspects, out);
}
