/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report's evidence: what was read of a function before, at and after its reset. */
#include <cJSON.h>
#include <linux/pci_regs.h>

#include "iommu.h"
#include "report.h"

static void add_register(struct cJSON *object, const char *key, int64_t value, int digits)
{
	if (value == PCIRESET_UNREAD)
		quiesce_json_string(object, key, NULL);
	else
		quiesce_json_hex(object, key, (uint32_t)value, digits);
}

static void add_known(struct cJSON *object, const char *key, enum pcireset_known known)
{
	if (known == PCIRESET_UNKNOWN)
		(void)cJSON_AddNullToObject(object, key);
	else
		(void)cJSON_AddBoolToObject(object, key, known == PCIRESET_YES);
}

/* PCI Express Base Specification 6.0, 7.5.3.8 */
static void add_link(struct cJSON *registers, int32_t link)
{
	static const double speeds[] = { 0, 2.5, 5, 8, 16, 32, 64 };
	const unsigned int speed = (unsigned int)link & PCI_EXP_LNKSTA_CLS;
	struct cJSON *object;

	if (link == PCIRESET_UNREAD || speed == 0 || speed >= ARRAY_SIZE(speeds)) {
		(void)cJSON_AddNullToObject(registers, "link");
		return;
	}
	object = cJSON_AddObjectToObject(registers, "link");
	(void)cJSON_AddNumberToObject(object, "gt_s", speeds[speed]);
	(void)cJSON_AddNumberToObject(object, "width",
				      (link & PCI_EXP_LNKSTA_NLW) >> PCI_EXP_LNKSTA_NLW_SHIFT);
}

static void add_registers(struct cJSON *evidence, const char *key,
			  const struct pcireset_registers *registers, bool read)
{
	struct cJSON *object = cJSON_AddObjectToObject(evidence, key);

	add_register(object, "id", read ? registers->id : PCIRESET_UNREAD, 8);
	add_register(object, "command", read ? registers->command : PCIRESET_UNREAD, 4);
	add_register(object, "devsta", read ? registers->devsta : PCIRESET_UNREAD, 4);
	add_link(object, read ? registers->link : PCIRESET_UNREAD);
}

static void add_observed(struct cJSON *evidence, const struct pcireset_observed *observed)
{
	struct cJSON *object;

	if (!observed->reg) {
		(void)cJSON_AddNullToObject(evidence, "observed");
		return;
	}
	object = cJSON_AddObjectToObject(evidence, "observed");
	quiesce_json_hex(object, "register", observed->reg, 2);
	quiesce_json_hex(object, "before", observed->before, 8);
	quiesce_json_hex(object, "after", observed->after, 8);
}

static void add_aer(struct cJSON *evidence, const struct pcireset_crash *crash, bool read)
{
	struct cJSON *object;

	if (!read || crash->uncorrectable == PCIRESET_UNREAD) {
		(void)cJSON_AddNullToObject(evidence, "aer");
		return;
	}
	object = cJSON_AddObjectToObject(evidence, "aer");
	add_register(object, "uncorrectable", crash->uncorrectable, 8);
	add_register(object, "fatal", crash->fatal, 8);
	add_register(object, "correctable", crash->correctable, 8);
	add_register(object, "masked", crash->masked, 8);
}

bool quiesce_intx_stays(const struct quiesce_run *run, size_t i)
{
	const int32_t command = run->outcomes[i].after.command;
	const struct pcireset_step *step = &run->steps[i];

	return (step->action == PCIRESET_FENCE || step->action == PCIRESET_RESET) &&
	       !step->leave_intx && command != PCIRESET_UNREAD &&
	       run->machine.functions[i].header[PCI_INTERRUPT_PIN] &&
	       !(command & PCI_COMMAND_INTX_DISABLE);
}

static void add_ms(struct cJSON *ms, const char *key, bool known, uint64_t us)
{
	if (known)
		(void)cJSON_AddNumberToObject(ms, key, (double)us / 1000);
	else
		(void)cJSON_AddNullToObject(ms, key);
}

static void add_window(struct cJSON *evidence, const struct quiesce_run *run, size_t i)
{
	uint32_t faults = 0;
	const struct quiesce_group *held = quiesce_window_of(run, i, &faults);
	struct cJSON *object;

	if (!held) {
		(void)cJSON_AddNullToObject(evidence, "window");
		return;
	}
	object = cJSON_AddObjectToObject(evidence, "window");
	(void)cJSON_AddNumberToObject(object, "ms", held->window_ms);
	if (faults || held->observable)
		(void)cJSON_AddNumberToObject(object, "faults", faults);
	else
		(void)cJSON_AddNullToObject(object, "faults");
	(void)cJSON_AddBoolToObject(object, "observable", faults || held->observable);
}

void quiesce_report_evidence(struct cJSON *device, const struct quiesce_run *run, size_t i)
{
	const struct pcireset_outcome *o = &run->outcomes[i];
	struct cJSON *evidence = cJSON_AddObjectToObject(device, "evidence");
	struct cJSON *ms, *not_set;

	add_known(evidence, "silent", o->silent);
	add_known(evidence, "pending", o->pending);
	quiesce_json_string(evidence, "reset", pcireset_seen_word(o->reset));
	add_known(evidence, "ready", o->ready);
	add_registers(evidence, "before", &o->before, run->silence_us > 0);
	add_aer(evidence, &o->crash, run->silence_us > 0 && run->steps);
	add_observed(evidence, &o->observed);
	if (o->verdict != PCIRESET_VERDICT_NONE && o->restored >= 0)
		(void)cJSON_AddNumberToObject(evidence, "restored", o->restored);
	else
		(void)cJSON_AddNullToObject(evidence, "restored");
	add_registers(evidence, "after", &o->after, o->verdict != PCIRESET_VERDICT_NONE);
	not_set = cJSON_AddArrayToObject(evidence, "not_set");
	if (o->verdict != PCIRESET_VERDICT_NONE && quiesce_intx_stays(run, i))
		(void)cJSON_AddItemToArray(not_set, cJSON_CreateString("intx_disable"));
	add_window(evidence, run, i);

	ms = cJSON_AddObjectToObject(device, "ms");
	add_ms(ms, "drain", o->pending != PCIRESET_UNKNOWN, o->drain_us);
	add_ms(ms, "reset", o->tried, o->reset_us);
	add_ms(ms, "restore",
	       o->restore_us ||
		       (o->observed.reg && run->steps[i].engine == PCIRESET_ENGINE_DIRECT),
	       o->restore_us);
}

void quiesce_report_earlier(struct cJSON *device, const struct quiesce_run *run, size_t i)
{
	const struct quiesce_earlier *earlier = run->earlier ? &run->earlier[i] : NULL;
	char text[QUIESCE_PROBLEM_BYTES];
	struct cJSON *object;

	if (earlier && earlier->step.engine != PCIRESET_ENGINE_NONE) {
		object = cJSON_AddObjectToObject(device, "escalated_from");
		quiesce_report_method(object, &earlier->step, true);
		quiesce_problem_of(&run->machine.functions[i], &earlier->step, &earlier->outcome,
				   text);
		quiesce_json_string(object, "problem", text);
		add_ms(object, "ms", earlier->outcome.tried, earlier->outcome.reset_us);
		add_observed(object, &earlier->outcome.observed);
	} else {
		(void)cJSON_AddNullToObject(device, "escalated_from");
	}
	quiesce_json_string(
		device, "reset_again_via",
		earlier && earlier->again_via != PCIRESET_NONE ?
			pcireset_address_format(run->machine.functions[earlier->again_via].address,
						text) :
			NULL);
}
