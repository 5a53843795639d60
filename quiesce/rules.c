/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A decision for each function: the user's rules, then the defaults. */
#include <linux/pci_regs.h>
#include <string.h>

#include "quiesce.h"
#include "rules.h"

/* First match wins. Class codes: PCI Code and ID Assignment Specification. */
static const struct quiesce_rule defaults[] = {
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_CLASS, "06*", "default:bridge", "bridge" },
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_CLASS, "0806*", "default:iommu", "IOMMU" },
	/* virtio-iommu has no class of its own. */
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_ID, "1af4:1057:*", "default:iommu", "IOMMU" },
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_CLASS, "0800*", "default:ioapic",
	  "interrupt controller" },
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_CLASS, "0807*", "default:rcec",
	  "root complex event collector" },
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_CLASS, "0c05*", "default:smbus", "SMBus" },
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_CLASS, "0c07*", "default:ipmi", "IPMI" },
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_CLASS, "070[02]*", "default:uart",
	  "serial port, perhaps the console" },
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_CLASS, "05*", "default:memory",
	  "memory, perhaps part of the dump" },
	/* virtio-mem and virtio-pmem: drivers/virtio/virtio_mem.c, drivers/nvdimm. */
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_ID, "1af4:1058:*", "default:memory",
	  "memory, perhaps part of the dump" },
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_ID, "1af4:105b:*", "default:memory",
	  "memory, perhaps part of the dump" },
	/* Stands in for what is behind a Broadcom PEX890xx until its link is up again. */
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_ID, "1000:02b2:*", "default:placeholder",
	  "placeholder, not a real function" },
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_CLASS, "0c0340", "default:nhi",
	  "USB4 host interface" },
	/* HPE iLO: drivers/misc/hpilo.c, drivers/watchdog/hpwdt.c. */
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_ID, "103c:330[0-9a-f]:*", "default:bmc",
	  "management processor" },
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_ID, "0e11:b20[34]:*", "default:bmc",
	  "management processor" },
};

/* The rest of the machine trusts it: drivers/crypto/ccp/sp-pci.c. Of AMD only. */
static const struct quiesce_rule psp = {
	PCIRESET_KEEP, 0, QUIESCE_MATCH_CLASS, "1080*", "default:psp", "security processor",
};

/* Others sit behind these of Intel's; Thunderbolt's are those from before USB4's class. */
static const struct {
	struct quiesce_rule rule;
	uint16_t devices[16];
} providers[] = {
	/* drivers/pci/controller/vmd.c */
	{ { PCIRESET_KEEP, 0, QUIESCE_MATCH_ID, NULL, "default:vmd", "VMD" },
	  { 0x201d, 0x28c0, 0x467f, 0x4c3d, 0x7d0b, 0x9a0b, 0xa77f, 0xad0b, 0xb06f, 0xb60b } },
	/* drivers/thunderbolt/nhi.h */
	{ { PCIRESET_KEEP, 0, QUIESCE_MATCH_ID, NULL, "default:nhi", "Thunderbolt" },
	  { 0x1513, 0x1547, 0x156a, 0x156c, 0x1575, 0x1577, 0x15bf, 0x15d2, 0x15d9, 0x15dc,
	    0x15dd, 0x15de, 0x15e8, 0x15eb, 0x8a0d, 0x8a17 } },
};

/*
 * A controller with a firmware of its own may lead to the dump target, and its
 * driver resets it; hpsa has a list of boards that a reset hangs. The first
 * CAUTIOUS_IDLE are not reset with their bus, either, while Bus Master is off.
 */
#define CAUTIOUS_IDLE 2
static const struct quiesce_rule cautious[] = {
	{ PCIRESET_FENCE, 0, QUIESCE_MATCH_CLASS, "0104*", "default:storage", "RAID controller" },
	{ PCIRESET_FENCE, 0, QUIESCE_MATCH_CLASS, "0107*", "default:storage", "SAS controller" },
	{ PCIRESET_FENCE, 0, QUIESCE_MATCH_CLASS, "0100*", "default:storage", "SCSI controller" },
	{ PCIRESET_FENCE, 0, QUIESCE_MATCH_CLASS, "0c04*", "default:storage",
	  "Fibre Channel adapter" },
};

