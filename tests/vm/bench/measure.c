// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * measure ROUNDS: in the crash kernel, the ways to silence and reset all functions
 * one after the other, ROUNDS times. A line for each on standard output:
 *   pq-bench: WAY wall_us silence_us fence_us total_us verified completed kib cpu_us status
 * and at the end the last report of each engine: "pq-report: ENGINE", JSON.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEVICES "/sys/bus/pci/devices"
#define REPORT	"/run/pci-quiesce/report.json"
#define INIT	"/bench/init"
#define CONFIG	"/etc/pci-quiesce.conf"
#define MAX	512
#define VIRTIO	0x1af4

struct function {
	char path[96];
	bool is_ours; /* one of those whose number is in the title */
	int fd;
	uint8_t header[64];
};

struct machine {
	struct function functions[MAX];
	size_t n;
};

struct result {
	uint64_t wall_us;
	uint64_t cpu_us;
	uint64_t silence_us;
	uint64_t fence_us;
	uint64_t total_us;
	size_t n_verified;
	size_t n_completed;
	long kib;
	int status;
};

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint16_t word(const struct function *f, unsigned int reg)
{
	return (uint16_t)(f->header[reg] | f->header[reg + 1] << 8);
}

static void open_config(struct function *f)
{
	f->fd = open(f->path, O_RDWR | O_CLOEXEC);
	if (f->fd < 0 || pread(f->fd, f->header, sizeof(f->header), 0) != sizeof(f->header))
		die(f->path);
}

static void find_functions(struct machine *machine)
{
	DIR *directory = opendir(DEVICES);
	struct dirent *entry;

	if (!directory)
		die(DEVICES);
	while ((entry = readdir(directory)) && machine->n < MAX) {
		struct function *f = &machine->functions[machine->n];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(f->path, sizeof(f->path), DEVICES "/%.16s/config", entry->d_name);
		open_config(f);
		close(f->fd);
		f->is_ours = word(f, PCI_VENDOR_ID) == VIRTIO;
		machine->n++;
	}
	closedir(directory);
}

/* As a driver had left it, or, without Bus Master, as firmware does. */
static void set_all(struct machine *machine, uint16_t command)
{
	/* What the way before has left to the kernel, as to free many processes. */
	static const struct timespec settle = { .tv_nsec = 200000000 };

	for (size_t i = 0; i < machine->n; i++) {
		struct function *f = &machine->functions[i];

		if (!f->is_ours)
			continue;
		open_config(f);
		if (word(f, PCI_COMMAND) != command &&
		    pwrite(f->fd, &command, sizeof(command), PCI_COMMAND) != sizeof(command))
			die(f->path);
		close(f->fd);
	}
	nanosleep(&settle, NULL);
}

/* The accesses that no fence can do without, and nothing else: how long writing took. */
static uint64_t bare_fence(struct machine *machine)
{
	uint64_t began_us;

	for (size_t i = 0; i < machine->n; i++)
		open_config(&machine->functions[i]);
	began_us = now_us();
	for (size_t i = 0; i < machine->n; i++) {
		struct function *f = &machine->functions[i];
		uint16_t command = word(f, PCI_COMMAND);

		command = (command & ~PCI_COMMAND_MASTER) | PCI_COMMAND_INTX_DISABLE;
		if (f->is_ours && pwrite(f->fd, &command, sizeof(command), PCI_COMMAND) < 0)
			die(f->path);
	}
	for (size_t i = 0; i < machine->n; i++) {
		struct function *f = &machine->functions[i];
		uint16_t command = 0;

		if (f->is_ours && (pread(f->fd, &command, sizeof(command), PCI_COMMAND) < 0 ||
				   command & PCI_COMMAND_MASTER))
			die(f->path);
		close(f->fd);
	}
	return now_us() - began_us;
}

