/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who owns PCI errors: what this machine knows of it, and what its crash kernel will. */
#include <cJSON.h>

#include "check.h"
#include "iommu.h"
#include "report.h"

#define NO_EFFECT "window_ms and contain = link, iommu have no effect"

/* The same questions, put to this kernel's log. */
static enum pcireset_known owner_by_this_kernel(const struct quiesce_check *check)
{
	struct quiesce_run run = check->run;

	run.owner_hidden = false;
	return quiesce_platform_firmware_first(&run);
}

/* Whether it may be done hangs on the owner. */
static bool has_risks(const struct quiesce_config *config)
{
	bool any = config->window_ms && config->level == QUIESCE_LEVEL_IOMMU;

	for (size_t k = 0; config->contain[k]; k++)
		any |= config->level > QUIESCE_LEVEL_OBSERVE &&
		       config->contain[k] != PCIRESET_CONTAIN_D3HOT;
	return any;
}

static void say_hidden(struct quiesce_check *check, const char *hider, const char *file,
		       unsigned int line)
{
	const struct quiesce_config *config = &check->run.config;

	if (owner_by_this_kernel(check) == PCIRESET_YES && !config->level_is_set &&
	    config->level > QUIESCE_LEVEL_FLR)
		quiesce_check_say(check, QUIESCE_IS_WARNING, file, line,
				  "%s: firmware handles PCI errors first, which the crash kernel "
				  "will not see: a bus reset may end in an NMI: set level = flr",
				  hider);
	if (has_risks(config))
		quiesce_check_say(check, QUIESCE_IS_WARNING, file, line,
				  "%s: the crash kernel cannot tell who owns PCI errors: "
				  NO_EFFECT, hider);
}

/* The crash kernel's log is young. */
static void say_not_known(struct quiesce_check *check)
{
	const bool risks = has_risks(&check->run.config);
	struct quiesce_inheritance log;

	quiesce_inheritance_read(check->run.root, &log);
	if (!log.whole)
		quiesce_check_say(check, risks ? QUIESCE_IS_WARNING : QUIESCE_IS_NOTE, "/dev/kmsg",
				  0,
				  "the beginning of this kernel's log cannot be read: who owns "
				  "PCI errors is not known here%s",
				  risks ? ", and " NO_EFFECT " in a forecast" :
					  "; the crash kernel may find that firmware does, and "
					  "take level = flr");
	else if (risks)
		quiesce_check_say(check, QUIESCE_IS_WARNING, "/dev/kmsg", 0,
				  "this kernel's log does not tell who owns PCI errors, nor will "
				  "the crash kernel's: " NO_EFFECT);
}

void quiesce_check_owner(struct quiesce_check *check, const char *hider, const char *file,
			 unsigned int line)
{
	struct quiesce_platform platform;

	check->run.owner_hidden = hider;
	quiesce_platform_read(check->run.root, &platform);
	/* ACPI's table is there in any kernel. */
	if (platform.firmware_first != PCIRESET_NO || platform.untouchable ||
	    quiesce_platform_firmware_first(&check->run) != PCIRESET_UNKNOWN)
		return;
	if (hider)
		say_hidden(check, hider, file, line);
	else
		say_not_known(check);
}

void quiesce_check_level(struct quiesce_check *check, enum quiesce_level asked)
{
	static const char *const words[] = {
		[PCIRESET_YES] = "firmware handles PCI errors first",
		[PCIRESET_UNKNOWN] =
			"firmware may handle PCI errors first (ACPI's HEST cannot be read)",
	};
	const struct quiesce_config *config = &check->run.config;
	const struct quiesce_check_key *key = quiesce_check_key(check, "level");
	struct cJSON *machine = cJSON_GetObjectItemCaseSensitive(check->report, "machine");
	struct quiesce_platform platform;
	enum pcireset_known owner;

	quiesce_platform_read(check->run.root, &platform);
	owner = platform.firmware_first;
	/* That the log does not tell lowers nothing. */
	if (owner == PCIRESET_NO && owner_by_this_kernel(check) == PCIRESET_YES)
		owner = PCIRESET_YES;
	quiesce_json_string(machine, "level", quiesce_level_word(config->level));
	quiesce_json_string(machine, "level_reason", config->level < asked ? words[owner] : NULL);
	if (owner == PCIRESET_NO)
		return;
	if (config->level > QUIESCE_LEVEL_FLR && config->level_is_set)
		quiesce_check_say(check, QUIESCE_IS_WARNING, key->file, key->line,
				  "%s, and level is %s all the same: a bus reset may end in an NMI",
				  words[owner], quiesce_level_word(config->level));
	else if (config->level <= QUIESCE_LEVEL_FLR)
		quiesce_check_say(check, QUIESCE_IS_NOTE, NULL, 0, "%s: level is %s", words[owner],
				  quiesce_level_word(config->level));
}
