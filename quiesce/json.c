/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON as all our output has it: every key always there, one element a line. */
#include <cJSON.h>
#include <errno.h>
#include <string.h>

#include "quiesce.h"
#include "report.h"

/* An ordinary function's line has a little more than 1 KiB. */
#define LINE_BYTES     4096
#define LINE_BYTES_MAX (16 << 20)

void quiesce_json_string(struct cJSON *object, const char *key, const char *text)
{
	if (text)
		(void)cJSON_AddStringToObject(object, key, text);
	else
		(void)cJSON_AddNullToObject(object, key);
}

bool quiesce_json_is(const struct cJSON *object, const char *key, const char *text)
{
	const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

	return value && strcmp(value, text) == 0;
}

void quiesce_json_hex(struct cJSON *object, const char *key, uint32_t value, int digits)
{
	char text[20];

	(void)snprintf(text, sizeof(text), "%0*x", digits, value);
	quiesce_json_string(object, key, text);
}

/*
 * cJSON_PrintUnformatted() grows a new buffer for each element, and musl gives each
 * of that size back to the kernel: one that is kept costs no system call.
 */
static int print_element(struct cJSON *element, char **line, size_t *bytes)
{
	while (!cJSON_PrintPreallocated(element, *line, (int)*bytes, false)) {
		char *more;

		if (*bytes >= LINE_BYTES_MAX)
			return -ENOMEM;
		more = realloc(*line, *bytes * 2);
		if (!more)
			return -ENOMEM;
		*line = more;
		*bytes *= 2;
	}
	return 0;
}

/* One element at a time: a machine of thousands still fits into memory. */
int quiesce_json_elements(FILE *out, size_t n,
			  struct cJSON *(*make)(const void *data, size_t i), const void *data)
{
	size_t bytes = LINE_BYTES;
	_cleanup_free_ char *line = malloc(bytes);

	if (!line)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct cJSON *element = make(data, i);
		int r = element ? print_element(element, &line, &bytes) : -ENOMEM;

		cJSON_Delete(element);
		if (r < 0)
			return r;
		(void)fprintf(out, "%s\n%s", i ? "," : "", line);
	}
	return 0;
}
