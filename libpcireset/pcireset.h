/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libpcireset - silence and reset PCI functions, and say what is known after
 *
 * The library knows how, never whether: callers decide per function and get
 * evidence back. It does not print, exit or read the environment, and reaches
 * the machine, its clock included, only through struct pcireset_io.
 *
 * All functions return 0 or a negative errno unless they say otherwise;
 * ret_ parameters are written on success only. The interface is unstable.
 */
#ifndef PCIRESET_H
#define PCIRESET_H

#include "pcireset_isolation.h"
#include "pcireset_journal.h"

/* ------------------------------------------------------------ the machine */

/** Index of no function. */
#define PCIRESET_NONE SIZE_MAX

/**
 * enum pcireset_method - ways to reset, in the kernel's words of reset_method
 *
 * SBR is the kernel's "bus". Source: drivers/pci/pci.c, pci_reset_fn_methods.
 */
enum pcireset_method {
	PCIRESET_METHOD_NONE,
	PCIRESET_METHOD_DEVICE_SPECIFIC,
	PCIRESET_METHOD_ACPI,
	PCIRESET_METHOD_FLR,
	PCIRESET_METHOD_AF,
	PCIRESET_METHOD_PM,
	PCIRESET_METHOD_SBR,
	PCIRESET_METHOD_CXL_BUS,
	PCIRESET_METHODS,
};

/** Bit of a method in a mask. */
#define PCIRESET_BIT(method) (1u << (method))
/** Every method that can be believed: PM reports success and does nothing. */
#define PCIRESET_ANY_METHOD (~PCIRESET_BIT(PCIRESET_METHOD_PM))
/** Every method that reaches one function only. */
#define PCIRESET_FUNCTION_LEVEL                        \
	(PCIRESET_BIT(PCIRESET_METHOD_DEVICE_SPECIFIC) | \
	 PCIRESET_BIT(PCIRESET_METHOD_FLR) | PCIRESET_BIT(PCIRESET_METHOD_AF))

/** enum pcireset_quirk - what the ids of a function tell; conf/quirks.conf has sources */
enum pcireset_quirk {
	PCIRESET_QUIRK_NO_FLR = 1 << 0,          /* neither FLR nor AF FLR */
	PCIRESET_QUIRK_NO_BUS_RESET = 1 << 1,    /* of a bridge: not the bus below it */
	PCIRESET_QUIRK_NO_PM_RESET = 1 << 2,     /* reported, without effect */
	PCIRESET_QUIRK_DEVICE_SPECIFIC = 1 << 3, /* the kernel has a reset of its own */
	PCIRESET_QUIRK_SLOW_FLR = 1 << 4,        /* 250 ms more after FLR */
	PCIRESET_QUIRK_FENCE_LATE = 1 << 5,      /* Bus Master stays on until the reset is over */
	PCIRESET_QUIRK_NOT_READY_EARLY = 1 << 6, /* Immediate Readiness is not true */
	PCIRESET_QUIRK_VMD = 1 << 7,             /* has a domain of its own behind it */
};

/** enum pcireset_cxl - what a CXL function's DVSECs tell; CXL Specification 3.1, 8.1 */
enum pcireset_cxl {
	PCIRESET_CXL_DEVICE = 1 << 0,
	PCIRESET_CXL_MEMORY = 1 << 1,     /* Mem_Capable */
	PCIRESET_CXL_PORT = 1 << 2,
	PCIRESET_CXL_SBR_MASKED = 1 << 3, /* Unmask SBR is 0: a bus reset has no effect */
};

/** Extended capabilities of one function that are remembered at most. */
#define PCIRESET_EXTENDED_MAX 10

/**
 * struct pcireset_extended - where an extended capability is that matters to resets
 * @id: PCI_EXT_CAP_ID_*; 0: none
 * @at: its offset
 */
struct pcireset_extended {
	uint16_t id;
	uint16_t at;
};

/** Bytes of configuration space that a scan reads of each function. */
#define PCIRESET_HEADER_BYTES 64