static void begin(char *const *command)
{
	const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	const int errors = open("/run/errors", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (nowhere < 0 || errors < 0 || dup2(nowhere, STDOUT_FILENO) < 0 ||
	    dup2(errors, STDERR_FILENO) < 0)
		_exit(126);
	execv(command[0], command);
	_exit(127);
}

/* Each is PID 1 of a namespace: one of them is an /init. */
static void run(char *const *command, struct result *result)
{
	struct rusage usage;
	pid_t child;
	int status;

	result->wall_us = now_us();
	child = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, 0);
	if (child == 0)
		begin(command);
	if (child < 0 || wait4(child, &status, 0, &usage) != child)
		die(command[0]);
	result->wall_us = now_us() - result->wall_us;

	/* Of the largest process: supervisor and worker are two. */
	result->kib = usage.ru_maxrss;
	result->cpu_us = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
			 (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
	result->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static char *read_report(void)
{
	int fd = open(REPORT, O_RDONLY | O_CLOEXEC);
	struct stat about;
	char *text;

	if (fd < 0 || fstat(fd, &about) < 0)
		die(REPORT);
	text = calloc(1, (size_t)about.st_size + 1);
	if (!text || read(fd, text, (size_t)about.st_size) != about.st_size)
		die(REPORT);
	close(fd);
	return text;
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	while ((text = strstr(text, what))) {
		text += strlen(what);
		n++;
	}
	return n;
}

static double number(const char *text, const char *key)
{
	const char *found = strstr(text, key);

	return found ? strtod(found + strlen(key), NULL) : -1;
}

static void look_at_report(struct result *result)
{
	char *text = read_report();

	result->silence_us = (uint64_t)number(text, "\"silence_us\":");
	result->fence_us = (uint64_t)number(text, "\"fence_us\":");
	result->total_us = (uint64_t)(number(text, "\"total_ms\":") * 1000);
	result->n_verified = count(text, "\"verdict\":\"verified\"");
	result->n_completed = count(text, "\"verdict\":\"completed\"");
	free(text);
}

static void tell(const char *way, const struct result *r)
{
	printf("pq-bench: %s %llu %llu %llu %llu %zu %zu %ld %llu %d\n", way,
	       (unsigned long long)r->wall_us, (unsigned long long)r->silence_us,
	       (unsigned long long)r->fence_us, (unsigned long long)r->total_us, r->n_verified, r->n_completed, r->kib,
	       (unsigned long long)r->cpu_us, r->status);
	fflush(stdout);
}

static void by_shell(struct machine *machine, const char *way, char *script)
{
	char *const command[] = { "/bin/sh", "-c", script, NULL };
	struct result result = { 0 };

	set_all(machine, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	run(command, &result);
	tell(way, &result);
}

static void by_quiesce(struct machine *machine, const char *way, uint16_t before, bool last)
{
	char config[64];
	char *const command[] = { INIT, NULL };
	struct result result = { 0 };

	snprintf(config, sizeof(config), "/etc/bench/%s.conf", way);
	unlink(CONFIG);
	unlink(REPORT);
	if (symlink(config, CONFIG) < 0)
		die(CONFIG);
	set_all(machine, before);
	run(command, &result);
	look_at_report(&result);
	tell(way, &result);
	if (last) {
		char *text = read_report();

		printf("pq-report: %s\n%s", way, text);
		fflush(stdout);
		free(text);
	}
}

static void by_bare_fence(struct machine *machine)
{
	struct result result = { 0 };

	set_all(machine, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	result.wall_us = now_us();
	result.fence_us = bare_fence(machine);
	result.wall_us = now_us() - result.wall_us;
	tell("bare", &result);
}

static void by_nothing(const char *way, char *program, char *argument)
{
	char *const command[] = { program, argument, NULL };
	struct result result = { 0 };

	run(command, &result);
	tell(way, &result);
}

/*
 * What no run can do without, in a program of its own: a worker and a child that
 * probes; of each function its header and its driver once, and a probe.
 */
static int floor_of(struct machine *machine)
{
	char path[96], driver[64];
	int fd, status;

	for (int child = 0; child < 2; child++) {
		if (fork() > 0) {
			wait(&status);
			continue;
		}
		if (child == 0)
			find_functions(machine);
		for (size_t i = 0; child == 0 && i < machine->n; i++) {
			snprintf(path, sizeof(path), "%.*sdriver",
				 (int)strlen(machine->functions[i].path) - 6,
				 machine->functions[i].path);
			(void)!readlink(path, driver, sizeof(driver));
			fd = open(DEVICES "/../drivers_probe", O_WRONLY | O_CLOEXEC);
			(void)!write(fd, "-", 1);
			close(fd);
		}
		_exit(0);
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct machine machine;
	const uint16_t at_work = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	const int rounds = argc == 2 ? atoi(argv[1]) : 0;

	/* The init after ours. */
	if (getpid() == 1 && argc == 1)
		return 0;
	if (argc == 2 && strcmp(argv[1], "--floor") == 0)
		return floor_of(&machine);
	if (rounds < 1) {
		fputs("usage: measure ROUNDS\n", stderr);
		return 2;
	}
	find_functions(&machine);
	printf("pq-bench: functions %zu\n", machine.n);
	for (int round = 1; round <= rounds; round++) {
		const bool last = round == rounds;

		by_bare_fence(&machine);
		by_quiesce(&machine, "direct", at_work, last);
		by_shell(&machine, "series",
			 "for f in /run/functions/*/reset; do echo 1 > $f; done");
		by_quiesce(&machine, "kernel", at_work, last);
		by_shell(&machine, "parallel",
			 "for f in /run/functions/*/reset; do echo 1 > $f & done; wait");
		by_quiesce(&machine, "auto", at_work, last);
		by_quiesce(&machine, "default", at_work, last);
		by_quiesce(&machine, "idle", PCI_COMMAND_MEMORY, last);
		by_nothing("exec", "/bin/pci-quiesce", "--version");
		by_nothing("floor", "/bin/measure", "--floor");
	}
	puts("pq-bench: end");
	return 0;
}
