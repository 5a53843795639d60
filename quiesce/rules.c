/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A decision for each function: the user's rules, then the defaults. */
#include <fnmatch.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "quiesce.h"

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
	/* Others sit behind these. USB4 host interface; drivers/pci/controller/vmd.c. */
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_CLASS, "0c0340", "default:nhi",
	  "USB4 host interface" },
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_ID, "8086:201d:*", "default:vmd", "VMD" },
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_ID, "8086:28c0:*", "default:vmd", "VMD" },
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_ID, "8086:467f:*", "default:vmd", "VMD" },
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_ID, "8086:4c3d:*", "default:vmd", "VMD" },
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_ID, "8086:7d0b:*", "default:vmd", "VMD" },
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_ID, "8086:9a0b:*", "default:vmd", "VMD" },
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_ID, "8086:a77f:*", "default:vmd", "VMD" },
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_ID, "8086:ad0b:*", "default:vmd", "VMD" },
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_ID, "8086:b06f:*", "default:vmd", "VMD" },
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_ID, "8086:b60b:*", "default:vmd", "VMD" },
	/* HPE iLO: drivers/misc/hpilo.c, drivers/watchdog/hpwdt.c. */
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_ID, "103c:330[0-9a-f]:*", "default:bmc",
	  "management processor" },
	{ PCIRESET_KEEP, 0, QUIESCE_MATCH_ID, "0e11:b20[34]:*", "default:bmc",
	  "management processor" },
};

/*
 * A controller with a firmware of its own may lead to the dump target, and its
 * driver resets it; hpsa has a list of boards that a reset hangs.
 */
static const struct quiesce_rule cautious[] = {
	{ PCIRESET_FENCE, 0, QUIESCE_MATCH_CLASS, "0100*", "default:storage", "SCSI controller" },
	{ PCIRESET_FENCE, 0, QUIESCE_MATCH_CLASS, "0104*", "default:storage", "RAID controller" },
	{ PCIRESET_FENCE, 0, QUIESCE_MATCH_CLASS, "0107*", "default:storage", "SAS controller" },
	{ PCIRESET_FENCE, 0, QUIESCE_MATCH_CLASS, "0c04*", "default:storage",
	  "Fibre Channel adapter" },
};

static const struct quiesce_rule everything_else = {
	PCIRESET_RESET, PCIRESET_ANY_METHOD, QUIESCE_MATCH_ADDRESS,
	"*",		"default:reset", "not on the allowlist",
};

/* What a level takes away. Resets that reach one function need QUIESCE_LEVEL_FLR. */
static const unsigned int level_methods[QUIESCE_LEVELS] = {
	[QUIESCE_LEVEL_FENCE] = 0,
	[QUIESCE_LEVEL_FLR] = PCIRESET_FUNCTION_LEVEL,
	[QUIESCE_LEVEL_SBR] = PCIRESET_ANY_METHOD,
	[QUIESCE_LEVEL_IOMMU] = PCIRESET_ANY_METHOD,
};

/* A function in the words that patterns are compared with. */
struct subject {
	char words[QUIESCE_MATCHES][48];
};

static void describe(const struct pcireset_function *f, struct subject *subject)
{
	(void)pcireset_address_format(f->address, subject->words[QUIESCE_MATCH_ADDRESS]);
	(void)snprintf(subject->words[QUIESCE_MATCH_ID], sizeof(subject->words[0]),
		       "%04x:%04x:%04x:%04x", f->vendor, f->device, f->subsystem_vendor,
		       f->subsystem_device);
	(void)snprintf(subject->words[QUIESCE_MATCH_CLASS], sizeof(subject->words[0]), "%06x",
		       f->class_code);
	(void)snprintf(subject->words[QUIESCE_MATCH_DRIVER], sizeof(subject->words[0]), "%s",
		       f->driver);
}

static const struct quiesce_rule *find(const struct quiesce_rule *rules, size_t n,
				       const struct subject *subject)
{
	for (size_t i = 0; i < n; i++)
		if (fnmatch(rules[i].pattern, subject->words[rules[i].match], 0) == 0)
			return &rules[i];
	return NULL;
}

