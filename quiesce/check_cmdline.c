/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The crash kernel's command line, and words in it that defeat us. */
#include <dirent.h>
#include <string.h>

#include "check.h"
#include "target.h"

#define TEXT_BYTES_MAX (1024u * 1024)

/* Names in sys/class/iommu. Source: drivers/iommu, iommu_device_sysfs_add(). */
enum {
	INTEL = 1 << 0, /* dmar0 */
	AMD = 1 << 1,	/* ivhd0 */
	OTHER = 1 << 2,
	ANY = INTEL | AMD | OTHER,
};

/*
 * @key: of a parameter KEY=OPTION,OPTION...
 * @option: NULL for any
 * @unless: an option of a later one that takes it back, or NULL
 * @iommus: bad only where the running kernel drives one of these; 0: anywhere
 * Source: Documentation/admin-guide/kernel-parameters.txt.
 */
static const struct defeat {
	const char *key;
	const char *option;
	const char *unless;
	unsigned int iommus;
	enum quiesce_severity severity;
	const char *reason;
} defeats[] = {
	/* drivers/iommu/intel/iommu.c, intel_disable_iommus() */
	{ "intel_iommu", "off", "on", INTEL, QUIESCE_IS_ERROR,
	  "the crash kernel switches the IOMMU off: DMA under way goes to wrong memory" },
	{ "amd_iommu", "off", NULL, AMD, QUIESCE_IS_ERROR,
	  "the crash kernel switches the IOMMU off: DMA under way goes to wrong memory" },
	{ "iommu", "off", NULL, ANY, QUIESCE_IS_ERROR,
	  "the crash kernel switches the IOMMU off: DMA under way goes to wrong memory" },
	/* drivers/iommu/dma-iommu.c, iommu_deferred_attach() */
	{ "iommu", "pt", "nopt", ANY, QUIESCE_IS_WARNING,
	  "inherited translations are replaced only where a reset was observed" },
	{ "iommu.passthrough", "1", "0", ANY, QUIESCE_IS_WARNING,
	  "inherited translations are replaced only where a reset was observed" },
	{ "arm-smmu.disable_bypass", "0", NULL, ANY, QUIESCE_IS_WARNING,
	  "DMA of functions without a driver passes the SMMU untranslated" },
	{ "pci", "off", NULL, false, QUIESCE_IS_ERROR, "no function is found" },
	{ "pci", "nommconf", NULL, false, QUIESCE_IS_WARNING,
	  "only domain 0 is found, and 256 bytes of each function" },
	{ "pci", "conf1", NULL, false, QUIESCE_IS_WARNING,
	  "only domain 0 is found, and 256 bytes of each function" },
	{ "pci", "noacpi", NULL, false, QUIESCE_IS_WARNING,
	  "root buses that only ACPI names are not found" },
	{ "acpi", "off", NULL, false, QUIESCE_IS_WARNING,
	  "root buses and IOMMUs that only ACPI names are not found" },
	{ "pci", "assign-busses", NULL, false, QUIESCE_IS_WARNING,
	  "buses are numbered anew: addresses in rules may mean other functions" },
	{ "noinitrd", NULL, NULL, false, QUIESCE_IS_ERROR, "the crash image is not used" },
	{ "rdinit", NULL, NULL, false, QUIESCE_IS_WARNING,
	  "with mode = init it starts in place of pci-quiesce" },
	{ "lockdown", "integrity", NULL, false, QUIESCE_IS_NOTE, QUIESCE_LOCKDOWN_WORDS },
	{ "lockdown", "confidentiality", NULL, false, QUIESCE_IS_NOTE, QUIESCE_LOCKDOWN_WORDS },
};

/* Where kdump's tools are told; remove may be NULL. */
static const struct source {
	const char *file;
	const char *replace;
	const char *remove;
	const char *append;
} sources[] = {
	{ "/etc/sysconfig/kdump", "KDUMP_COMMANDLINE", "KDUMP_COMMANDLINE_REMOVE",
	  "KDUMP_COMMANDLINE_APPEND" },
	{ "/etc/default/kdump-tools", "KDUMP_CMDLINE", NULL, "KDUMP_CMDLINE_APPEND" },
};

/* One word of the line, and who put it there. */
struct word {
	const char *text;
	const char *file;
	unsigned int line;
};

/*
 * @texts: what the words are part of
 */
struct cmdline {
	struct word *words;
	size_t n;
	char *texts[2];
};

/* The kernel takes - and _ for the same. Source: kernel/params.c, parameqn(). */
static bool same_key(const char *word, const char *key)
{
	for (; *key; key++, word++)
		if (*word != *key && (*word != '-' || *key != '_') && (*word != '_' || *key != '-'))
			return false;
	return !*word || *word == '=';
}

