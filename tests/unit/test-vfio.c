/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Claim and release of one group: every step, every refusal and its undoing. */
#include <errno.h>
#include <linux/vfio.h>
#include <string.h>

#include "fake_io.h"
#include "iommu.h"

#define BIND "sys/bus/pci/drivers/vfio-pci/bind"
#define UNBIND "sys/bus/pci/drivers/vfio-pci/unbind"
#define TYPE1 "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"

enum { CONTAINER_FD = 10, GROUP_FD = 11 };

static struct fake fake;
static const struct quiesce_log quiet = { .kmsg_fd = -1, .stderr_max = -1 };
static struct pcireset_function function;
static struct pcireset_journal_entry entry;
static struct fake_attr *override, *bind_attr, *unbind_attr;
static const char *why;

/* What the scripted vfio answers, and all that it is asked. */
static struct {
	char log[512];
	int open_container;
	int open_group;
	bool not_viable;
	int set_container;
	int set_v2;
	int set_v1;
	int unset_container;
	char bound_then[16]; /* journal, when the container is opened */
} vfio;

static void note(const char *text)
{
	(void)strcat(vfio.log, text);
	(void)strcat(vfio.log, "\n");
}

static int fake_open(void *data, const char *path)
{
	(void)data;
	note(path);
	if (strcmp(path, "dev/vfio/vfio") != 0)
		return vfio.open_group ? vfio.open_group : GROUP_FD;

	(void)snprintf(vfio.bound_then, sizeof(vfio.bound_then), "%s",
		       entry.in_use && entry.overridden ? entry.bound_to : "");
	return vfio.open_container ? vfio.open_container : CONTAINER_FD;
}

static int fake_ioctl(void *data, int fd, unsigned int request, void *argument)
{
	struct vfio_group_status *status = argument;

	(void)data;
	switch (request) {
	case VFIO_GROUP_GET_STATUS:
		assert_int_equal(fd, GROUP_FD);
		assert_int_equal(status->argsz, sizeof(*status));
		status->flags = vfio.not_viable ? 0 : VFIO_GROUP_FLAGS_VIABLE;
		note("status");
		return 0;
	case VFIO_GROUP_SET_CONTAINER:
		assert_int_equal(fd, GROUP_FD);
		assert_int_equal(*(int *)argument, CONTAINER_FD);
		note("set container");
		return vfio.set_container;
	case VFIO_GROUP_UNSET_CONTAINER:
		assert_int_equal(fd, GROUP_FD);
		note("unset container");
		return vfio.unset_container;
	case VFIO_SET_IOMMU:
		assert_int_equal(fd, CONTAINER_FD);
		if ((uintptr_t)argument == VFIO_TYPE1v2_IOMMU) {
			note("set type1v2");
			return vfio.set_v2;
		}
		assert_int_equal((uintptr_t)argument, VFIO_TYPE1_IOMMU);
		note("set type1");
		return vfio.set_v1;
	default:
		fail_msg("ioctl %x", request);
		return -ENOTTY;
	}
}

static void fake_close(void *data, int fd)
{
	(void)data;
	note(fd == GROUP_FD ? "close group" : "close container");
}

static const struct quiesce_vfio_calls calls = { fake_open, fake_ioctl, fake_close, NULL };

static struct fake_attr *file(const char *path)
{
	struct fake_attr *attr = &fake.attrs[fake.n_attrs++];

	(void)strcpy(attr->path, path);
	return attr;
}

static int setup(void **state)
{
	struct fake_function *f;

	(void)state;
	fake_init(&fake);
	memset(&vfio, 0, sizeof(vfio));
	entry = (struct pcireset_journal_entry){ .in_use = false };
	why = "";
	f = fake_endpoint(&fake, "0000:01:00.0", 0x10d38086, 0x020000, 0);
	function = (struct pcireset_function){ .address = f->address };
	override = fake_attr(&fake, f, "driver_override", "(null)");
	(void)fake_attr(&fake, f, "vfio-dev", "");
	bind_attr = file(BIND);
	unbind_attr = file(UNBIND);
	(void)file(TYPE1);
	return 0;
}

static struct quiesce_vfio held;

static int hold(bool wants_empty)
{
	held = (struct quiesce_vfio){ .io = &fake.io,
				      .log = &quiet,
				      .calls = &calls,
				      .function = &function,
				      .group = 12,
				      .entry = &entry,
				      .wants_empty = wants_empty };
	return quiesce_vfio_hold(&held, &why);
}

