/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rd.pci_quiesce on the kernel's command line. */
#include <string.h>

#include "fake_io.h"
#include "quiesce.h"

static struct quiesce_config config;
static char complaints[1024];

static void say(void *data, const char *file, unsigned int line, const char *problem)
{
	size_t used = strlen(complaints);

	(void)data;
	(void)snprintf(complaints + used, sizeof(complaints) - used, "%s:%u: %s\n", file, line,
		       problem);
}

static const struct quiesce_complaint complaint = { say, NULL };

static int setup(void **state)
{
	(void)state;
	complaints[0] = '\0';
	quiesce_config_defaults(&config);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	quiesce_config_free(&config);
	return 0;
}

static void the_switch_is_read_from_the_kernel_command_line(void **state)
{
	(void)state;
	assert_int_equal(quiesce_parameters_parse("ro quiet\n", &config, &complaint), QUIESCE_ON);
	assert_int_equal(quiesce_parameters_parse("rd.pci_quiesce=0", &config, &complaint),
			 QUIESCE_OFF);
	assert_int_equal(quiesce_parameters_parse("rd.pci-quiesce=0", &config, &complaint),
			 QUIESCE_OFF);
	assert_int_equal(quiesce_parameters_parse("a rd.pci_quiesce=dry-run b\n", &config,
						  &complaint),
			 QUIESCE_DRY_RUN);
	assert_int_equal(quiesce_parameters_parse("rd.pci_quiesce=shell", NULL, NULL),
			 QUIESCE_SHELL);
	/* the last one counts, as with the kernel's own */
	assert_int_equal(quiesce_parameters_parse("rd.pci_quiesce=0 rd.pci_quiesce=1", &config,
						  &complaint),
			 QUIESCE_ON);
	assert_string_equal(complaints, "");
}

static void keys_on_the_kernel_command_line_are_stronger(void **state)
{
	(void)state;
	assert_int_equal(quiesce_config_parse(&config, "t.conf",
					      "[quiesce]\nlevel = sbr\nreset_ms = 300\n",
					      &complaint), 0);
	(void)quiesce_parameters_parse("rd.pci_quiesce.level=fence rd.pci_quiesce.reset-ms=400",
				       &config, &complaint);

	assert_string_equal(complaints, "");
	assert_int_equal(config.level, QUIESCE_LEVEL_FENCE);
	assert_int_equal(config.reset_ms, 400);
}

static void parameters_that_are_not_understood_are_named(void **state)
{
	(void)state;
	assert_int_equal(quiesce_parameters_parse("rd.pci_quiesce=maybe rd.pci_quiesce.level=x "
						  "rd.pci_quiesce.level rd.pci_quiesces=0 "
						  "rd.pci_quiesce.drian-ms=1",
						  &config, &complaint),
			 QUIESCE_OFF); /* whoever writes it wants less */
	assert_string_equal(complaints,
			    "kernel command line:0: not understood: rd.pci_quiesce=maybe: 0, 1, dry-run or shell\n"
			    "kernel command line:0: not understood: rd.pci_quiesce.level=x: bad "
			    "value \"x\" for level: observe, fence, flr, sbr or iommu\n"
			    "kernel command line:0: not understood: rd.pci_quiesce.level: no value\n"
			    "kernel command line:0: not understood: rd.pci_quiesce.drian-ms=1: "
			    "unknown key \"drian_ms\": did you mean \"drain_ms\"?\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_switch_is_read_from_the_kernel_command_line),
		TEST(keys_on_the_kernel_command_line_are_stronger),
		TEST(parameters_that_are_not_understood_are_named),
	};

	return cmocka_run_group_tests_name("parameters", tests, NULL, NULL);
}
