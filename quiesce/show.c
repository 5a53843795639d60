/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices of a report, or of a plan, as a table. */
#include <cJSON.h>
#include <errno.h>
#include <string.h>

#include "commands.h"
#include "terminal.h"

enum column { ADDRESS, ID, ACTION, METHOD, BY, HITS, VERDICT, MS, REASON };

struct devices {
	const struct cJSON **items;
	bool is_plan;
};

static const char *word(const struct cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

	return text ? text : "-";
}

static int value_of(const struct cJSON *object, const char *key)
{
	const struct cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsNumber(value) ? value->valueint : 0;
}

/* A plan that reaches nobody else, or takes no time, has nothing to say of that. */
static const char *number(int value, char *buffer)
{
	if (value == 0)
		return "-";
	(void)snprintf(buffer, QUIESCE_CELL_BYTES, "%d", value);
	return buffer;
}

/* Of many the report lists the first, and of VFs that the kernel does not list none. */
static const char *reaches(const struct cJSON *device, char *buffer)
{
	const struct cJSON *array = cJSON_GetObjectItemCaseSensitive(device, "reaches");
	const int n = cJSON_GetArraySize(array) + value_of(device, "reaches_more");
	const int vfs = value_of(device, "vfs");

	if (vfs == 0 || strcmp(word(device, "action"), "keep") == 0)
		return number(n, buffer);
	if (n == 0)
		(void)snprintf(buffer, QUIESCE_CELL_BYTES, "%d VFs", vfs);
	else
		(void)snprintf(buffer, QUIESCE_CELL_BYTES, "%d, %d VFs", n, vfs);
	return buffer;
}

static const char *verdict(const char *text, enum quiesce_color *color)
{
	static const struct {
		enum pcireset_verdict verdict;
		enum quiesce_color color;
	} colors[] = {
		{ PCIRESET_VERIFIED, QUIESCE_GREEN }, { PCIRESET_COMPLETED, QUIESCE_CYAN },
		{ PCIRESET_FENCED, QUIESCE_YELLOW },  { PCIRESET_CONTAINED, QUIESCE_YELLOW },
		{ PCIRESET_LOST, QUIESCE_RED },	      { PCIRESET_FAILED, QUIESCE_RED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(colors); i++)
		if (strcmp(text, pcireset_verdict_word(colors[i].verdict)) == 0)
			*color = colors[i].color;
	return text;
}

/* What the forecast says of a plan, and the clock of a run. */
static const char *time_of(const struct devices *devices, const struct cJSON *device, char *buffer)
{
	const struct cJSON *ms = cJSON_GetObjectItemCaseSensitive(device, "ms");
	const struct cJSON *reset = cJSON_GetObjectItemCaseSensitive(ms, "reset");

	if (devices->is_plan)
		return number(value_of(device, "estimate_ms"), buffer);
	if (!cJSON_IsNumber(reset))
		return "-";
	(void)snprintf(buffer, QUIESCE_CELL_BYTES, "%.0f", reset->valuedouble);
	return buffer;
}

/* Why the kernel makes a reset that is often made directly. */
static const char *engine_reason(const struct cJSON *device)
{
	const char *why = word(device, "engine_reason");

	return strcmp(word(device, "engine"),
		      pcireset_engine_word(PCIRESET_ENGINE_KERNEL)) == 0 &&
			       strcmp(why, pcireset_engine_why_words(
						   PCIRESET_ENGINE_WHY_METHOD)) != 0 ?
		       why :
		       NULL;
}

/* What went wrong comes first; of a rule of the administrator's the place is told, too. */
static const char *reason(const struct cJSON *device, char *buffer)
{
	const char *problem = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(device, "problem"));
	const char *contain = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(device, "contain"));
	const char *rule = word(device, "rule"), *why = engine_reason(device);
	const bool is_default = strncmp(rule, "default:", strlen("default:")) == 0;

	if (problem)
		(void)snprintf(buffer, QUIESCE_CELL_BYTES, "%s", problem);
	else
		(void)snprintf(buffer, QUIESCE_CELL_BYTES, is_default ? "%s%s" : "%s%s (%s)",
			       why ? "kernel: " : "", why ? why : word(device, "reason"), rule);
	if (contain) {
		const size_t used = strlen(buffer);

		(void)snprintf(buffer + used, QUIESCE_CELL_BYTES - used, "; %s%s", contain,
			       cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(
				       device, "contain_unless_driver")) ?
				       ", unless a driver of the image takes it" :
				       "");
	}
	return buffer;
}

static const char *cell(const void *data, size_t row, size_t column, char *buffer,
			enum quiesce_color *color)
{
	const struct devices *devices = data;
	const struct cJSON *device = devices->items[row];

	switch (column) {
	case ADDRESS:
		return word(device, "address");
	case ID:
		(void)snprintf(buffer, QUIESCE_CELL_BYTES, "%s:%s", word(device, "vendor"),
			       word(device, "device"));
		return buffer;
	case ACTION:
		return word(device, "action");
	case METHOD:
		return word(device, "method");
	case BY:
		return word(device, "engine");
	case HITS:
		return reaches(device, buffer);
	case VERDICT:
		return verdict(word(device, devices->is_plan ? "expected" : "verdict"), color);
	case MS:
		return time_of(devices, device, buffer);
	default:
		return reason(device, buffer);
	}
}

int quiesce_show_devices(const struct cJSON *array, bool is_plan, const char *color)
{
	const struct quiesce_terminal terminal = quiesce_terminal_look(color);
	_cleanup_free_ const struct cJSON **items = NULL;
	struct devices devices = { .is_plan = is_plan };
	struct quiesce_table table = {
		.headings = { "ADDRESS", "ID", "ACTION", "METHOD", "BY", "HITS",
			      is_plan ? "EXPECTED" : "VERDICT", "MS", "REASON" },
		.cell = cell,
		.data = &devices,
	};
	const struct cJSON *device;

	items = calloc((size_t)cJSON_GetArraySize(array) + 1, sizeof(struct cJSON *));
	if (!items)
		return -ENOMEM;
	cJSON_ArrayForEach(device, array) items[table.n++] = device;
	devices.items = items;
	quiesce_table_print(&table, &terminal, stdout);
	return 0;
}
