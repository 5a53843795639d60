/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON as all our output has it: every key always there, one element a line. */
#include <cJSON.h>
#include <errno.h>

#include "quiesce.h"
#include "report.h"

void quiesce_json_string(struct cJSON *object, const char *key, const char *text)
{
	if (text)
		(void)cJSON_AddStringToObject(object, key, text);
	else
		(void)cJSON_AddNullToObject(object, key);
}

void quiesce_json_hex(struct cJSON *object, const char *key, uint32_t value, int digits)
{
	char text[20];

	(void)snprintf(text, sizeof(text), "%0*x", digits, value);
	quiesce_json_string(object, key, text);
}

/* One element at a time: a machine of thousands still fits into memory. */
int quiesce_json_elements(FILE *out, size_t n,
			  struct cJSON *(*make)(const void *data, size_t i), const void *data)
{
	for (size_t i = 0; i < n; i++) {
		struct cJSON *element = make(data, i);
		_cleanup_free_ char *line = element ? cJSON_PrintUnformatted(element) : NULL;

		cJSON_Delete(element);
		if (!line)
			return -ENOMEM;
		(void)fprintf(out, "%s\n%s", i ? "," : "", line);
	}
	return 0;
}
