/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libkmod finds in a real module tree, and what is inserted of it. */
#include <errno.h>
#include <string.h>

#include "fake_io.h"
#include "fake_modules.h"
#include "loader.h"
#include "supervise.h"

#define NIC	  "pci:v00008086d000010D3sv00008086sd0000A01Fbc02sc00i00"
#define DISK	  "pci:v0000144Dd0000A80Asv0000144Dsd0000A801bc01sc08i02"
#define SOUND	  "pci:v00008086d00001111sv00000000sd00000000bc04sc03i00"
#define COMMANDED "pci:v00008086d00002222sv00000000sd00000000bc02sc00i00"
#define NEVER	  "pci:v00008086d00003333sv00000000sd00000000bc02sc00i00"
#define GONE	  "pci:v00008086d00005555sv00000000sd00000000bc02sc00i00"
#define BUILTIN	  "pci:v00008086d00006666sv00000000sd00000000bc02sc00i00"
#define UNKNOWN	  "pci:v00001234d00005678sv00000000sd00000000bc02sc00i00"

static char root[64];
static struct quiesce_log log_to_file = { .kmsg_fd = -1, .stderr_max = -1 };
static struct quiesce_modules *modules;
static struct quiesce_loader loader;
static FILE *messages;
static char inserted[80]; /* children write to it */

static int group_setup(void **state)
{
	(void)state;
	return fake_modules_make(root);
}

static int group_teardown(void **state)
{
	(void)state;
	return fake_modules_remove(root);
}

/* The kernel, as far as finit_module() goes. */
static int insert(const struct quiesce_module *module)
{
	FILE *file;

	if (strcmp(module->name, "pq_phy") == 0 && loader.module_ms == 50)
		fake_hang();
	if (strcmp(module->name, "pq_core") == 0 && loader.module_ms == 51)
		fake_hang();
	if (strcmp(module->name, "pq_core") == 0 && loader.module_ms == 10001)
		return -ETIMEDOUT;
	if (strcmp(module->name, "pq_foreign") == 0)
		return -ENOEXEC;
	if (strcmp(module->name, "pq_disk") == 0)
		return -ENOSYS;
	if (strcmp(module->name, "pq_led") == 0)
		return -EEXIST;
	file = fopen(inserted, "ae");
	if (!file)
		return -errno;
	(void)fprintf(file, "%s(%s) ", module->name, module->options);
	return fclose(file) == 0 ? 0 : -errno;
}

static int setup(void **state)
{
	(void)state;
	messages = tmpfile();
	assert_non_null(messages);
	(void)snprintf(inserted, sizeof(inserted), "%s/inserted", root);
	log_to_file.kmsg_fd = fileno(messages);
	assert_int_equal(quiesce_modules_open(root, &log_to_file, &modules), 0);
	loader = (struct quiesce_loader){ .modules = modules,
					  .log = &log_to_file,
					  .insert = insert,
					  .module_ms = 10000,
					  .end_us = UINT64_MAX };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	quiesce_modules_close(modules);
	(void)fclose(messages);
	(void)unlink(inserted);
	return 0;
}