/**
 * struct pcireset_function - one function of the machine
 * @address: where it is
 * @header: its first 64 bytes, as scanned
 * @vendor: id; of a VF the kernel's value, its own register reads ffff
 * @device: id, the same
 * @subsystem_vendor: type 0 headers only, else 0
 * @subsystem_device: the same
 * @class_code: 24 bits: base class, sub-class, programming interface
 * @header_type: PCI_HEADER_TYPE_NORMAL, _BRIDGE or _CARDBUS
 * @secondary: bus below a bridge, else 0
 * @subordinate: last bus below a bridge, else 0
 * @command: COMMAND as scanned
 * @answers: false where all behind the id reads as ones, or the header is of no
 *	type that Linux knows, and lists: nothing else is known then
 * @is_virtual: an SR-IOV virtual function
 * @quirks: mask of enum pcireset_quirk, by its ids
 * @boot_vga: the firmware's display; in a dump the first that VGA's addresses reach
 * @driver: bound driver, "" for none, "?" where that cannot be told
 * @parent: index of the bridge above it, or PCIRESET_NONE on a root bus
 *
 * Known after pcireset_topology_read(), for functions that answer:
 * @config_bytes: how much of its configuration space can be read: 64, 256 or 4096;
 *	what extended capabilities tell is not known of a PCI Express function with less
 * @is_unknown: a capability list could not be read to its end (64 bytes only, a
 *	loop, ones, a dump cut short): what is not said of it may still be so
 * @express: offset of the PCI Express capability, or 0
 * @express_version: version of that capability
 * @pcix: offset of the PCI-X capability, or 0
 * @af: offset of the Advanced Features capability, or 0
 * @power: offset of the Power Management capability, or 0
 * @msi: offset of the MSI capability, or 0
 * @msix: offset of the MSI-X capability, or 0
 * @asleep: it was in D3hot when that was read
 * @port_type: PCI_EXP_TYPE_*, valid where @express is not 0
 * @advertises: mask of FLR, AF and PM as the capabilities say
 * @offers: mask of what the kernel's reset_method lists; 0 without that file; of
 *	a dump what it would list, but for acpi; none where an FLR may be among what
 *	could not be read
 * @sriov: offset of the SR-IOV capability of a PF, or 0
 * @sriov_ari: its ARI Capable Hierarchy is set
 * @vfs: VFs of a PF whose VF Enable is set, else 0
 * @vfs_listed: how many of these the kernel lists; its CONFIG_PCI_IOV may be off
 * @physical: index of a VF's PF, or PCIRESET_NONE
 * @behind: index of the function that provides its domain (VMD), or PCIRESET_NONE
 * @ari: has the ARI capability (Alternative Routing-ID Interpretation)
 * @ats: offset of the ATS capability, or 0
 * @aer: offset of the AER capability, or 0
 * @extended: those with registers that a reset erases, and Readiness Time Reporting
 * @cxl: mask of enum pcireset_cxl
 * @hotplug_capable: a port whose slot is hot-plug capable
 * @has_reset_method: the kernel has a reset_method attribute for it
 * @kernel_chooses: the kernel resets it, and cannot be told how: before Linux 5.15
 * @has_reset_subordinate: the kernel can reset the bus below it
 * @hotplug_bound: a port whose hot-plug driver is bound
 * @iommu_group: number, or -1
 * @iommu_unknown: of a dump: whether there is an IOMMU cannot be told
 */
struct pcireset_function {
	struct pcireset_address address;
	uint8_t header[PCIRESET_HEADER_BYTES];
	uint16_t vendor;
	uint16_t device;
	uint16_t subsystem_vendor;
	uint16_t subsystem_device;
	uint32_t class_code;
	uint8_t header_type;
	uint8_t secondary;
	uint8_t subordinate;
	uint16_t command;
	bool answers;
	bool is_virtual;
	bool boot_vga;
	char driver[32];
	size_t parent;

	uint16_t config_bytes;
	bool is_unknown;
	uint8_t express;
	uint8_t express_version;
	uint8_t pcix;
	uint8_t af;
	uint8_t power;
	uint8_t msi;
	uint8_t msix;
	bool asleep;
	uint8_t port_type;
	unsigned int quirks;
	uint16_t sriov;
	bool sriov_ari;
	uint16_t vfs;
	uint16_t vfs_listed;
	size_t physical;
	size_t behind;
	bool ari;
	uint16_t ats;
	uint16_t aer;
	struct pcireset_extended extended[PCIRESET_EXTENDED_MAX];
	unsigned int cxl;
	bool hotplug_capable;
	unsigned int advertises;
	unsigned int offers;
	bool has_reset_method;
	bool kernel_chooses;
	bool has_reset_subordinate;
	bool hotplug_bound;
	int iommu_group;
	bool iommu_unknown;
};

/**
 * struct pcireset_machine - all functions, ordered by address
 * @functions: heap
 * @n: how many
 */
struct pcireset_machine {
	struct pcireset_function *functions;
	size_t n;
};

/**
 * pcireset_addresses_read() - all functions that the kernel lists, by address
 * @io: the machine
 * @ret_addresses: heap, caller frees
 * @ret_n: how many
 *
 * Return: as pcireset_scan().
 */
