/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replay DIRECTORY: a fuzz target, without a fuzzer, on each file there; TAP. */
#include "fuzz.h"

#include <dirent.h>
#include <string.h>

#define BYTES_MAX (1024 * 1024)

static size_t read_input(const char *path, uint8_t **ret_data)
{
	_cleanup_fclose_ FILE *in = fopen(path, "re");
	uint8_t *data = malloc(BYTES_MAX);
	size_t size;

	fuzz_check(in && data, "an input cannot be opened");
	size = fread(data, 1, BYTES_MAX, in);
	fuzz_check(!ferror(in) && feof(in), "an input cannot be read, or is too long");
	/* As long as it is: a sanitizer sees what is read behind its end. */
	*ret_data = realloc(data, size + (size == 0));
	fuzz_check(*ret_data, "out of memory");
	return size;
}

static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	struct dirent **entries;
	int n;

	if (argc != 2)
		return 2;
	n = scandir(argv[1], &entries, is_input, alphasort);
	fuzz_check(n > 0, "no inputs there");
	(void)printf("1..%d\n", n);
	for (int i = 0; i < n; i++) {
		_cleanup_free_ uint8_t *data = NULL;
		char path[4096];
		size_t size;

		(void)snprintf(path, sizeof(path), "%s/%s", argv[1], entries[i]->d_name);
		size = read_input(path, &data);
		/* Whose fault it was is known also where it dies. */
		(void)fprintf(stderr, "%s\n", path);
		(void)LLVMFuzzerTestOneInput(data, size);
		(void)printf("ok %d - %s\n", i + 1, entries[i]->d_name);
		(void)fflush(stdout);
		free(entries[i]);
	}
	free(entries);
	return 0;
}