static bool has_option(const char *word, const char *option)
{
	const size_t n = option ? strlen(option) : 0;

	if (!option)
		return true;
	for (word = strchr(word, '='); word; word = strchr(word, ',')) {
		word++;
		if (strncmp(word, option, n) == 0 && (!word[n] || word[n] == ','))
			return true;
	}
	return false;
}

/* kdump-lib.sh, remove_cmdline_param(): the key, with any value. */
static bool is_removed(const char *word, const char *list)
{
	const size_t n = strcspn(word, "=");

	for (; list && *list; list += strcspn(list, " \t")) {
		list += strspn(list, " \t");
		if (strncmp(list, word, n) == 0 && (!list[n] || strchr(" \t", list[n])))
			return true;
	}
	return false;
}

/* Takes the text. */
static void add_words(struct cmdline *cmdline, char *text, const char *file, unsigned int line,
		      const char *remove)
{
	struct word *words;
	char *word;

	cmdline->texts[cmdline->texts[0] ? 1 : 0] = text;
	while ((word = strsep(&text, " \t\n"))) {
		if (!*word || is_removed(word, remove))
			continue;
		words = reallocarray(cmdline->words, cmdline->n + 1, sizeof(*words));
		if (!words)
			return;
		words[cmdline->n++] = (struct word){ word, file, line };
		cmdline->words = words;
	}
}

/* True where @config has it. What sh would put in place of "$" is not known here. */
static bool read_variable(struct quiesce_check *check, const struct source *source,
			  const char *config, const char *name, char **ret_text,
			  unsigned int *ret_line)
{
	unsigned int line;

	if (!name || quiesce_shell_variable(config, name, ret_text, &line) < 0)
		return false;
	if (strpbrk(*ret_text, "$`"))
		quiesce_check_say(check, QUIESCE_IS_NOTE, source->file, line,
				  "%s: what sh puts in place of $ and ` is not known, nor checked",
				  name);
	*ret_line = line;
	return true;
}

static void read_cmdline(struct quiesce_check *check, struct cmdline *cmdline, bool *ret_is_told)
{
	_cleanup_free_ char *config = NULL, *removed = NULL;
	const char *root = check->run.root;
	const struct source *source = NULL;
	char *text = NULL;
	unsigned int line;

	for (size_t i = 0; !config && i < ARRAY_SIZE(sources); i++) {
		source = &sources[i];
		(void)quiesce_file_read(root, source->file + 1, TEXT_BYTES_MAX, &config);
	}
	*ret_is_told = config;
	if (config)
		(void)read_variable(check, source, config, source->remove, &removed, &line);
	if (config && read_variable(check, source, config, source->replace, &text, &line) && text[0]) {
		add_words(cmdline, text, source->file, line, removed);
	} else {
		free(text);
		text = NULL;
		if (quiesce_file_read(root, "proc/cmdline", QUIESCE_CMDLINE_BYTES_MAX, &text) == 0)
			add_words(cmdline, text, "/proc/cmdline", 1, removed);
	}
	if (config && read_variable(check, source, config, source->append, &text, &line))
		add_words(cmdline, text, source->file, line, NULL);
}

static bool is_taken_back(const struct cmdline *cmdline, size_t i, const struct defeat *defeat)
{
	while (defeat->unless && ++i < cmdline->n)
		if (same_key(cmdline->words[i].text, defeat->key) &&
		    has_option(cmdline->words[i].text, defeat->unless))
			return true;
	return false;
}

/* @driven: mask of IOMMUs. An error only where the kind is known. */
static void check_word(struct quiesce_check *check, const struct cmdline *cmdline, size_t i,
		       unsigned int driven)
{
	const struct word *w = &cmdline->words[i];

	for (const struct defeat *d = defeats; d < defeats + ARRAY_SIZE(defeats); d++) {
		const bool counts = !d->iommus || driven & d->iommus;

		if (same_key(w->text, d->key) && has_option(w->text, d->option) &&
		    !is_taken_back(cmdline, i, d) && (counts || driven & OTHER))
			quiesce_check_say(check, counts ? d->severity : QUIESCE_IS_WARNING, w->file,
					  w->line, "%s: %s", w->text, d->reason);
	}
}

/* Of an IOMMU that is driven sysfs has an entry. Return: mask of kinds. */
static unsigned int driven_iommus(const char *root)
{
	const struct dirent *entry;
	unsigned int driven = 0;
	char path[512];
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/sys/class/iommu", root);
	dir = opendir(path);
	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		if (strncmp(entry->d_name, "dmar", 4) == 0)
			driven |= INTEL;
		else if (strncmp(entry->d_name, "ivhd", 4) == 0)
			driven |= AMD;
		else if (entry->d_name[0] != '.')
			driven |= OTHER;
	(void)closedir(dir);
	return driven;
}

