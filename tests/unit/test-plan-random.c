/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plans for random machines, against an oracle that is slow and shares no code
 * with plan.c. PQ_SEED=N tries other machines; a failure says which one it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/pci_regs.h>

#include "pcireset_reach.h"
#include "random_machine.h"

#define SBR  PCIRESET_BIT(PCIRESET_METHOD_SBR)
#define CXL  PCIRESET_BIT(PCIRESET_METHOD_CXL_BUS)
#define PM   PCIRESET_BIT(PCIRESET_METHOD_PM)
#define NONE PCIRESET_NONE

static struct pcireset_function *const f = random_functions;
static struct pcireset_decision *const d = random_decisions;
static struct pcireset_machine m = { random_functions, 0 };
static struct pcireset_step *s;
static bool whole[RANDOM_MAX], own[RANDOM_MAX], needs[RANDOM_MAX];
static unsigned int seed, number;

#define CHECK(i, condition)                                                                       \
	do {                                                                                      \
		if (!(condition))                                                                 \
			fail_msg("PQ_SEED=%u, machine %u, function %zu of %zu: %s", seed, number, \
				 (size_t)(i), m.n, #condition);                                   \
	} while (0)

/* --------------------------------------------------------------------- oracle */

static bool is_below(size_t i, size_t bridge)
{
	while (i != NONE && (i = f[i].parent) != bridge)
		if (i == NONE)
			return false;
	return i != NONE;
}

static bool is_bridge(size_t i)
{
	return f[i].answers && f[i].header_type != PCI_HEADER_TYPE_NORMAL;
}

static bool is_provider(size_t i)
{
	for (size_t k = 0; k < m.n; k++)
		if (f[k].behind == i)
			return true;
	return false;
}

static bool has_spared_vf(size_t i)
{
	for (size_t k = i + 1; f[i].vfs > 0 && k < m.n && k <= i + f[i].vfs; k++)
		if (f[k].physical == i && f[k].answers &&
		    (d[k].action == PCIRESET_KEEP || d[k].action == PCIRESET_FENCE))
			return true;
	return false;
}

/* May be chosen a reset at all. */
static bool is_open(size_t i)
{
	return d[i].action == PCIRESET_RESET && f[i].answers && !is_bridge(i) && !is_provider(i) &&
	       !has_spared_vf(i);
}

static unsigned int bad(size_t i)
{
	static const unsigned int of[] = {
		PCIRESET_BIT(PCIRESET_METHOD_FLR) | PCIRESET_BIT(PCIRESET_METHOD_AF), SBR | CXL, PM
	};
	unsigned int mask = 0;

	for (unsigned int k = 0; k < 3; k++)
		mask |= f[i].quirks >> k & 1 ? of[k] : 0;
	return mask;
}

static unsigned int usable(size_t i)
{
	return is_open(i) ? f[i].offers & d[i].methods & ~bad(i) : 0;
}

/* May the reset of a bus reach it. */
static bool stands_bus_reset(size_t i)
{
	if (f[i].quirks & PCIRESET_QUIRK_NO_BUS_RESET || d[i].no_bus_reset)
		return false;
	if (is_bridge(i))
		return !f[i].hotplug_bound;
	return f[i].answers && !is_provider(i) && !has_spared_vf(i) &&
	       (d[i].action == PCIRESET_IDLE ||
		(d[i].action == PCIRESET_RESET && d[i].methods & SBR));
}

static bool is_needy(size_t i)
{
	return is_open(i) && d[i].methods & SBR && !(usable(i) & PCIRESET_FUNCTION_LEVEL) &&
	       (!f[i].is_unknown || f[i].offers & SBR);
}

/* Its own registers are enough for this reset, and nobody else has to know of it. */
static bool is_direct(size_t i, enum pcireset_method method)
{
	const bool has = method == PCIRESET_METHOD_FLR ? f[i].express
			 : method == PCIRESET_METHOD_AF ? f[i].af
							: false;

	return has && f[i].advertises >> method & 1 && !f[i].is_unknown && !f[i].driver[0] &&
	       !(f[i].quirks & (PCIRESET_QUIRK_FENCE_LATE | PCIRESET_QUIRK_DEVICE_SPECIFIC)) &&
	       !f[i].vfs_listed &&
	       d[i].engine != PCIRESET_ENGINE_KERNEL &&
	       (!f[i].ats || f[i].iommu_group < 0 || d[i].engine == PCIRESET_ENGINE_DIRECT);
}

/* Its address, or INTx Disable, will tell. */
static bool is_seen(size_t i)
{
	return !f[i].is_virtual &&
	       (f[i].header[0x13] || (f[i].header[0x3d] && !d[i].leave_intx));
}

/* Fills in whole, own and needs. */
static void ask_oracle(void)
{
	for (size_t i = 0; i < m.n; i++) {
		size_t pf = f[i].physical;

		needs[i] = is_needy(i) &&
			   !(pf != NONE && (is_needy(pf) || usable(pf) & PCIRESET_FUNCTION_LEVEL));
	}
	for (size_t b = 0; b < m.n; b++) {
		bool masked = f[b].cxl & PCIRESET_CXL_SBR_MASKED;
		size_t n = 0, lone = NONE;
		bool fits;

		whole[b] = own[b] = false;
		if (!is_bridge(b) || masked)
			continue;
		fits = !d[b].no_bus_reset && !(f[b].quirks & PCIRESET_QUIRK_NO_BUS_RESET);
		for (size_t i = b + 1; i < m.n; i++) {
			if (!is_below(i, b))
				continue;
			fits = fits && stands_bus_reset(i);
			if (f[i].parent == b && f[i].physical == NONE) {
				n++;
				lone = i;
			}
		}
		whole[b] = fits && f[b].has_reset_subordinate && !f[b].hotplug_bound;
		own[b] = fits && n == 1 && needs[lone] && usable(lone) & SBR;
	}
}

/* The highest bridge above a function whose bus may be reset for it, or NONE. */
static size_t highest(size_t i)
{
	size_t top = NONE;

	for (size_t b = f[i].parent; b != NONE; b = f[b].parent)
		if (whole[b] || own[b])
			top = b;
	return top;
}

static size_t size_below(size_t b)
{
	size_t n = 0;

	for (size_t i = 0; i < m.n; i++)
		n += is_below(i, b);
	return n;
}

/* ----------------------------------------------------------------- invariants */

static void check_bus(size_t i)
{
	size_t via = s[i].via;
	bool cxl = s[i].method == PCIRESET_METHOD_CXL_BUS;

	CHECK(i, cxl || s[i].method == PCIRESET_METHOD_SBR);
	CHECK(i, is_below(i, via) && is_bridge(via));
	CHECK(i, !d[via].no_bus_reset && !(f[via].quirks & PCIRESET_QUIRK_NO_BUS_RESET));
	CHECK(i, cxl || !(f[via].cxl & PCIRESET_CXL_SBR_MASKED));
	CHECK(i, !s[i].whole_bus || (f[via].has_reset_subordinate && !f[via].hotplug_bound));
	for (size_t k = 0; k < m.n; k++) {
		if (k == i || !is_below(k, via))
			continue;
		CHECK(k, stands_bus_reset(k));
		CHECK(k, s[i].whole_bus || f[k].physical == i || f[i].physical != NONE);
	}
}

static void check_reset(size_t i)
{
	bool falls = s[i].why == PCIRESET_WHY_WITH_PF;
	size_t pf = f[i].physical;

	CHECK(i, d[i].action == PCIRESET_RESET && is_open(i));
	CHECK(i, falls || s[i].engine == (is_direct(i, s[i].method) ? PCIRESET_ENGINE_DIRECT
								    : PCIRESET_ENGINE_KERNEL));
	CHECK(i, falls || (s[i].engine == PCIRESET_ENGINE_DIRECT) ==
				  (s[i].engine_why == PCIRESET_ENGINE_WHY_DIRECT));
	CHECK(i, s[i].estimate_ms >= 20);
	CHECK(i, s[i].method != PCIRESET_METHOD_PM || d[i].methods == PM);
	if (falls) {
		CHECK(i, s[pf].action == PCIRESET_RESET && s[pf].method == s[i].method);
		CHECK(i, s[pf].via == s[i].via && s[pf].whole_bus == s[i].whole_bus);
	} else if (s[i].whole_bus) {
		CHECK(i, d[i].methods & SBR && !(usable(i) & PCIRESET_FUNCTION_LEVEL));
	} else {
		CHECK(i, usable(i) & PCIRESET_BIT(s[i].method));
	}
	/* One is enough for all that share it. */
	if (s[i].via != NONE && (i == 0 || s[i - 1].via != s[i].via || !s[i].whole_bus))
		check_bus(i);
}

static void check_function(size_t i)
{
	unsigned int left =
		usable(i) & (PCIRESET_FUNCTION_LEVEL | PCIRESET_BIT(PCIRESET_METHOD_ACPI));
	enum pcireset_verdict wanted = s[i].action == PCIRESET_KEEP    ? PCIRESET_KEPT
				       : s[i].action == PCIRESET_IDLE  ? PCIRESET_VERDICT_IDLE
				       : s[i].action == PCIRESET_FENCE ? PCIRESET_FENCED
			       : s[i].engine == PCIRESET_ENGINE_DIRECT && is_seen(i)
				       ? PCIRESET_VERIFIED
				       : PCIRESET_COMPLETED;

	CHECK(i, s[i].expected == (!f[i].answers		       ? PCIRESET_LOST
				   : s[i].method == PCIRESET_METHOD_PM ? PCIRESET_FENCED
								       : wanted));
	if (!f[i].answers || is_bridge(i))
		CHECK(i, s[i].action == PCIRESET_KEEP);
	else if (d[i].action != PCIRESET_RESET)
		CHECK(i, s[i].action == d[i].action);
	else if (s[i].action == PCIRESET_RESET)
		check_reset(i);
	else
		CHECK(i,
		      s[i].action == PCIRESET_FENCE && !left && !(needs[i] && highest(i) != NONE));
	if (f[i].physical != NONE && s[f[i].physical].action == PCIRESET_RESET &&
	    s[f[i].physical].method != PCIRESET_METHOD_PM && s[i].action == PCIRESET_RESET)
		CHECK(i, s[i].why == PCIRESET_WHY_WITH_PF);
}

static bool covers(const size_t *bridges, size_t n, unsigned int subset)
{
	for (size_t i = 0; i < m.n; i++) {
		bool is_covered = !needs[i] || highest(i) == NONE;

		for (size_t k = 0; !is_covered && k < n; k++)
			is_covered = subset >> k & 1 && is_below(i, bridges[k]);
		if (!is_covered)
			return false;
	}
	return true;
}

/* Every set of bus resets that may be: fewest first, then those that reach least. */
static void check_smallest(size_t n_resets, size_t n_reached)
{
	size_t bridges[12], n = 0, best = SIZE_MAX, best_reached = SIZE_MAX;

	for (size_t b = 0; b < m.n; b++)
		if (whole[b] || own[b])
			bridges[n++] = b;
	for (unsigned int subset = 0; subset < 1u << n; subset++) {
		size_t count = (size_t)__builtin_popcount(subset), reached = 0;

		if (count > best || !covers(bridges, n, subset))
			continue;
		for (size_t k = 0; k < n; k++)
			reached += subset >> k & 1 ? size_below(bridges[k]) : 0;
		if (count < best || reached < best_reached)
			best_reached = reached;
		best = count;
	}
	CHECK(0, n_resets == best);
	CHECK(0, n_reached == best_reached);
}

static void check_fewest(size_t bridges_max)
{
	static bool is_reset[RANDOM_MAX], is_top[RANDOM_MAX];
	size_t n_resets = 0, n_tops = 0, n_reached = 0;

	memset(is_reset, 0, sizeof(is_reset));
	memset(is_top, 0, sizeof(is_top));
	for (size_t i = 0; i < m.n; i++) {
		if (s[i].action == PCIRESET_RESET && s[i].method == PCIRESET_METHOD_SBR)
			is_reset[s[i].via] = true;
		if (needs[i] && highest(i) != NONE)
			is_top[highest(i)] = true;
	}
	for (size_t b = 0; b < m.n; b++) {
		n_tops += is_top[b];
		n_resets += is_reset[b];
		n_reached += is_reset[b] ? size_below(b) : 0;
	}
	CHECK(0, n_resets == n_tops);
	if (bridges_max <= 12)
		check_smallest(n_resets, n_reached);
}

/* The lists of the report, against what is said of each pair. */
static void check_reach(void)
{
	struct pcireset_reach reach;

	assert_int_equal(pcireset_reach_make(&m, s, &reach), 0);
	for (size_t i = 0; i < m.n; i++) {
		const size_t *members;
		size_t n = pcireset_reach_of(&m, s, &reach, i, &members), at = 0;

		for (size_t k = 0; k < m.n; k++) {
			bool is_member = at < n && members[at] == k;

			at += is_member;
			CHECK(i, k == i || is_member == pcireset_step_reaches(&m, s, i, k));
		}
		CHECK(i, at == n);
	}
	pcireset_reach_free(&reach);
}

static void check_same(void)
{
	struct pcireset_step *again;

	/* Where a capability sits says nothing, only whether it is there. */
	for (size_t i = 0; i < m.n; i++) {
		f[i].express = f[i].express ? f[i].express + 4 : 0;
		f[i].af = 0x90;
		f[i].power = 0x40;
		f[i].aer = 0;
	}
	assert_int_equal(pcireset_plan_make(&m, d, &again), 0);
	assert_memory_equal(s, again, m.n * sizeof(*s));
	free(again);
}

static void try_machine(size_t n, size_t bridges_max, unsigned int spared)
{
	number++;
	m.n = random_machine(n, bridges_max, spared);
	assert_int_equal(pcireset_plan_make(&m, d, &s), 0);
	ask_oracle();
	for (size_t i = 0; i < m.n; i++)
		check_function(i);
	check_fewest(bridges_max);
	if (n <= 512)
		check_reach();
	check_same();
	free(s);
}

static void the_plan_of_any_machine_holds_what_it_promises(void **unused)
{
	(void)unused;
	for (unsigned int k = 0; k < 2000; k++)
		try_machine(1 + random_below(60), random_below(9), k % 20);
	for (unsigned int k = 0; k < 30; k++)
		try_machine(1 + random_below(400), 200, k % 10);
	try_machine(RANDOM_MAX, 2048, 0);
	try_machine(RANDOM_MAX, 2048, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_plan_of_any_machine_holds_what_it_promises),
	};
	const char *wanted = getenv("PQ_SEED");

	seed = wanted ? (unsigned int)atoi(wanted) : 1;
	random_seed(seed);
	(void)fprintf(stderr, "PQ_SEED=%u\n", seed);
	return cmocka_run_group_tests_name("plan-random", tests, NULL, NULL);
}