/* The dump is written through it: no reset that its driver does not live with every day. */
static const struct quiesce_rule dump_target[] = {
	{ PCIRESET_RESET, PCIRESET_FUNCTION_LEVEL, QUIESCE_MATCH_CLASS, "0108*",
	  "default:dump-target", "dump target: its bus is not reset" },
	{ PCIRESET_RESET, PCIRESET_FUNCTION_LEVEL, QUIESCE_MATCH_CLASS, "02*",
	  "default:dump-target", "dump target: its bus is not reset" },
	{ PCIRESET_FENCE, 0, QUIESCE_MATCH_CLASS, "*", "default:dump-target",
	  "dump target: left to its driver" },
};

static const struct quiesce_rule everything_else = {
	PCIRESET_RESET, PCIRESET_ANY_METHOD, QUIESCE_MATCH_ADDRESS,
	"*",		"default:reset", "not on the allowlist",
};

/* What a level leaves. Resets that reach one function need QUIESCE_LEVEL_FLR. */
static const unsigned int level_methods[QUIESCE_LEVELS] = {
	[QUIESCE_LEVEL_FENCE] = 0,
	[QUIESCE_LEVEL_FLR] = PCIRESET_FUNCTION_LEVEL | PCIRESET_BIT(PCIRESET_METHOD_PM),
	[QUIESCE_LEVEL_SBR] = ~0u,
	[QUIESCE_LEVEL_IOMMU] = ~0u,
};

static const struct quiesce_rule *find(const struct quiesce_rule *rules, size_t n,
				       const struct quiesce_subject *subject)
{
	for (size_t i = 0; i < n; i++)
		if (quiesce_rule_matches(&rules[i], subject))
			return &rules[i];
	return NULL;
}

/*
 * NVSwitches and NTBs say that they are bridges, and are endpoints that do DMA
 * (pci.ids, 10de:1af1; drivers/ntb/hw). On a root bus it may be the chipset.
 */
static bool is_endpoint(const struct pcireset_function *f)
{
	const uint32_t sub_class = f->class_code >> 8;

	/* Host, ISA and PCI bridges. */
	return sub_class >> 8 == 0x06 && sub_class != 0x0600 && sub_class != 0x0601 &&
	       sub_class != 0x0604 && f->parent != PCIRESET_NONE &&
	       f->command & PCI_COMMAND_MASTER && f->header[PCI_STATUS] & PCI_STATUS_CAP_LIST;
}

static const struct quiesce_rule *find_kept(const struct quiesce_subject *subject)
{
	const struct pcireset_function *f = &subject->machine->functions[subject->i];
	const size_t first = is_endpoint(f); /* bridges are the first default */
	const struct quiesce_rule *rule =
		find(defaults + first, ARRAY_SIZE(defaults) - first, subject);

	if (!rule && f->vendor == 0x1022)
		rule = find(&psp, 1, subject);
	for (size_t i = 0; !rule && f->vendor == 0x8086 && i < ARRAY_SIZE(providers); i++)
		for (size_t k = 0; k < ARRAY_SIZE(providers[i].devices); k++)
			if (f->device && f->device == providers[i].devices[k])
				rule = &providers[i].rule;
	return rule;
}

bool quiesce_rules_is_default(const struct pcireset_function *function, const char *origin)
{
	const struct pcireset_machine alone = { (struct pcireset_function *)function, 1 };
	const struct quiesce_rule *rule;
	struct quiesce_subject subject;

	quiesce_subject_describe(&alone, 0, &subject);
	rule = find_kept(&subject);
	return rule && strcmp(rule->origin, origin) == 0;
}

static bool has_large_memory(const struct pcireset_function *f)
{
	const uint8_t wanted = PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH;

	/* Memory that can be System RAM sits behind a 64-bit prefetchable BAR. */
	for (size_t bar = PCI_BASE_ADDRESS_0; bar <= PCI_BASE_ADDRESS_4; bar += 4)
		if ((f->header[bar] & (wanted | PCI_BASE_ADDRESS_SPACE)) == wanted)
			return true;
	return false;
}

