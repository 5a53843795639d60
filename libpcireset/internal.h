/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the library's files share; nobody outside includes it. */
#ifndef PCIRESET_INTERNAL_H
#define PCIRESET_INTERNAL_H

#include <stdlib.h>
#include <unistd.h>

#include "pcireset.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static inline void pcireset_free_p(void *p)
{
	free(*(void **)p);
}

static inline void pcireset_close_p(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

#define _cleanup_free_ __attribute__((cleanup(pcireset_free_p)))
#define _cleanup_close_ __attribute__((cleanup(pcireset_close_p)))

/* io.c: the door with the width in the name */
int pcireset_read_register(const struct pcireset_io *io, struct pcireset_address address,
			   uint16_t reg, uint8_t bytes, uint32_t *ret_value);
int pcireset_read8(const struct pcireset_io *io, const struct pcireset_function *function,
		   uint16_t reg, uint8_t *ret_value);
int pcireset_read16(const struct pcireset_io *io, const struct pcireset_function *function,
		    uint16_t reg, uint16_t *ret_value);
/* -ENODEV where it reads as ones, as all registers do of a function that has gone. */
int pcireset_read16_alive(const struct pcireset_io *io, const struct pcireset_function *function,
			  uint16_t reg, uint16_t *ret_value);
int pcireset_read32(const struct pcireset_io *io, const struct pcireset_function *function,
		    uint16_t reg, uint32_t *ret_value);
int pcireset_write16(const struct pcireset_io *io, const struct pcireset_function *function,
		     uint16_t reg, uint16_t value);
int pcireset_attr_read(const struct pcireset_io *io, const struct pcireset_function *function,
		       const char *name, char *buffer, size_t bytes);
int pcireset_attr_write(const struct pcireset_io *io, const struct pcireset_function *function,
			const char *name, const char *text);

/* What was scanned of its header, little endian. */
static inline uint32_t pcireset_header_get(const struct pcireset_function *function, uint16_t reg,
					   uint8_t bytes)
{
	uint32_t value = 0;

	for (unsigned int i = bytes; i-- > 0;)
		value = value << 8 | function->header[reg + i];
	return value;
}

/* io_pci.c: configuration space through libpci */
struct pci_access;
struct pci_dev;

enum pcireset_pci_source {
	PCIRESET_PCI_SYSFS, /* path: sys/bus/pci with what is before it */
	PCIRESET_PCI_DUMP,  /* path: a file with a clean dump */
};

struct pcireset_pci {
	struct pci_access *access;
	struct pci_dev **devices; /* ordered by address */
	size_t n_devices;
};

int pcireset_pci_scan(struct pcireset_pci *pci, enum pcireset_pci_source source, const char *path,
		      struct pcireset_address **ret_addresses, size_t *ret_n);
int pcireset_pci_read(const struct pcireset_pci *pci, struct pcireset_address address,
		      uint16_t reg, void *buffer, size_t bytes);
int pcireset_pci_write(const struct pcireset_pci *pci, struct pcireset_address address,
		       uint16_t reg, uint32_t value, size_t bytes);
/* Free what a scan left, and empty it. */
void pcireset_pci_forget(struct pcireset_pci *pci);

/* io_host.c: the monotonic clock */
uint64_t pcireset_now_us(void *data);

/* io_dump.c */
void pcireset_io_close_dump(struct pcireset_io *io);

/* dump.c: what libpci is to see of a dump; heap; see pcireset_io_open_dump() */
int pcireset_dump_clean(const char *text, char **ret_clean,
			struct pcireset_dump_problem *ret_problem);

/* scan.c: index of a function, or PCIRESET_NONE */
size_t pcireset_find(const struct pcireset_machine *machine, struct pcireset_address address);

/* quirk.c: mask of enum pcireset_quirk */
unsigned int pcireset_quirks(const struct pcireset_function *function);

/* capability.c: dwords of a list that were seen already; lists may loop */
struct pcireset_visited {
	uint8_t dwords[4096 / 4 / 8];
};
bool pcireset_visit(struct pcireset_visited *visited, uint16_t at);

/* capability.c, extended.c: into a function without any yet; the second needs the first */
void pcireset_capabilities_read(const struct pcireset_io *io,
				struct pcireset_function *function);
void pcireset_extended_read(const struct pcireset_io *io, struct pcireset_function *function);

/* Readiness Time Reporting and VF Resizable BAR have no name in linux/pci_regs.h. */
#define PCIRESET_EXT_CAP_ID_RTR 0x22
#define PCIRESET_EXT_CAP_ID_VF_REBAR 0x24
/* extended.c: offset of one that is remembered, or 0 */
uint16_t pcireset_extended_find(const struct pcireset_function *function, uint16_t id);

/* sriov.c: physical and vfs_listed of a machine that has its capabilities */
void pcireset_sriov_read(const struct pcireset_io *io, struct pcireset_machine *machine);

/* sriov.c: does pcireset_sriov_silence() clear its VF Enable */
bool pcireset_silences_vfs(const struct pcireset_function *function,
			   const struct pcireset_step *step);

/* offers.c: of a dump, with all that is above */
void pcireset_offers_derive(struct pcireset_machine *machine);

/* capability.c */
int pcireset_pending(const struct pcireset_io *io, const struct pcireset_function *function,
		     bool *ret_pending);

/*
 * An engine makes the resets of the steps that name it; reset.c drives all of
 * them on one loop. None of these blocks.
 */
struct pcireset_engine_ops {
	/* @under_way: of each function: an engine resets it by itself, or will; whoever
	 * begins one says so, and when it is over or was given up */
	int (*begin)(const struct pcireset_task *task, bool *under_way, void **ret_state);
	/* Give up what is late, start what can be started. Return: when to be
	 * called again at the latest, UINT64_MAX where it is over. */
	uint64_t (*advance)(void *state);
	/* A job of its own is over; frees it. */
	void (*job_over)(void *state, struct pcireset_job *job);
	void (*end)(void *state);
};

/* How many resets the kernel is asked for at the same time. */
#define PCIRESET_AT_A_TIME 16

/* What a plan knows of one function, and of the bus below it. */
struct pcireset_plan_node {
	enum pcireset_why barred;  /* why no reset at all may be chosen for it, or 0 */
	enum pcireset_why blocked; /* of a bridge: why its bus must not be reset, or 0 */
	/* of a bridge: why not by our own writes, or _WHY_NONE */
	enum pcireset_engine_why not_direct;
	bool has_away;		   /* of a bridge: nor by the kernel's */
	bool is_direct;		   /* of a cover: it is by our own writes */
	bool is_needy;		   /* only a bus reset will do */
	bool is_available;	   /* of a bridge: its bus may be reset for somebody */
	uint32_t n_children;	   /* VFs beside their PF not counted */
	uint32_t n_needy;	   /* below it */
	uint32_t bus_ms;	   /* waits after its bus was reset, nested buses included */
	uint32_t way_ms;	   /* of these the longest way down */
	size_t lone;		   /* its child, where n_children is 1 */
	size_t top;		   /* highest available bridge, itself or above, or NONE */
	size_t chosen;		   /* of a top: the lowest that covers all needy below it */
	size_t cover;		   /* the bridge to be reset, itself or above, or NONE */
};

struct pcireset_planner {
	const struct pcireset_machine *machine;
	const struct pcireset_decision *decisions;
	struct pcireset_step *steps;
	struct pcireset_plan_node *nodes;
};

/* plan.c: mask of the resets on offer that may be used for it */
unsigned int pcireset_plan_usable(const struct pcireset_planner *p, size_t i);

/* plan_bus.c: sets all of the nodes but barred, which it needs */
void pcireset_plan_buses(struct pcireset_planner *p);
bool pcireset_plan_bus_reaches_whole(const struct pcireset_planner *p, size_t bridge);
/* Its bus, where it is alone on that, below a port whose hot-plug driver is bound. */
bool pcireset_plan_may_pass_pciehp(const struct pcireset_function *function);
bool pcireset_plan_bus_is_lone(const struct pcireset_planner *p, size_t bridge, size_t i);

bool pcireset_plan_bus_is_direct(const struct pcireset_planner *p, size_t bridge);

/* plan_engine.c: why no bus reset by our own writes may reach it, or _WHY_NONE */
enum pcireset_engine_why pcireset_plan_not_direct(const struct pcireset_planner *p, size_t i);
/* engine and engine_why of a step that has its method */
void pcireset_plan_engine(struct pcireset_planner *p, size_t i);
/* Methods that would be the kernel's to make, which cannot be told so there. */
unsigned int pcireset_plan_untold(const struct pcireset_planner *p, size_t i);

/* The kernel's own reset is an FLR and a longer wait: then FLR is ours, and shows more. */
bool pcireset_plan_is_slow_flr(const struct pcireset_planner *p, size_t i);

/* bus_turn.c: functions on the bus below a bridge, and further down; no bridges */
bool pcireset_bus_has(const struct pcireset_machine *machine, size_t bridge, size_t i);
bool pcireset_bus_counts_for(const struct pcireset_task *task, size_t bridge, size_t i);
/* @n_free: of these first functions none is under way any more; 0 to begin with */
bool pcireset_bus_must_wait(const struct pcireset_machine *machine, const bool *under_way,
			    size_t bridge, size_t *n_free);
bool pcireset_bus_has_to_stay(const struct pcireset_task *task, size_t bridge, bool by_kernel);

/* escalate.c: does it not answer, or is a reset of it under way */
bool pcireset_is_away(const struct pcireset_step *step, const struct pcireset_outcome *outcome);

/* plan_estimate.c: expected and estimate_ms of each step */
void pcireset_plan_foresee(struct pcireset_planner *p);
bool pcireset_is_conventional(const struct pcireset_function *bridge);

extern const struct pcireset_engine_ops pcireset_engine_bus;
extern const struct pcireset_engine_ops pcireset_engine_direct;
extern const struct pcireset_engine_ops pcireset_engine_kernel;

/* observe.c: will a direct reset be seen */
bool pcireset_is_observable(const struct pcireset_function *function, bool leave_intx);
/* The first base address register that held an address at the scan, or 0. */
uint16_t pcireset_bar_in_use(const struct pcireset_function *function);
/* COMMAND and that register just before the reset; -ENODEV: ones, or -errno of a read */
int pcireset_observe(const struct pcireset_io *io, const struct pcireset_function *function,
		     uint16_t command_before, uint32_t bar_before,
		     struct pcireset_observed *ret_observed,
		     enum pcireset_known *ret_was_reset);

/* canary.c: bits that a reset clears; no reg: there is none */
struct pcireset_canary {
	uint16_t reg;
	uint16_t bits;
	uint16_t before; /* the whole register, the bits set */
	uint16_t control; /* what it held */
};
/* What it held is added to @saved, whose entry is in use, before it is written. */
void pcireset_canary_set(const struct pcireset_io *io, const struct pcireset_function *function,
			 struct pcireset_saved *saved, struct pcireset_canary *ret_canary);
/*
 * Was it reset; @ret_observed is set where that is known. A mark that is still there is
 * taken away: that is no register that a reset has erased.
 */
enum pcireset_known pcireset_canary_look(const struct pcireset_io *io,
					 const struct pcireset_function *function,
					 const struct pcireset_canary *canary,
					 struct pcireset_observed *ret_observed);

/*
 * engine_direct_item.c: what the reset did is looked at before anything is written back.
 * @command and @bar: as it was just before, 0 where nobody knows. False where it has gone
 * again meanwhile, else its error in @ret_error; @outcome is that of function @i, or not.
 */
bool pcireset_look_and_restore(const struct pcireset_task *task, size_t i, uint16_t command,
			       uint32_t bar, struct pcireset_outcome *outcome,
			       uint64_t *ret_answered_us, int *ret_error);

/* readiness.c: how long nobody may touch it after its own reset */
uint32_t pcireset_window_us(const struct pcireset_io *io,
			    const struct pcireset_function *function);
/* What its first dword reads as: ones of a VF. */
uint32_t pcireset_id_read(const struct pcireset_function *function);
/* Is it there again; the id that answers is told, but of a VF. */
bool pcireset_ask(const struct pcireset_io *io, struct pcireset_address address, uint32_t id,
		  uint32_t *ret_id);
bool pcireset_is_ready(const struct pcireset_io *io, struct pcireset_address address, uint32_t id);
/* When to ask next: @pause_us, PCIRESET_ASK_FIRST_US at first, doubles up to a maximum. */
#define PCIRESET_ASK_FIRST_US 1000
uint64_t pcireset_ask_again_us(uint64_t now_us, uint64_t end_us, uint64_t took_us,
			       uint64_t *pause_us);

/*
 * Bits of Bridge Control that no restoration writes: the reset itself, and Discard Timer
 * Status, which a 1 clears. PCI-to-PCI Bridge Architecture Specification 1.2, 3.2.5.18.
 */
#define PCIRESET_BRIDGE_CTL_DISCARD 0x0400u
#define PCIRESET_BRIDGE_CTL_ACTS    (PCI_BRIDGE_CTL_BUS_RESET | PCIRESET_BRIDGE_CTL_DISCARD)

/* saved.c: the value of one register, or 0 where it is not among them */
bool pcireset_has_link(const struct pcireset_function *function);
/* pcireset_saved_restore() of one that is known to answer; below @erased_bytes nothing
 * is asked before it is written */
int pcireset_saved_write_back(const struct pcireset_io *io, struct pcireset_address address,
			      const struct pcireset_saved *saved, uint16_t erased_bytes);
uint32_t pcireset_saved_find(const struct pcireset_saved *saved, uint16_t reg);

/* saved_extended.c: what of extended capabilities a reset erases */
void pcireset_saved_add(struct pcireset_saved *saved, uint16_t reg, uint8_t bytes,
			uint32_t value);
/* What @reg holds, but for the bits in @without; -ENODEV where all are ones. */
int pcireset_saved_read(const struct pcireset_io *io, const struct pcireset_function *function,
			struct pcireset_saved *saved, unsigned int reg, uint8_t bytes,
			uint32_t without);
/* Latencies and substates: these come before what uses them. */
int pcireset_saved_add_power(const struct pcireset_io *io,
			     const struct pcireset_function *function,
			     struct pcireset_saved *saved);
/* Sizes of base address registers: these come before the addresses. */
int pcireset_saved_add_sizes(const struct pcireset_io *io,
			     const struct pcireset_function *function,
			     struct pcireset_saved *saved);
int pcireset_saved_add_extended(const struct pcireset_io *io,
				const struct pcireset_function *function,
				struct pcireset_saved *saved);

/* port_events.c: what a port tells others of its link, while that goes down on purpose */
/* Offset of its PCI Express capability, or 0 where there is no slot */
uint16_t pcireset_slot_of(const struct pcireset_io *io, const struct pcireset_function *function);
/* Bridge Control first, then events, which its restoration clears where they came meanwhile,
 * then what is masked. @ret_slot: as in struct pcireset_below. -ENODEV where it has gone,
 * -EOPNOTSUPP where a register is missing */
int pcireset_port_events_take(const struct pcireset_io *io,
			      const struct pcireset_function *function,
			      struct pcireset_saved *ret_saved, uint16_t *ret_slot);
/* @saved is in the journal by now: it has what is changed */
int pcireset_port_events_mask(const struct pcireset_io *io,
			      const struct pcireset_function *function,
			      const struct pcireset_saved *saved);

/* saved_bus.c: of what is below a bus; @command comes last. -ENODEV where it has gone,
 * -ENOSPC, -EOPNOTSUPP where a bridge has what could not be restored */
int pcireset_saved_take_below(const struct pcireset_io *io,
			      const struct pcireset_function *function, uint16_t command,
			      struct pcireset_saved *ret_saved);

/* The kernel asserts a bus's reset so long: drivers/pci/pci.c, pci_reset_secondary_bus(). */
#define PCIRESET_HOLD_US 2000

/* link.c: drivers/pci/pci.c waits so long for a link at most, and 20 ms before it looks */
#define PCIRESET_LINK_US 1000000
void pcireset_below_read(const struct pcireset_io *io, const struct pcireset_function *bridge,
			 struct pcireset_below *ret_below);
/* Before anything below is written; no write where it is enabled or was not. */
void pcireset_below_enable_ltr(const struct pcireset_io *io,
			       const struct pcireset_journal_entry *entry);
/* After Slot Control was written back; a port says so within this, or not at all. */
#define PCIRESET_COMMAND_US 100000
/* Has it said so, and is that cleared; also where there is nothing to wait for. */
bool pcireset_below_completed(const struct pcireset_io *io,
			      const struct pcireset_journal_entry *entry);
bool pcireset_link_is_active(const struct pcireset_io *io, struct pcireset_address address,
			     uint16_t reg);

/* drain.c: how long its requests can stay pending; PCIe Base Specification, 7.5.3.16 */
uint64_t pcireset_completion_timeout_us(const struct pcireset_io *io,
					const struct pcireset_function *function);

/* fence.c: -errno of the write; says nothing of what it did */
int pcireset_bus_master_off(const struct pcireset_io *io,
			    const struct pcireset_function *function, uint16_t command,
			    bool leave_intx, bool *ret_locked);

/* No driver has this name, so none will match meanwhile. */
#define PCIRESET_OVERRIDE "pci-quiesce"
/*
 * What the kernel has by itself. It lists a bus reset for function 0 before it has found
 * the others, and refuses that list ever after: reset_method_store(), drivers/pci/pci.c.
 */
#define PCIRESET_METHODS_DEFAULT "default"
/* journal.c: somebody else's override stays: it keeps drivers away as well as ours */
bool pcireset_may_override(const struct pcireset_io *io, struct pcireset_address address);
/* journal.c: -EBUSY where an earlier change stands; in_use is left to the caller */
int pcireset_journal_begin(const struct pcireset_io *io,
			   const struct pcireset_function *function,
			   struct pcireset_journal_entry *entry);
bool pcireset_got_driver(const struct pcireset_io *io, const struct pcireset_function *function);
/* How long nobody touches a function on its way to D3hot. */
#define PCIRESET_D3HOT_US 10000
/* Nobody may touch it yet, and there was no time left to wait for that. */
bool pcireset_journal_is_quiet(const struct pcireset_io *io,
			       const struct pcireset_journal_entry *entry);
/* The isolation stands. */
void pcireset_journal_contained(struct pcireset_journal_entry *entry);
/* All that was written to sysfs is as it was. */
void pcireset_journal_forget_writes(struct pcireset_journal_entry *entry);

/* job.c: writes in the order of the calls; -ENOMEM */
int pcireset_job_add(struct pcireset_job *job, const char *path, const char *text, bool restores);

/* job_host.c: writes in threads of their own */
int pcireset_jobs_open(int ret_pipe[2]);
int pcireset_jobs_start(int root_fd, int pipe_fd, struct pcireset_job *job);
int pcireset_jobs_wait(int pipe_fd, uint64_t wait_us, struct pcireset_job **ret_job);
int pcireset_file_write(int root_fd, const char *path, const char *text);

#endif
