/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which functions may have to do with the crash, by what their registers told. */
#include <linux/pci_regs.h>
#include <string.h>

#include "quiesce.h"
#include "report.h"

/* How much each finding weighs; their sum is the rank. */
#define FATAL	       16
#define PENDING	       8
#define NOT_FATAL      4
#define DETECTED_FATAL 4 /* in Device Status, where AER does not tell */
#define DETECTED       2

static const struct {
	uint32_t bit;
	const char *words;
} errors[] = {
	{ PCI_ERR_UNC_DLP, "data link protocol" },
	{ PCI_ERR_UNC_SURPDN, "surprise down" },
	{ PCI_ERR_UNC_POISON_TLP, "poisoned TLP" },
	{ PCI_ERR_UNC_FCP, "flow control protocol" },
	{ PCI_ERR_UNC_COMP_TIME, "completion timeout" },
	{ PCI_ERR_UNC_COMP_ABORT, "completer abort" },
	{ PCI_ERR_UNC_UNX_COMP, "unexpected completion" },
	{ PCI_ERR_UNC_RX_OVER, "receiver overflow" },
	{ PCI_ERR_UNC_MALF_TLP, "malformed TLP" },
	{ PCI_ERR_UNC_ECRC, "ECRC" },
	{ PCI_ERR_UNC_UNSUP, "unsupported request" },
	{ PCI_ERR_UNC_ACSV, "ACS violation" },
	{ PCI_ERR_UNC_INTN, "internal error" },
	{ 0, "another one" },
};

static void say(struct quiesce_suspect *suspect, unsigned int weight, const char *words)
{
	const size_t used = strlen(suspect->words);

	suspect->rank += weight;
	(void)snprintf(suspect->words + used, sizeof(suspect->words) - used, "%s%s",
		       used ? "; " : "", words);
}

/* The first by name, and how many more there are. */
static void say_errors(struct quiesce_suspect *suspect, unsigned int weight, const char *words,
		       uint32_t status)
{
	const int n_more = __builtin_popcount(status) - 1;
	char text[64], more[24] = "";
	size_t i = 0;

	if (!status)
		return;
	while (i < ARRAY_SIZE(errors) - 1 && !(status & errors[i].bit))
		i++;
	if (n_more)
		(void)snprintf(more, sizeof(more), " and %d more", n_more);
	(void)snprintf(text, sizeof(text), "%s (%s%s)", words, errors[i].words, more);
	say(suspect, weight, text);
}

/* One that refuses to drain is stuck in the middle of something. */
static void look(const struct pcireset_outcome *o, struct quiesce_suspect *suspect)
{
	const struct pcireset_crash *crash = &o->crash;
	const uint32_t status =
		crash->uncorrectable == PCIRESET_UNREAD ? 0 : (uint32_t)crash->uncorrectable;

	say_errors(suspect, FATAL, "a fatal error", crash->fatal & ~crash->masked);
	if (o->pending == PCIRESET_YES)
		say(suspect, PENDING, "requests stayed pending");
	say_errors(suspect, NOT_FATAL, "an uncorrectable error",
		   status & ~crash->fatal & ~crash->masked);
	if (status || o->before.devsta == PCIRESET_UNREAD)
		return;
	if (o->before.devsta & PCI_EXP_DEVSTA_FED)
		say(suspect, DETECTED_FATAL, "a fatal error was detected");
	else if (o->before.devsta & PCI_EXP_DEVSTA_NFED)
		say(suspect, DETECTED, "an error was detected");
}

static void insert(struct quiesce_suspects *suspects, const struct quiesce_suspect *suspect)
{
	size_t at = suspects->n;

	/* Equals stay in the order of their addresses. */
	while (at > 0 && suspects->list[at - 1].rank < suspect->rank)
		at--;
	if (at == QUIESCE_SUSPECTS_MAX)
		return;
	if (suspects->n < QUIESCE_SUSPECTS_MAX)
		suspects->n++;
	memmove(&suspects->list[at + 1], &suspects->list[at],
		(suspects->n - 1 - at) * sizeof(suspects->list[0]));
	suspects->list[at] = *suspect;
}

void quiesce_suspects_find(const struct quiesce_run *run, struct quiesce_suspects *ret_suspects)
{
	struct quiesce_suspects suspects = { 0 };

	for (size_t i = 0; i < run->machine.n; i++) {
		struct quiesce_suspect suspect = { .i = i };

		look(&run->outcomes[i], &suspect);
		if (suspect.rank)
			insert(&suspects, &suspect);
	}
	*ret_suspects = suspects;
}

/* Words and addresses have nothing that JSON would quote. */
void quiesce_suspects_print(const struct quiesce_run *run, FILE *out)
{
	struct quiesce_suspects suspects = { 0 };
	char address[PCIRESET_ADDRESS_BYTES];

	if (!run->dry_run && run->steps)
		quiesce_suspects_find(run, &suspects);
	(void)fputs("\"suspects\":[", out);
	for (size_t k = 0; k < suspects.n; k++) {
		const struct quiesce_suspect *s = &suspects.list[k];

		(void)fprintf(out, "%s{\"address\":\"%s\",\"rank\":%u,\"words\":\"%s\"}",
			      k ? "," : "",
			      pcireset_address_format(run->machine.functions[s->i].address,
						      address),
			      s->rank, s->words);
	}
	(void)fputs("],", out);
}

void quiesce_suspects_log(const struct quiesce_run *run, const struct quiesce_suspects *suspects)
{
	char address[PCIRESET_ADDRESS_BYTES];

	/* Source: drivers/pci/pcie/aer.c, pci_aer_init(). */
	if (suspects->n)
		quiesce_log(run->log, QUIESCE_NOTICE,
			    "suspects, by their registers alone (errors may be older than the "
			    "crash; Linux clears AER as it enumerates):");
	for (size_t i = 0; i < suspects->n; i++) {
		const struct quiesce_suspect *s = &suspects->list[i];

		quiesce_log(run->log, QUIESCE_NOTICE, "suspect %zu, rank %u: %s: %s", i + 1,
			    s->rank,
			    pcireset_address_format(run->machine.functions[s->i].address,
						    address),
			    s->words);
	}
}