int pcireset_addresses_read(const struct pcireset_io *io,
			    struct pcireset_address **ret_addresses, size_t *ret_n);

/**
 * pcireset_scan() - minimal scan: headers, bound drivers and the tree
 * @io: the machine
 * @ret_machine: its functions; pcireset_machine_free()
 *
 * Reads 64 bytes of each function and nothing else of its registers. Of a dump
 * with VFs it reads all of them: only their PFs know their ids.
 *
 * Return: 0, -ENOENT without sysfs, -EIO where libpci gave up, -ENOMEM.
 */
int pcireset_scan(const struct pcireset_io *io, struct pcireset_machine *ret_machine);

/**
 * pcireset_scan_more() - the same for functions that only now appeared
 * @io: the machine
 * @known: functions that are not read again
 * @ret_machine: all others, as a machine of their own; pcireset_machine_free()
 *
 * A function of @ret_machine that is below one of @known has no parent.
 *
 * Return: as pcireset_scan().
 */
int pcireset_scan_more(const struct pcireset_io *io, const struct pcireset_machine *known,
		       struct pcireset_machine *ret_machine);

/**
 * pcireset_topology_read() - capabilities, resets on offer, IOMMU groups
 * @io: the machine
 * @machine: as scanned; filled in
 *
 * Never fails as a whole: what cannot be read stays unknown (0, -1, false).
 */
void pcireset_topology_read(const struct pcireset_io *io, struct pcireset_machine *machine);

/**
 * pcireset_is_port() - is it a root, upstream or downstream port
 * @io: the machine
 * @address: any function; its registers are read
 *
 * Return: false also where they cannot be read.
 * Source: PCI Express Base Specification 6.0, 7.5.3.2, Device/Port Type.
 */
bool pcireset_is_port(const struct pcireset_io *io, struct pcireset_address address);

/**
 * pcireset_is_asleep() - is a function in D3hot now
 * @io: the machine
 * @function: with its capabilities
 *
 * Return: false also where that cannot be read.
 * Source: PCI Power Management Specification 1.2, 3.2.4 (PowerState).
 */
bool pcireset_is_asleep(const struct pcireset_io *io, const struct pcireset_function *function);

/**
 * pcireset_machine_free() - free what a scan returned
 * @machine: may be empty; is emptied
 */
void pcireset_machine_free(struct pcireset_machine *machine);

/**
 * pcireset_below() - is one function somewhere below a bridge
 * @machine: the machine
 * @i: index of the function
 * @bridge: index of the bridge
 */
bool pcireset_below(const struct pcireset_machine *machine, size_t i, size_t bridge);

/**
 * pcireset_is_bridge() - does it have a bridge's header (type 1 or 2)
 * @function: the function
 */
bool pcireset_is_bridge(const struct pcireset_function *function);

/** struct pcireset_filter - some functions, in the syntax of lspci's -s and -d */
struct pcireset_filter;

/**
 * pcireset_filter_make() - read what a person wrote
 * @slot: [[[[domain]:]bus]:][device][.[function]], or NULL for any
 * @ids: [vendor]:[device][:class[:prog-if]], or NULL for any
 * @ret_problem: words, set with -EINVAL
 * @ret_filter: heap, caller frees
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
int pcireset_filter_make(const char *slot, const char *ids, const char **ret_problem,
			 struct pcireset_filter **ret_filter);

/**
 * pcireset_filter_matches() - is a function one of them
 * @filter: from pcireset_filter_make()
 * @function: as scanned
 */
bool pcireset_filter_matches(const struct pcireset_filter *filter,
			     const struct pcireset_function *function);

/* ------------------------------------------------- decisions and the plan */

/** enum pcireset_verdict - what is known of a function at the end */
enum pcireset_verdict {
	PCIRESET_VERDICT_NONE, /* not known yet */
	PCIRESET_VERIFIED,
	PCIRESET_COMPLETED,
	PCIRESET_FENCED,
	PCIRESET_CONTAINED,
	PCIRESET_KEPT,
	PCIRESET_VERDICT_IDLE,
	PCIRESET_LOST,
	PCIRESET_FAILED,
	PCIRESET_VERDICTS,
};

/** enum pcireset_action - what the caller wants of a function */
enum pcireset_action {
	PCIRESET_KEEP,  /* not a register of it is written, no reset reaches it */
	PCIRESET_IDLE,  /* Bus Master is off already; left alone, may be reset with its bus */
	PCIRESET_FENCE, /* Bus Master off; no reset reaches it either */
	PCIRESET_RESET, /* Bus Master off, then a reset */
};

