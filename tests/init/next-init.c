/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The init that comes next: writes what it was given to /record, a line each,
 * and ends.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sigaction action;
	struct timespec now;
	sigset_t blocked;
	FILE *record;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	record = fopen("/record", "ae");
	if (!record)
		return 2;

	(void)fprintf(record, "time %lld.%09ld\n", (long long)now.tv_sec, now.tv_nsec);
	(void)fprintf(record, "pid %d\n", (int)getpid());
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
