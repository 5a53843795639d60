/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What show tells, for people: the keys of the JSON that have something to say. */
#include <cJSON.h>
#include <string.h>

#include "commands.h"
#include "report.h"
#include "terminal.h"

#define TEXT_BYTES QUIESCE_CELL_BYTES

static const char *scalar(const struct cJSON *value, char *text)
{
	if (cJSON_IsNumber(value)) {
		(void)snprintf(text, TEXT_BYTES, "%.10g", value->valuedouble);
		return text;
	}
	return cJSON_IsString(value) ? value->valuestring : cJSON_IsTrue(value) ? "yes" : "no";
}

static void tell(FILE *out, const char *indent, const char *key, const char *text)
{
	static const struct quiesce_terminal plain;
	const int width = 18 - (int)strlen(indent);

	(void)fprintf(out, "%s%-*s", indent, text[0] ? width : 0, key);
	quiesce_terminal_write(&plain, out, QUIESCE_PLAIN, text, TEXT_BYTES);
	(void)fputs("\n", out);
}

void quiesce_view_line(FILE *out, const char *key, const char *text)
{
	if (text[0])
		tell(out, "  ", key, text);
}

/* One element a line, the key before the first; of an object its two values. */
static void tell_array(FILE *out, const char *indent, const struct cJSON *array)
{
	const struct cJSON *element;
	const char *key = array->string;
	char text[TEXT_BYTES], both[2 * TEXT_BYTES];

	cJSON_ArrayForEach(element, array)
	{
		const struct cJSON *first = cJSON_IsObject(element) ? element->child : NULL;

		if (first)
			(void)snprintf(both, sizeof(both), "%s: %s", first->valuestring,
				       first->next->valuestring);
		tell(out, indent, key, first ? both : scalar(element, text));
		key = "";
	}
}

/* What is null is not known, or is not: no line. Nor has, in brief, what is no or nothing. */
static void tell_value(FILE *out, const char *indent, const struct cJSON *value, bool is_brief)
{
	const bool is_nothing = cJSON_IsFalse(value) ||
				(cJSON_IsNumber(value) && value->valuedouble == 0 &&
				 strcmp(value->string, "iommu_group") != 0);
	char text[TEXT_BYTES];

	/* Objects are the evidence, which has words of its own. */
	if (cJSON_IsNull(value) || cJSON_IsObject(value) || (is_brief && is_nothing))
		return;
	if (cJSON_IsArray(value))
		tell_array(out, indent, value);
	else
		tell(out, indent, value->string, scalar(value, text));
}

/* Without what @known has, too. */
static void tell_object(FILE *out, const char *indent, const struct cJSON *object,
			const struct cJSON *known, bool is_brief)
{
	const struct cJSON *value;

	cJSON_ArrayForEach(value, object)
	{
		if (!cJSON_HasObjectItem(known, value->string))
			tell_value(out, indent, value, is_brief);
	}
}

/* What it is; then what becomes of it and why; then all the rest. */
static const char *const first_keys[] = { "address", "vendor", "device", "class", "type", "driver" };
/* Its own place has the one, and offers or advertises what the other has. */
static const char *const other_keys[] = { "unused", "resets" };

static bool is_one_of(const char *key, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return false;
}

static void tell_rest(FILE *out, const struct cJSON *function)
{
	const struct cJSON *value;

	cJSON_ArrayForEach(value, function)
	{
		if (!is_one_of(value->string, first_keys, ARRAY_SIZE(first_keys)) &&
		    !is_one_of(value->string, other_keys, ARRAY_SIZE(other_keys)))
			tell_value(out, "", value, true);
	}
}

void quiesce_view_tell(const struct quiesce_view *view, FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(first_keys); i++)
		tell_value(out, "", cJSON_GetObjectItemCaseSensitive(view->function, first_keys[i]),
			   true);
	(void)fputs("plan\n", out);
	tell_object(out, "  ", view->plan, view->function, true);
	tell_value(out, "", cJSON_GetObjectItemCaseSensitive(view->function, "unused"), true);
	tell_rest(out, view->function);
	if (!view->reported) {
		tell(out, "", "report", view->report ? "does not have it" : view->no_report);
		return;
	}
	tell(out, "", "report of a", quiesce_report_mode(view->report));
	if (!quiesce_report_is_complete(view->report))
		(void)fputs("  that did not end\n", out);
	tell_object(out, "  ", view->reported, view->function, false);
	quiesce_view_evidence(view->reported, out);
}