/**
 * struct pcireset_decision - the caller's will for one function
 * @action: what to do
 * @methods: mask of the methods that may be used with PCIRESET_RESET
 * @engine: who is to make it; PCIRESET_ENGINE_NONE: whoever can do it best, of whole
 *	buses the kernel where it offers that
 * @locked: configuration space cannot be written: the kernel makes it, whatever @engine says
 * @leave_intx: do not disable its INTx interrupt (consoles)
 * @no_bus_reset: no bus reset reaches it; of a bridge: nor is its secondary bus reset
 * @away: it does not answer after a reset of its own: no reset by the kernel may reach it
 */
struct pcireset_decision {
	enum pcireset_action action;
	unsigned int methods;
	enum pcireset_engine engine;
	bool locked;
	bool leave_intx;
	bool no_bus_reset;
	bool away;
};

/** enum pcireset_why - why a step is what it is */
enum pcireset_why {
	PCIRESET_WHY_DECISION,      /* the caller's decision, nothing to add */
	PCIRESET_WHY_OFFERED,       /* the kernel offers this method */
	PCIRESET_WHY_OWN,           /* the function has it, and nobody else is needed */
	PCIRESET_WHY_ALONE_ON_BUS,  /* its bus holds nothing else */
	PCIRESET_WHY_WHOLE_BUS,     /* all below that bridge is to be reset */
	PCIRESET_WHY_UNTOLD,          /* a kernel without reset_method would choose itself */
	PCIRESET_WHY_NOTHING_OFFERED, /* the kernel offers no reset that can be believed */
	PCIRESET_WHY_UNKNOWN,       /* its capabilities could not be read, so neither what it has */
	PCIRESET_WHY_NOT_ALLOWED,   /* a reset exists, the caller allows none of them */
	PCIRESET_WHY_KEPT_BESIDE,   /* a bus reset would reach a kept function */
	PCIRESET_WHY_HOTPLUG,       /* a bus reset would remove it: pciehp is bound */
	PCIRESET_WHY_BRIDGE,        /* never fenced nor reset, whatever was decided */
	PCIRESET_WHY_NO_ANSWER,     /* nothing may be written to it, whatever was decided */
	PCIRESET_WHY_PROVIDER,      /* functions of another domain sit behind it */
	PCIRESET_WHY_VF_KEPT,       /* its reset would reach a VF that is not to be reset */
	PCIRESET_WHY_WITH_PF,       /* a VF: its PF's reset reaches it */
	PCIRESET_WHY_QUIRK,         /* what it has is known to do harm, or nothing, by its ids */
	PCIRESET_WHY_NO_BUS_RESET,  /* the same of the bus that it is on */
	PCIRESET_WHY_CXL_MASKED,    /* a bus reset has no effect: Unmask SBR of the port is 0 */
	PCIRESET_WHY_PM,            /* asked for; cannot be believed */
	PCIRESET_WHYS,
};

/** enum pcireset_engine_why - why a reset is made by that engine, or not by our own writes */
enum pcireset_engine_why {
	PCIRESET_ENGINE_WHY_NONE,
	PCIRESET_ENGINE_WHY_DIRECT,  /* its registers are all that is needed */
	PCIRESET_ENGINE_WHY_METHOD,  /* only the kernel can make it */
	PCIRESET_ENGINE_WHY_ASKED,   /* the caller wants it so */
	PCIRESET_ENGINE_WHY_DRIVER,  /* a driver has it */
	PCIRESET_ENGINE_WHY_UNKNOWN, /* its capabilities could not be read */
	PCIRESET_ENGINE_WHY_HIDDEN,  /* only 256 bytes of a PCI Express function can be read */
	PCIRESET_ENGINE_WHY_QUIRK,   /* this device needs more than the specification says */
	PCIRESET_ENGINE_WHY_VFS,     /* its VFs have to come back */
	PCIRESET_ENGINE_WHY_ATS,     /* the IOMMU has to know: it may have cached translations */
	PCIRESET_ENGINE_WHY_ATS_PERHAPS, /* the same, of a dump: there may be an IOMMU */
	PCIRESET_ENGINE_WHY_LOCKED,  /* only the kernel may write registers */
	PCIRESET_ENGINE_WHY_ASLEEP,  /* it has to be in D0 first, which the kernel sees to */
	PCIRESET_ENGINE_WHY_NO_OFFER, /* the kernel has no reset for that bus, or must not make it */
	PCIRESET_ENGINE_WHYS,
};