bool quiesce_rules_is_default(const struct pcireset_function *function, const char *origin)
{
	const struct quiesce_rule *rule;
	struct subject subject;

	describe(function, &subject);
	rule = find(defaults, ARRAY_SIZE(defaults), &subject);
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

static bool holds_ram(const struct pcireset_io *io, const struct pcireset_function *f,
		      const struct quiesce_ram *ram)
{
	char path[PCIRESET_PATH_BYTES], resource[1024];

	return ram->n > 0 && has_large_memory(f) &&
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

/* No rule of the user's may change these, only say "keep" of them, too. */
static bool decide_fixed(const struct pcireset_function *f, const struct quiesce_config *config,
			 struct pcireset_decision *decision, struct quiesce_ground *ground)
{
	const struct quiesce_rule *rule;
	struct subject subject;

	if (!f->answers)
		set(decision, ground, PCIRESET_KEEP, "default:no-answer", "does not answer");
	else if (pcireset_is_bridge(f))
		set(decision, ground, PCIRESET_KEEP, "default:bridge", "bridge");
	else if (f->driver[0])
		set(decision, ground, PCIRESET_KEEP, "default:bound", "bound to a driver");
	else
		return false;

	describe(f, &subject);
	rule = find(config->rules, config->n_rules, &subject);
	if (rule && rule->action == PCIRESET_KEEP) {
		set(decision, ground, PCIRESET_KEEP, rule->origin, rule->reason);
		decision->no_bus_reset = pcireset_is_bridge(f);
	}
	return true;
}

static void decide_by_rule(const struct pcireset_io *io, const struct pcireset_function *f,
			   const struct quiesce_config *config, const struct quiesce_ram *ram,
			   struct pcireset_decision *decision, struct quiesce_ground *ground)
{
	const struct quiesce_rule *rule;
	struct subject subject;

	describe(f, &subject);
	rule = find(config->rules, config->n_rules, &subject);
	if (!rule) {
		rule = find(defaults, ARRAY_SIZE(defaults), &subject);
		if (!rule && holds_ram(io, f, ram)) {
			set(decision, ground, PCIRESET_KEEP, "default:system-ram",
			    "System RAM, perhaps in the dump");
			return;
		}
		if (!rule && !(f->command & PCI_COMMAND_MASTER)) {
			set(decision, ground, PCIRESET_IDLE, "default:idle",
			    "Bus Master is off");
			return;
		}
		if (!rule && f->boot_vga) {
			set(decision, ground, PCIRESET_FENCE, "default:boot-vga", "boot VGA");
			return;
		}
		if (!rule)
			rule = find(cautious, ARRAY_SIZE(cautious), &subject);
	}
	if (!rule)
		rule = &everything_else;

	set(decision, ground, rule->action, rule->origin, rule->reason);
	decision->methods = rule->methods;
	/* There is nothing to fence. */
	if (rule->action == PCIRESET_FENCE && !(f->command & PCI_COMMAND_MASTER))
		decision->action = PCIRESET_IDLE;
}

static void apply_level(enum quiesce_level level, struct pcireset_decision *decision,
			struct quiesce_ground *ground)
{
	if (decision->action == PCIRESET_KEEP || decision->action == PCIRESET_IDLE)
		return;
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
			  const struct quiesce_config *config, const struct quiesce_ram *ram,
			  struct pcireset_decision *decisions, struct quiesce_ground *grounds)
{
	for (size_t i = 0; i < machine->n; i++) {
		const struct pcireset_function *f = &machine->functions[i];

		decisions[i] = (struct pcireset_decision){ .leave_intx = f->boot_vga };
		if (!decide_fixed(f, config, &decisions[i], &grounds[i]))
			decide_by_rule(io, f, config, ram, &decisions[i], &grounds[i]);
		apply_level(config->level, &decisions[i], &grounds[i]);
	}
}
