/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The init that comes next: writes what it was given to /record, a line each,
 * and ends.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sigaction action;
	struct rusage children;
	struct timespec now;
	sigset_t blocked;
	FILE *record;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	record = fopen("/record", "ae");
	if (!record)
		return 2;

	(void)fprintf(record, "time %lld.%09ld\n", (long long)now.tv_sec, now.tv_nsec);
	(void)fprintf(record, "pid %d\n", (int)getpid());
	/* Of the init before: they outlive its exec, and are not distorted by who started it. */
	if (getrusage(RUSAGE_CHILDREN, &children) == 0) {
		const struct timeval *user = &children.ru_utime, *system = &children.ru_stime;

		(void)fprintf(record, "children_peak_kib %ld\n", children.ru_maxrss);
		(void)fprintf(record, "children_cpu_us %lld\n",
			      (user->tv_sec + system->tv_sec) * 1000000ll + user->tv_usec +
				      system->tv_usec);
	}
	for (int i = 0; i < argc; i++)
		(void)fprintf(record, "argument %s\n", argv[i]);
	for (char **word = environ; *word; word++)
		(void)fprintf(record, "environment %s\n", *word);
	for (int fd = 0; fd < 64; fd++)
		if (fd != fileno(record) && fcntl(fd, F_GETFD) >= 0)
			(void)fprintf(record, "open %d\n", fd);

	(void)sigprocmask(SIG_BLOCK, NULL, &blocked);
	for (int i = 1; i < 32; i++) {
		if (sigismember(&blocked, i) == 1)
			(void)fprintf(record, "blocked %d\n", i);
		if (sigaction(i, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
			(void)fprintf(record, "ignored %d\n", i);
	}
	return fclose(record) == 0 ? 0 : 2;
}