/**
 * struct pcireset_step - what will be done to one function
 * @action: PCIRESET_RESET only where a method was found, else what it became
 * @method: how, with PCIRESET_RESET; of a VF that falls with its PF, the PF's
 * @engine: by whom; none for a VF that falls with its PF, but for a whole bus
 * @engine_why: why by that; of one with PCIRESET_WHY_NOTHING_OFFERED why its bus is not
 *	reset by our own writes, where it has one: said of somebody on it, or on the way
 * @via: index of the bridge whose secondary bus is reset, or PCIRESET_NONE
 * @whole_bus: reset together with all below @via: through reset_subordinate, or by our
 *	own writes to the bridge
 * @fence_late: Bus Master stays on until the reset is over
 * @leave_intx: do not disable its INTx interrupt
 * @why: the reason
 * @expected: the verdict if all goes well: verified after a direct reset of a
 *	function that has a register to show it, else completed; fenced after pm;
 *	lost, as pcireset_verify() says, of what does not answer
 * @estimate_ms: how long its reset takes then; the same for all of a whole bus
 */
struct pcireset_step {
	enum pcireset_action action;
	enum pcireset_method method;
	enum pcireset_engine engine;
	enum pcireset_engine_why engine_why;
	size_t via;
	bool whole_bus;
	bool fence_late;
	bool leave_intx;
	enum pcireset_why why;
	enum pcireset_verdict expected;
	uint32_t estimate_ms;
};

/**
 * pcireset_step_reaches() - does the reset of one function reset another, too
 * @machine: the machine
 * @steps: the plan
 * @i: whose step
 * @other: the other; never @i itself
 *
 * Of a PF its VFs; of a bus all below the bridge, bridges included.
 */
bool pcireset_step_reaches(const struct pcireset_machine *machine,
			   const struct pcireset_step *steps, size_t i, size_t other);

/**
 * pcireset_plan_estimate_ms() - how long a plan takes if all goes well
 * @machine: the machine
 * @steps: the plan
 *
 * Those below one upstream port are made one after the other, others side by side,
 * 16 at a time; a whole bus waits for functions on it that have a reset of their own.
 * Before them comes PCIRESET_VF_DISABLE_MS, where pcireset_sriov_silence() has to act.
 */
uint32_t pcireset_plan_estimate_ms(const struct pcireset_machine *machine,
				   const struct pcireset_step *steps);

/**
 * pcireset_plan_make() - choose a reset for each function; pure
 * @machine: with its topology; a bridge comes before all below it
 * @decisions: one per function
 * @ret_steps: one per function; heap, caller frees
 *
 * Order of preference: device_specific, flr, af, secondary bus reset, cxl_bus,
 * acpi. Where the kernel's own reset is an FLR and a longer wait, and FLR can be made
 * directly, that comes first. pm only where nothing else is allowed: it is known to report success
 * and do nothing. Bus resets are as few as can be, and each is of the lowest
 * bridge that will do. None reaches a function to be kept, fenced or reset in
 * another way only, nor one whose ids forbid it, nor passes a hot-plug port
 * with a driver. A function with a reset of its own has that first.
 *
 * A bus that the kernel offers no reset for, or that one is away on, is reset by our own
 * writes: not below a bridge with a driver other than pcieport, nor where a function has
 * a driver, sleeps, has listed VFs, ATS behind an IOMMU, anything of CXL, or
 * capabilities that cannot be read, nor where the caller wants the kernel's. Where the
 * caller wants ours these come first, and the kernel's are for the rest.
 *
 * A PF's reset is its VFs' reset, too; it has none where a VF is kept or fenced.
 * A VF that does not answer does not count for that. Nothing is chosen for
 * bridges, for functions that do not answer and for those with a domain behind
 * them (VMD). Before Linux 5.15 there is no reset_method to choose with, so only
 * whole buses are reset there. The same input gives the same plan, in linear time.
 *
 * Return: 0 or -ENOMEM.
 */
int pcireset_plan_make(const struct pcireset_machine *machine,
		       const struct pcireset_decision *decisions,
		       struct pcireset_step **ret_steps);

/* --------------------------------------------------- evidence and verdicts */

/** enum pcireset_seen - what is known of its reset */
enum pcireset_seen {
	PCIRESET_SEEN_NONE,     /* no reset, or it failed */
	PCIRESET_SEEN_REPORTED, /* whoever made it says so */
	PCIRESET_SEEN_OBSERVED, /* registers were read at their reset values */
};

/** enum pcireset_known - yes, no, or not known */
enum pcireset_known {
	PCIRESET_UNKNOWN,
	PCIRESET_NO,
	PCIRESET_YES,
};

