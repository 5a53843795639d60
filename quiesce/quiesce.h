/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When and whether: what the files of the program share. */
#ifndef QUIESCE_H
#define QUIESCE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config.h"
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

struct quiesce_run;

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
 * A long log takes a while: comes after the fence. A level that was set stays. Where the
 * log does not tell, the level stays as well, and there is no IOMMU window.
 *
 * Return: was the level lowered.
 */
bool quiesce_platform_take_log(struct quiesce_run *run);
/**
 * quiesce_platform_firmware_first() - by both
 *
 * Not so only where the log is whole and says of each host bridge of ACPI that Advanced
 * Error Reporting is the kernel's, where there is no such bridge, and in a dump.
 */
enum pcireset_known quiesce_platform_firmware_first(const struct quiesce_run *run);

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
 * struct quiesce_ground - why a decision is what it is
 * @reason: words
 * @rule: "file:line" or "default:NAME"
 */
struct quiesce_ground {
	const char *reason;
	const char *rule;
};

/**
 * struct quiesce_earlier - of one function what its last outcome does not tell
 * @step: a reset that failed and was followed by another; no engine: there was none
 * @outcome: how that ended
 * @again_via: bridge whose bus was reset after its own reset, or PCIRESET_NONE
 */
struct quiesce_earlier {
	struct pcireset_step step;
	struct pcireset_outcome outcome;
	size_t again_via;
};

/**
 * struct quiesce_containment - how a function is isolated that no reset has stopped
 * @way: how it is, or in a plan, how it would be; none: not
 * @tried: a way that was not open, or failed; the last one
 * @error: how it failed, or 0
 * @why: the same in words, or NULL
 * @instead_of: its verdict before
 * @may_be_spared: of a plan: unless a driver of the image takes it, or one beside it
 */
struct quiesce_containment {
	enum pcireset_contain way;
	enum pcireset_contain tried;
	int error;
	const char *why;
	enum pcireset_verdict instead_of;
	bool may_be_spared;
};

/**
 * struct quiesce_run - one pass through the pipeline; zeroed by its maker
 * @root: prefix of all paths
 * @io: the machine
 * @log: messages
 * @config: what to do
 * @dry_run: stop after the plan
 * @untouchable: why everything is kept here, or NULL
 * @locked_down: the kernel that is planned for will be; of this one it is asked
 * @owner_hidden: that kernel will not ask who owns PCI errors, and its log not tell
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
 * @fence_us: the fence alone, or 0
 * @total_us: start to last verdict, or 0
 * @estimate_ms: how long the first plan's resets take if all goes well
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
	bool locked_down;
	bool owner_hidden;
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
	struct quiesce_earlier *earlier; /* one per function; NULL: of none */
	struct quiesce_containment *containments; /* the same; by the plan before that stage */
	struct pcireset_journal *own_journal;
	struct quiesce_iommu *iommu; /* NULL before that stage */
	const bool *dump_target; /* one per function, where the image's file is not there yet */
	bool dump_target_partly; /* and that nobody knows the way to all of it */
	struct quiesce_comparison *comparison; /* with the image's manifest, or NULL */
	uint64_t silence_us;
	uint64_t fence_us;
	uint64_t total_us;
	uint32_t estimate_ms;
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
/** quiesce_pipeline_report() - write the report as it is now, where this run has one */
void quiesce_pipeline_report(struct quiesce_run *run);
/** quiesce_pipeline_silence() - fence to verify, of functions that were scanned */
int quiesce_pipeline_silence(struct quiesce_run *run);

/** quiesce_stage_begins() - on the record before the first access that can hang */
void quiesce_stage_begins(const struct quiesce_run *run, const char *what);

/* machine.c */

/** quiesce_find() - index of the function at an address, in any order; or PCIRESET_NONE */
size_t quiesce_find(const struct pcireset_machine *machine, struct pcireset_address address);

/* resets.c */

/**
 * quiesce_resets_make() - the plan's resets, and stronger ones for those that fail
 * @run: with its plan; steps and outcomes of a second try replace those of the first,
 *	but for what the plan expected
 *
 * Return: 0, also where resets fail, -ENOMEM, or -ENOSPC for want of a journal.
 */
int quiesce_resets_make(struct quiesce_run *run);
/** quiesce_earlier_provide() - make run's earlier where it has none; 0 or -ENOMEM */
int quiesce_earlier_provide(struct quiesce_run *run);

/* containment.c */

/**
 * quiesce_containment_plan() - which functions would be isolated, and how; only reads
 * @run: with its plan: expected becomes PCIRESET_CONTAINED
 *
 * Whether the image has a driver for one, which may spare it, is not looked at.
 *
 * Return: 0 or -ENOMEM.
 */
int quiesce_containment_plan(struct quiesce_run *run);
/**
 * quiesce_containment_stage() - isolate what is fenced only, or not even that
 * @run: behind its verdicts, which become PCIRESET_CONTAINED; n_bad follows
 *
 * By the ways that the configuration has, and in their order. Nothing that the dump
 * may need: no console, display or dump target, nothing that is kept or has a driver,
 * and where the dump target is not known, nothing that a driver of the image takes.
 *
 * Return: 0 or -ENOMEM. What is not possible is a line in the log.
 */
int quiesce_containment_stage(struct quiesce_run *run);

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

/* lockdown.c */

#define QUIESCE_LOCKDOWN "sys/kernel/security/lockdown"
/** What follows from it, for people. */
#define QUIESCE_LOCKDOWN_WORDS \
	"registers are not written: the kernel makes all resets, and none is verified"

/** quiesce_cmdline_locks_down() - has a kernel command line lockdown=, with a level */
bool quiesce_cmdline_locks_down(const char *cmdline);
/**
 * quiesce_is_locked_down() - can user space not write configuration space
 *
 * By securityfs, or by the command line where that is not mounted.
 * Source: security/lockdown/lockdown.c; drivers/pci/pci-sysfs.c, pci_write_config().
 */
bool quiesce_is_locked_down(const char *root);

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
