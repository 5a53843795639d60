/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups that stay on a domain without a mapping, and who holds them. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "containment_groups.h"

#define IOMMU PCIRESET_CONTAIN_IOMMU

/* What is asked of vfio until a group is held, and what else a release takes. */
#define HELD	 "dev/vfio/vfio\ndev/vfio/3\n"
#define RELEASED "released\nclosed\nclosed\n"
#define CLOSED	 "closed\nclosed\n"

static const char *override_of(size_t i)
{
	char path[PCIRESET_PATH_BYTES];

	return fake_find_attr(&fake, pcireset_attr_path(run.machine.functions[i].address,
							"driver_override", path))->text;
}

/* It is asleep, in a session of its own, and a signal ends it. */
static void ends(pid_t pid)
{
	int status;

	assert_true(pid > 0);
	while (getsid(pid) != pid)
		(void)usleep(1000);
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static void a_group_is_held_by_a_process_that_stays(void **state)
{
	(void)state;
	(void)member("0000:00:1f.0", "3");
	plan("iommu");
	contain();
	is_contained(0, IOMMU);
	assert_string_equal(asked, HELD CLOSED);
	assert_string_equal(fake.log, "r 00:1f.0 84\n"
				      "r 00:1f.0 00\n"
				      "r 00:1f.0 04\n"
				      "a 00:1f.0/enable 1\n"
				      "a 00:1f.0/enable 0\n"
				      "w 00:1f.0 04 0402\n"
				      "a 00:1f.0/driver_override vfio-pci\n"
				      "a " BIND " 0000:00:1f.0\n"
				      "r 00:1f.0 04\n");
	ends(holder());

	/* Whoever puts things back leaves it bound. */
	fake_forget_log(&fake);
	assert_int_equal(pcireset_journal_restore(&fake.io, &run.journal->entries[0]), 0);
	assert_string_equal(fake.log, "");
}

static void one_process_holds_all_groups(void **state)
{
	(void)state;
	(void)member("0000:00:1e.0", "3");
	(void)member("0000:00:1f.0", "4");
	plan("iommu");
	contain();
	is_contained(0, IOMMU);
	is_contained(1, IOMMU);
	assert_string_equal(asked, HELD "dev/vfio/vfio\ndev/vfio/4\n" CLOSED CLOSED);
	ends(holder());
	assert_int_equal(holder(), 0);
}

static void the_others_of_a_group_are_barred_too(void **state)
{
	(void)state;
	(void)member("0000:00:1e.0", "3");
	(void)member("0000:00:1f.0", "3");
	plan("iommu");
	run.outcomes[1].verdict = PCIRESET_VERDICT_IDLE;
	run.steps[1].action = PCIRESET_IDLE;
	contain();
	is_contained(0, IOMMU);
	is_contained(1, IOMMU);
	assert_string_equal(override_of(0), "vfio-pci");
	assert_string_equal(override_of(1), "pci-quiesce");
	assert_string_equal(asked, HELD CLOSED);
	ends(holder());
}

/* Once it is in a session of its own. */
static void a_holder_keeps_nothing_but_groups(void **state)
{
	int fd = open("/dev/null", O_RDWR), n_files = 0;
	char path[64], link[64] = "";
	pid_t pid;
	DIR *dir;

	(void)state;
	(void)member("0000:00:1f.0", "3");
	plan("iommu");
	contain();
	pid = holder();
	assert_true(pid > 0);
	while (getsid(pid) != pid)
		(void)usleep(1000);
	(void)snprintf(path, sizeof(path), "/proc/%d/cwd", pid);
	assert_int_equal(readlink(path, link, sizeof(link) - 1), 1);
	assert_string_equal(link, "/");
	(void)snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	assert_non_null(dir);
	while (readdir(dir))
		n_files++;
	(void)closedir(dir);
	assert_int_equal(n_files, 2 + 3); /* ".", ".." and /dev/null as 0 to 2 */
	(void)close(fd);
	ends(pid);
}

/* All is as it was. */
static void is_free(size_t i)
{
	assert_string_equal(override_of(i), "");
	assert_false(run.journal->entries[i].in_use);
	assert_int_equal(holder(), 0);
}

static void a_claim_that_is_refused_is_undone(void **state)
{
	(void)state;
	(void)member("0000:00:1e.0", "3");
	(void)member("0000:00:1f.0", "3");
	claim_error = -EPERM;
	plan("iommu");
	contain();
	is_not(0, "not contained: iommu: the kernel refuses the claim: Operation not permitted");
	assert_string_equal(asked, HELD CLOSED);
	is_free(0);
	is_free(1);
}

/* Whoever fails, it is not the functions. */
static void a_step_without_a_device_makes_nobody_lost(void **state)
{
	(void)state;
	(void)member("0000:00:1e.0", "3");
	(void)member("0000:00:1f.0", "3");
	claim_error = -ENODEV;
	plan("iommu");
	contain();
	for (size_t i = 0; i < 2; i++) {
		is_not(i, "not contained: iommu: the kernel refuses the claim: No such device");
		assert_int_equal(run.outcomes[i].verdict, PCIRESET_FENCED);
		is_free(i);
	}
	assert_int_equal(run.n_bad, 0);
}

static void a_group_is_claimed_by_one_that_answers(void **state)
{
	(void)state;
	member("0000:00:1e.0", "3")->gone = true;
	(void)member("0000:00:1f.0", "3");
	plan("iommu");
	run.outcomes[0].verdict = PCIRESET_LOST;
	run.n_bad = 1;
	contain();
	is_contained(0, IOMMU);
	is_contained(1, IOMMU);
	assert_string_equal(override_of(0), "pci-quiesce");
	assert_string_equal(override_of(1), "vfio-pci");
	assert_int_equal(run.n_bad, 0);
	ends(holder());
}

/* Two of a group: one has not come back from its reset, the other answers. */
static struct pcireset_journal_entry *plan_with_a_late_one(void)
{
	struct pcireset_journal_entry *entry;

	member("0000:00:1e.0", "3")->gone = true;
	(void)member("0000:00:1f.0", "3");
	plan("iommu");
	run.outcomes[0].verdict = PCIRESET_LOST;
	run.n_bad = 1;
	entry = &run.journal->entries[0];
	*entry = (struct pcireset_journal_entry){ .address = run.machine.functions[0].address,
						  .in_use = true,
						  .late = true,
						  .quiet_until_us = 1,
						  .saved = { .id = NIC, .n = 1 } };
	return entry;
}

/* Whoever looks after late ones would say of it that it is back. */
static void one_that_was_late_is_not_waited_for_any_more(void **state)
{
	const struct pcireset_journal_entry *entry;

	(void)state;
	entry = plan_with_a_late_one();
	contain();
	is_contained(0, IOMMU);
	assert_false(entry->late);
	assert_int_equal(entry->quiet_until_us, 0);
	assert_int_equal(entry->saved.n, 0);
	ends(holder());
}

/* As Linux 6.12 does, of a function in a state that it does not know. */
static void restore_command(struct fake_function *f)
{
	fake_put(f->config, 0x04, 0x0507, 2);
}

static void bus_master_is_turned_off_where_vfio_turned_it_on(void **state)
{
	struct fake_function *f;

	(void)state;
	f = member("0000:00:1f.0", "3");
	fake_find_attr(&fake, BIND)->written = restore_command;
	fake_find_attr(&fake, BIND)->function = f;
	plan("iommu");
	contain();
	is_contained(0, IOMMU);
	assert_int_equal(fake_get(f->config, 0x04, 2), 0x0503);
	ends(holder());
}

/* Whoever enables it writes COMMAND as the crashed kernel had it. */
static void bus_master_is_not_written_back(void **state)
{
	struct fake_function *f;

	(void)state;
	f = member("0000:00:1f.0", "3");
	plan("iommu");
	fake_put(f->config, 0x04, 0x0406, 2);
	run.outcomes[0].verdict = PCIRESET_FAILED;
	run.n_bad = 1;
	contain();
	is_contained(0, IOMMU);
	assert_non_null(strstr(fake.log, "w 00:1f.0 04 0402\n"));
	assert_null(strstr(fake.log, "w 00:1f.0 04 0406\n"));
	assert_int_equal(run.n_bad, 0);
	ends(holder());
}

static void one_that_had_failed_is_silenced_as_well(void **state)
{
	struct fake_function *f;

	(void)state;
	f = member("0000:00:1f.0", "3");
	fake_find_attr(&fake, BIND)->written = restore_command;
	fake_find_attr(&fake, BIND)->function = f;
	plan("iommu");
	run.outcomes[0].verdict = PCIRESET_FAILED;
	run.n_bad = 1;
	contain();
	is_contained(0, IOMMU);
	assert_int_equal(fake_get(f->config, 0x04, 2), 0x0503);
	assert_int_equal(run.n_bad, 0);
	ends(holder());
}

static void use_up_the_time(struct fake_function *f)
{
	(void)f;
	fake.now_us = run.drivers_deadline_us;
}

static void one_that_was_late_is_waited_for_where_nobody_can_hold_it(void **state)
{
	const struct pcireset_journal_entry *entry;

	(void)state;
	entry = plan_with_a_late_one();
	fake_find_attr(&fake, BIND)->written = use_up_the_time;
	contain();
	assert_int_equal(run.outcomes[0].verdict, PCIRESET_LOST);
	assert_true(entry->late);
	assert_int_equal(entry->saved.n, 1);
}

static void a_group_that_nobody_can_hold_any_more_is_put_back(void **state)
{
	(void)state;
	(void)member("0000:00:1e.0", "3");
	(void)member("0000:00:1f.0", "3");
	fake_find_attr(&fake, BIND)->written = use_up_the_time;
	plan("iommu");
	contain();
	is_not(0, "not contained: iommu: nobody can hold its group, and what it inherited is gone");
	is_not(1, "not contained: iommu: nobody can hold its group, and what it inherited is gone");
	assert_string_equal(asked, HELD RELEASED);
	is_free(0);
	is_free(1);
}

static void one_that_cannot_be_enabled_is_not_bound(void **state)
{
	(void)state;
	(void)member("0000:00:1f.0", "3");
	plan("iommu");
	fake_find_attr(&fake, "sys/bus/pci/devices/0000:00:1f.0/enable")->write_error = -EPERM;
	contain();
	is_not(0, "not contained: iommu: it cannot be enabled: Operation not permitted");
	assert_string_equal(asked, "");
	assert_string_equal(override_of(0), "(null)");
}

/* A claim alone leaves an entry that VT-d inherited. */
static void a_claim_without_an_empty_domain_is_not_enough(void **state)
{
	(void)state;
	(void)member("0000:00:1f.0", "3");
	empty_error = -ENODEV;
	plan("iommu");
	contain();
	is_not(0, "not contained: iommu: no domain without a mapping, and what it inherited is gone: "
		  "Operation not supported");
	assert_string_equal(asked, HELD RELEASED);
	is_free(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_VFIO(a_group_is_held_by_a_process_that_stays),
		WITH_VFIO(a_holder_keeps_nothing_but_groups),
		WITH_VFIO(one_process_holds_all_groups),
		WITH_VFIO(the_others_of_a_group_are_barred_too),
		WITH_VFIO(a_claim_that_is_refused_is_undone),
		WITH_VFIO(a_step_without_a_device_makes_nobody_lost),
		WITH_VFIO(a_group_is_claimed_by_one_that_answers),
		WITH_VFIO(one_that_was_late_is_not_waited_for_any_more),
		WITH_VFIO(bus_master_is_turned_off_where_vfio_turned_it_on),
		WITH_VFIO(bus_master_is_not_written_back),
		WITH_VFIO(one_that_had_failed_is_silenced_as_well),
		WITH_VFIO(one_that_was_late_is_waited_for_where_nobody_can_hold_it),
		WITH_VFIO(a_group_that_nobody_can_hold_any_more_is_put_back),
		WITH_VFIO(one_that_cannot_be_enabled_is_not_bound),
		WITH_VFIO(a_claim_without_an_empty_domain_is_not_enough),
	};

	return cmocka_run_group_tests_name("containment-iommu", tests, NULL, NULL);
}
