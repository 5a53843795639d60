/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IOMMU groups: what they inherited, which to re-initialise, and how. */
#ifndef QUIESCE_IOMMU_H
#define QUIESCE_IOMMU_H

#include "quiesce.h"

/* inherited.c: what the kernel's log says of the crashed kernel's translations */

/** Numbers of VT-d units that are told apart; drivers/iommu/intel/iommu.h has as many. */
#define QUIESCE_DMAR_UNITS 1024

/**
 * struct quiesce_inheritance - sentences of the kernel's log
 * @kdump: only a kdump kernel inherits anything
 * @whole: the log was read from its first record to its last
 * @dmar_copied: VT-d units whose tables this kernel copied, a bit each
 * @dmar_failed: the same, where copying failed
 * @amd_copied: the AMD device table was copied, or is used in place
 * @amd_failed: neither could be done
 * @smmu_reset: an SMMUv3 was found enabled, and reset
 * @aer_withheld: firmware keeps Advanced Error Reporting of some root bus
 * @n_root_bridges: those that ACPI has
 * @n_aer_granted: those of them whose Advanced Error Reporting is this kernel's
 */
struct quiesce_inheritance {
	bool kdump;
	bool whole;
	uint8_t dmar_copied[QUIESCE_DMAR_UNITS / 8];
	uint8_t dmar_failed[QUIESCE_DMAR_UNITS / 8];
	bool amd_copied;
	bool amd_failed;
	bool smmu_reset;
	bool aer_withheld;
	unsigned int n_root_bridges;
	unsigned int n_aer_granted;
};

/** quiesce_inheritance_read() - from /dev/kmsg below @root, never waiting for it */
void quiesce_inheritance_read(const char *root, struct quiesce_inheritance *ret_inheritance);
/** quiesce_inheritance_line() - take one line of /dev/kmsg into account */
void quiesce_inheritance_line(struct quiesce_inheritance *inheritance, const char *line);
/**
 * quiesce_inheritance_of() - did one IOMMU inherit translations
 * @iommu: its name in sysfs: "dmar0", "ivhd0", "smmu3.0x9050000", or ""
 * @ret_basis: how that is known, in words
 */
enum pcireset_known quiesce_inheritance_of(const struct quiesce_inheritance *inheritance,
					   const char *iommu, const char **ret_basis);
/** quiesce_inherited_word() - "yes", "no" or "unknown" */
const char *quiesce_inherited_word(enum pcireset_known inherited);

/* image.c: what can be loaded */

/**
 * struct quiesce_image - the modules that this image can load
 * @takes: would one of them bind a function with this modalias; may be NULL
 * @is_readable: can it be told which modules there are; NULL: yes
 * @has: is there a module of this name; may be NULL
 * @load: load a module with its dependencies and these options and no others;
 *	-ENOENT where there is none; may be NULL
 * @data: first argument of each
 */
struct quiesce_image {
	bool (*takes)(void *data, const char *modalias);
	bool (*is_readable)(void *data);
	bool (*has)(void *data, const char *name);
	int (*load)(void *data, const char *name, const char *options);
	void *data;
};

/** quiesce_image_open() - modules of this kernel below @root; load only without a root */
int quiesce_image_open(const char *root, const struct quiesce_log *log,
		       struct quiesce_image *ret_image);
void quiesce_image_close(struct quiesce_image *image);
/**
 * quiesce_image_limit() - until when modules may be loaded; without it, none is
 * @module_ms: how long one insertion may take
 * @end_us: no insertion goes on after this, on CLOCK_MONOTONIC
 */
void quiesce_image_limit(struct quiesce_image *image, uint32_t module_ms, uint64_t end_us);
/** quiesce_image_left_behind() - is there an insertion that has not returned */
bool quiesce_image_left_behind(const struct quiesce_image *image);

/* groups.c: what sysfs says of the groups */

/** Kinds of reserved regions: drivers/iommu/iommu.c, iommu_group_resv_type_string[]. */
enum quiesce_reserved {
	QUIESCE_RESERVED_DIRECT,
	QUIESCE_RESERVED_RELAXABLE,
	QUIESCE_RESERVED_MSI,
	QUIESCE_RESERVED_OTHER,
	QUIESCE_RESERVED_KINDS,
};

/** enum quiesce_reinit - what became of a group's translation */
enum quiesce_reinit {
	QUIESCE_REINIT_NONE, /* not asked */
	QUIESCE_REINIT_NOT_NEEDED,
	QUIESCE_REINIT_WANTED, /* decided, not done yet */
	QUIESCE_REINIT_DONE,
	QUIESCE_REINIT_REFUSED,      /* by one of our limits or by the kernel */
	QUIESCE_REINIT_NOT_POSSIBLE, /* nothing here can do it */
	QUIESCE_REINITS,
};

#define QUIESCE_REASON_BYTES 96
#define QUIESCE_OTHER_BYTES 32

