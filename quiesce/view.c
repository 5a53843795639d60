/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What show tells, for people: all keys of the JSON that have something to say. */
#include <cJSON.h>
#include <string.h>

#include "commands.h"
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

/* What is null is not known, or is not: no line. Nor has it what @known has. */
static void tell_object(FILE *out, const char *indent, const struct cJSON *object,
			const struct cJSON *known)
{
	const struct cJSON *value;
	char text[TEXT_BYTES];

	cJSON_ArrayForEach(value, object)
	{
		if (cJSON_IsNull(value) || cJSON_HasObjectItem(known, value->string))
			continue;
		if (cJSON_IsArray(value)) {
			tell_array(out, indent, value);
		} else if (cJSON_IsObject(value)) {
			tell(out, indent, value->string, "");
			tell_object(out, "    ", value, NULL);
		} else {
			tell(out, indent, value->string, scalar(value, text));
		}
	}
}

void quiesce_view_tell(const struct quiesce_view *view, FILE *out)
{
	tell_object(out, "", view->function, NULL);
	(void)fputs("plan\n", out);
	tell_object(out, "  ", view->plan, view->function);
	if (!view->reported) {
		tell(out, "", "report", view->report ? "does not have it" : view->no_report);
		return;
	}
	tell(out, "", "report of a", quiesce_report_mode(view->report));
	if (!quiesce_report_is_complete(view->report))
		(void)fputs("  that did not end\n", out);
	tell_object(out, "  ", view->reported, view->function);
}
