/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A manifest, read function by function: a machine of thousands needs little memory. */
#include <cJSON.h>
#include <errno.h>
#include <string.h>

#include "manifest.h"

#define SCHEMA 1
#define FUNCTIONS "\"functions\":["

static const char *text_of(const struct cJSON *object, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

static int read_id(const struct cJSON *object, const char *key, uint16_t *ret_id)
{
	const char *text = text_of(object, key);

	if (!text || strlen(text) != 4 || strspn(text, "0123456789abcdef") != 4)
		return -EBADMSG;
	*ret_id = (uint16_t)strtoul(text, NULL, 16);
	return 0;
}

static int read_function(const struct cJSON *object, struct quiesce_manifest_function *ret_function)
{
	struct quiesce_manifest_function f = { 0 };
	const char *address = text_of(object, "address"), *path = text_of(object, "path");

	if (!address || !path || pcireset_address_parse(address, &f.address) < 0 ||
	    strlen(path) >= QUIESCE_PATH_BYTES_MAX || read_id(object, "vendor", &f.vendor) < 0 ||
	    read_id(object, "device", &f.device) < 0)
		return -EBADMSG;

	f.is_virtual = text_of(object, "physical");
	f.is_behind = text_of(object, "behind");
	f.path = strdup(path);
	if (!f.path)
		return -ENOMEM;
	*ret_function = f;
	return 0;
}

/* All before the functions is an object of its own once they are cut out. */
static int read_head(const char *text, const char *functions)
{
	_cleanup_free_ char *head = NULL;
	const struct cJSON *schema;
	struct cJSON *object;
	bool good;

	if (asprintf(&head, "%.*s]}", (int)(functions - text), text) < 0) {
		head = NULL;
		return -ENOMEM;
	}
	object = cJSON_Parse(head);
	schema = cJSON_GetObjectItemCaseSensitive(object, "schema");
	good = cJSON_IsNumber(schema) && schema->valueint == SCHEMA;
	cJSON_Delete(object);
	return good ? 0 : -EBADMSG;
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t\r\n");
}

static int read_next(const char **at, const char *end, struct quiesce_manifest *manifest)
{
	struct quiesce_manifest_function *functions;
	struct cJSON *object;
	int r;

	/* It grows by doubling: at each power of two. */
	if ((manifest->n & (manifest->n - 1)) == 0) {
		functions = reallocarray(manifest->functions, manifest->n ? 2 * manifest->n : 1,
					 sizeof(*functions));
		if (!functions)
			return -ENOMEM;
		manifest->functions = functions;
	}
	/* With the length: it would count to the end each time. The NUL belongs to it. */
	object = cJSON_ParseWithLengthOpts(*at, (size_t)(end - *at) + 1, at, false);
	r = object ? read_function(object, &manifest->functions[manifest->n]) : -EBADMSG;
	cJSON_Delete(object);
	if (r == 0)
		manifest->n++;
	return r;
}

static int read_functions(const char *at, struct quiesce_manifest *manifest)
{
	const char *end = at + strlen(at);
	int r;

	at = skip_blanks(at);
	while (*at != ']') {
		r = read_next(&at, end, manifest);
		if (r < 0)
			return r;
		at = skip_blanks(at);
		if (*at != ',' && *at != ']')
			return -EBADMSG;
		if (*at == ',' && *(at = skip_blanks(at + 1)) != '{')
			return -EBADMSG;
	}
	at = skip_blanks(at + 1);
	return *at == '}' && !*skip_blanks(at + 1) ? 0 : -EBADMSG;
}

/* The last: a dump target has functions of its own. */
static const char *find_functions(const char *text)
{
	const char *last = NULL, *next = strstr(text, FUNCTIONS);

	for (; next; next = strstr(next + strlen(FUNCTIONS), FUNCTIONS))
		last = next;
	return last;
}

int quiesce_manifest_parse(const char *text, struct quiesce_manifest *ret_manifest)
{
	const char *functions = find_functions(text);
	struct quiesce_manifest manifest = { 0 };
	int r;

	if (!functions)
		return -EBADMSG;

	functions += strlen(FUNCTIONS);
	r = read_head(text, functions);
	if (r == 0)
		r = read_functions(functions, &manifest);
	if (r < 0) {
		quiesce_manifest_free(&manifest);
		return r;
	}
	*ret_manifest = manifest;
	return 0;
}

void quiesce_manifest_free(struct quiesce_manifest *manifest)
{
	for (size_t i = 0; i < manifest->n; i++)
		free(manifest->functions[i].path);
	free(manifest->functions);
	*manifest = (struct quiesce_manifest){ 0 };
}