/**
 * struct quiesce_group - one IOMMU group
 * @number: its number
 * @first: a function of it, the others by quiesce_member.next; or PCIRESET_NONE
 * @others: names of members that are no PCI functions; heap
 * @n_others: how many
 * @iommu: name of its IOMMU, or ""
 * @type: its default domain as sysfs has it, or ""
 * @reserved: mask of enum quiesce_reserved
 * @inherited: does a translation of the crashed kernel's stand
 * @basis: how that is known
 * @reinit: what was decided or done
 * @reason: why, or ""
 * @through: the function to claim it by, or PCIRESET_NONE
 * @no_window: why it is not to be held on an empty domain though that was asked for,
 *	or NULL
 * @window_ms: for how long it was held on an empty domain, or 0
 * @observable: what its functions tried then was sure to be told
 */
struct quiesce_group {
	unsigned int number;
	size_t first;
	char (*others)[QUIESCE_OTHER_BYTES];
	size_t n_others;
	char iommu[32];
	char type[16];
	unsigned int reserved;
	enum pcireset_known inherited;
	const char *basis;
	enum quiesce_reinit reinit;
	char reason[QUIESCE_REASON_BYTES];
	size_t through;
	const char *no_window;
	uint32_t window_ms;
	bool observable;
};

/**
 * struct quiesce_member - what belongs to one function of the machine
 * @group: index of its group, or PCIRESET_NONE
 * @next: next function of the same group, or PCIRESET_NONE
 * @replaced: a driver's first mapping has replaced what it inherited
 * @gets_driver: one is bound, or a module of the image takes it
 * @asleep: in D3hot
 * @link_down: a port above it says that its link is down, and it does not answer
 * @link_unknown: it is not known to answer, and a port above it is held
 * @held: a reset that is stuck, its own or one directly below it, holds its
 *	lock: a read of its config space may never return
 * @faults: how many of it the IOMMU told of while its group was held; or more
 */
struct quiesce_member {
	size_t group;
	size_t next;
	bool replaced;
	bool gets_driver;
	bool asleep;
	bool link_down;
	bool link_unknown;
	bool held;
	uint32_t faults;
};

/**
 * struct quiesce_iommu - all groups
 * @groups: ordered by number; heap
 * @n_groups: how many
 * @members: one per function that the machine had then; heap
 * @n_members: how many
 */
struct quiesce_iommu {
	struct quiesce_group *groups;
	size_t n_groups;
	struct quiesce_member *members;
	size_t n_members;
};

/**
 * quiesce_iommu_read() - the groups as they are; writes nothing
 * @root: prefix of all paths
 * @io: the machine
 * @machine: with its topology
 * @outcomes: one per function: those lost or contained are not touched; may be NULL
 * @image: what can be loaded; may be NULL
 * @ret_iommu: quiesce_iommu_free()
 *
 * Return: 0 or -ENOMEM. Without an IOMMU there are no groups.
 */
int quiesce_iommu_read(const char *root, const struct pcireset_io *io,
		       const struct pcireset_machine *machine,
		       const struct pcireset_outcome *outcomes, const struct quiesce_image *image,
		       struct quiesce_iommu *ret_iommu);
void quiesce_iommu_free(struct quiesce_iommu *iommu);
/** quiesce_group_of() - the group of function @i, or NULL; of one that appeared later, too */
const struct quiesce_group *quiesce_group_of(const struct quiesce_iommu *iommu, size_t i);
/**
 * quiesce_window_of() - the group of an endpoint that was held on an empty domain
 * @ret_faults: how many there were of function @i; may be NULL
 *
 * Return: it, or NULL where that was not done.
 */
const struct quiesce_group *quiesce_window_of(const struct quiesce_run *run, size_t i,
					      uint32_t *ret_faults);
/**
 * quiesce_group_translates() - is its default domain one that translates
 *
 * Only then does a driver's first mapping replace what was inherited: with
 * identity, mappings do not come by the IOMMU (dma-direct), and the function's
 * physical addresses meet the crashed kernel's tables. False where not known.
 */
bool quiesce_group_translates(const struct quiesce_group *group);
/** quiesce_gets_driver() - is one bound, or would a module of @image, if any, take it */
bool quiesce_gets_driver(const struct pcireset_io *io, const struct quiesce_image *image,
			 const struct pcireset_function *function);
/** quiesce_reserved_word() - as sysfs has it */
const char *quiesce_reserved_word(enum quiesce_reserved kind);

/* reinit.c: the decision */

/**
 * quiesce_reinit_decide() - may and must a group be re-initialised; pure
 * @machine: the functions
 * @outcomes: one per function, with verdicts
 * @iommu: groups and members as read
 * @probe: it is worth a claim to see whether functions are silent: those that get
 *	a driver, too
 * @group: one of them; reinit, reason and through are set
 */
void quiesce_reinit_decide(const struct pcireset_machine *machine,
			   const struct pcireset_outcome *outcomes,
			   const struct quiesce_iommu *iommu, bool probe,
			   struct quiesce_group *group);
