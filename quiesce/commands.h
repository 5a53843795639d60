/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: options and the commands behind it. */
#ifndef QUIESCE_COMMANDS_H
#define QUIESCE_COMMANDS_H

#include "quiesce.h"

struct cJSON;
struct quiesce_target;

/** enum quiesce_option - bits beyond all characters; main.c has a mask for each command */
enum quiesce_option {
	QUIESCE_OPTION_SLOT = 1 << 8,
	QUIESCE_OPTION_IDS = 1 << 9,
	QUIESCE_OPTION_CONFIG = 1 << 10,
	QUIESCE_OPTION_ROOT = 1 << 11,
	QUIESCE_OPTION_JSON = 1 << 12,
	QUIESCE_OPTION_COLOR = 1 << 13,
	QUIESCE_OPTION_DUMP = 1 << 14,
	QUIESCE_OPTION_CRASH = 1 << 15,
	QUIESCE_OPTION_FORCE = 1 << 16,
	QUIESCE_OPTION_PRINT = 1 << 17,
	QUIESCE_OPTION_OUTPUT = 1 << 18,
	QUIESCE_OPTION_FLEET = 1 << 19,
};

/**
 * struct quiesce_healthy - what only a healthy machine can do for list, plan and show
 * @open_dump: quiesce_dump_open()
 * @plan: with --crash; as quiesce_pipeline_silence(), for the dump target that kdump is
 *	configured for
 * @parameters: those of ours on the crash kernel's command line, into the configuration
 */
struct quiesce_healthy {
	int (*open_dump)(const char *name, struct pcireset_io **ret_io);
	int (*plan)(struct quiesce_run *run);
	void (*parameters)(struct quiesce_run *run);
};

/** quiesce_dump_open() - a door to what lspci printed, of "-" standard input; an exit status */
int quiesce_dump_open(const char *name, struct pcireset_io **ret_io);
/** quiesce_healthy - healthy.c; not in the program for images */
extern const struct quiesce_healthy quiesce_healthy;

/**
 * struct quiesce_options - argv in fields
 * @command: first word that is no option, or NULL
 * @operands: words behind it, part of argv
 * @n_operands: how many
 * @given: mask of enum quiesce_option: what was there
 * @config: --config, or NULL
 * @dump: --dump: "lspci -xxxx" text in place of the machine, or NULL; "-": standard input
 * @color: --color: "auto", "always" or "never", or NULL
 * @slot: -s as lspci's, or NULL
 * @ids: -d as lspci's, or NULL
 * @print: --print of check: the key whose value is wanted, or NULL
 * @output: --output of snapshot: the file to write, or NULL
 * @healthy: &quiesce_healthy, or NULL in an image
 * @root: --root without trailing slashes, "" for this machine
 * @crash: --crash of plan and show: without the drivers that are modules
 * @fleet: --fleet of check: the configuration is of other machines, too
 */
struct quiesce_options {
	const char *command;
	char *const *operands;
	size_t n_operands;
	unsigned int given;
	const char *config;
	const char *dump;
	const char *color;
	const char *slot;
	const char *ids;
	const char *print;
	const char *output;
	const struct quiesce_healthy *healthy;
	const char *root;
	bool crash;
	bool fleet;
	bool json;
	bool force;
	bool help;
	bool version;
};

/** quiesce_options_parse() - -EINVAL, and a line on standard error, where bad */
int quiesce_options_parse(int argc, char **argv, struct quiesce_options *ret_options);

/** quiesce_options_foreign() - "-s", "json" or another that was given and is not in @mask */
const char *quiesce_options_foreign(const struct quiesce_options *options, unsigned int mask);

/* commands.c */

/** quiesce_to_stderr - messages of commands that have no other place for them */
extern const struct quiesce_log quiesce_to_stderr;

/** quiesce_fail() - say what went wrong; returns an exit code */
int quiesce_fail(const char *what, int r);
/**
 * quiesce_door_open() - the machine, or the dump, that the options name
 * @ret_io: pcireset_io_close()
 *
 * Return: QUIESCE_OK, or an exit code; it has said why.
 */
int quiesce_door_open(const struct quiesce_options *options, struct pcireset_io **ret_io);
/** quiesce_tell_unprivileged() - say once of how many functions root would know more */
void quiesce_tell_unprivileged(const struct pcireset_io *io,
			       const struct pcireset_machine *machine);
/**
 * quiesce_filter_take() - what -s and -d name; everything without them
 * @ret_filter: heap
 *
 * Return: QUIESCE_OK, or an exit code; it has said why.
 */
int quiesce_filter_take(const struct quiesce_options *options,
			struct pcireset_filter **ret_filter);