static int reinit(void)
{
	const int r = hold(false);

	return r < 0 ? r : quiesce_vfio_release(&held, &why);
}

#define BOUND                                       \
	"a 01:00.0/driver_override vfio-pci\n"      \
	"a " BIND " 0000:01:00.0\n"
#define PUT_BACK                                    \
	"a " UNBIND " 0000:01:00.0\n"               \
	"a 01:00.0/driver_override \n"
#define OPENED "dev/vfio/vfio\ndev/vfio/12\nstatus\n"
#define CLOSED "close group\nclose container\n"

static void expect_nothing_left(void)
{
	assert_string_equal(fake.log, BOUND PUT_BACK);
	assert_false(entry.in_use);
	assert_string_equal(override->text, "");
}

static void a_group_is_claimed_and_released(void **state)
{
	(void)state;
	assert_int_equal(reinit(), 0);
	assert_string_equal(vfio.log, OPENED "set container\nunset container\n" CLOSED);
	expect_nothing_left();
}

static void the_journal_knows_before_anything_is_written(void **state)
{
	(void)state;
	assert_int_equal(reinit(), 0);
	assert_string_equal(vfio.bound_then, "vfio-pci");

	override->write_error = -EIO;
	assert_int_equal(reinit(), -EIO);
	assert_string_equal(why, "driver_override cannot be set");
	assert_true(entry.in_use);
	assert_true(entry.overridden);
	assert_int_equal(entry.address.bus, 1);
}

static void type1_is_attached_where_a_container_alone_may_not_claim(void **state)
{
	(void)state;
	(void)strcpy(fake.attrs[1].path, "");
	assert_int_equal(reinit(), 0);
	assert_string_equal(vfio.log, OPENED "set container\nset type1v2\n"
					     "unset container\n" CLOSED);

	vfio.log[0] = '\0';
	vfio.set_v2 = -EINVAL;
	assert_int_equal(reinit(), 0);
	assert_string_equal(vfio.log, OPENED "set container\nset type1v2\nset type1\n"
					     "unset container\n" CLOSED);
}

static void a_group_is_held_on_an_empty_domain_until_it_is_released(void **state)
{
	(void)state;
	assert_int_equal(hold(true), 0);
	assert_true(held.is_empty);
	assert_string_equal(vfio.log, OPENED "set container\nset type1v2\n");
	assert_string_equal(fake.log, BOUND);
	assert_true(entry.in_use);
	assert_string_equal(entry.bound_to, "vfio-pci");

	assert_int_equal(quiesce_vfio_release(&held, &why), 0);
	assert_string_equal(vfio.log,
			    OPENED "set container\nset type1v2\nunset container\n" CLOSED);
	expect_nothing_left();
}

static void without_the_empty_domain_the_claim_is_worth_having(void **state)
{
	(void)state;
	vfio.set_v2 = -EPERM;
	vfio.set_v1 = -EPERM;
	assert_int_equal(hold(true), 0);
	assert_false(held.is_empty);
	assert_true(held.is_claimed);
	assert_int_equal(quiesce_vfio_release(&held, &why), 0);
	expect_nothing_left();
}

static void type1_that_is_refused_is_released_all_the_same(void **state)
{
	(void)state;
	(void)strcpy(fake.attrs[1].path, "");
	vfio.set_v2 = -EPERM;
	vfio.set_v1 = -EPERM;
	assert_int_equal(reinit(), -EPERM);
	assert_string_equal(why, "the kernel refuses the claim");
	assert_string_equal(vfio.log, OPENED "set container\nset type1v2\nset type1\n"
					     "unset container\n" CLOSED);
	expect_nothing_left();
}

static jmp_buf death;
static long left; /* twice for each write: before and after it */

static void die(bool made)
{
	(void)made;
	if (left-- == 0)
		longjmp(death, 1);
}

static void a_worker_that_dies_at_any_write_leaves_it_unbound_and_free(void **state)
{
	volatile long n = 0;

	(void)state;
	for (;; n++) {
		const char *bound;

		left = n;
		fake.on_write = die;
		fake_forget_log(&fake);
		if (setjmp(death) == 0 && reinit() == 0)
			break;
		fake.on_write = NULL;
		assert_int_equal(pcireset_journal_restore(&fake.io, &entry), 0);
		assert_false(entry.in_use);
		bound = strstr(fake.log, BIND);
		assert_true(!bound || strstr(bound, UNBIND));
		assert_true(override->text[0] == '\0' || strcmp(override->text, "(null)") == 0);
	}
	assert_int_equal(n, 2 * 4);
}