/** quiesce_reinit_word() - for reports; NULL where nothing was decided */
const char *quiesce_reinit_word(enum quiesce_reinit reinit);

/* vfio.c: the mechanism */

/**
 * struct quiesce_vfio_calls - the system calls that vfio needs
 * @open: open a device file below the root for reading and writing; -errno
 * @ioctl: -errno, or the result
 * @close: close what open returned
 * @data: first argument of each
 */
struct quiesce_vfio_calls {
	int (*open)(void *data, const char *path);
	int (*ioctl)(void *data, int fd, unsigned int request, void *argument);
	void (*close)(void *data, int fd);
	void *data;
};

/** quiesce_vfio_calls_for() - the real ones, below @root, which must live as long */
struct quiesce_vfio_calls quiesce_vfio_calls_for(const char *root);

/** quiesce_vfio_ready() - is it in the kernel already; -ENOENT, and what is missing */
int quiesce_vfio_ready(const struct pcireset_io *io, const char **ret_why);
/**
 * quiesce_vfio_load() - have vfio ready, with options of our own
 * @io: the machine
 * @image: what can be loaded; may be NULL
 * @ret_why: on failure, what is missing, in words
 *
 * Return: 0, -ENOENT, or -errno of loading.
 */
int quiesce_vfio_load(const struct pcireset_io *io, const struct quiesce_image *image,
		      const char **ret_why);

/**
 * quiesce_vfio_keeps_awake() - does what is bound to vfio-pci stay out of D3hot
 *
 * Surely so only where vfio-pci was loaded with disable_idle_d3, which it may have been
 * without by others, or have been built in. Asleep, a function is silent for no merit of its own.
 */
bool quiesce_vfio_keeps_awake(const struct pcireset_io *io);

/**
 * struct quiesce_vfio - one claim and release
 * @io: the machine
 * @log: told of each step before it is made
 * @calls: system calls
 * @function: member of the group that is bound to vfio-pci meanwhile
 * @group: number of the group
 * @entry: journal entry of that function
 * @wants_empty: while it is held, it shall be on a domain without a mapping
 * @is_empty: it is
 * @is_claimed: there is something to release
 * @container_fd: vfio's, and vfio's for the group
 * @group_fd: the same; either is negative where it was not opened
 */
struct quiesce_vfio {
	const struct pcireset_io *io;
	const struct quiesce_log *log;
	const struct quiesce_vfio_calls *calls;
	const struct pcireset_function *function;
	unsigned int group;
	struct pcireset_journal_entry *entry;
	bool wants_empty;
	bool is_empty;
	bool is_claimed;
	int container_fd;
	int group_fd;
};

/**
 * quiesce_vfio_hold() - claim a group
 * @vfio: whom, and with what
 * @ret_why: on failure, the step that was refused, in words
 *
 * The function is enabled and disabled before, so that vfio-pci does not turn its Bus
 * Master on; whoever holds reads that back. Where nothing but the empty domain is
 * refused, it is held all the same.
 *
 * Return: 0, or -errno of the step that was refused: then nothing is held.
 */
int quiesce_vfio_hold(struct quiesce_vfio *vfio, const char **ret_why);
/**
 * quiesce_vfio_let_go() - close the files of a group that is held
 *
 * The function stays bound: quiesce_vfio_unbind(). Its driver finds the group free.
 *
 * Return: 0, or -errno of the release.
 */
int quiesce_vfio_let_go(struct quiesce_vfio *vfio, const char **ret_why);
/** quiesce_vfio_unbind() - from vfio-pci, as its journal entry says; may block */
void quiesce_vfio_unbind(struct quiesce_vfio *vfio);
/**
 * quiesce_vfio_release() - both, of a group that is held
 *
 * The release attaches the group's default domain, and that replaces whatever
 * the function inherited. Nothing is left bound: where even that fails, the
 * journal entry stays in use for whoever restores later.
 *
 * Return: 0, or -errno of the release.
 */
int quiesce_vfio_release(struct quiesce_vfio *vfio, const char **ret_why);

/* window.c */

/**
 * quiesce_window_spare() - say of each group that must not be held why
 *
 * A window yields evidence and nothing else: no driver that is needed may find its
 * group held, and what may still do DMA is not given to a domain that does not translate.
 *
 * Return: is there any window.
 */
bool quiesce_window_spare(struct quiesce_run *run);

/* condemn.c */

/** quiesce_condemn() - the verdict is worse; false where it was as bad before */
bool quiesce_condemn(struct quiesce_run *run, size_t i, enum pcireset_verdict verdict);
/** quiesce_keep_silent() - Bus Master off, where vfio-pci has turned it on; read back */
void quiesce_keep_silent(struct quiesce_run *run, size_t i);

/* iommu_stage.c */

/** quiesce_iommu_stage_by() - quiesce_iommu_stage() by means of the caller's */
int quiesce_iommu_stage_by(struct quiesce_run *run, const struct quiesce_vfio_calls *calls,
			   const struct quiesce_image *image);

#endif
