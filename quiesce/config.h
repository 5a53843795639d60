/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the administrator wants. */
#ifndef QUIESCE_CONFIG_H
#define QUIESCE_CONFIG_H

#include <stdio.h>

#include "pcireset_contain.h"

/* config.c, config_key.c */

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
 * @window_ms: how long IOMMU groups are held on an empty domain, or 0
 * @engine: who makes resets of single functions; PCIRESET_ENGINE_NONE: auto
 * @contain: how to isolate functions that no reset has stopped: what is tried, in this
 *	order; PCIRESET_CONTAIN_NONE ends it
 * @mode: how the image starts us
 * @strict: run tells by its exit status of functions that are lost or failed,
 *	in a kdump kernel, too
 * @loads: drivers to load, in order; heap
 * @n_loads: how many
 * @rules: user's rules in order; heap, with their strings
 * @n_rules: how many
 * @n_errors: lines that were not understood
 * @is_cut: there is more of it than is read
 * @on_set: told of each key that is set, and its origin; may be NULL
 * @on_set_data: first argument
 */
struct quiesce_config {
	enum quiesce_level level;
	bool level_is_set;
	uint32_t drain_ms;
	uint32_t reset_ms;
	uint32_t deadline_ms;
	uint32_t drivers_ms;
	uint32_t module_ms;
	uint32_t window_ms;
	enum pcireset_engine engine;
	enum pcireset_contain contain[PCIRESET_CONTAINS];
	enum quiesce_mode mode;
	bool strict;
	struct quiesce_load *loads;
	size_t n_loads;
	struct quiesce_rule *rules;
	size_t n_rules;
	size_t n_errors;
	bool is_cut;
	void (*on_set)(void *data, const char *key, const char *origin);
	void *on_set_data;
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

#endif
