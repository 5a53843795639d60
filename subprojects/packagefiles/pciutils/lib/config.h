/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In place of the file that libpci's own configure script writes. */
#define PCI_CONFIG_H
#define PCI_OS_LINUX
#define PCI_HAVE_PM_LINUX_SYSFS
#define PCI_HAVE_PM_DUMP
#define PCI_HAVE_LINUX_BYTEORDER_H
#define PCI_HAVE_64BIT_ADDRESS
#define PCI_PATH_SYS_BUS_PCI "/sys/bus/pci"
#define PCI_PATH_IDS_DIR "/usr/share/misc"
#define PCI_IDS "pci.ids"
#define PCILIB_VERSION "3.13.0"
