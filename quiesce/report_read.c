/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report of an earlier run, read back. */
#include <cJSON.h>
#include <errno.h>
#include <string.h>

#include "quiesce.h"
#include "report.h"

#define REPORT_BYTES_MAX (16 * 1024 * 1024)

int quiesce_report_read(const char *root, char **ret_text, struct cJSON **ret_report)
{
	_cleanup_free_ char *text = NULL;
	struct cJSON *report;
	int r;

	r = quiesce_file_read(root, QUIESCE_REPORT, REPORT_BYTES_MAX, &text);
	if (r < 0)
		return r;

	report = cJSON_Parse(text);
	if (!cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(report, "devices"))) {
		cJSON_Delete(report);
		return -EBADMSG;
	}
	*ret_report = report;
	if (ret_text) {
		*ret_text = text;
		text = NULL;
	}
	return 0;
}

const char *quiesce_report_problem(int error)
{
	return error == -EBADMSG ? "not a report" : quiesce_file_problem(error);
}

bool quiesce_report_is_complete(const struct cJSON *report)
{
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(report, "complete"));
}

const char *quiesce_report_mode(const struct cJSON *report)
{
	const char *mode = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(report, "mode"));

	return mode ? mode : "";
}

const struct cJSON *quiesce_report_find(const struct cJSON *report,
					struct pcireset_address address)
{
	char wanted[PCIRESET_ADDRESS_BYTES];
	const struct cJSON *device;

	(void)pcireset_address_format(address, wanted);
	cJSON_ArrayForEach(device, cJSON_GetObjectItemCaseSensitive(report, "devices")) {
		const char *text = cJSON_GetStringValue(
			cJSON_GetObjectItemCaseSensitive(device, "address"));

		if (text && strcmp(text, wanted) == 0)
			return device;
	}
	return NULL;
}
