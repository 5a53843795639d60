/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a report knows of one function's reset, a line for each moment. */
#include <cJSON.h>
#include <linux/pci_regs.h>
#include <stdarg.h>
#include <string.h>

#include "commands.h"

#define TEXT_BYTES 256

static const struct cJSON *item(const struct cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static const char *word(const struct cJSON *object, const char *key)
{
	return cJSON_GetStringValue(item(object, key));
}

static void __attribute__((format(printf, 2, 3))) add(char *text, const char *format, ...)
{
	const size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text + used, TEXT_BYTES - used, format, args);
	va_end(args);
}

static void add_ms(char *text, const char *words, const struct cJSON *ms)
{
	if (cJSON_IsNumber(ms))
		add(text, "%s%.*f ms", words, ms->valuedouble < 1 ? 2 : 1, ms->valuedouble);
}

/* "8086:1572, COMMAND 0006, link 2.5 GT/s x1" */
static void tell_registers(FILE *out, const char *key, const struct cJSON *evidence)
{
	static const char *const names[][2] = { { "command", "COMMAND" },
						{ "devsta", "Device Status" } };
	const struct cJSON *registers = item(evidence, key), *link = item(registers, "link");
	const char *id = word(registers, "id");
	char text[TEXT_BYTES] = "";

	if (id && strlen(id) == 8)
		add(text, "%s:%.4s", id + 4, id);
	for (size_t i = 0; i < 2; i++)
		if (word(registers, names[i][0]))
			add(text, ", %s %s", names[i][1], word(registers, names[i][0]));
	if (cJSON_IsObject(link))
		add(text, ", link %g GT/s x%g", cJSON_GetNumberValue(item(link, "gt_s")),
		    cJSON_GetNumberValue(item(link, "width")));
	quiesce_view_line(out, key, text);
}

static void tell_errors(FILE *out, const struct cJSON *aer)
{
	const char *uncorrectable = word(aer, "uncorrectable"), *fatal = word(aer, "fatal");
	const char *correctable = word(aer, "correctable");
	char text[TEXT_BYTES] = "";

	if (!uncorrectable || !fatal || !correctable)
		return;
	if (strspn(uncorrectable, "0") + strspn(correctable, "0") == 16)
		add(text, "none");
	else
		add(text, "uncorrectable %s (of these fatal: %s), correctable %s", uncorrectable,
		    fatal, correctable);
	quiesce_view_line(out, "errors", text);
}

/* "BAR 0 (10h): febf0000 -> 00000000" */
static void tell_observed(FILE *out, const struct cJSON *observed)
{
	const char *at = word(observed, "register");
	const unsigned long reg = at ? strtoul(at, NULL, 16) : 0;
	char text[TEXT_BYTES] = "";

	if (!at || !word(observed, "before") || !word(observed, "after"))
		return;
	if (reg >= PCI_BASE_ADDRESS_0 && reg <= PCI_BASE_ADDRESS_5)
		add(text, "BAR %lu", (reg - PCI_BASE_ADDRESS_0) / 4);
	else
		add(text, reg == PCI_COMMAND ? "COMMAND" : "register");
	add(text, " (%sh): %s -> %s", at, word(observed, "before"), word(observed, "after"));
	quiesce_view_line(out, "observed", text);
}

static void tell_known(FILE *out, const char *key, const struct cJSON *evidence,
		       const struct cJSON *drain)
{
	const struct cJSON *known = item(evidence, key);
	char text[TEXT_BYTES] = "";

	if (!cJSON_IsBool(known))
		return;
	add(text, cJSON_IsTrue(known) ? "yes" : "no");
	add_ms(text, ", drained in ", drain);
	quiesce_view_line(out, key, text);
}

/* "observed, 100.9 ms, 12 registers restored in 0.02 ms" */
static void tell_reset(FILE *out, const struct cJSON *evidence, const struct cJSON *ms)
{
	const struct cJSON *restored = item(evidence, "restored");
	char text[TEXT_BYTES] = "";

	add(text, "%s", word(evidence, "reset") ? word(evidence, "reset") : "none");
	add_ms(text, ", ", item(ms, "reset"));
	if (cJSON_IsNumber(restored) && restored->valueint)
		add(text, ", %d register%s restored", restored->valueint,
		    restored->valueint == 1 ? "" : "s");
	else if (cJSON_IsNumber(item(ms, "restore")))
		add(text, ", restored");
	add_ms(text, " in ", item(ms, "restore"));
	quiesce_view_line(out, "reset", text);
}

/* "flr by direct: FLR did nothing: BAR 0 is still febf0000, 100.2 ms" */
static void tell_earlier(FILE *out, const struct cJSON *first)
{
	char text[TEXT_BYTES] = "";

	if (!word(first, "method") || !word(first, "engine") || !word(first, "problem"))
		return;
	add(text, "%s by %s: %s", word(first, "method"), word(first, "engine"),
	    word(first, "problem"));
	add_ms(text, ", ", item(first, "ms"));
	quiesce_view_line(out, "first", text);
}

/* "group 3, DMA-FQ, inherited no" */
static void tell_iommu(FILE *out, const struct cJSON *iommu)
{
	const struct cJSON *value;
	char text[TEXT_BYTES] = "";

	cJSON_ArrayForEach(value, iommu) {
		const bool is_type = strcmp(value->string, "type") == 0;

		if (cJSON_IsNull(value))
			continue;
		add(text, "%s%s%s", text[0] ? ", " : "", is_type ? "" : value->string,
		    is_type ? "" : " ");
		if (cJSON_IsNumber(value))
			add(text, "%d", value->valueint);
		else if (cJSON_IsString(value))
			add(text, "%s", value->valuestring);
	}
	if (text[0])
		quiesce_view_line(out, "iommu", text);
}

/* "no fault in 500 ms" */
static void tell_window(FILE *out, const struct cJSON *window)
{
	const struct cJSON *faults = item(window, "faults"), *ms = item(window, "ms");
	char text[TEXT_BYTES] = "";

	if (!cJSON_IsNumber(ms))
		return;
	if (!cJSON_IsNumber(faults))
		add(text, "faults not observable");
	else if (faults->valueint == 0)
		add(text, "no fault");
	else
		add(text, "at least %d fault%s", faults->valueint,
		    faults->valueint == 1 ? "" : "s");
	add(text, " in %d ms", ms->valueint);
	quiesce_view_line(out, "window", text);
}

void quiesce_view_evidence(const struct cJSON *reported, FILE *out)
{
	const struct cJSON *evidence = item(reported, "evidence"), *ms = item(reported, "ms");
	const struct cJSON *bit;

	tell_registers(out, "before", evidence);
	tell_errors(out, item(evidence, "aer"));
	tell_known(out, "pending", evidence, item(ms, "drain"));
	tell_earlier(out, item(reported, "escalated_from"));
	tell_reset(out, evidence, ms);
	tell_observed(out, item(evidence, "observed"));
	tell_registers(out, "after", evidence);
	cJSON_ArrayForEach(bit, item(evidence, "not_set"))
		if (cJSON_IsString(bit))
			quiesce_view_line(out, "not set", bit->valuestring);
	tell_known(out, "silent", evidence, NULL);
	tell_window(out, item(evidence, "window"));
	tell_known(out, "ready", evidence, NULL);
	tell_iommu(out, item(reported, "iommu"));
}
