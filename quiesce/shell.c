/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rd.pci_quiesce=shell: a shell on the console before anything is touched. This
 * is the one place that waits without a deadline: somebody asked for it, and is
 * there.
 */
#include <cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "pid1.h"
#include "report.h"

#define CONSOLE "/dev/console"
#define SHELL "/bin/sh"

static const char welcome[] =
	"\r\n"
	"pci-quiesce: nothing is touched yet, and nothing goes on until this shell ends.\n"
	"  pci-quiesce list        functions, drivers, resets\n"
	"  pci-quiesce plan        what would be done, and why\n"
	"  pci-quiesce show DEV    all of one function\n"
	"  pci-quiesce iommu       IOMMU groups and what they inherited\n"
	"  pci-quiesce run         do it now; it is not done again then\n"
	"  pci-quiesce report      what was done\n"
	"  pci-quiesce load WHAT   load drivers\n"
	"  pci-quiesce --help      more\n"
	"  exit                    do what is left, then start the next init\n";

/* Without waiting for a carrier, which may never come. Return: fd or -errno. */
static int open_console(const char *root)
{
	char path[512];
	int fd;

	(void)snprintf(path, sizeof(path), "%s" CONSOLE, root);
	fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!isatty(fd) || fcntl(fd, F_SETFL, O_RDWR) < 0) {
		int r = -errno;

		(void)close(fd);
		return r;
	}
	return fd;
}

/* In the child. Return: exit code of a shell that cannot be executed. */
static int become_shell(int console, const char *path)
{
	/* Without a controlling terminal there is no ^C; good enough to go on. */
	if (setsid() >= 0)
		(void)ioctl(console, TIOCSCTTY, 1);
	for (int fd = 0; fd < 3; fd++)
		if (dup2(console, fd) < 0)
			return 126;
	/* A kernel without a console for PID 1 left these open to be given out. */
	if (console < 3 && fcntl(console, F_SETFD, 0) < 0)
		return 126;
	(void)!write(console, welcome, sizeof(welcome) - 1);
	return quiesce_handoff_shell(path) == -ENOENT ? 127 : 126;
}

static void log_end(const struct quiesce_log *log, int status)
{
	if (WIFSIGNALED(status))
		quiesce_log(log, QUIESCE_WARNING, "the shell died of signal %d",
			    WTERMSIG(status));
	else if (WEXITSTATUS(status) == 126 || WEXITSTATUS(status) == 127)
		quiesce_log(log, QUIESCE_WARNING, "the shell cannot run, or not its last command: %d",
			    WEXITSTATUS(status));
	else
		quiesce_log(log, QUIESCE_NOTICE, "the shell ended");
}

static bool was_run_by_hand(const char *root)
{
	struct cJSON *report;
	bool complete;

	if (quiesce_report_read(root, NULL, &report) < 0)
		return false;
	complete = quiesce_report_is_complete(report) &&
		   strcmp(quiesce_report_mode(report), "run") == 0;
	cJSON_Delete(report);
	return complete;
}

static void log_wait(const struct quiesce_log *log, const char *root)
{
	const uint32_t watchdog_ms = quiesce_watchdog_ms(root);

	quiesce_log(log, QUIESCE_NOTICE,
		    "rd.pci_quiesce=shell: waiting without a deadline for the shell on " CONSOLE
		    "; \"exit\" goes on");
	if (watchdog_ms != UINT32_MAX)
		quiesce_log(log, QUIESCE_WARNING, "but a watchdog fires in %u s",
			    watchdog_ms / 1000);
}

bool quiesce_shell(const struct quiesce_log *log, const char *root)
{
	_cleanup_close_ int console = open_console(root);
	char path[512];
	int status, r;
	pid_t pid;

	if (console < 0) {
		quiesce_log(log, QUIESCE_ERR, "no shell: " CONSOLE ": %s", strerror(-console));
		return false;
	}
	(void)snprintf(path, sizeof(path), "%s" SHELL, root);
	if (access(path, X_OK) < 0) {
		quiesce_log(log, QUIESCE_ERR, "no shell: " SHELL ": %s", strerror(errno));
		return false;
	}

	log_wait(log, root);
	pid = fork();
	if (pid == 0)
		_exit(become_shell(console, path));
	r = pid < 0 ? -errno : quiesce_child_wait(pid, &status);
	if (r < 0) {
		quiesce_log(log, QUIESCE_ERR, "no shell: %s", strerror(-r));
		return false;
	}
	log_end(log, status);
	if (!was_run_by_hand(root))
		return false;

	quiesce_log(log, QUIESCE_NOTICE, "a run was made by hand: it is not repeated");
	return true;
}
