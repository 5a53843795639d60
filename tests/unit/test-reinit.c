/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which groups are re-initialised: one case a sentence. */
#include <string.h>

#include "fake_io.h"
#include "iommu.h"

#define MEMBERS_MAX 3

struct given {
	enum pcireset_verdict verdict;
	bool bridge;
	const char *driver;
	bool gets_driver;
	bool asleep;
	bool link_down;
	bool link_unknown;
};

struct example {
	const char *name;
	struct given members[MEMBERS_MAX];
	size_t n;
	enum pcireset_known inherited;
	const char *type;
	unsigned int reserved;
	bool other;
	enum quiesce_reinit reinit;
	const char *reason;
	bool probe;
};

#define BASIS "translation was off when this kernel started"
#define DIRECT (1u << QUIESCE_RESERVED_DIRECT)
#define MSI (1u << QUIESCE_RESERVED_MSI)
#define RELAXABLE (1u << QUIESCE_RESERVED_RELAXABLE)

#define YES PCIRESET_YES, "DMA-FQ", MSI, false
#define WANTED QUIESCE_REINIT_WANTED, ""
#define NOT_NEEDED QUIESCE_REINIT_NOT_NEEDED
#define REFUSED QUIESCE_REINIT_REFUSED

static const struct example examples[] = {
	{ "a_reset_function_without_a_driver_is_re_initialised",
	  { { PCIRESET_COMPLETED } }, 1, YES, WANTED },
	{ "so_is_a_verified_one",
	  { { PCIRESET_VERIFIED } }, 1, YES, WANTED },
	{ "so_is_one_of_which_it_is_not_known_what_it_inherited",
	  { { PCIRESET_COMPLETED } }, 1, PCIRESET_UNKNOWN, "DMA", MSI, false, WANTED },
	{ "so_is_one_beside_an_idle_function",
	  { { PCIRESET_VERDICT_IDLE }, { PCIRESET_COMPLETED } }, 2, YES, WANTED },
	{ "so_is_one_beside_a_port_with_pcieport",
	  { { PCIRESET_KEPT, true, "pcieport" }, { PCIRESET_COMPLETED } }, 2, YES, WANTED },
	{ "so_is_one_beside_a_reset_function_that_gets_a_driver",
	  { { PCIRESET_COMPLETED, .gets_driver = true }, { PCIRESET_COMPLETED } }, 2, YES,
	  WANTED },
	{ "a_relaxable_region_does_not_matter",
	  { { PCIRESET_COMPLETED } }, 1, PCIRESET_YES, "DMA-FQ", MSI | RELAXABLE, false, WANTED },

	{ "what_inherited_nothing_needs_nothing",
	  { { PCIRESET_COMPLETED } }, 1, PCIRESET_NO, "DMA-FQ", MSI, false, NOT_NEEDED, BASIS },
	{ "what_gets_a_driver_needs_nothing",
	  { { PCIRESET_COMPLETED, .gets_driver = true } }, 1, YES, NOT_NEEDED,
	  "a driver's first mapping replaces it" },
	{ "a_group_of_bridges_needs_nothing",
	  { { PCIRESET_KEPT, true, "pcieport" }, { PCIRESET_KEPT, true, "" } }, 2, YES, NOT_NEEDED,
	  "bridges only" },
	{ "a_group_without_PCI_functions_needs_nothing",
	  { { PCIRESET_VERDICT_NONE } }, 0, PCIRESET_YES, "DMA-FQ", MSI, true, NOT_NEEDED,
	  "no PCI functions" },
	{ "kept_and_idle_functions_need_nothing",
	  { { PCIRESET_KEPT }, { PCIRESET_VERDICT_IDLE } }, 2, YES, NOT_NEEDED,
	  "no function of it was silenced" },
	{ "a_fenced_function_that_gets_a_driver_is_the_drivers",
	  { { PCIRESET_FENCED, .gets_driver = true } }, 1, YES, NOT_NEEDED,
	  "a driver's first mapping replaces it" },

	{ "a_probe_claims_what_gets_a_driver",
	  { { PCIRESET_COMPLETED, .gets_driver = true } }, 1, YES, WANTED, true },
	{ "a_probe_claims_what_gets_none",
	  { { PCIRESET_VERIFIED } }, 1, YES, WANTED, true },
	{ "a_probe_never_claims_a_fenced_function_that_gets_a_driver",
	  { { PCIRESET_FENCED, .gets_driver = true } }, 1, YES, NOT_NEEDED,
	  "a driver's first mapping replaces it", true },
	{ "a_probe_is_not_made_beside_a_kept_function",
	  { { PCIRESET_COMPLETED, .gets_driver = true }, { PCIRESET_KEPT } }, 2, YES, NOT_NEEDED,
	  "a driver's first mapping replaces it", true },
	{ "a_probe_is_not_made_where_firmware_wants_a_mapping",
	  { { PCIRESET_COMPLETED, .gets_driver = true } }, 1, PCIRESET_YES, "DMA-FQ",
	  MSI | DIRECT, false, NOT_NEEDED, "a driver's first mapping replaces it", true },
	{ "a_probe_is_not_made_of_what_inherited_nothing",
	  { { PCIRESET_COMPLETED, .gets_driver = true } }, 1, PCIRESET_NO, "DMA-FQ", MSI, false,
	  NOT_NEEDED, BASIS, true },
	{ "a_probe_is_not_made_of_what_was_not_silenced",
	  { { PCIRESET_VERDICT_IDLE, .gets_driver = true } }, 1, YES, NOT_NEEDED,
	  "no function of it was silenced", true },

	{ "a_noisy_function_stays_mapped",
	  { { PCIRESET_FENCED } }, 1, YES, REFUSED,
	  "0000:01:00.0 is fenced only: what it may still write stays mapped" },
	{ "a_noisy_function_keeps_its_whole_group_mapped",
	  { { PCIRESET_COMPLETED }, { PCIRESET_FENCED } }, 2, YES, REFUSED,
	  "0000:01:00.1 is fenced only: what it may still write stays mapped" },
	{ "a_fenced_function_that_gets_a_driver_stops_the_others",
	  { { PCIRESET_COMPLETED }, { PCIRESET_FENCED, .gets_driver = true } }, 2, YES, REFUSED,
	  "0000:01:00.1 is fenced only, and will get a driver" },
	{ "a_lost_member_stops_it",
	  { { PCIRESET_COMPLETED }, { PCIRESET_LOST } }, 2, YES, REFUSED,
	  "0000:01:00.1 is lost" },
	{ "a_lost_function_is_not_touched",
	  { { PCIRESET_LOST } }, 1, YES, REFUSED, "0000:01:00.0 is lost" },
	{ "a_failed_member_stops_it",
	  { { PCIRESET_FAILED }, { PCIRESET_COMPLETED } }, 2, YES, REFUSED,
	  "0000:01:00.0 may still do DMA" },
	{ "a_kept_member_stops_it",
	  { { PCIRESET_KEPT }, { PCIRESET_COMPLETED } }, 2, YES, REFUSED,
	  "0000:01:00.0 is kept" },
	{ "a_bound_member_stops_it",
	  { { PCIRESET_KEPT, .driver = "nvme", .gets_driver = true }, { PCIRESET_COMPLETED } }, 2,
	  YES, REFUSED, "0000:01:00.0 is bound to a driver" },
	{ "a_contained_member_stops_it",
	  { { PCIRESET_CONTAINED }, { PCIRESET_COMPLETED } }, 2, YES, REFUSED,
	  "0000:01:00.0 is contained another way" },
	{ "a_member_in_D3hot_stops_it",
	  { { PCIRESET_COMPLETED, .asleep = true } }, 1, YES, REFUSED,
	  "0000:01:00.0 is in D3hot" },
	{ "an_idle_member_in_D3hot_stops_it",
	  { { PCIRESET_COMPLETED }, { PCIRESET_VERDICT_IDLE, .asleep = true } }, 2, YES, REFUSED,
	  "0000:01:00.1 is in D3hot" },
	{ "a_member_behind_a_dead_link_stops_it",
	  { { PCIRESET_COMPLETED, .link_down = true } }, 1, YES, REFUSED,
	  "0000:01:00.0 has no link" },
	{ "a_member_that_is_silent_below_a_stuck_reset_stops_it",
	  { { PCIRESET_COMPLETED, .link_unknown = true } }, 1, YES, REFUSED,
	  "0000:01:00.0 may have no link: a reset that is stuck holds its port" },
	{ "a_member_that_is_no_PCI_function_stops_it",
	  { { PCIRESET_COMPLETED } }, 1, PCIRESET_YES, "DMA-FQ", MSI, true, REFUSED,
	  "INTC1057:00 is no PCI function" },
	{ "a_function_whose_verdict_is_not_known_stops_it",
	  { { PCIRESET_VERDICT_NONE } }, 1, YES, REFUSED, "0000:01:00.0 has no verdict" },

	{ "with_identity_a_reset_that_nobody_saw_is_not_enough",
	  { { PCIRESET_VERIFIED }, { PCIRESET_COMPLETED } }, 2, PCIRESET_YES, "identity", MSI,
	  false, REFUSED, "default domain identity, and not all are verified" },
	{ "with_identity_verified_functions_are_re_initialised",
	  { { PCIRESET_VERIFIED }, { PCIRESET_VERDICT_IDLE } }, 2, PCIRESET_YES, "identity", MSI,
	  false, WANTED },
	{ "with_identity_a_driver_replaces_nothing",
	  { { PCIRESET_VERIFIED, .gets_driver = true } }, 1, PCIRESET_YES, "identity", MSI, false,
	  WANTED },
	{ "with_identity_a_driver_does_not_make_up_for_a_reset_nobody_saw",
	  { { PCIRESET_COMPLETED, .gets_driver = true } }, 1, PCIRESET_YES, "identity", MSI, false,
	  REFUSED, "default domain identity, and not all are verified" },
	{ "with_identity_a_noisy_function_stays_mapped",
	  { { PCIRESET_FENCED, .gets_driver = true } }, 1, PCIRESET_YES, "identity", MSI, false,
	  REFUSED, "0000:01:00.0 is fenced only, and will get a driver" },
	{ "a_domain_that_is_not_known_may_be_identity",
	  { { PCIRESET_COMPLETED } }, 1, PCIRESET_YES, "", MSI, false, REFUSED,
	  "default domain not known, and not all are verified" },
	{ "a_direct_region_is_not_even_tried",
	  { { PCIRESET_VERIFIED } }, 1, PCIRESET_YES, "DMA-FQ", MSI | DIRECT, false, REFUSED,
	  "reserved region \"direct\": firmware wants it mapped, the kernel refuses" },
};

