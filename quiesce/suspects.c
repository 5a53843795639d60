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
};

static void say(struct quiesce_suspect *suspect, const char *words, const char *more)
{
	const size_t used = strlen(suspect->words);

	(void)snprintf(suspect->words + used, sizeof(suspect->words) - used, "%s%s%s%s",
		       used ? ", " : "", words, more ? ": " : "", more ? more : "");
}

static const char *first_error(uint32_t status)
{
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (status & errors[i].bit)
			return errors[i].words;
	return NULL;
}

static void look_at_errors(const struct pcireset_outcome *o, struct quiesce_suspect *suspect)
{
	const uint32_t status =
		o->crash.uncorrectable == PCIRESET_UNREAD ? 0 : (uint32_t)o->crash.uncorrectable;

	if (o->crash.fatal) {
		suspect->rank += FATAL;
		say(suspect, "a fatal error", first_error(o->crash.fatal));
	}
	if (status & ~o->crash.fatal) {
		suspect->rank += NOT_FATAL;
		say(suspect, "an uncorrectable error", first_error(status & ~o->crash.fatal));
	}
	if (status || o->before.devsta == PCIRESET_UNREAD)
		return;
	if (o->before.devsta & PCI_EXP_DEVSTA_FED) {
		suspect->rank += DETECTED_FATAL;
		say(suspect, "a fatal error was detected", NULL);
	} else if (o->before.devsta & PCI_EXP_DEVSTA_NFED) {
		suspect->rank += DETECTED;
		say(suspect, "an error was detected", NULL);
	}
}

/* One that refuses to drain is stuck in the middle of something. */
static void look_at_requests(const struct pcireset_outcome *o, struct quiesce_suspect *suspect)
{
	if (o->pending != PCIRESET_YES)
		return;
	suspect->rank += PENDING;
	say(suspect, "requests stayed pending", NULL);
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

		look_at_errors(&run->outcomes[i], &suspect);
		look_at_requests(&run->outcomes[i], &suspect);
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

	for (size_t i = 0; i < suspects->n; i++)
		quiesce_log(run->log, QUIESCE_NOTICE, "suspect %zu: %s: %s", i + 1,
			    pcireset_address_format(
				    run->machine.functions[suspects->list[i].i].address, address),
			    suspects->list[i].words);
}
