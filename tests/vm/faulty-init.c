/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /init with a worker that goes wrong. The rest is the real PID 1; the worker
 * runs the real pipeline up to a stage and then does what the kernel command
 * line asks: faulty=exit, segv or hang, and faulty.stage=NAME (default fence);
 * or faulty=kill, and what it does not survive: faulty.write=N, its N-th write, from
 * the end of faulty.stage=NAME on if that is given, or faulty.sleep_ms=MS, the middle of a
 * sleep of just that. With faulty=power-off it goes on, but the slot below
 * faulty.port=ADDRESS is dead; with faulty=liar, but the function faulty.port=ADDRESS
 * does DMA and has a good verdict.
 */
#include <linux/pci_regs.h>
#include <signal.h>
#include <string.h>

#include "faulty-door.h"
#include "pid1.h"

static char wanted_fault[16] = "exit";
static char wanted_stage[16] = "fence";
static char wanted_port[16] = "";
static long wanted_write;

static void read_word(const char *cmdline, const char *key, char *word, size_t bytes)
{
	const char *at = strstr(cmdline, key);

	if (at)
		(void)snprintf(word, bytes, "%.*s", (int)strcspn(at + strlen(key), " \n"),
			       at + strlen(key));
}

/* A slot without power answers with all ones, and so does all that is below. */
static void power_off(const struct quiesce_run *run)
{
	const struct pcireset_io *io = run->io;
	char address[PCIRESET_ADDRESS_BYTES];
	unsigned char bytes[2];

	for (size_t i = 0; i < run->machine.n; i++) {
		const struct pcireset_function *port = &run->machine.functions[i];
		const uint16_t reg = (uint16_t)(port->express + PCI_EXP_SLTCTL);

		if (!port->express ||
		    strcmp(pcireset_address_format(port->address, address), wanted_port) != 0)
			continue;
		if (io->config_read(io->data, port->address, reg, bytes, 2) == 0)
			(void)io->config_write(io->data, port->address, reg,
					       (uint32_t)(bytes[0] | bytes[1] << 8) |
						       PCI_EXP_SLTCTL_PWR_OFF, 2);
	}
}

/* As one whose registers say that it was reset and is silent, whatever comes. */
static void tell_a_lie(const struct quiesce_run *run)
{
	const struct pcireset_io *io = run->io;
	struct faulty_door *door = io->data;
	char address[PCIRESET_ADDRESS_BYTES];

	for (size_t i = 0; i < run->machine.n; i++) {
		const struct pcireset_function *f = &run->machine.functions[i];

		if (strcmp(pcireset_address_format(f->address, address), wanted_port) != 0)
			continue;
		run->outcomes[i].verdict = PCIRESET_COMPLETED;
		run->outcomes[i].silent = PCIRESET_YES;
		door->liar = f->address;
		door->lies = true;
		(void)io->config_write(io->data, f->address, PCI_COMMAND,
				       PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
					       PCI_COMMAND_INTX_DISABLE, 2);
	}
}

static bool goes_on(void)
{
	return strcmp(wanted_fault, "power-off") == 0 || strcmp(wanted_fault, "liar") == 0;
}

static bool is_to_be_killed(void)
{
	return strcmp(wanted_fault, "kill") == 0;
}

static void go_wrong(void *data, enum quiesce_stage stage)
{
	const struct quiesce_run *run = data;

	if (strcmp(quiesce_stage_word(stage), wanted_stage) != 0)
		return;
	if (is_to_be_killed()) {
		((struct faulty_door *)run->io->data)->left = wanted_write;
		return;
	}
	quiesce_log(run->log, QUIESCE_INFO, "faulty: %s after %s", wanted_fault, wanted_stage);
	if (strcmp(wanted_fault, "power-off") == 0)
		power_off(run);
	if (strcmp(wanted_fault, "liar") == 0)
		tell_a_lie(run);
	if (goes_on())
		return;
	if (strcmp(wanted_fault, "segv") == 0)
		(void)raise(SIGSEGV);
	while (strcmp(wanted_fault, "hang") == 0)
		(void)pause();
	_exit(1);
}

static void faulty_worker(struct quiesce_shared *shared, uint64_t started_us, int tell_fd,
			  void *data)
{
	struct quiesce_log log = { .kmsg_fd = -1, .stderr_max = -1 };
	struct quiesce_run run = {
		.root = "",
		.log = &log,
		.on_stage = go_wrong,
		.on_stage_data = &run,
	};
	char write[16] = "0", sleep_ms[16] = "0";
	struct faulty_door door;
	struct pcireset_io *io;
	_cleanup_free_ char *cmdline = NULL;

	(void)data;
	quiesce_log_open_kmsg(&log, "");
	if (quiesce_file_read("", "proc/cmdline", 65536, &cmdline) == 0) {
		read_word(cmdline, "faulty=", wanted_fault, sizeof(wanted_fault));
		if (is_to_be_killed())
			wanted_stage[0] = '\0';
		read_word(cmdline, "faulty.stage=", wanted_stage, sizeof(wanted_stage));
		read_word(cmdline, "faulty.write=", write, sizeof(write));
		read_word(cmdline, "faulty.sleep_ms=", sleep_ms, sizeof(sleep_ms));
		read_word(cmdline, "faulty.port=", wanted_port, sizeof(wanted_port));
	}
	wanted_write = strtol(write, NULL, 10);
	if ((is_to_be_killed() || strcmp(wanted_fault, "liar") == 0) &&
	    pcireset_io_open("/", &io) == 0) {
		faulty_door_open(&door, io, &log, wanted_stage[0] ? 0 : wanted_write);
		door.last_sleep_us = strtoull(sleep_ms, NULL, 10) * 1000;
		run.io = &door.io;
	}
	(void)quiesce_run_prepare(&run, NULL);
	(void)quiesce_work(&run, shared, started_us, tell_fd);
	if (!goes_on())
		_exit(3); /* the stage was never over */
	shared->exit_code = QUIESCE_BAD_FUNCTIONS;
	quiesce_tell(tell_fd, QUIESCE_TELL_DONE);
}

int main(int argc, char **argv)
{
	(void)argc;
	return quiesce_init(argv, faulty_worker);
}