/* Others that dracut reads begin with "rd." and a word without "pci_". */
static bool is_misspelt(const char *word)
{
	return (strncmp(word, "rd.pci_", 7) == 0 || strncmp(word, "rd.pci-", 7) == 0) &&
	       !quiesce_parameter_is_ours(word);
}

/* One at a time, so that a complaint has a place; of the switches the last counts. */
static void take_ours(struct quiesce_check *check, const struct cmdline *cmdline)
{
	static const char *const reasons[] = {
		[QUIESCE_OFF] = "nothing is silenced",
		[QUIESCE_DRY_RUN] = "nothing is silenced, only planned",
		[QUIESCE_SHELL] = "waits for somebody at the console",
	};
	const struct quiesce_complaint complaint = quiesce_check_complaint(check);
	enum quiesce_switch wanted = QUIESCE_ON, told;
	const struct word *last = NULL;

	for (const struct word *w = cmdline->words; w < cmdline->words + cmdline->n; w++) {
		if (is_misspelt(w->text))
			quiesce_check_say(check, QUIESCE_IS_WARNING, w->file, w->line,
					  "%s: has no effect: rd.pci_quiesce=VALUE or "
					  "rd.pci_quiesce.KEY=VALUE",
					  w->text);
		check->file = w->file;
		check->line = w->line;
		told = quiesce_parameters_parse(w->text, &check->run.config, &complaint);
		if (same_key(w->text, "rd.pci_quiesce")) {
			last = w;
			wanted = told;
		}
	}
	check->file = NULL;
	check->wanted = wanted;
	if (last && wanted != QUIESCE_ON)
		quiesce_check_say(check, QUIESCE_IS_WARNING, last->file, last->line, "%s: %s",
				  last->text, reasons[wanted]);
}

/*
 * With these Linux asks firmware for no control of AER, or for none at all:
 * drivers/acpi/pci_root.c, calculate_support(), os_control_query_checks() and
 * calculate_control(); without ACPI there is nobody to ask.
 */
static bool hides_owner(const char *word)
{
	static const char *const hiders[][2] = {
		{ "pcie_ports", "compat" }, { "pcie_aspm", "off" }, { "pci", "noaer" },
		{ "pci", "nomsi" },	    { "pci", "nommconf" },  { "pci", "conf1" },
		{ "pci", "conf2" },	    { "pci", "noacpi" },    { "acpi", "off" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(hiders); i++)
		if (same_key(word, hiders[i][0]) && has_option(word, hiders[i][1]))
			return true;
	return false;
}

static void check_owner(struct quiesce_check *check, const struct cmdline *cmdline)
{
	size_t i = 0;

	while (i < cmdline->n && !hides_owner(cmdline->words[i].text))
		i++;
	if (i < cmdline->n)
		quiesce_check_owner(check, cmdline->words[i].text, cmdline->words[i].file,
				    cmdline->words[i].line);
	else
		quiesce_check_owner(check, NULL, NULL, 0);
}

static char *joined(const struct cmdline *cmdline)
{
	size_t bytes = 1, used = 0;
	char *text;

	for (size_t i = 0; i < cmdline->n; i++)
		bytes += strlen(cmdline->words[i].text) + 1;
	text = calloc(bytes, 1);
	for (size_t i = 0; text && i < cmdline->n; i++)
		used += (size_t)snprintf(text + used, bytes - used, "%s ", cmdline->words[i].text);
	return text;
}

void quiesce_check_cmdline(struct quiesce_check *check)
{
	const unsigned int driven = driven_iommus(check->run.root);
	struct cmdline cmdline = { 0 };
	bool is_told;

	read_cmdline(check, &cmdline, &is_told);
	if (!is_told)
		quiesce_check_say(check, QUIESCE_IS_NOTE, NULL, 0,
				  "no /etc/sysconfig/kdump or /etc/default/kdump-tools: the crash "
				  "kernel is taken to get the command line of this one");
	for (size_t i = 0; i < cmdline.n; i++)
		check_word(check, &cmdline, i, driven);
	take_ours(check, &cmdline);
	check_owner(check, &cmdline);
	check->cmdline = joined(&cmdline);
	check->run.locked_down = check->cmdline && quiesce_cmdline_locks_down(check->cmdline);
	free(cmdline.words);
	free(cmdline.texts[0]);
	free(cmdline.texts[1]);
}
