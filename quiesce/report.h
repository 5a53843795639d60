/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was done, for people and programs. */
#ifndef QUIESCE_REPORT_H
#define QUIESCE_REPORT_H

#include "quiesce.h"

/* suspects.c */

#define QUIESCE_SUSPECTS_MAX 8

/**
 * struct quiesce_suspect - a function that may have to do with the crash
 * @i: index
 * @rank: weight of all that speaks for it
 * @words: what that is
 */
struct quiesce_suspect {
	size_t i;
	unsigned int rank;
	char words[160];
};

/** struct quiesce_suspects - the heaviest first, equals by address */
struct quiesce_suspects {
	size_t n;
	struct quiesce_suspect list[QUIESCE_SUSPECTS_MAX];
};

/** quiesce_suspects_find() - by AER, Device Status and requests that stayed pending */
void quiesce_suspects_find(const struct quiesce_run *run, struct quiesce_suspects *ret_suspects);
/** quiesce_suspects_print() - the report's key, with a comma behind it; none before the drain */
void quiesce_suspects_print(const struct quiesce_run *run, FILE *out);
void quiesce_suspects_log(const struct quiesce_run *run, const struct quiesce_suspects *suspects);

/* json.c */

struct cJSON;

/** quiesce_json_string() - add a string, or null for none */
void quiesce_json_string(struct cJSON *object, const char *key, const char *text);
/** quiesce_json_is() - is that key this string */
bool quiesce_json_is(const struct cJSON *object, const char *key, const char *text);
/** quiesce_json_hex() - add a number as a string of hexadecimal digits */
void quiesce_json_hex(struct cJSON *object, const char *key, uint32_t value, int digits);
/** quiesce_json_elements() - the elements of an array, made one by one; -ENOMEM */
int quiesce_json_elements(FILE *out, size_t n,
			  struct cJSON *(*make)(const void *data, size_t i), const void *data);

/* report.c: report.json */

#define QUIESCE_REPORT "run/pci-quiesce/report.json"
/* Of the first run in this kernel, where there was another one. */
#define QUIESCE_REPORT_KEPT "run/pci-quiesce/report.first.json"

/** quiesce_report_keep() - give the first report a name that stays */
void quiesce_report_keep(const char *root);
/** quiesce_report_write() - replace the report below the root; -errno */
int quiesce_report_write(const struct quiesce_run *run);
/** quiesce_report_print() - the report as JSON, one function a line */
int quiesce_report_print(const struct quiesce_run *run, FILE *out);
/** quiesce_intx_stays() - was its INTx interrupt to be disabled, and is it not; after the verdict */
bool quiesce_intx_stays(const struct quiesce_run *run, size_t i);
/** quiesce_report_method() - add method, engine and its reason; all null without a reset */
void quiesce_report_method(struct cJSON *object, const struct pcireset_step *step, bool is_reset);
/** quiesce_report_device() - one function as the report has it; NULL: no memory */
struct cJSON *quiesce_report_device(const struct quiesce_run *run, size_t i);

#define QUIESCE_PROBLEM_BYTES 160

/* report.c */

/**
 * quiesce_reason() - why a function gets what it gets, in words
 * @words: memory for them
 *
 * Return: @words, or a constant.
 */
const char *quiesce_reason(const struct quiesce_run *run, size_t i,
			   char words[QUIESCE_PROBLEM_BYTES]);

/* report_evidence.c */

/** quiesce_report_evidence() - add evidence and times to one function of the report */
void quiesce_report_evidence(struct cJSON *device, const struct quiesce_run *run, size_t i);

/** quiesce_report_earlier() - add what of a function its last outcome does not tell */
void quiesce_report_earlier(struct cJSON *device, const struct quiesce_run *run, size_t i);

/* problem.c */

/** quiesce_problem_of() - what is wrong after one try, or "" */
void quiesce_problem_of(const struct pcireset_function *function, const struct pcireset_step *step,
			const struct pcireset_outcome *outcome, char words[QUIESCE_PROBLEM_BYTES]);
/**
 * quiesce_problem() - what is wrong with a function at the end, in words
 * @words: memory for them
 *
 * Return: @words; NULL where there is nothing to tell, or no verdict yet. Never NULL of
 * what is lost or failed.
 */
const char *quiesce_problem(const struct quiesce_run *run, size_t i,
			    char words[QUIESCE_PROBLEM_BYTES]);

/* containment.c */

/** quiesce_containment_problem() - why a function could not be isolated; NULL: nobody tried */
const char *quiesce_containment_problem(const struct quiesce_containment *containment,
					char words[QUIESCE_PROBLEM_BYTES]);

/* report_read.c */

/**
 * quiesce_report_read() - the last report
 * @ret_text: as it is in the file; may be NULL
 * @ret_report: parsed; cJSON_Delete()
 *
 * Return: 0, -ENOENT where there is none, -EBADMSG where it is no report.
 */
int quiesce_report_read(const char *root, char **ret_text, struct cJSON **ret_report);
/** quiesce_report_problem() - words for an error of it */
const char *quiesce_report_problem(int error);
bool quiesce_report_is_complete(const struct cJSON *report);
/** quiesce_report_mode() - "run", "plan", or "" where that is missing */
const char *quiesce_report_mode(const struct cJSON *report);
/** quiesce_report_find() - one function's element of its devices, or NULL */
const struct cJSON *quiesce_report_find(const struct cJSON *report,
					struct pcireset_address address);

#endif
