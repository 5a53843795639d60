/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The /init role: a supervised worker, then the next init, whatever happened. */
#include "pid1.h"

static void act(const struct quiesce_log *log, quiesce_worker *worker)
{
	_cleanup_free_ char *cmdline = NULL;
	enum quiesce_switch wanted = QUIESCE_ON;
	struct quiesce_config config;

	/* The file is read by the worker: it may be anything. */
	quiesce_config_defaults(&config);
	if (quiesce_file_read("", "proc/cmdline", QUIESCE_CMDLINE_BYTES_MAX, &cmdline) == 0)
		wanted = quiesce_parameters_parse(cmdline, &config, NULL);

	if (wanted == QUIESCE_OFF) {
		const struct quiesce_complaint complaint = quiesce_complaint_to(log);

		/* Any word but the known ones is off; whoever wrote it shall read that. */
		(void)quiesce_parameters_parse(cmdline, NULL, &complaint);
		quiesce_log(log, QUIESCE_NOTICE, "rd.pci_quiesce=0: nothing is done");
	} else if (wanted != QUIESCE_SHELL || !quiesce_shell(log, "")) {
		(void)quiesce_supervise(&(struct quiesce_supervision){
			.log = log,
			.root = "",
			.config = &config,
			.interrupt_fd = -1,
			.worker = worker,
		});
	}
	quiesce_config_free(&config);
}

int quiesce_init(char **argv, quiesce_worker *worker)
{
	struct quiesce_log log = { .kmsg_fd = -1, .stderr_max = -1 };

	quiesce_early_mounts();
	quiesce_log_open_kmsg(&log, "");

	if (quiesce_is_kdump(""))
		act(&log, worker);
	else
		quiesce_log(&log, QUIESCE_NOTICE, "not a kdump kernel: nothing is done");

	quiesce_handoff(&log, argv);
	/* The kernel panics now, as it does without us where no init can be executed. */
	return QUIESCE_BAD_FUNCTIONS;
}