static void check(void **state)
{
	const struct example *e = *state;
	struct pcireset_function functions[MEMBERS_MAX] = { 0 };
	struct pcireset_outcome outcomes[MEMBERS_MAX] = { 0 };
	struct quiesce_member members[MEMBERS_MAX] = { 0 };
	const struct pcireset_machine machine = { functions, e->n };
	char others[1][QUIESCE_OTHER_BYTES] = { "INTC1057:00" };
	struct quiesce_group group = {
		.number = 7,
		.first = e->n ? 0 : PCIRESET_NONE,
		.others = others,
		.n_others = e->other,
		.reserved = e->reserved,
		.inherited = e->inherited,
		.basis = BASIS,
	};
	const struct quiesce_iommu iommu = { &group, 1, members };

	(void)strcpy(group.type, e->type);
	for (size_t i = 0; i < e->n; i++) {
		const struct given *m = &e->members[i];

		functions[i].address = (struct pcireset_address){ 0, 1, 0, (uint8_t)i };
		functions[i].header_type = m->bridge;
		(void)strcpy(functions[i].driver, m->driver ? m->driver : "");
		outcomes[i].verdict = m->verdict;
		members[i] = (struct quiesce_member){
			.next = i + 1 < e->n ? i + 1 : PCIRESET_NONE,
			.gets_driver = m->gets_driver,
			.asleep = m->asleep,
			.link_down = m->link_down,
			.link_unknown = m->link_unknown,
		};
	}

	quiesce_reinit_decide(&machine, outcomes, &iommu, e->probe, &group);
	assert_string_equal(group.reason, e->reason);
	assert_int_equal(group.reinit, e->reinit);
	if (e->reinit == QUIESCE_REINIT_WANTED) {
		assert_true(group.through < e->n);
		assert_true(outcomes[group.through].verdict == PCIRESET_COMPLETED ||
			    outcomes[group.through].verdict == PCIRESET_VERIFIED);
		assert_false(!e->probe && members[group.through].gets_driver &&
			     quiesce_group_translates(&group));
	}
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(examples)];

	for (size_t i = 0; i < ARRAY_SIZE(examples); i++)
		tests[i] = (struct CMUnitTest){ .name = examples[i].name,
						.test_func = check,
						.initial_state = (void *)&examples[i] };
	return cmocka_run_group_tests_name("reinit", tests, NULL, NULL);
}