static bool holds(const struct pcireset_io *io, const struct pcireset_function *f,
		  const struct quiesce_ram *ram)
{
	char path[PCIRESET_PATH_BYTES], resource[1024];

	return ram->n > 0 &&
	       io->attr_read(io->data, pcireset_attr_path(f->address, "resource", path), resource,
			     sizeof(resource)) == 0 &&
	       quiesce_ram_overlaps(ram, resource);
}

static void set(struct pcireset_decision *decision, struct quiesce_ground *ground,
		enum pcireset_action action, const char *rule, const char *reason)
{
	decision->action = action;
	*ground = (struct quiesce_ground){ .reason = reason, .rule = rule };
}

/* What every decision is made from. */
struct court {
	const struct pcireset_io *io;
	const struct quiesce_config *config;
	const struct quiesce_scene *scene;
};

/* No rule of the user's may change these, only say "keep" of them, too. */
static bool decide_fixed(const struct court *court, const struct quiesce_subject *subject,
			 struct pcireset_decision *decision, struct quiesce_ground *ground)
{
	const struct pcireset_function *f = &subject->machine->functions[subject->i];
	const struct quiesce_rule *rule;

	if (court->scene->untouchable)
		set(decision, ground, PCIRESET_KEEP, "default:platform",
		    court->scene->untouchable);
	else if (!f->answers)
		set(decision, ground, PCIRESET_KEEP, "default:no-answer", "does not answer");
	else if (pcireset_is_bridge(f))
		set(decision, ground, PCIRESET_KEEP, "default:bridge", "bridge");
	else if (f->driver[0])
		set(decision, ground, PCIRESET_KEEP, "default:bound", "bound to a driver");
	else
		return false;

	rule = find(court->config->rules, court->config->n_rules, subject);
	if (rule && rule->action == PCIRESET_KEEP) {
		set(decision, ground, PCIRESET_KEEP, rule->origin, rule->reason);
		decision->no_bus_reset = pcireset_is_bridge(f);
	}
	return true;
}

/* A display whose memory efifb, say, draws to need not be the boot VGA, nor VGA at all. */
bool quiesce_is_boot_display(const struct pcireset_io *io, const struct pcireset_function *f,
			     const struct quiesce_scene *scene)
{
	return f->boot_vga ||
	       (f->class_code >> 16 == 0x03 && holds(io, f, &scene->framebuffer));
}

/* Return: the default rule, or NULL where that is no rule and @decision is made. */
static const struct quiesce_rule *find_default(const struct court *court,
					       const struct quiesce_subject *subject,
					       struct pcireset_decision *decision,
					       struct quiesce_ground *ground)
{
	const struct pcireset_function *f = &subject->machine->functions[subject->i];
	const bool is_master = f->command & PCI_COMMAND_MASTER;
	const struct quiesce_rule *rule;

	rule = find_kept(subject);
	if (rule)
		return rule;
	if (has_large_memory(f) && holds(court->io, f, &court->scene->ram))
		set(decision, ground, PCIRESET_KEEP, "default:system-ram",
		    "System RAM, perhaps in the dump");
	else if (subject->is_dump_target && is_master)
		return find(dump_target, ARRAY_SIZE(dump_target), subject);
	else if (subject->is_dump_target) /* idle ones may be reset with their bus */
		set(decision, ground, PCIRESET_KEEP, "default:dump-target",
		    "dump target, Bus Master is off");
	else if (!is_master) {
		set(decision, ground, PCIRESET_IDLE, "default:idle", "Bus Master is off");
		/* The boot VGA still shows what is written to it. */
		decision->no_bus_reset = quiesce_is_boot_display(court->io, f, court->scene) ||
					 find(cautious, CAUTIOUS_IDLE, subject);
	} else if (quiesce_is_boot_display(court->io, f, court->scene))
		set(decision, ground, PCIRESET_FENCE, "default:boot-vga",
		    f->boot_vga ? "boot VGA" : "boot framebuffer");
	else if (f->parent != PCIRESET_NONE && court->scene->dump_target_port[f->parent])
		/* A reset that hangs would hold the lock of that port. */
		set(decision, ground, PCIRESET_FENCE, "default:dump-target-port",
		    "beside the dump target: a reset could block it");
	else
		rule = find(cautious, ARRAY_SIZE(cautious), subject) ?: &everything_else;
	return rule;
}