/** A register value that was not read. */
#define PCIRESET_UNREAD (-1)

/**
 * struct pcireset_registers - a few registers at one moment
 * @id: first dword: device << 16 | vendor; or PCIRESET_UNREAD
 * @command: COMMAND, or PCIRESET_UNREAD
 * @devsta: PCI Express Device Status, or PCIRESET_UNREAD
 * @link: PCI Express Link Status, or PCIRESET_UNREAD
 */
struct pcireset_registers {
	int64_t id;
	int32_t command;
	int32_t devsta;
	int32_t link;
};

/**
 * struct pcireset_crash - what the registers of a PCI Express function tell of the crash
 * @uncorrectable: AER's Uncorrectable Error Status, or PCIRESET_UNREAD
 * @fatal: those of them that are fatal by AER's Uncorrectable Error Severity
 * @correctable: AER's Correctable Error Status, or PCIRESET_UNREAD
 * @masked: those of @uncorrectable that nobody is told of, by AER's Uncorrectable Error Mask
 *
 * Source: PCI Express Base Specification 6.0, 7.8.4.
 */
struct pcireset_crash {
	int64_t uncorrectable;
	uint32_t fatal;
	int64_t correctable;
	uint32_t masked;
};

/**
 * struct pcireset_observed - a register that tells whether a reset was made
 * @reg: its offset, or 0 where none could be read
 * @before: what it held before the reset
 * @after: what it held when the function answered again, before it was written
 */
struct pcireset_observed {
	uint16_t reg;
	uint32_t before;
	uint32_t after;
};

/**
 * struct pcireset_since - what its bus's reset did to a function that had one of its own
 * @was_made: there was one since, by our own writes, for the sake of others
 * @error: as reset_error of the outcome
 * @reset: evidence of it
 * @observed: what showed that
 */
struct pcireset_since {
	bool was_made;
	int error;
	enum pcireset_seen reset;
	struct pcireset_observed observed;
};

/**
 * struct pcireset_outcome - what happened to one function
 * @before: registers before anything was written
 * @crash: more of them, before a reset erases it
 * @after: registers at the end
 * @fence_error: 0, or why Bus Master could not be cleared
 * @locked: configuration space cannot be written: the kernel is locked down
 * @pending: transactions were pending when the drain ended
 * @drain_us: how long it took until none were; the whole drain where that never came
 * @tried: a reset was started
 * @bound: a driver has it since the scan: it was left alone
 * @stuck: that reset did not return: no register of it may be touched
 * @reset_error: 0, or what the reset returned; -ETIMEDOUT where @stuck
 * @reset_us: how long it took, until the function answered
 * @restore_us: with a direct reset: how long it took to look and to write back
 * @observed: with a direct reset, and with pm: what showed that it was made, or not
 * @last_id: with a direct reset: the id that answered last while it was waited for, or 0
 * @restored: registers that were written back after it, or after one of its bus that
 *	came later, or -errno. With a direct reset those of the header are written
 *	without being read first, and all count
 * @since: its bus was reset later
 * @silent: Bus Master off and no register says that anything is pending
 * @reset: evidence of a reset
 * @ready: the same id answers
 * @verdict: the word for it
 */
struct pcireset_outcome {
	struct pcireset_registers before;
	struct pcireset_crash crash;
	struct pcireset_registers after;
	int fence_error;
	bool locked;
	enum pcireset_known pending;
	uint64_t drain_us;
	bool tried;
	bool bound;
	bool stuck;
	int reset_error;
	uint64_t reset_us;
	uint64_t restore_us;
	struct pcireset_observed observed;
	uint32_t last_id;
	int restored;
	struct pcireset_since since;
	enum pcireset_known silent;
	enum pcireset_seen reset;
	enum pcireset_known ready;
	enum pcireset_verdict verdict;
};

/* -------------------------------------------------------------- the verbs */

/**
 * pcireset_fence() - Bus Master off, and INTx off, then read both back
 * @io: the machine
 * @machine: as scanned
 * @decisions: one per function; those to fence or reset are fenced
 * @outcomes: one per function, zeroed by the caller; before and fence_error are set
 *
 * Writes COMMAND of endpoints only, and only where Bus Master is on. The read
 * back also flushes posted writes of the function. Where configuration writes
 * are locked down, the sysfs attribute enable clears Bus Master (INTx stays).
 * A function to be reset that pcireset_fences_late() names is left for
 * pcireset_verify(). fence_error is -ENODEV for one that has gone.
 *
 * Source: PCI Local Bus Specification 3.0, 6.2.2 (Command register);
 * drivers/pci/pci-sysfs.c, enable_store().
 *
 * Return: how many functions could not be fenced.
 */