/* Valid until the next call. */
static const char *said(void)
{
	static char text[4096];
	ssize_t n = pread(fileno(messages), text, sizeof(text) - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	return text;
}

static void assert_inserted(const char *expected)
{
	_cleanup_free_ char *text = NULL;
	int r = quiesce_file_read(root, "inserted", 4096, &text);

	assert_true(r == 0 || r == -ENOENT);
	assert_string_equal(r == 0 ? text : "", expected);
}

static void assert_order(const char *name, bool is_explicit, const char *expected)
{
	struct quiesce_module_list list;
	char names[256] = "";

	assert_int_equal(quiesce_modules_find(modules, name, is_explicit, &list), 0);
	for (size_t i = 0; i < list.n; i++) {
		(void)strcat(names, list.modules[i]->name);
		(void)strcat(names, " ");
	}
	quiesce_modules_list_free(&list);
	assert_string_equal(names, expected);
}

static void dependencies_and_softdeps_come_in_order(void **state)
{
	(void)state;
	assert_order(NIC, false, "pq_core pq_bus pq_phy pq_nic pq_led ");
	assert_order("pq_bus", true, "pq_core pq_bus ");
	assert_order("pq-bus", true, "pq_core pq_bus ");
	assert_order("myname", true, "pq_disk ");
}

static void softdeps_in_a_circle_come_to_an_end(void **state)
{
	(void)state;
	assert_order("pq_chicken", true, "pq_egg pq_chicken ");
}

static void options_of_all_files_are_handed_over(void **state)
{
	(void)state;
	assert_int_equal(quiesce_loader_load(&loader, NIC, false), 0);
	assert_inserted("pq_core() pq_bus() pq_phy() pq_nic(debug=1 lanes=4) ");
	assert_int_equal(loader.n_inserted, 4); /* pq_led is there already */
	assert_int_equal(loader.n_failed, 0);
}

static void options_of_the_callers_stand_in_for_all_that_is_configured(void **state)
{
	(void)state;
	assert_int_equal(quiesce_loader_load_with(&loader, "pq-nic", "own=1"), 0);
	assert_inserted("pq_core() pq_bus() pq_phy() pq_nic(own=1) ");
}

static void each_module_is_inserted_once_and_announced_before(void **state)
{
	(void)state;
	assert_int_equal(quiesce_loader_load(&loader, "pq_bus", true), 0);
	assert_int_equal(quiesce_loader_load(&loader, "pq_bus", true), 0);
	assert_inserted("pq_core() pq_bus() ");
	assert_string_equal(said(), "<6>pci-quiesce: inserting pq_core\n"
				    "<6>pci-quiesce: inserting pq_bus\n");
}

static void a_blacklist_counts_for_aliases_only(void **state)
{
	struct quiesce_module_list list;

	(void)state;
	assert_int_equal(quiesce_modules_find(modules, SOUND, false, &list), -EPERM);
	assert_order("pq_sound", true, "pq_sound ");
	assert_false(quiesce_modules_has_driver(modules, SOUND));
}

static void what_no_module_takes_is_told_from_what_is_built_in(void **state)
{
	struct quiesce_module_list list;

	(void)state;
	assert_int_equal(quiesce_modules_find(modules, UNKNOWN, false, &list), -ENOENT);
	assert_int_equal(quiesce_modules_find(modules, "no_such_module", true, &list), -ENOENT);
	assert_false(quiesce_modules_has_driver(modules, UNKNOWN));
	assert_true(quiesce_modules_has_driver(modules, NIC));
	assert_true(quiesce_modules_has_driver(modules, BUILTIN));

	assert_int_equal(quiesce_loader_load(&loader, BUILTIN, false), 0);
	assert_inserted("");
}

static void install_commands_are_never_run(void **state)
{
	char ran[80];

	(void)state;
	assert_int_equal(quiesce_loader_load(&loader, COMMANDED, false), 0);
	assert_int_equal(quiesce_loader_load(&loader, COMMANDED, false), 0);
	assert_inserted("pq_commanded() ");
	assert_string_equal(said(), "<5>pci-quiesce: module pq_commanded: the install command of "
				    "modprobe.d is not run\n"
				    "<6>pci-quiesce: inserting pq_commanded\n");
	(void)snprintf(ran, sizeof(ran), "%s/ran", root);
	assert_int_equal(access(ran, F_OK), -1);
}

static void a_module_that_is_installed_by_false_is_forbidden(void **state)
{
	(void)state;
	assert_int_equal(quiesce_loader_load(&loader, NEVER, false), -EIO);
	assert_int_equal(quiesce_loader_load(&loader, "pq_onnever", true), -EIO);
	assert_inserted("");
	assert_string_equal(said(),
			    "<5>pci-quiesce: module pq_never: forbidden by an install command of "
			    "modprobe.d\n"
			    "<4>pci-quiesce: module pq_onnever: not inserted, it needs pq_never\n");
}

static void a_file_that_is_not_in_the_image_is_one_line(void **state)
{
	(void)state;
	assert_int_equal(quiesce_loader_load(&loader, GONE, false), -EIO);
	assert_int_equal(quiesce_loader_load(&loader, GONE, false), -EIO);
	assert_string_equal(said(),
			    "<4>pci-quiesce: module pq_gone: the image has no file of it\n");
}

static void a_module_of_another_kernel_is_called_so(void **state)
{
	(void)state;
	assert_int_equal(quiesce_loader_load(&loader, "pq_foreign", true), -EIO);
	assert_non_null(
		strstr(said(), "module pq_foreign was built for another kernel: 5.4.0-foreign\n"));
}

static void a_compressed_file_is_found_and_the_kernels_refusal_explained(void **state)
{
	struct quiesce_module_list list;
	char built_for[64];

	(void)state;
	assert_int_equal(quiesce_modules_find(modules, DISK, false, &list), 0);
	assert_non_null(strstr(list.modules[0]->path, "/kernel/pq_disk.ko.xz"));
	assert_int_equal(quiesce_modules_built_for(list.modules[0], built_for, sizeof(built_for)),
			 -ENOTSUP);
	quiesce_modules_list_free(&list);

	assert_int_equal(quiesce_loader_load(&loader, DISK, false), -EIO);
	assert_non_null(strstr(said(), "module pq_disk: this kernel cannot decompress it\n"));
}

static void a_softdep_that_hangs_is_left_behind_and_the_rest_goes_on(void **state)
{
	uint64_t before = quiesce_monotonic_us();

	(void)state;
	loader.module_ms = 50;
	assert_int_equal(quiesce_loader_load(&loader, NIC, false), -EIO);
	assert_true(quiesce_monotonic_us() - before < 5000000);
	assert_inserted("pq_core() pq_bus() pq_nic(debug=1 lanes=4) ");
	assert_non_null(strstr(said(), "inserting pq_phy\n<4>pci-quiesce: module pq_phy: "
				       "its insertion has not returned in time"));
}

static void nothing_that_needs_a_hanging_module_is_inserted(void **state)
{
	(void)state;
	loader.module_ms = 51;
	assert_int_equal(quiesce_loader_load(&loader, NIC, false), -EIO);
	assert_inserted("pq_phy() ");
	assert_non_null(strstr(said(), "module pq_bus: not inserted, it needs pq_core\n"));
	assert_non_null(strstr(said(), "module pq_nic: not inserted, it needs pq_"));
	assert_int_equal(loader.n_failed, 3);
}

static void an_init_that_gives_up_by_itself_has_returned(void **state)
{
	(void)state;
	loader.module_ms = 10001;
	assert_int_equal(quiesce_loader_load(&loader, "pq_core", true), -EIO);
	assert_string_equal(said(), "<6>pci-quiesce: inserting pq_core\n"
				    "<4>pci-quiesce: module pq_core: its init waited in vain, and "
				    "gave up\n");
	assert_int_equal(loader.n_failed, 1);
	assert_int_equal(loader.n_late, 0);
}

static void nothing_is_inserted_after_the_end(void **state)
{
	(void)state;
	loader.end_us = quiesce_monotonic_us();
	assert_int_equal(quiesce_loader_load(&loader, "pq_core", true), -EIO);
	assert_int_equal(quiesce_loader_load(&loader, "pq_phy", true), -EIO);
	assert_inserted("");
	assert_string_equal(said(), "<4>pci-quiesce: no time left for module pq_core and all that "
				    "follow\n");
	assert_int_equal(loader.n_failed, 2);
}

static void an_image_without_modules_is_told_from_an_error(void **state)
{
	struct quiesce_modules *none = NULL;

	(void)state;
	assert_int_equal(quiesce_modules_open("no-such-root", &log_to_file, &none), -ENOENT);
	assert_null(none);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(dependencies_and_softdeps_come_in_order),
		TEST(softdeps_in_a_circle_come_to_an_end),
		TEST(options_of_all_files_are_handed_over),
		TEST(options_of_the_callers_stand_in_for_all_that_is_configured),
		TEST(each_module_is_inserted_once_and_announced_before),
		TEST(a_blacklist_counts_for_aliases_only),
		TEST(what_no_module_takes_is_told_from_what_is_built_in),
		TEST(install_commands_are_never_run),
		TEST(a_module_that_is_installed_by_false_is_forbidden),
		TEST(a_file_that_is_not_in_the_image_is_one_line),
		TEST(a_module_of_another_kernel_is_called_so),
		TEST(a_compressed_file_is_found_and_the_kernels_refusal_explained),
		TEST(a_softdep_that_hangs_is_left_behind_and_the_rest_goes_on),
		TEST(nothing_that_needs_a_hanging_module_is_inserted),
		TEST(an_init_that_gives_up_by_itself_has_returned),
		TEST(nothing_is_inserted_after_the_end),
		TEST(an_image_without_modules_is_told_from_an_error),
	};

	return cmocka_run_group_tests_name("modules", tests, group_setup, group_teardown);
}