static void decide_by_rule(const struct court *court, const struct quiesce_subject *subject,
			   struct pcireset_decision *decision, struct quiesce_ground *ground)
{
	const struct pcireset_function *f = &subject->machine->functions[subject->i];
	const struct quiesce_rule *rule;

	rule = find(court->config->rules, court->config->n_rules, subject);
	if (!rule)
		rule = find_default(court, subject, decision, ground);
	if (!rule)
		return;

	set(decision, ground, rule->action, rule->origin, rule->reason);
	decision->methods = rule->methods;
	/* There is nothing to fence, and still no reset. */
	if (rule->action == PCIRESET_FENCE && !(f->command & PCI_COMMAND_MASTER)) {
		decision->action = PCIRESET_IDLE;
		decision->no_bus_reset = true;
	}
}

static void apply_level(enum quiesce_level level, struct pcireset_decision *decision,
			struct quiesce_ground *ground)
{
	if (decision->action == PCIRESET_KEEP)
		return;
	/* Of one that is idle, too: VFs of it that are not listed would be disabled. */
	if (level == QUIESCE_LEVEL_OBSERVE) {
		set(decision, ground, PCIRESET_KEEP, "default:level", "level is observe");
		return;
	}
	if (decision->action != PCIRESET_RESET)
		return;
	decision->methods &= level_methods[level];
	if (level == QUIESCE_LEVEL_FENCE)
		set(decision, ground, PCIRESET_FENCE, "default:level", "level is fence");
}

void quiesce_rules_decide(const struct pcireset_io *io, const struct pcireset_machine *machine,
			  const struct quiesce_config *config, const struct quiesce_scene *scene,
			  struct pcireset_decision *decisions, struct quiesce_ground *grounds)
{
	const struct court court = { io, config, scene };

	for (size_t i = 0; i < machine->n; i++) {
		const struct pcireset_function *f = &machine->functions[i];
		struct quiesce_subject subject;

		quiesce_subject_describe(machine, i, &subject);
		subject.is_console = quiesce_is_console(f, scene->usb_console);
		subject.is_dump_target = scene->dump_target[i];
		decisions[i] = (struct pcireset_decision){ .leave_intx = f->boot_vga };
		if (!decide_fixed(&court, &subject, &decisions[i], &grounds[i]))
			decide_by_rule(&court, &subject, &decisions[i], &grounds[i]);
	}
	quiesce_rules_lower(machine, config->level, decisions, grounds);
}

void quiesce_rules_lower(const struct pcireset_machine *machine, enum quiesce_level level,
			 struct pcireset_decision *decisions, struct quiesce_ground *grounds)
{
	for (size_t i = 0; i < machine->n; i++)
		apply_level(level, &decisions[i], &grounds[i]);
}

static bool is_cxl_memory_by_default(const struct pcireset_function *f,
				     const struct pcireset_decision *decision,
				     const struct quiesce_ground *ground)
{
	return f->cxl & PCIRESET_CXL_MEMORY &&
	       (decision->action == PCIRESET_RESET || decision->action == PCIRESET_IDLE) &&
	       strncmp(ground->rule, "default:", strlen("default:")) == 0;
}

void quiesce_rules_protect(const struct pcireset_machine *machine,
			   struct pcireset_decision *decisions, struct quiesce_ground *grounds)
{
	for (size_t i = 0; i < machine->n; i++) {
		const struct pcireset_function *f = &machine->functions[i];

		/* It is fenced by now. */
		if (is_cxl_memory_by_default(f, &decisions[i], &grounds[i]))
			set(&decisions[i], &grounds[i],
			    decisions[i].action == PCIRESET_IDLE ? PCIRESET_KEEP : PCIRESET_FENCE,
			    "default:cxl-memory", "CXL memory, perhaps part of the dump");
		if (decisions[i].action == PCIRESET_IDLE && f->vfs > f->vfs_listed)
			grounds[i].reason = "Bus Master is off; VF Enable is cleared";
	}
}
