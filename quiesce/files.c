/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole files as text. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "quiesce.h"

const char *quiesce_file_problem(int error)
{
	if (error == -EINVAL)
		return "not a regular file";
	if (error == -EBADMSG)
		return "contains NUL";
	return strerror(-error);
}

int quiesce_flush(FILE *out)
{
	const bool failed = ferror(out);

	/* stdio has forgotten why: the next write tells, where it fails, too. */
	if (failed) {
		clearerr(out);
		(void)fputc('\n', out);
	}
	if (fflush(out) != 0)
		return -errno;
	return failed ? -EIO : 0;
}

/* Most files are small: what would hold the largest costs a mapping and its pages. */
int quiesce_fd_read(int fd, size_t bytes_max, char **ret_text)
{
	char small[4096], *text = small, *more;
	_cleanup_free_ char *large = NULL;
	size_t room = sizeof(small) < bytes_max ? sizeof(small) : bytes_max, used = 0;
	ssize_t n;

	while ((n = read(fd, text + used, room - used)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		used += (size_t)n;
		if (used < room)
			continue;
		if (room == bytes_max)
			return -EFBIG;
		room = room * 8 < bytes_max ? room * 8 : bytes_max;
		more = realloc(large, room);
		if (!more)
			return -ENOMEM;
		if (text == small)
			memcpy(more, small, used);
		text = large = more;
	}
	if (memchr(text, '\0', used))
		return -EBADMSG;

	more = realloc(large, used + 1);
	if (!more)
		return -ENOMEM;
	if (text == small)
		memcpy(more, small, used);
	large = NULL;
	more[used] = '\0';
	*ret_text = more;
	return 0;
}

int quiesce_file_read(const char *root, const char *path, size_t bytes_max, char **ret_text)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	char full[512];

	if (snprintf(full, sizeof(full), "%s/%s", root, path) >= (int)sizeof(full))
		return -ENAMETOOLONG;

	/* O_NONBLOCK: a FIFO where a file should be must not hold us. */
	fd = open(full, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;

	return quiesce_fd_read(fd, bytes_max, ret_text);
}
