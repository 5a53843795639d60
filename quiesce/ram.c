/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory of this kernel and of the crashed one. A function whose own memory
 * was used as System RAM (coherent GPUs, some accelerators) may hold a part
 * of the dump: a reset would erase it. One whose memory is the boot framebuffer
 * shows the console, without a driver of its own.
 */
#include <elf.h>
#include <fcntl.h>
#include <string.h>

#include "quiesce.h"
#include "rules.h"

#define IOMEM_BYTES_MAX (1024 * 1024)
#define SEGMENTS_MAX 8192
#define REGIONS_MAX 6 /* base address registers of a type 0 header */

static void add_range(struct quiesce_ram *ram, uint64_t first, uint64_t last)
{
	struct quiesce_range *ranges;

	ranges = reallocarray(ram->ranges, ram->n + 1, sizeof(*ranges));
	if (!ranges)
		return;

	ram->ranges = ranges;
	ranges[ram->n++] = (struct quiesce_range){ first, last };
}

/*
 * drivers/firmware/sysfb_simplefb.c; drivers/video/fbdev/efifb.c, vesafb.c, simplefb.c;
 * drivers/gpu/drm/sysfb
 */
static bool is_boot_framebuffer(const char *name)
{
	static const char *const names[] = { "BOOTFB",	  "efifb",  "vesafb", "simplefb",
					     "simpledrm", "efidrm", "vesadrm" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static void add_this_kernel(struct quiesce_ram *ram, struct quiesce_ram *framebuffer,
			    const char *root)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line;

	if (quiesce_file_read(root, "proc/iomem", IOMEM_BYTES_MAX, &text) < 0)
		return;

	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		const char *name = strstr(line, " : ");
		unsigned long long first, last;
		char *end;

		if (!name)
			continue;
		first = strtoull(line, &end, 16);
		if (*end != '-')
			continue;
		last = strtoull(end + 1, NULL, 16);
		if (last <= first) /* without privilege all addresses read 0 */
			continue;
		name += strlen(" : ");
		if (strncmp(name, "System RAM", strlen("System RAM")) == 0)
			add_range(ram, first, last);
		else if (is_boot_framebuffer(name))
			add_range(framebuffer, first, last);
	}
}

/* The segments of the dump are the memory of the crashed kernel. */
static void add_crashed_kernel(struct quiesce_ram *ram, const char *root)
{
	_cleanup_close_ int fd = -1;
	char path[512];
	Elf64_Ehdr header;

	(void)snprintf(path, sizeof(path), "%s/proc/vmcore", root);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || pread(fd, &header, sizeof(header), 0) != sizeof(header) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
	    header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(Elf64_Phdr))
		return;

	for (size_t i = 0; i < header.e_phnum && i < SEGMENTS_MAX; i++) {
		Elf64_Phdr segment;

		if (pread(fd, &segment, sizeof(segment),
			  (off_t)(header.e_phoff + i * sizeof(segment))) != sizeof(segment))
			return;
		if (segment.p_type == PT_LOAD && segment.p_memsz > 0)
			add_range(ram, segment.p_paddr, segment.p_paddr + segment.p_memsz - 1);
	}
}

void quiesce_ram_read(struct quiesce_ram *ram, struct quiesce_ram *framebuffer, const char *root)
{
	*ram = *framebuffer = (struct quiesce_ram){ 0 };
	add_this_kernel(ram, framebuffer, root);
	add_crashed_kernel(ram, root);
}

/* include/linux/ioport.h */
#define IORESOURCE_MEM 0x00000200

/* "FIRST LAST FLAGS" a line, each of them 0x and 16 digits. An I/O port is no memory. */
bool quiesce_ram_overlaps(const struct quiesce_ram *ram, const char *resource)
{
	const char *line = resource;

	for (size_t n = 0; line && n < REGIONS_MAX; n++) {
		char *first_end, *last_end, *end;
		const unsigned long long first = strtoull(line, &first_end, 16);
		const unsigned long long last = strtoull(first_end, &last_end, 16);
		const unsigned long long flags = strtoull(last_end, &end, 16);

		if (first_end == line || last_end == first_end || end == last_end)
			return false;
		for (size_t i = 0; flags & IORESOURCE_MEM && last > first && i < ram->n; i++)
			if (first <= ram->ranges[i].last && ram->ranges[i].first <= last)
				return true;
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return false;
}