/** quiesce_filter_apply() - indexes of all that match, ordered; heap; -ENOMEM */
int quiesce_filter_apply(const struct pcireset_filter *filter,
			 const struct pcireset_machine *machine, size_t **ret_rows, size_t *ret_n);
/** quiesce_with_output() - @code, or a failure where the output did not arrive */
int quiesce_with_output(int code);
/**
 * quiesce_show_report() - the last report, as a table or JSON
 * @none: what to say where there is none
 *
 * Return: the exit code of the run that it is of.
 */
int quiesce_show_report(const struct quiesce_options *options, const char *none);
/** quiesce_may_touch() - is this a kdump kernel, or was it forced; says so where not */
bool quiesce_may_touch(const struct quiesce_options *options);
/** quiesce_config_is_good() - bad lines are errors, but in a kdump kernel */
bool quiesce_config_is_good(const struct quiesce_run *run,
			    const struct quiesce_options *options);

/* command_plan.c */

/** quiesce_plan_prepare() - configuration; with --crash or --dump the file alone */
void quiesce_plan_prepare(struct quiesce_run *run, const struct quiesce_options *options);
/** quiesce_plan_make() - scan and plan, with --crash as in a crash kernel; -errno */
int quiesce_plan_make(struct quiesce_run *run, const struct quiesce_options *options);
/** quiesce_plan_toward() - plan for a dump target that no image was told of yet; -errno */
int quiesce_plan_toward(struct quiesce_run *run, const struct quiesce_target *target);
/** quiesce_plan_strip() - take what only a run knows from an element of the report */
void quiesce_plan_strip(struct cJSON *device);

/* show.c */

/** quiesce_show_devices() - an array of the report's devices as a table; -ENOMEM */
int quiesce_show_devices(const struct cJSON *array, bool is_plan, const char *color);

/* total.c: lines below it */

/** quiesce_total_plan() - what becomes of all functions of a plan, and how long it takes */
void quiesce_total_plan(const struct cJSON *devices, unsigned int estimate_ms, FILE *out);
/** quiesce_total_run() - what became of all functions of a report, and its suspects */
void quiesce_total_run(const struct cJSON *report, FILE *out);

/* function.c */

/** quiesce_class_word() - "nvme", "ethernet" and so on, or "-" */
const char *quiesce_class_word(uint32_t class_code);
/** quiesce_resets_offered() - mask of methods: the kernel's, or else its capabilities' */
unsigned int quiesce_resets_offered(const struct pcireset_function *function);
/** quiesce_json_methods() - add a mask of methods as an array of words */
void quiesce_json_methods(struct cJSON *object, const char *key, unsigned int mask);
/** quiesce_function_json() - one function, of a dump perhaps, as conf/list.schema.json has it */
struct cJSON *quiesce_function_json(const struct pcireset_machine *machine, size_t i,
				    bool is_dump);

/* view.c: what show tells */

/**
 * struct quiesce_view - one function
 * @function: what scan, topology and plan know, as conf/show.schema.json has it
 * @plan: what run would do, as the report has it
 * @report: the last report, or NULL
 * @no_report: why not
 * @reported: the function's part of it, or NULL
 */
struct quiesce_view {
	struct cJSON *function;
	struct cJSON *plan;
	const struct cJSON *report;
	const char *no_report;
	const struct cJSON *reported;
};

/** quiesce_view_tell() - for people */
void quiesce_view_tell(const struct quiesce_view *view, FILE *out);
/** quiesce_view_line() - one thing of the plan or the report; none without @text */
void quiesce_view_line(FILE *out, const char *key, const char *text);

/* view_evidence.c */

/** quiesce_view_evidence() - what a report has on its function's reset: evidence, ms, iommu */
void quiesce_view_evidence(const struct cJSON *reported, FILE *out);

/* unused.c */

/**
 * quiesce_unused_why() - why the plan does not use a reset that a function has
 * @run: behind its plan
 * @words: why
 *
 * Return: false where it is used, or there is nothing to say: it has no such
 * reset, is a bridge, or does not answer.
 */
bool quiesce_unused_why(const struct quiesce_run *run, size_t i, enum pcireset_method method,
			char *words, size_t bytes);

/* Each returns an exit code. */
int quiesce_command_list(const struct quiesce_options *options);
int quiesce_command_plan(const struct quiesce_options *options);
int quiesce_command_show(const struct quiesce_options *options);
int quiesce_command_run(const struct quiesce_options *options);
int quiesce_command_load(const struct quiesce_options *options);
int quiesce_command_report(const struct quiesce_options *options);
int quiesce_command_check(const struct quiesce_options *options);
/* command_snapshot.c */
int quiesce_command_snapshot(const struct quiesce_options *options);
/* command_iommu.c */
int quiesce_command_iommu(const struct quiesce_options *options);

#endif
