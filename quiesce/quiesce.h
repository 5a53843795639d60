/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When and whether: what the files of the program share. */
#ifndef QUIESCE_H
#define QUIESCE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pcireset.h"
#include "pcireset_reach.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static inline void quiesce_free_p(void *p)
{
	free(*(void **)p);
}

static inline void quiesce_fclose_p(FILE **file)
{
	if (*file)
		(void)fclose(*file);
}

static inline void quiesce_close_p(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

#define _cleanup_free_ __attribute__((cleanup(quiesce_free_p)))
#define _cleanup_fclose_ __attribute__((cleanup(quiesce_fclose_p)))
#define _cleanup_close_ __attribute__((cleanup(quiesce_close_p)))

/* Exit codes of the commands. */
enum quiesce_exit {
	QUIESCE_OK = 0,
	QUIESCE_BAD_FUNCTIONS = 1, /* some is lost or failed, or could not be read or written */
	QUIESCE_BAD_USAGE = 2,     /* command line or configuration */
	QUIESCE_REFUSED = 3,       /* not a kdump kernel, and no --force */
};

/* glob.c */

/**
 * quiesce_glob() - fnmatch(3) for bytes
 * @pattern: with *, ?, [a-z], [!a-z] and backslashes; no [:classes:]
 * @text: what is compared
 * @flags: none is known; there so that the linker can give it to libraries
 *
 * Return: 0 or FNM_NOMATCH. Needs no more than the product of both lengths.
 */
int quiesce_glob(const char *pattern, const char *text, int flags);

/* log.c: words for people, in the kernel's log and on standard error */

/** Kernel log levels that are used here (include/linux/kern_levels.h). */
enum quiesce_level_of_log {
	QUIESCE_ERR = 3,
	QUIESCE_WARNING = 4,
	QUIESCE_NOTICE = 5,
	QUIESCE_INFO = 6,
	QUIESCE_DEBUG = 7,
};

/**
 * struct quiesce_log - where messages go
 * @kmsg_fd: /dev/kmsg, or -1
 * @stderr_max: highest level that standard error shows, or -1
 */
struct quiesce_log {
	int kmsg_fd;
	int stderr_max;
};

/** quiesce_log_open_kmsg() - add the kernel's log; silently without one */
void quiesce_log_open_kmsg(struct quiesce_log *log, const char *root);
void quiesce_log(const struct quiesce_log *log, enum quiesce_level_of_log level,
		 const char *format, ...) __attribute__((format(printf, 3, 4)));

/* hint.c: words that may be written, and what was meant by others */

/** quiesce_words - the words of one kind by number, NULL behind the last */
typedef const char *quiesce_words(size_t i);

/** quiesce_words_list() - "a, b or c"; returns @text */
char *quiesce_words_list(quiesce_words *words, char *text, size_t bytes);
/** quiesce_words_hint() - the known word that @word may stand for, or all of them */
void quiesce_words_hint(quiesce_words *words, const char *word, char *text, size_t bytes);

/* config.c, config_key.c, parameters.c: what the administrator wants */

/** Enough for "file:line" with the longest name of a file below the places. */
#define QUIESCE_ORIGIN_BYTES 384

/** enum quiesce_level - how far to go; each includes those before it */
enum quiesce_level {
	QUIESCE_LEVEL_OBSERVE, /* nothing is written */
	QUIESCE_LEVEL_FENCE,
	QUIESCE_LEVEL_FLR,
	QUIESCE_LEVEL_SBR,
	QUIESCE_LEVEL_IOMMU,
	QUIESCE_LEVELS,
};

/** enum quiesce_mode - how the crash image starts us; for whoever builds the image */
enum quiesce_mode {
	QUIESCE_MODE_INIT, /* as /init, before everything */
	QUIESCE_MODE_UNIT, /* as a systemd unit */
	QUIESCE_MODE_LATE, /* not by itself: from a hook, or by hand */
	QUIESCE_MODES,
};

enum quiesce_match {
	QUIESCE_MATCH_ADDRESS,
	QUIESCE_MATCH_ID,
	QUIESCE_MATCH_CLASS,
	QUIESCE_MATCH_DRIVER,
	QUIESCE_MATCH_PATH,    /* address on the root bus, then device.function of each level */
	QUIESCE_MATCH_CONSOLE, /* from here on without a pattern */
	QUIESCE_MATCH_BOOT_VGA,
	QUIESCE_MATCH_DUMP_TARGET,
	QUIESCE_MATCH_BOUND,
	QUIESCE_MATCHES,
};

/**
 * struct quiesce_rule - one line of [rules], or one default
 * @action: what to do
 * @methods: mask of resets that may be used with PCIRESET_RESET
 * @match: what @pattern is compared with
 * @pattern: fnmatch(3) pattern, lower case, of a path one for each level; NULL
 *	from QUIESCE_MATCH_CONSOLE on
 * @origin: "file:line" or "default:NAME"
 * @reason: words for the report
 * @is_told: there was a complaint about it, and one is enough
 */
struct quiesce_rule {
	enum pcireset_action action;
	unsigned int methods;
	enum quiesce_match match;
	const char *pattern;
	const char *origin;
	const char *reason;
	bool is_told;
};

/** enum quiesce_load_what - whose drivers a load line asks for */
enum quiesce_load_what {
	QUIESCE_LOAD_DUMP_TARGET,
	QUIESCE_LOAD_CONSOLE,
	QUIESCE_LOAD_ALL,
	QUIESCE_LOAD_ADDRESS,
	QUIESCE_LOAD_MODULE,
};

/**
 * struct quiesce_load - one line load = WHAT
 * @what: whose drivers
 * @address: of the function, with QUIESCE_LOAD_ADDRESS
 * @name: of the module, with QUIESCE_LOAD_MODULE; heap
 * @origin: "file:line"; heap
 */
struct quiesce_load {
	enum quiesce_load_what what;
	struct pcireset_address address;
	char *name;
	char *origin;
};

/**
 * struct quiesce_config - configuration with every default filled in
 * @level: how far to go
 * @level_is_set: somebody said so: it is not the default
 * @drain_ms: how long to wait for pending transactions
 * @reset_ms: how long one reset may take
 * @deadline_ms: how long fence and resets may take together
 * @drivers_ms: how long all that follows may take
 * @module_ms: how long one module may take to load
 * @mode: how the image starts us
 * @strict: run tells by its exit status of functions that are lost or failed,
 *	in a kdump kernel, too
 * @loads: drivers to load, in order; heap
 * @n_loads: how many
 * @rules: user's rules in order; heap, with their strings
 * @n_rules: how many
 * @n_errors: lines that were not understood
 * @is_cut: there is more of it than is read
 */
struct quiesce_config {
	enum quiesce_level level;
	bool level_is_set;
	uint32_t drain_ms;
	uint32_t reset_ms;
	uint32_t deadline_ms;
	uint32_t drivers_ms;
	uint32_t module_ms;
	enum quiesce_mode mode;
	bool strict;
	struct quiesce_load *loads;
	size_t n_loads;
	struct quiesce_rule *rules;
	size_t n_rules;
	size_t n_errors;
	bool is_cut;
};

#define QUIESCE_CONFIG_CUT "the rest is not read, and nothing is touched"

/**
 * struct quiesce_complaint - who hears of a line that was not understood
 * @say: @line is 0 where a problem has no line
 * @data: first argument
 */
struct quiesce_complaint {
	void (*say)(void *data, const char *file, unsigned int line, const char *problem);
	void *data;
};

void quiesce_config_defaults(struct quiesce_config *config);
/**
 * quiesce_config_parse() - read configuration text on top of @config
 * @config: from quiesce_config_defaults()
 * @name: file name for origins and complaints
 * @text: NUL-terminated
 * @complaint: called once a bad line; n_errors counts them
 *
 * A bad line leaves its default in place. A rule whose action is bad but whose
 * match can be read means keep. Behind 4,096 rules and load lines is_cut is set
 * and nothing more is read. Return: 0 or -ENOMEM.
 */
int quiesce_config_parse(struct quiesce_config *config, const char *name, const char *text,
			 const struct quiesce_complaint *complaint);
/* config_files.c */

/**
 * quiesce_config_load() - read the configuration on top of @config
 * @path: this file alone; NULL: the first pci-quiesce.conf of etc/, run/ and
 *	usr/lib/ below @root, then the drop-ins pci-quiesce.conf.d/NAME.conf of
 *	all three, ordered by name; having none is fine
 *
 * Of drop-ins of one name the first of the three counts. An empty file, or a
 * link to /dev/null, stands for none. What is read last has the first word: its
 * keys win, and its rules come before those of the files before it; within a
 * file they keep their order. Load lines add up.
 *
 * What is read is 256 KiB, 256 drop-ins (the first by name), and 4,096 rules and
 * load lines. Of what is beyond that no "keep" may be forgotten: the level is
 * QUIESCE_LEVEL_OBSERVE then.
 *
 * Source: UAPI.6 Configuration Files Specification.
 * Return: 0, 1 where there is none, -ENOMEM, or -errno of opening or reading,
 * complained about; the other files are read all the same.
 */
int quiesce_config_load(struct quiesce_config *config, const char *root, const char *path,
			const struct quiesce_complaint *complaint);
void quiesce_config_free(struct quiesce_config *config);
/** quiesce_config_forget_loads() - as if it had no load line */
void quiesce_config_forget_loads(struct quiesce_config *config);
/**
 * quiesce_config_set() - set one key, or add one load line
 * @origin: "file:line"
 *
 * Return: 0, -ENOENT no such key, -EINVAL bad value, -ENOMEM.
 */
int quiesce_config_set(struct quiesce_config *config, const char *key, const char *value,
		       const char *origin);
/**
 * quiesce_config_print() - a key's value, one a line for load
 * @key: or "words": every key with its range and value, every action and match
 *
 * Return: 0 or -ENOENT.
 */
int quiesce_config_print(struct quiesce_config *config, const char *key, FILE *out);
/**
 * quiesce_config_explain() - words for what quiesce_config_set() returned
 * @error: -ENOENT or -EINVAL
 * @text: room for them, 320 bytes are enough
 *
 * Return: @text.
 */
const char *quiesce_config_explain(int error, const char *key, const char *value, char *text,
				   size_t bytes);
/** quiesce_key_name() - the keys of [quiesce], as quiesce_words */
const char *quiesce_key_name(size_t i);
const char *quiesce_level_word(enum quiesce_level level);

/* config_rule.c: one line of it */

/** Room for one level of a path: an address with some wildcards. */
#define QUIESCE_PATH_PART_BYTES 32

/**
 * quiesce_rule_parse() - ACTION = MATCH
 * @action: quiesce_action_name(); anything else is a problem and keep
 * @text: the match
 * @ret_rule: without an origin; its pattern is heap
 * @problem: what is wrong, or ""
 * @bytes: room there
 *
 * Return: 0, -EINVAL where the match cannot be read, -ENOMEM.
 */
int quiesce_rule_parse(const char *action, const char *text, struct quiesce_rule *ret_rule,
		       char *problem, size_t bytes);
/**
 * quiesce_load_parse() - dump-target, console, all, ADDRESS or module NAME
 * @ret_load: without an origin; its name is heap
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
int quiesce_load_parse(const char *text, struct quiesce_load *ret_load);
/** quiesce_action_name() - the actions of [rules], as quiesce_words */
const char *quiesce_action_name(size_t i);
/** quiesce_match_name() - the matches of [rules], by enum quiesce_match, as quiesce_words */
const char *quiesce_match_name(size_t i);
/** quiesce_load_word() - "dump-target" and so on; NULL for what has a name of its own */
const char *quiesce_load_word(enum quiesce_load_what what);

#define QUIESCE_CMDLINE_BYTES_MAX 65536

/** enum quiesce_switch - rd.pci_quiesce= on the kernel command line */
enum quiesce_switch {
	QUIESCE_ON,
	QUIESCE_OFF,
	QUIESCE_DRY_RUN,
	QUIESCE_SHELL, /* as QUIESCE_ON, after a shell on the console */
};

/**
 * quiesce_parameters_parse() - rd.pci_quiesce=0|1|dry-run|shell, rd.pci_quiesce.KEY=VALUE
 * @cmdline: the kernel's command line
 * @config: keys are set here; may be NULL
 * @complaint: told of what was not understood; may be NULL
 */
enum quiesce_switch quiesce_parameters_parse(const char *cmdline, struct quiesce_config *config,
					     const struct quiesce_complaint *complaint);

/** quiesce_parameter_is_ours() - a word of the command line that the former reads */
bool quiesce_parameter_is_ours(const char *word);

/* rules.c, rule_match.c, scene.c, ram.c: a decision for each function, before anything slow */

/**
 * struct quiesce_ground - why a decision is what it is
 * @reason: words
 * @rule: "file:line" or "default:NAME"
 */
struct quiesce_ground {
	const char *reason;
	const char *rule;
};

/** struct quiesce_range - physical addresses, both ends included */
struct quiesce_range {
	uint64_t first;
	uint64_t last;
};

struct quiesce_ram {
	struct quiesce_range *ranges;
	size_t n;
};

/** quiesce_ram_read() - memory of this kernel and of the crashed one */
void quiesce_ram_read(struct quiesce_ram *ram, const char *root);
/** quiesce_ram_overlaps() - is any of a sysfs resource file's first lines memory */
bool quiesce_ram_overlaps(const struct quiesce_ram *ram, const char *resource);

struct quiesce_run;

/* dump_target.c */

/** Written into the image when it is built: a line ADDRESS VENDOR:DEVICE [PATH] for each. */
#define QUIESCE_DUMP_TARGET "usr/lib/pci-quiesce/dump-target"

/**
 * quiesce_dump_target_mark() - functions that the dump is written through
 * @log: told of what is not there, or is something else; may be NULL
 * @marked: one per function; set where path and ids agree with the file, and where
 *	address and ids do
 * @ret_missing: how many of the file's functions are not there
 *
 * Return: 0, or -errno of reading the file.
 */
int quiesce_dump_target_mark(const char *root, const struct pcireset_machine *machine,
			     const struct quiesce_log *log, bool *marked, size_t *ret_missing);

/* scene.c: what rules know of a machine beside its functions */

/**
 * struct quiesce_scene - circumstances that decisions depend on
 * @ram: memory of either kernel
 * @dump_target: one per function: the dump is written through it; heap
 * @dump_target_port: one per function: a bridge right above one of these; heap
 * @usb_console: a serial port on USB is a console; only looked up for rules that ask
 * @untouchable: words for why nothing may be touched here, or NULL
 */
struct quiesce_scene {
	struct quiesce_ram ram;
	bool *dump_target;
	bool *dump_target_port;
	bool usb_console;
	const char *untouchable;
};

/** quiesce_scene_read() - of a run that was scanned; -ENOMEM */
int quiesce_scene_read(const struct quiesce_run *run, struct quiesce_scene *ret_scene);
void quiesce_scene_free(struct quiesce_scene *scene);
bool quiesce_has_usb_console(const char *root);
/** quiesce_is_console() - a serial port, the boot display, or what USB consoles are behind */
bool quiesce_is_console(const struct pcireset_function *function, bool usb_console);

/* rule_match.c */

/**
 * struct quiesce_subject - a function in the words that rules are compared with
 * @machine: it and all above it
 * @i: its index
 * @words: by match
 * @is_console: quiesce_is_console(); set by the caller
 * @is_dump_target: the same
 */
struct quiesce_subject {
	const struct pcireset_machine *machine;
	size_t i;
	char words[QUIESCE_MATCH_PATH][48];
	bool is_console;
	bool is_dump_target;
};

void quiesce_subject_describe(const struct pcireset_machine *machine, size_t i,
			      struct quiesce_subject *subject);
bool quiesce_rule_matches(const struct quiesce_rule *rule, const struct quiesce_subject *subject);

/* rules.c */

/**
 * quiesce_rules_decide() - first matching rule, the user's before the defaults
 * @io: only read, and only sysfs
 * @scene: of this machine
 * @decisions: one per function
 * @grounds: one per function; they live as long as @config
 */
void quiesce_rules_decide(const struct pcireset_io *io, const struct pcireset_machine *machine,
			  const struct quiesce_config *config, const struct quiesce_scene *scene,
			  struct pcireset_decision *decisions, struct quiesce_ground *grounds);
/** quiesce_rules_lower() - take away what a lower level does not do */
void quiesce_rules_lower(const struct pcireset_machine *machine, enum quiesce_level level,
			 struct pcireset_decision *decisions, struct quiesce_ground *grounds);
/**
 * quiesce_rules_protect() - what only the topology shows: CXL memory is never reset,
 *	and a PF that is idle has VFs that are not
 * @machine: with its topology
 *
 * Comes after the fence, and only takes resets away. A rule of the user's stays.
 * Source: CXL Specification 3.1, 8.1.3 (PCIe DVSEC for CXL Devices, Mem_Capable).
 */
void quiesce_rules_protect(const struct pcireset_machine *machine,
			   struct pcireset_decision *decisions, struct quiesce_ground *grounds);

/** quiesce_rules_is_default() - is it what a default rule, "default:vmd" say, is about */
bool quiesce_rules_is_default(const struct pcireset_function *function, const char *origin);

/* rules_unused.c: for a healthy machine */

/**
 * quiesce_rules_unreachable() - rules that never match: an earlier one covers them
 * @complaint: told of each with its file and line
 *
 * Names no rule that can match something: several earlier rules that cover it
 * only together are not noticed.
 *
 * Return: how many.
 */
size_t quiesce_rules_unreachable(struct quiesce_config *config,
				 const struct quiesce_complaint *complaint);
/**
 * quiesce_rules_absent() - rules and load lines without an effect on this machine
 * @machine: scanned is enough
 * @complaint: told of each with its file and line
 *
 * Those that match no function, and those that match only what is always kept
 * and say something else. What a name stands for only in the crash kernel
 * (dump-target, console) is not complained about.
 *
 * Return: how many.
 */
size_t quiesce_rules_absent(const struct pcireset_machine *machine,
			    const struct quiesce_config *config,
			    const struct quiesce_complaint *complaint);

/* platform.c */

/**
 * struct quiesce_platform - what the platform itself demands
 * @firmware_first: firmware owns PCI error handling: QUIESCE_LEVEL_FLR at most,
 *	unless the configuration says otherwise; the same where that is unknown
 * @untouchable: words for why run does nothing here, or NULL
 */
struct quiesce_platform {
	enum pcireset_known firmware_first;
	const char *untouchable;
};

/**
 * quiesce_platform_read() - the platform below a root
 *
 * A HEST that is there and cannot be read to its end leaves firmware_first unknown;
 * what else cannot be read is not so.
 *
 * Source: ACPI Specification 6.5, 18.3.2 (Hardware Error Source Table).
 */
void quiesce_platform_read(const char *root, struct quiesce_platform *ret_platform);
/** quiesce_platform_take() - set run's untouchable, lower its level, say so */
void quiesce_platform_take(struct quiesce_run *run);
/**
 * quiesce_platform_take_log() - the same for what only the kernel's log tells
 *
 * A long log takes a while: comes after the fence. A level that was set stays.
 *
 * Return: was the level lowered.
 */
bool quiesce_platform_take_log(struct quiesce_run *run);

/* pipeline.c */

/** enum quiesce_stage - told to struct quiesce_run's on_stage when it is over */
enum quiesce_stage {
	QUIESCE_STAGE_FENCE,
	QUIESCE_STAGE_PLAN,
	QUIESCE_STAGE_RESET,
	QUIESCE_STAGE_VERIFY,
	QUIESCE_STAGE_IOMMU,
	QUIESCE_STAGE_DRIVERS,
	QUIESCE_STAGES,
};

const char *quiesce_stage_word(enum quiesce_stage stage);

struct quiesce_iommu;
struct quiesce_comparison;

/**
 * struct quiesce_run - one pass through the pipeline; zeroed by its maker
 * @root: prefix of all paths
 * @io: the machine
 * @log: messages
 * @config: what to do
 * @dry_run: stop after the plan
 * @untouchable: why everything is kept here, or NULL
 * @shown: functions that the report is to have, in this order; NULL: all
 * @n_shown: how many
 * @is_addition: of functions that appeared later; who makes it has the report
 * @started_us: start, on the clock of @io
 * @deadline_us: end of fence and resets
 * @drivers_deadline_us: end of what follows; known once resets are verified
 * @journal: memory for sysfs changes; NULL: private
 * @reach: whom each reset of the plan reaches; empty before it is made
 * @on_stage: may be NULL
 * @modules_before: names of the modules that were there before us, blanks between
 *	them; heap, NULL for none
 * @n_modules_before: how many
 * @silence_us: start to last fence read back, or 0
 * @total_us: start to last verdict, or 0
 * @n_bad: functions that are lost or failed
 * @n_not_loaded: modules, or functions that load lines name, without success
 * @left_behind: a child of the run's may wait in the kernel for ever
 */
struct quiesce_run {
	const char *root;
	const struct pcireset_io *io;
	const struct quiesce_log *log;
	struct quiesce_config config;
	bool dry_run;
	const char *untouchable;
	const size_t *shown;
	size_t n_shown;
	bool is_addition;
	uint64_t started_us;
	uint64_t deadline_us;
	uint64_t drivers_deadline_us;
	struct pcireset_journal *journal;
	void (*on_stage)(void *data, enum quiesce_stage stage);
	void *on_stage_data;
	char *modules_before;
	size_t n_modules_before;

	struct pcireset_machine machine;
	struct pcireset_decision *decisions;
	struct quiesce_ground *grounds;
	struct pcireset_step *steps;
	struct pcireset_reach reach;
	struct pcireset_outcome *outcomes;
	struct pcireset_journal *own_journal;
	struct quiesce_iommu *iommu; /* NULL before that stage */
	const bool *dump_target; /* one per function, where the image's file is not there yet */
	struct quiesce_comparison *comparison; /* with the image's manifest, or NULL */
	uint64_t silence_us;
	uint64_t total_us;
	bool complete;
	int report_error; /* of the last attempt to write it */
	size_t n_bad;
	size_t n_not_loaded;
	bool left_behind;
};

/**
 * quiesce_pipeline_run() - scan, fence, plan, reset, verify, drivers, report
 *
 * Return: 0, also where functions are lost or failed (n_bad), or -errno where
 * the machine could not be read; the report tells how far it came.
 */
int quiesce_pipeline_run(struct quiesce_run *run);
/** quiesce_pipeline_silence() - fence to verify, of functions that were scanned */
int quiesce_pipeline_silence(struct quiesce_run *run);

/* machine.c */

/** quiesce_find() - index of the function at an address, in any order; or PCIRESET_NONE */
size_t quiesce_find(const struct pcireset_machine *machine, struct pcireset_address address);

/* newcomers.c */

/**
 * quiesce_newcomers_silence() - the pipeline for functions that only now appeared
 * @run: they are added behind those that it has; until drivers_deadline_us
 *
 * Return: 0, also where there are none, or -errno as quiesce_pipeline_run().
 */
int quiesce_newcomers_silence(struct quiesce_run *run);

void quiesce_run_free(struct quiesce_run *run);

/* iommu_stage.c */

/**
 * quiesce_iommu_stage() - have inherited translations replaced
 * @run: behind its verdicts, with its journal; iommu is set, at QUIESCE_LEVEL_IOMMU
 *
 * Half of the time until drivers_deadline_us is left to the drivers.
 *
 * Return: 0 or -ENOMEM. What a group refuses is logged, and in the report.
 */
int quiesce_iommu_stage(struct quiesce_run *run);

/* json.c */

struct cJSON;

/** quiesce_json_string() - add a string, or null for none */
void quiesce_json_string(struct cJSON *object, const char *key, const char *text);
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
/** quiesce_report_device() - one function as the report has it; NULL: no memory */
struct cJSON *quiesce_report_device(const struct quiesce_run *run, size_t i);

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

/* files.c */

/** quiesce_file_read() - a whole text, at most @bytes_max; heap; -EBADMSG with a NUL in it */
int quiesce_file_read(const char *root, const char *path, size_t bytes_max, char **ret_text);
/** quiesce_fd_read() - the same of what is open, a pipe perhaps */
int quiesce_fd_read(int fd, size_t bytes_max, char **ret_text);
/** quiesce_file_problem() - words for an error of it */
const char *quiesce_file_problem(int error);
/** quiesce_flush() - 0, or -errno where anything written to it did not arrive */
int quiesce_flush(FILE *out);

/* modules_before.c */

/** quiesce_modules_before_read() - from /proc/modules; none where that cannot be read */
void quiesce_modules_before_read(struct quiesce_run *run);
/** quiesce_modules_before_log() - one line; many names are cut there */
void quiesce_modules_before_log(const struct quiesce_run *run);
/** quiesce_modules_before_print() - the report's key, with a comma behind it */
void quiesce_modules_before_print(const struct quiesce_run *run, FILE *out);

/* early.c */

/** quiesce_is_kdump() - is this the kernel after the crash */
bool quiesce_is_kdump(const char *root);

/* worker.c */

/** quiesce_resets_end_ms() - when fence and resets end, of a deadline_ms */
uint32_t quiesce_resets_end_ms(uint32_t deadline_ms);
/** quiesce_complaint_to() - complaints as warnings in a log */
struct quiesce_complaint quiesce_complaint_to(const struct quiesce_log *log);

/**
 * quiesce_run_prepare() - configuration from file and kernel command line
 * @run: root and log are set; config is filled in
 * @path: configuration file, or NULL for the usual places
 *
 * Of many bad lines the first are logged, and how many more there are.
 * Return: what rd.pci_quiesce= says. config.n_errors counts bad lines.
 */
enum quiesce_switch quiesce_run_prepare(struct quiesce_run *run, const char *path);

#endif