static void what_vfio_pci_will_not_have_is_put_back(void **state)
{
	(void)state;
	bind_attr->write_error = -EINVAL;
	assert_int_equal(reinit(), -EINVAL);
	assert_string_equal(why, "vfio-pci refuses it");
	assert_string_equal(vfio.log, "");
	expect_nothing_left();
}

static void a_missing_container_is_undone(void **state)
{
	(void)state;
	vfio.open_container = -ENOENT;
	assert_int_equal(reinit(), -ENOENT);
	assert_string_equal(why, "no vfio container here");
	assert_string_equal(vfio.log, "dev/vfio/vfio\n");
	expect_nothing_left();
}

static void a_group_that_cannot_be_opened_is_undone(void **state)
{
	(void)state;
	vfio.open_group = -EBUSY;
	assert_int_equal(reinit(), -EBUSY);
	assert_string_equal(why, "its vfio group cannot be opened");
	assert_string_equal(vfio.log, "dev/vfio/vfio\ndev/vfio/12\nclose container\n");
	expect_nothing_left();
}

static void a_group_with_a_live_driver_is_undone(void **state)
{
	(void)state;
	vfio.not_viable = true;
	assert_int_equal(reinit(), -EBUSY);
	assert_string_equal(why, "another of its group has a driver");
	assert_string_equal(vfio.log, OPENED CLOSED);
	expect_nothing_left();
}

static void a_claim_that_is_refused_is_undone(void **state)
{
	(void)state;
	vfio.set_container = -EPERM;
	assert_int_equal(reinit(), -EPERM);
	assert_string_equal(why, "the kernel refuses the claim");
	assert_string_equal(vfio.log, OPENED "set container\n" CLOSED);
	expect_nothing_left();
}

static void a_release_that_is_refused_is_told(void **state)
{
	(void)state;
	vfio.unset_container = -EBUSY;
	assert_int_equal(reinit(), -EBUSY);
	assert_string_equal(why, "the kernel refuses the release");
	assert_string_equal(vfio.log, OPENED "set container\nunset container\n" CLOSED);
	expect_nothing_left();
}

static void what_cannot_be_unbound_stays_in_the_journal(void **state)
{
	(void)state;
	unbind_attr->write_error = -EIO;
	assert_int_equal(reinit(), 0);
	assert_true(entry.in_use);
	assert_string_equal(entry.bound_to, "vfio-pci");
	assert_false(entry.overridden);
}

static void a_barred_function_is_left_alone(void **state)
{
	(void)state;
	(void)strcpy(override->text, "none-at-all");
	assert_int_equal(reinit(), -EBUSY);
	assert_string_equal(why, "it is barred");
	assert_string_equal(fake.log, "");
	assert_string_equal(vfio.log, "");
}

static void a_function_whose_reset_is_not_over_is_left_alone(void **state)
{
	(void)state;
	entry = (struct pcireset_journal_entry){ .in_use = true, .stuck = true };
	assert_int_equal(reinit(), -EBUSY);
	assert_string_equal(why, "it is barred");
	assert_string_equal(fake.log, "");
	assert_true(entry.in_use && entry.stuck);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_group_is_claimed_and_released),
		TEST(the_journal_knows_before_anything_is_written),
		TEST(a_worker_that_dies_at_any_write_leaves_it_unbound_and_free),
		TEST(type1_is_attached_where_a_container_alone_may_not_claim),
		TEST(a_group_is_held_on_an_empty_domain_until_it_is_released),
		TEST(without_the_empty_domain_the_claim_is_worth_having),
		TEST(type1_that_is_refused_is_released_all_the_same),
		TEST(what_vfio_pci_will_not_have_is_put_back),
		TEST(a_missing_container_is_undone),
		TEST(a_group_that_cannot_be_opened_is_undone),
		TEST(a_group_with_a_live_driver_is_undone),
		TEST(a_claim_that_is_refused_is_undone),
		TEST(a_release_that_is_refused_is_told),
		TEST(what_cannot_be_unbound_stays_in_the_journal),
		TEST(a_barred_function_is_left_alone),
		TEST(a_function_whose_reset_is_not_over_is_left_alone),
	};

	return cmocka_run_group_tests_name("vfio", tests, NULL, NULL);
}
