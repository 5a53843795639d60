/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replacing what a group inherited: claim it through vfio, and release it.
 *
 * The claim takes the group's DMA ownership and the release attaches its
 * default domain, for real this time: drivers/iommu/iommu.c,
 * iommu_group_release_dma_owner(). No function is opened (only the group is),
 * since that would enable it and reset it by whatever method comes first. For
 * the same reason /dev/vfio/devices is not used: there, opening is all there is.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "iommu.h"

#define DRIVER "vfio-pci"
#define CONTAINER "dev/vfio/vfio"
#define CONTAINER_MODULE "vfio_iommu_type1"

/*
 * Options are ours, not those that the host's modprobe.d has for its guests:
 * - allow_unsafe_interrupts: the group is never given to anybody, its functions
 *   are silent, and without interrupt remapping type1 would refuse;
 * - disable_idle_d3: a bound function would be put into D3hot, and its port
 *   may follow; leaving D3hot is a reset nobody planned;
 * - disable_vga: a VGA function would join in VGA arbitration. Kernels without
 *   that option say so in their log, and load the module.
 */
static const struct {
	const char *name;
	const char *options;
} modules[] = {
	{ "vfio_iommu_type1", "allow_unsafe_interrupts=1" },
	{ "vfio-pci", "disable_idle_d3=1 disable_vga=1" },
};

