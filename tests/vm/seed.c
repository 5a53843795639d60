// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Known pages for a crash dump.
 *
 *   seed fill SEED MIB         fill locked memory, say "seed: ready", stay
 *   seed check SEED MIB FILE   every page is there, intact, in an ELF vmcore
 *
 * A page that is missing or differs from what was written is what stray DMA,
 * or a short dump, looks like.
 */
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096
#define WORDS (PAGE / sizeof(uint64_t))
#define PAGES_PER_MIB 256
#define MAX_MIB 4096
#define MAGIC 0x7365656470616765ull

static uint64_t mix(uint64_t value)
{
	value += 0x9e3779b97f4a7c15ull;
	value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ull;
	value = (value ^ (value >> 27)) * 0x94d049bb133111ebull;
	return value ^ (value >> 31);
}

static void make_page(uint64_t page[WORDS], uint64_t seed, uint64_t index)
{
	uint64_t state = mix(seed ^ mix(index));
	size_t i;

	page[0] = MAGIC;
	page[1] = seed;
	page[2] = index;
	for (i = 3; i < WORDS; i++)
		page[i] = state = mix(state);
}

static int fill(uint64_t seed, uint64_t pages)
{
	uint64_t *area, index;

	area = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED || mlock(area, pages * PAGE)) {
		perror("seed: memory");
		return 1;
	}
	for (index = 0; index < pages; index++)
		make_page(area + index * WORDS, seed, index);
	puts("seed: ready");
	fflush(stdout);
	for (;;)
		pause();
}

/* Pages of this seed in one segment; a damaged one is counted, not believed. */
static int scan(FILE *file, const Elf64_Phdr *segment, uint64_t seed,
		uint64_t pages, unsigned char *seen, uint64_t *damaged)
{
	uint64_t page[WORDS], want[WORDS], left;

	if (fseeko(file, (off_t)segment->p_offset, SEEK_SET))
		return -1;
	for (left = segment->p_filesz; left >= PAGE; left -= PAGE) {
		if (fread(page, PAGE, 1, file) != 1)
			return -1;
		if (page[0] != MAGIC || page[1] != seed)
			continue;
		if (page[2] >= pages) {
			++*damaged;
			continue;
		}
		make_page(want, seed, page[2]);
		if (memcmp(page, want, PAGE))
			++*damaged;
		else
			seen[page[2]] = 1;
	}
	return 0;
}

static int check(uint64_t seed, uint64_t pages, const char *path)
{
	uint64_t index, found = 0, damaged = 0;
	unsigned char *seen = calloc(pages, 1);
	FILE *file = fopen(path, "rb");
	Elf64_Ehdr head;
	Elf64_Phdr segment;
	unsigned int i;

	if (!file || !seen) {
		perror(path);
		return 2;
	}
	if (fread(&head, sizeof(head), 1, file) != 1 ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) ||
	    head.e_ident[EI_CLASS] != ELFCLASS64) {
		fprintf(stderr, "seed: %s: not a 64-bit ELF file\n", path);
		return 2;
	}
	for (i = 0; i < head.e_phnum; i++) {
		off_t at = (off_t)(head.e_phoff + i * sizeof(segment));

		if (fseeko(file, at, SEEK_SET) ||
		    fread(&segment, sizeof(segment), 1, file) != 1)
			break;
		if (segment.p_type == PT_LOAD &&
		    scan(file, &segment, seed, pages, seen, &damaged))
			break;
	}
	if (i < head.e_phnum)
		fprintf(stderr, "seed: %s: short file\n", path);
	for (index = 0; index < pages; index++)
		found += seen[index];
	printf("seed: %llu of %llu pages intact, %llu damaged\n",
	       (unsigned long long)found, (unsigned long long)pages,
	       (unsigned long long)damaged);
	return found == pages && !damaged && i == head.e_phnum ? 0 : 1;
}

int main(int argc, char **argv)
{
	uint64_t seed, mib;

	if (argc < 4)
		goto usage;
	seed = strtoull(argv[2], NULL, 0);
	mib = strtoull(argv[3], NULL, 0);
	if (!mib || mib > MAX_MIB)
		goto usage;
	if (!strcmp(argv[1], "fill") && argc == 4)
		return fill(seed, mib * PAGES_PER_MIB);
	if (!strcmp(argv[1], "check") && argc == 5)
		return check(seed, mib * PAGES_PER_MIB, argv[4]);
usage:
	fputs("usage: seed fill SEED MIB | check SEED MIB VMCORE\n", stderr);
	return 2;
}
