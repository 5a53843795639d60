/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_drivers.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "fake_modules.h"

struct fake *fake;
static char root[64];
static struct quiesce_log log_to_file = { .kmsg_fd = -1, .stderr_max = -1 };
static FILE *messages;
struct quiesce_run run;
struct quiesce_loader loader;
struct quiesce_load loads[4];

int group_setup(void **state)
{
	(void)state;
	fake = mmap(NULL, sizeof(*fake), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return fake == MAP_FAILED ? -1 : fake_modules_make(root);
}

int group_teardown(void **state)
{
	(void)state;
	(void)munmap(fake, sizeof(*fake));
	return fake_modules_remove(root);
}

/* In a child. */
static int insert(const struct quiesce_module *module)
{
	(void)strcat(fake->log, "insert ");
	(void)strcat(fake->log, module->name);
	(void)strcat(fake->log, "\n");
	return 0;
}

struct fake_function *function(const char *address, uint32_t id, uint32_t class_code,
			       const char *modalias)
{
	struct fake_function *f = fake_endpoint(fake, address, id, class_code, 0x0006);

	fake_express(f, true);
	f->flr = FAKE_FLR_WORKS;
	(void)fake_resets(fake, f, "flr");
	(void)fake_attr(fake, f, "modalias", modalias);
	return f;
}

struct fake_function *nic(const char *address)
{
	return function(address, 0x10d38086, 0x020000,
			"pci:v00008086d000010D3sv00000000sd00000000bc02sc00i00");
}

struct fake_function *disk(const char *address)
{
	return function(address, 0xa80a144d, 0x010802,
			"pci:v0000144Dd0000A80Asv00000000sd00000000bc01sc08i02");
}

struct fake_function *vmd(const char *address)
{
	return function(address, 0x201d8086, 0x010400,
			"pci:v00008086d0000201Dsv00000000sd00000000bc01sc04i00");
}

struct fake_function *virtio_iommu(const char *address)
{
	return function(address, 0x10571af4, 0xff0000,
			"pci:v00001AF4d00001057sv00001AF4sd00001100bcFFsc00i00");
}

void has_driver(struct fake_function *f, const char *driver)
{
	fake_attr(fake, f, "driver", driver)->link = true;
}

/* In a child: a VMD that is bound has a domain behind it. */
static void bind(struct fake_function *unused)
{
	const char *address = fake_find_attr(fake, PROBE)->text;

	(void)unused;
	for (size_t i = 0; i < fake->n_functions; i++) {
		struct fake_function *f = &fake->functions[i];
		char name[PCIRESET_ADDRESS_BYTES];

		if (strcmp(pcireset_address_format(f->address, name), address) != 0)
			continue;
		has_driver(f, "x");
		if (fake_get(f->config, 0, 4) != 0x201d8086)
			continue;
		(void)fake_port(fake, "10000:00:00.0", 1, 1);
		(void)disk("10000:01:00.0");
	}
}

int setup(void **state)
{
	struct fake_attr *probe;

	(void)state;
	fake_init(fake);
	probe = &fake->attrs[fake->n_attrs++];
	(void)strcpy(probe->path, PROBE);
	probe->written = bind;

	messages = tmpfile();
	assert_non_null(messages);
	log_to_file.kmsg_fd = fileno(messages);
	run = (struct quiesce_run){ .root = root,
				    .io = &fake->io,
				    .log = &log_to_file,
				    .is_addition = true, /* no report */
				    .deadline_us = UINT64_MAX,
				    .drivers_deadline_us = UINT64_MAX };
	quiesce_config_defaults(&run.config);
	run.config.loads = loads;
	run.journal = calloc(1, sizeof(*run.journal) + 16 * sizeof(run.journal->entries[0]));
	assert_non_null(run.journal);
	run.journal->entries = (struct pcireset_journal_entry *)(run.journal + 1);
	run.journal->capacity = 16;

	loader = (struct quiesce_loader){
		.log = &log_to_file, .insert = insert, .module_ms = 10000, .end_us = UINT64_MAX
	};
	assert_int_equal(quiesce_modules_open(root, &log_to_file, &loader.modules), 0);
	return 0;
}

int teardown(void **state)
{
	char path[192];

	(void)state;
	quiesce_modules_close(loader.modules);
	run.config.loads = NULL;
	run.config.n_loads = 0;
	free(run.journal);
	quiesce_run_free(&run);
	(void)fclose(messages);
	(void)snprintf(path, sizeof(path), "rm -rf '%s/usr/lib/pci-quiesce' '%s/proc'", root, root);
	return system(path);
}

void quiesce(void)
{
	assert_int_equal(pcireset_scan(&fake->io, &run.machine), 0);
	assert_int_equal(quiesce_pipeline_silence(&run), 0);
	fake_forget_log(fake);
	assert_int_equal(ftruncate(fileno(messages), 0), 0);
	(void)lseek(fileno(messages), 0, SEEK_SET);
}

void load(const char *text)
{
	assert_int_equal(quiesce_load_parse(text, &loads[run.config.n_loads]), 0);
	loads[run.config.n_loads++].origin = (char *)"file:1";
}

void write_file(const char *directory, const char *name, const char *text)
{
	char path[192];
	FILE *file;

	(void)snprintf(path, sizeof(path), "mkdir -p '%s/%s'", root, directory);
	assert_int_equal(system(path), 0);
	(void)snprintf(path, sizeof(path), "%s/%s/%s", root, directory, name);
	file = fopen(path, "we");
	assert_non_null(file);
	(void)fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

const char *said(void)
{
	static char text[4096];
	ssize_t n = pread(fileno(messages), text, sizeof(text) - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	return text;
}
