/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why the plan does not use a reset that a function has. */
#include "commands.h"

static bool is_sbr(enum pcireset_method method)
{
	return method == PCIRESET_METHOD_SBR || method == PCIRESET_METHOD_CXL_BUS;
}

/* Of a dump there is no kernel to ask. */
static const char *not_offered(const struct quiesce_run *run)
{
	return run->io->is_dump ? "Linux would not offer it" : "the kernel does not offer it";
}

static bool is_spared(const struct quiesce_run *run, size_t i)
{
	const enum pcireset_action action = run->decisions[i].action;
	const struct pcireset_function *f = &run->machine.functions[i];

	return !(f->answers && pcireset_is_bridge(f)) &&
	       (action == PCIRESET_KEEP || action == PCIRESET_FENCE ||
		run->decisions[i].no_bus_reset ||
		(action == PCIRESET_RESET &&
		 !(run->decisions[i].methods & PCIRESET_BIT(PCIRESET_METHOD_SBR))));
}

/* The first below the same bridge that a bus reset must not hit. */
static size_t find_spared(const struct quiesce_run *run, size_t bridge)
{
	for (size_t i = 0; i < run->machine.n; i++)
		if (pcireset_below(&run->machine, i, bridge) && is_spared(run, i))
			return i;
	return PCIRESET_NONE;
}

static void why_no_bus_reset(const struct quiesce_run *run, size_t i, char *words, size_t bytes)
{
	const struct pcireset_machine *machine = &run->machine;
	const size_t bridge = machine->functions[i].parent;
	char text[PCIRESET_ADDRESS_BYTES];
	size_t hit;

	if (bridge == PCIRESET_NONE) {
		(void)snprintf(words, bytes, "on a root bus, which nothing resets");
		return;
	}
	hit = find_spared(run, bridge);
	(void)pcireset_address_format(
		machine->functions[hit == PCIRESET_NONE ? bridge : hit].address, text);
	if (hit != PCIRESET_NONE)
		(void)snprintf(words, bytes, "would hit %s: %s", text, run->grounds[hit].reason);
	else if (machine->functions[bridge].quirks & PCIRESET_QUIRK_NO_BUS_RESET ||
		 run->decisions[bridge].no_bus_reset)
		(void)snprintf(words, bytes, "forbidden below %s", text);
	else if (machine->functions[bridge].hotplug_bound)
		(void)snprintf(words, bytes, "pciehp of %s would see it removed", text);
	else
		(void)snprintf(words, bytes, "%s for %s", not_offered(run), text);
}

static bool is_forbidden(const struct pcireset_function *f, enum pcireset_method method)
{
	if (method == PCIRESET_METHOD_FLR || method == PCIRESET_METHOD_AF)
		return f->quirks & PCIRESET_QUIRK_NO_FLR;
	return method == PCIRESET_METHOD_PM && f->quirks & PCIRESET_QUIRK_NO_PM_RESET;
}

bool quiesce_unused_why(const struct quiesce_run *run, size_t i, enum pcireset_method method,
			char *words, size_t bytes)
{
	const struct pcireset_function *f = &run->machine.functions[i];
	const struct pcireset_step *step = &run->steps[i];
	const bool has =
		(f->offers | f->advertises) & PCIRESET_BIT(method) || method == PCIRESET_METHOD_SBR;

	if (!f->answers || pcireset_is_bridge(f) || !has)
		return false;
	/* Who is not to be reset has none to miss there. */
	if (method == PCIRESET_METHOD_SBR && f->parent == PCIRESET_NONE &&
	    run->decisions[i].action != PCIRESET_RESET)
		return false;
	if (step->action == PCIRESET_RESET && step->method == method)
		return false;

	if (run->decisions[i].action != PCIRESET_RESET)
		(void)snprintf(words, bytes, "it is not to be reset");
	else if (is_forbidden(f, method))
		(void)snprintf(words, bytes, "known not to work here");
	else if (method == PCIRESET_METHOD_PM)
		(void)snprintf(words, bytes, "reported by many without effect");
	else if (!(run->decisions[i].methods & PCIRESET_BIT(method)))
		(void)snprintf(words, bytes, "not allowed by %s or level %s", run->grounds[i].rule,
			       quiesce_level_word(run->config.level));
	else if (step->action == PCIRESET_RESET)
		(void)snprintf(words, bytes, "%s is preferred", pcireset_method_word(step->method));
	else if (is_sbr(method))
		why_no_bus_reset(run, i, words, bytes);
	else
		(void)snprintf(words, bytes, "%s", not_offered(run));
	return true;
}