size_t pcireset_fence(const struct pcireset_io *io, const struct pcireset_machine *machine,
		      const struct pcireset_decision *decisions,
		      struct pcireset_outcome *outcomes);

/**
 * pcireset_fences_late() - must Bus Master stay on until the reset is over
 * @function: the function
 *
 * Chelsio T4 can wedge when Bus Master goes off with DMA in flight.
 * Source: drivers/pci/quirks.c, reset_chelsio_generic_dev().
 */
bool pcireset_fences_late(const struct pcireset_function *function);

/**
 * pcireset_record() - what each function tells of the crash, before a reset erases it
 * @io: the machine
 * @machine: with its topology
 * @outcomes: before.devsta, before.link and crash are set where the function has these registers
 *
 * Source: PCI Express Base Specification, 7.5.3.5 (Device Status Register).
 */
void pcireset_record(const struct pcireset_io *io, const struct pcireset_machine *machine,
		     struct pcireset_outcome *outcomes);

/**
 * pcireset_sriov_silence() - VF Enable off where there are VFs that nobody lists
 * @io: the machine
 * @machine: with its topology
 * @steps: the plan; PFs that it keeps are left alone
 * @ret_failed: PFs whose VF Enable could not be cleared
 *
 * A VF has a Bus Master bit of its own, so that of the PF does not stop it, and
 * a kernel without CONFIG_PCI_IOV neither lists VFs nor disables those of the
 * crashed kernel. Nothing has to be put back: a PF's driver enables VFs anew.
 * The caller waits PCIRESET_VF_DISABLE_MS before anything else if any was cleared.
 *
 * Source: PCI Express Base Specification 6.0, 9.3.3.3.1 (VF Enable).
 *
 * Return: of how many PFs it was cleared.
 */
size_t pcireset_sriov_silence(const struct pcireset_io *io, const struct pcireset_machine *machine,
			      const struct pcireset_step *steps, size_t *ret_failed);

/** How long VFs may go on after VF Enable was cleared. */
#define PCIRESET_VF_DISABLE_MS 1000

/**
 * pcireset_drain() - wait until nothing is pending on fenced functions
 * @io: the machine
 * @machine: with its topology
 * @steps: the plan
 * @limit_ms: how long to wait for all of them together
 * @outcomes: pending is set
 *
 * Source: PCI Express Base Specification, Device Status Register,
 * Transactions Pending; Advanced Features Status, Transactions Pending.
 *
 * Return: how many functions still have transactions pending.
 */
size_t pcireset_drain(const struct pcireset_io *io, const struct pcireset_machine *machine,
		      const struct pcireset_step *steps, uint32_t limit_ms,
		      struct pcireset_outcome *outcomes);

/**
 * struct pcireset_limits - how long resets may take
 * @function_ms: one reset
 * @bus_extra_ms: added for each conventional bus that is reset
 * @port_extra_ms: added for each port below a bus that is reset
 * @deadline_us: the end of everything, on the clock of the door
 */
struct pcireset_limits {
	uint32_t function_ms;
	uint32_t bus_extra_ms;
	uint32_t port_extra_ms;
	uint64_t deadline_us;
};

/**
 * struct pcireset_observer - told of each reset before it starts
 * @reset_starts: @i is the function, or the bridge of a whole bus; may be NULL
 * @waits: what could be started is, and now there is time; once, may be NULL
 * @data: first argument
 */
struct pcireset_observer {
	void (*reset_starts)(void *data, size_t i, enum pcireset_method method);
	void (*waits)(void *data);
	void *data;
};

/**
 * struct pcireset_task - resets to be made
 * @io: the machine
 * @machine: with its topology
 * @steps: the plan
 * @limits: how long it may take
 * @journal: what is changed in sysfs meanwhile
 * @observer: may be NULL
 * @outcomes: one per function; tried, stuck, reset_error and reset_us are set
 */
struct pcireset_task {
	const struct pcireset_io *io;
	const struct pcireset_machine *machine;
	const struct pcireset_step *steps;
	struct pcireset_limits limits;
	struct pcireset_journal *journal;
	const struct pcireset_observer *observer;
	struct pcireset_outcome *outcomes;
};