static int host_open(void *data, const char *path)
{
	char full[512];
	int fd;

	if (snprintf(full, sizeof(full), "%s/%s", (const char *)data, path) >= (int)sizeof(full))
		return -ENAMETOOLONG;
	fd = open(full, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int host_ioctl(void *data, int fd, unsigned int request, void *argument)
{
	int r = ioctl(fd, request, argument);

	return r < 0 ? -errno : r;
}

static void host_close(void *data, int fd)
{
	(void)close(fd);
}

struct quiesce_vfio_calls quiesce_vfio_calls_for(const char *root)
{
	return (struct quiesce_vfio_calls){ host_open, host_ioctl, host_close, (void *)root };
}

static bool exists(const struct pcireset_io *io, const char *path)
{
	char text[8];

	return io->attr_read(io->data, path, text, sizeof(text)) != -ENOENT;
}

int quiesce_vfio_ready(const struct pcireset_io *io, const char **ret_why)
{
	if (!exists(io, "sys/bus/pci/drivers/" DRIVER "/bind")) {
		*ret_why = "no vfio-pci here";
		return -ENOENT;
	}
	/*
	 * type1 comes with vfio's own container. Where iommufd stands in for that,
	 * nothing is claimed before a function is opened.
	 */
	if (!exists(io, "sys/module/" CONTAINER_MODULE "/parameters/allow_unsafe_interrupts")) {
		*ret_why = "no vfio container here";
		return -ENOENT;
	}
	return 0;
}

int quiesce_vfio_load(const struct pcireset_io *io, const struct quiesce_image *image,
		      const char **ret_why)
{
	for (size_t i = 0; image && image->load && i < ARRAY_SIZE(modules); i++) {
		int r = image->load(image->data, modules[i].name, modules[i].options);

		/* Built in, it is no module: what counts is what is there afterwards. */
		if (r < 0 && r != -ENOENT) {
			*ret_why = "vfio cannot be loaded";
			return r;
		}
	}
	return quiesce_vfio_ready(io, ret_why);
}

bool quiesce_vfio_keeps_awake(const struct pcireset_io *io)
{
	char text[8];

	return io->attr_read(io->data, "sys/module/vfio_pci/parameters/disable_idle_d3", text,
			     sizeof(text)) == 0 &&
	       text[0] == 'Y';
}

static void set_entry(const struct quiesce_vfio *vfio)
{
	struct pcireset_journal_entry *entry = vfio->entry;

	*entry = (struct pcireset_journal_entry){
		.address = vfio->function->address,
		.overridden = true,
		.bound_to = DRIVER,
	};
	/* Whoever restores must see all of it, or nothing. */
	__atomic_store_n(&entry->in_use, true, __ATOMIC_RELEASE);
}

/* Somebody else keeps drivers away from it, or a reset that is not over. */
static int check_free(const struct quiesce_vfio *vfio)
{
	char path[PCIRESET_PATH_BYTES], text[32];
	int r;

	if (vfio->entry->in_use)
		return -EBUSY;
	(void)pcireset_attr_path(vfio->function->address, "driver_override", path);
	r = vfio->io->attr_read(vfio->io->data, path, text, sizeof(text));
	if (r == 0 && text[0] && strcmp(text, "(null)") != 0)
		r = -EBUSY;
	return r;
}

static int bind(const struct quiesce_vfio *vfio, const char *address, const char **ret_why)
{
	const struct pcireset_io *io = vfio->io;
	char path[PCIRESET_PATH_BYTES];
	int r;

	(void)pcireset_attr_path(vfio->function->address, "driver_override", path);
	r = io->attr_write(io->data, path, DRIVER);
	if (r < 0) {
		*ret_why = "driver_override cannot be set";
		return r;
	}
	/* bind and not drivers_probe, which forgets what the driver answered. */
	quiesce_log(vfio->log, QUIESCE_DEBUG, "%s: binding to " DRIVER, address);
	r = io->attr_write(io->data, "sys/bus/pci/drivers/" DRIVER "/bind", address);
	if (r < 0)
		*ret_why = "vfio-pci refuses it";
	return r;
}

static int call(const struct quiesce_vfio *vfio, int fd, unsigned int request, void *argument)
{
	return vfio->calls->ioctl(vfio->calls->data, fd, request, argument);
}

/*
 * SET_CONTAINER claims since Linux 5.19. Functions have had a directory vfio-dev
 * since 6.1: without it, attaching type1 is what surely claims. It is also what
 * surely puts the group on a domain without a mapping: a claim alone does not
 * touch an entry that VT-d inherited, since Linux 6.5.
 */
static bool claims_by_container(const struct quiesce_vfio *vfio)
{
	char path[PCIRESET_PATH_BYTES];

	return exists(vfio->io,
		      pcireset_attr_path(vfio->function->address, "vfio-dev", path));
}

static int attach_type1(const struct quiesce_vfio *vfio)
{
	int r;

	r = call(vfio, vfio->container_fd, VFIO_SET_IOMMU,
		 (void *)(uintptr_t)VFIO_TYPE1v2_IOMMU);
	if (r < 0)
		r = call(vfio, vfio->container_fd, VFIO_SET_IOMMU,
			 (void *)(uintptr_t)VFIO_TYPE1_IOMMU);
	return r;
}

static int claim(struct quiesce_vfio *vfio, const char **ret_why)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	int r;

	r = call(vfio, vfio->group_fd, VFIO_GROUP_GET_STATUS, &status);
	if (r < 0 || !(status.flags & VFIO_GROUP_FLAGS_VIABLE)) {
		*ret_why = "another of its group has a driver";
		return r < 0 ? r : -EBUSY;
	}
	*ret_why = "the kernel refuses the claim";
	r = call(vfio, vfio->group_fd, VFIO_GROUP_SET_CONTAINER, &vfio->container_fd);
	if (r < 0)
		return r;
	vfio->is_claimed = true;
	if (!vfio->wants_empty && claims_by_container(vfio))
		return 0;

	r = attach_type1(vfio);
	vfio->is_empty = r == 0;
	return r < 0 && claims_by_container(vfio) ? 0 : r;
}

static int open_and_claim(struct quiesce_vfio *vfio, const char *address, const char **ret_why)
{
	char path[32];

	vfio->container_fd = vfio->calls->open(vfio->calls->data, CONTAINER);
	if (vfio->container_fd < 0) {
		*ret_why = "no vfio container here";
		return vfio->container_fd;
	}
	(void)snprintf(path, sizeof(path), "dev/vfio/%u", vfio->group);
	vfio->group_fd = vfio->calls->open(vfio->calls->data, path);
	if (vfio->group_fd < 0) {
		*ret_why = "its vfio group cannot be opened";
		return vfio->group_fd;
	}
	quiesce_log(vfio->log, QUIESCE_DEBUG, "%s: claiming group %u", address, vfio->group);
	return claim(vfio, ret_why);
}

/*
 * Of a function whose power state it does not know vfio-pci restores all that the kernel
 * found at first, Bus Master included; one that was enabled once is in D0. That turns
 * decoding and INTx on, so COMMAND is written as it was, but never Bus Master. Source:
 * drivers/vfio/pci/vfio_pci_core.c, vfio_pci_set_power_state(); drivers/pci/pci.c,
 * do_pci_enable_device().
 */
static int make_power_known(const struct pcireset_io *io, const struct pcireset_function *f)
{
	char path[PCIRESET_PATH_BYTES];
	uint8_t command[2];
	uint32_t before;
	int r;

	if (!f->power)
		return 0;
	r = io->config_read(io->data, f->address, PCI_COMMAND, command, sizeof(command));
	if (r == 0 && (command[0] & command[1]) == 0xff)
		r = -ENODEV;
	(void)pcireset_attr_path(f->address, "enable", path);
	if (r == 0)
		r = io->attr_write(io->data, path, "1");
	if (r < 0)
		return r;
	before = command[0] | (uint32_t)command[1] << 8;
	r = io->attr_write(io->data, path, "0");
	/* Where that is locked down, INTx stays on, as it does elsewhere. */
	(void)io->config_write(io->data, f->address, PCI_COMMAND,
			       before & ~(uint32_t)PCI_COMMAND_MASTER, sizeof(command));
	return r;
}

int quiesce_vfio_hold(struct quiesce_vfio *vfio, const char **ret_why)
{
	char address[PCIRESET_ADDRESS_BYTES];
	const char *unheard;
	int r;

	vfio->container_fd = vfio->group_fd = -1;
	r = check_free(vfio);
	if (r < 0) {
		*ret_why = "it is barred";
		return r;
	}
	/* A mere re-initialisation is of functions that were reset: it goes on. */
	r = make_power_known(vfio->io, vfio->function);
	if (r < 0 && (vfio->wants_empty || r == -ENODEV)) {
		*ret_why = "it cannot be enabled";
		return r;
	}

	(void)pcireset_address_format(vfio->function->address, address);
	set_entry(vfio);
	r = bind(vfio, address, ret_why);
	if (r == 0)
		r = open_and_claim(vfio, address, ret_why);
	if (r < 0)
		(void)quiesce_vfio_release(vfio, &unheard);
	return r;
}

int quiesce_vfio_let_go(struct quiesce_vfio *vfio, const char **ret_why)
{
	char address[PCIRESET_ADDRESS_BYTES];
	int r = 0;

	quiesce_log(vfio->log, QUIESCE_DEBUG, "%s: releasing group %u",
		    pcireset_address_format(vfio->function->address, address), vfio->group);
	if (vfio->is_claimed)
		r = call(vfio, vfio->group_fd, VFIO_GROUP_UNSET_CONTAINER, NULL);
	if (r < 0)
		*ret_why = "the kernel refuses the release";
	if (vfio->group_fd >= 0)
		vfio->calls->close(vfio->calls->data, vfio->group_fd);
	if (vfio->container_fd >= 0)
		vfio->calls->close(vfio->calls->data, vfio->container_fd);
	return r;
}

void quiesce_vfio_unbind(struct quiesce_vfio *vfio)
{
	char address[PCIRESET_ADDRESS_BYTES];
	int r;

	(void)pcireset_address_format(vfio->function->address, address);
	quiesce_log(vfio->log, QUIESCE_DEBUG, "%s: putting it back", address);
	r = pcireset_journal_restore(vfio->io, vfio->entry);
	if (r < 0)
		quiesce_log(vfio->log, QUIESCE_WARNING, "%s: not put back from " DRIVER ": %s",
			    address, strerror(-r));
}

int quiesce_vfio_release(struct quiesce_vfio *vfio, const char **ret_why)
{
	const int r = quiesce_vfio_let_go(vfio, ret_why);

	quiesce_vfio_unbind(vfio);
	return r;
}
