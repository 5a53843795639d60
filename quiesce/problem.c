/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a function did not become what was planned, in words. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdarg.h>
#include <string.h>

#include "iommu.h"
#include "report.h"

static void __attribute__((format(printf, 2, 3)))
say(char words[QUIESCE_PROBLEM_BYTES], const char *format, ...)
{
	const size_t used = strlen(words);
	va_list args;

	if (used)
		(void)strncat(words, "; ", QUIESCE_PROBLEM_BYTES - used - 1);
	va_start(args, format);
	(void)vsnprintf(words + strlen(words), QUIESCE_PROBLEM_BYTES - strlen(words), format,
			args);
	va_end(args);
}

/* By what answers at its address; PCI Express Base Specification 6.0, 2.3.2, for 0001. */
static void say_absent(const struct pcireset_function *f, const struct pcireset_outcome *o,
		       char *words)
{
	const uint32_t id = o->after.id > 0 ? (uint32_t)o->after.id : o->last_id;
	const uint16_t vendor = id & 0xffff, device = id >> 16;

	if (vendor == 0 || vendor == 0xffff || (vendor == f->vendor && device == f->device))
		say(words, "does not answer");
	else if (vendor == 0x0001)
		say(words, "never got ready (id 0001)");
	else
		say(words, "answers with another id: %04x:%04x", vendor, device);
}

static void say_nothing_happened(const struct pcireset_step *step,
				 const struct pcireset_observed *observed, char *words)
{
	const char *flr = step->method == PCIRESET_METHOD_SBR ? "bus reset" :
			  step->method == PCIRESET_METHOD_AF  ? "AF FLR" :
								"FLR";

	if (step->method == PCIRESET_METHOD_PM)
		say(words, "PM did nothing: register %02x is still %04x", observed->reg,
		    observed->after);
	else if (observed->reg == PCI_COMMAND)
		say(words, "%s did nothing: COMMAND is still %04x", flr, observed->after);
	else
		say(words, "%s did nothing: BAR %d is still %08x", flr,
		    (observed->reg - PCI_BASE_ADDRESS_0) / 4, observed->after);
}

/* Of a bus that our own writes reset: what stands between a function and us. */
static void say_bus_error(int error, char *words)
{
	if (error == -ENOLINK)
		say(words, "the link to it stays down");
	else if (error == -EIO)
		say(words, "a bridge above does not hold what is written to it");
	else
		say(words, "a bridge above has gone: %s", strerror(-error));
}

/* Not fatal, but a driver will be slower, or a connector bad. */
static void say_link(const struct pcireset_step *step, const struct pcireset_outcome *o,
		     char *words)
{
	const int was = (o->before.link & PCI_EXP_LNKSTA_NLW) >> PCI_EXP_LNKSTA_NLW_SHIFT;
	const int is = (o->after.link & PCI_EXP_LNKSTA_NLW) >> PCI_EXP_LNKSTA_NLW_SHIFT;

	if (step->whole_bus && o->tried && o->before.link != PCIRESET_UNREAD &&
	    o->after.link != PCIRESET_UNREAD && is != was)
		say(words, "its link is x%d since the reset, and was x%d", is, was);
}

static void say_error(const struct pcireset_step *step, const struct pcireset_outcome *o,
		      char *words)
{
	const bool is_direct = step->engine == PCIRESET_ENGINE_DIRECT;
	const char *error = strerror(-o->reset_error);

	if (step->engine == PCIRESET_ENGINE_NONE)
		say(words, "the reset that reaches it failed: %s", error);
	else if (!o->tried && o->reset_error == -ETIMEDOUT)
		say(words, "no time was left");
	else if (!o->tried && o->reset_error == -EBUSY && is_direct && step->whole_bus && !o->bound)
		say(words, "another one on its bus must not lose it");
	else if (!o->tried && o->reset_error == -EBUSY)
		say(words, is_direct || o->bound ? "a driver has it by now"
						 : "a sibling's reset was abandoned");
	else if (!o->tried && o->reset_error == -EOPNOTSUPP && is_direct && step->whole_bus)
		say(words, "not begun: a bridge has what cannot be restored");
	else if (!o->tried && o->reset_error == -ENOTRECOVERABLE)
		say(words, "not begun: nobody else could end it");
	else if (!o->tried)
		say(words, "not begun: %s", error);
	else if (!is_direct && o->reset_error == -EAGAIN)
		say(words, "others held its locks all the time");
	else if (o->reset_error == -EOPNOTSUPP && o->observed.reg)
		say_nothing_happened(step, &o->observed, words);
	else if (!is_direct)
		say(words, "the kernel's reset failed: %s", error);
	else if (o->reset_error == -ETIMEDOUT)
		say(words, "answered too late");
	else if (step->whole_bus)
		say_bus_error(o->reset_error, words);
	else
		say(words, "its registers cannot be read: %s", error);
}

void quiesce_problem_of(const struct pcireset_function *f, const struct pcireset_step *step,
			const struct pcireset_outcome *o, char words[QUIESCE_PROBLEM_BYTES])
{
	/* Nobody has looked at it again yet. */
	const bool was_late = step->engine == PCIRESET_ENGINE_DIRECT && o->tried &&
			      o->reset_error == -ETIMEDOUT && o->ready != PCIRESET_YES;

	words[0] = '\0';
	if (o->stuck) {
		say(words, "abandoned: the kernel is still at it");
		return;
	}
	if (was_late || o->verdict == PCIRESET_LOST)
		say_absent(f, o, words);
	else if (o->verdict == PCIRESET_FAILED)
		say(words, o->after.command & PCI_COMMAND_MASTER ? "Bus Master stays on"
								 : "requests stay pending");
	if (o->reset_error < 0 && !was_late)
		say_error(step, o, words);
	if (words[0])
		return;
	if (o->fence_error < 0)
		say(words, "not fenced at first: %s", strerror(-o->fence_error));
	else if (o->restored < 0)
		say(words, "registers stay erased: %s", strerror(-o->restored));
	else
		say_link(step, o, words);
}

const char *quiesce_problem(const struct quiesce_run *run, size_t i,
			    char words[QUIESCE_PROBLEM_BYTES])
{
	const struct pcireset_function *f = &run->machine.functions[i];
	const struct quiesce_earlier *earlier = run->earlier ? &run->earlier[i] : NULL;
	const struct pcireset_outcome *o = &run->outcomes[i];
	char contain[QUIESCE_PROBLEM_BYTES];

	const struct quiesce_group *held;
	uint32_t faults = 0;

	if (o->verdict == PCIRESET_VERDICT_NONE)
		return NULL;
	held = quiesce_window_of(run, i, &faults);
	if (faults) {
		words[0] = '\0';
		say(words, "not silent: %u IOMMU faults in %u ms", faults, held->window_ms);
		return words;
	}
	quiesce_problem_of(f, &run->steps[i], o, words);
	if (!words[0] && o->verdict != run->steps[i].expected) {
		if (earlier && earlier->step.engine != PCIRESET_ENGINE_NONE)
			quiesce_problem_of(f, &earlier->step, &earlier->outcome, words);
		else if (o->verdict == PCIRESET_COMPLETED)
			say(words, o->observed.reg ? "only some registers show the reset"
						   : "its registers do not show the reset");
		else if (o->verdict == PCIRESET_KEPT)
			say(words, "a driver has it by now");
	}
	if (run->containments && quiesce_containment_problem(&run->containments[i], contain))
		say(words, "%s", contain);
	return words[0] ? words : NULL;
}