/**
 * pcireset_reset() - make the plan's resets, all engines side by side
 * @task: what to do
 *
 * The direct engine: all resets of functions are started, then waited for together;
 * none is touched before its time is over, each has a deadline of its own, and what
 * the reset did is looked at before anything is written back. Bus Master, memory and
 * I/O are off then. Its outcome is -EOPNOTSUPP where it was seen to have done nothing,
 * and -ETIMEDOUT, memory and I/O on again, where it could not have ended in time. One
 * that got a driver since the scan is left alone: -EBUSY.
 *
 * A whole bus by our own writes: all below the bridge is saved before the first write
 * and restored from the top down, each function as it comes back; its outcome is -ENOLINK
 * where a link stays down, -EIO where a bridge forgets its bus numbers again or does not
 * end the reset. Nothing is begun, and it is -ENOSPC where there is more to remember than
 * fits, -EOPNOTSUPP where a bridge has what could not be restored, -ENOTRECOVERABLE where
 * the journal dies with its writer. What comes back too late stays in the journal.
 *
 * The kernel's engine: a whole bus waits for functions on it that have a reset of
 * their own, and is left alone, -EBUSY, where one of them does not answer after that
 * or got a driver; the same of a function that got one. Where others hold a lock that
 * the kernel only tries to take, -EAGAIN, it is asked again until the reset's budget is
 * over, while others go on; what begins then has a budget of its own.
 *
 * One reset at a time below one upstream port (the kernel takes its lock), and 16 ports
 * at a time. The method is pinned in reset_method and driver_override keeps drivers
 * away, both only meanwhile. A reset that misses its deadline is abandoned, with all
 * others below the same port.
 *
 * Source: PCI Express Base Specification 6.0, 6.6.2; drivers/pci/pci-sysfs.c,
 * reset_store(), reset_method_store(), reset_subordinate_store().
 *
 * Return: 0, -ENOMEM, or -ENOSPC where the journal is too small.
 */
int pcireset_reset(const struct pcireset_task *task);

/**
 * pcireset_escalate() - what may be tried where resets of single functions failed; pure
 * @machine: with its topology
 * @decisions: those that the plan was made of
 * @steps: the plan
 * @outcomes: of pcireset_reset()
 * @ret_steps: one per function, for a second pcireset_reset(); heap, caller frees.
 *	Only those that failed have an engine.
 * @ret_n: how many these are
 *
 * A secondary bus reset, under all the rules of the first plan, and never a
 * weaker reset. One that the kernel did not return from gets none, and none reaches it;
 * one that does not answer after a reset by our own writes may get one by our own writes.
 *
 * Return: 0 or -ENOMEM.
 */
int pcireset_escalate(const struct pcireset_machine *machine,
		      const struct pcireset_decision *decisions,
		      const struct pcireset_step *steps, const struct pcireset_outcome *outcomes,
		      struct pcireset_step **ret_steps, size_t *ret_n);

/**
 * pcireset_verify() - read back, fence what was left on, and judge
 * @io: the machine
 * @machine: with its topology
 * @steps: the plan
 * @journal: of pcireset_reset(), or NULL: registers that a reset erased for
 *	good are restored from it, and its entries end
 * @outcomes: silent, reset, ready, after, restored and verdict are set. One that got a
 *	driver since the scan, and Bus Master with it, keeps both: bound is set
 *
 * Return: how many functions are lost or failed.
 */
size_t pcireset_verify(const struct pcireset_io *io, const struct pcireset_machine *machine,
		       const struct pcireset_step *steps, struct pcireset_journal *journal,
		       struct pcireset_outcome *outcomes);

/* ------------------------------------------------------------------ words */

/** pcireset_method_word() - "flr", "af", "sbr" and so on, or NULL for none */
const char *pcireset_method_word(enum pcireset_method method);
/** pcireset_method_kernel_word() - the word of reset_method, or NULL for none */
const char *pcireset_method_kernel_word(enum pcireset_method method);
/** pcireset_action_word() - "keep", "idle", "fence" or "reset" */
const char *pcireset_action_word(enum pcireset_action action);
/** pcireset_engine_word() - "direct" or "kernel", or NULL for none */
const char *pcireset_engine_word(enum pcireset_engine engine);
/** pcireset_engine_why_words() - a few words, or NULL for none */
const char *pcireset_engine_why_words(enum pcireset_engine_why why);
/** pcireset_verdict_word() - "completed" and so on, or NULL where not known */
const char *pcireset_verdict_word(enum pcireset_verdict verdict);
/** pcireset_seen_word() - "observed", "reported" or "none" */
const char *pcireset_seen_word(enum pcireset_seen seen);
/** pcireset_why_words() - a few words, or NULL for PCIRESET_WHY_DECISION */
const char *pcireset_why_words(enum pcireset_why why);

#endif
