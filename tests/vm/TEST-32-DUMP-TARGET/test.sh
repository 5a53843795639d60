#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the dracut module tells of the dump target, on a machine that is made up:
# device mapper on an NVMe partition and a disk behind a VMD, and a bond of two
# ports that has the default route.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

require_binary
prepare_assets
fake=$RUN/machine
export pci_quiesce_root=$fake

# function_at PATH CLASS VENDOR DEVICE
function_at() {
	mkdir -p "$fake/sys/devices/$1"
	echo "0x$2" >"$fake/sys/devices/$1/class"
	echo "0x$3" >"$fake/sys/devices/$1/vendor"
	echo "0x$4" >"$fake/sys/devices/$1/device"
}

# link FROM TO, both below sys/
link() {
	mkdir -p "$(dirname "$fake/sys/$1")"
	ln -s "$fake/sys/$2" "$fake/sys/$1"
}

# target_is [OPTIONS]: the file in an image for that machine is as in the input.
target_is() {
	IN_KDUMP=1 build image shell "$@" || { cat "$RUN/image/log" >&2; fail "no image"; }
	diff -u - "$RUN/image/files/usr/lib/pci-quiesce/dump-target" ||
		fail "the dump target is another"
	rm -rf "$RUN/image"
}

port=pci0000:00/0000:00:04.0
nvme=$port/0000:02:00.0
vmd=pci0000:00/0000:00:0e.0
behind=$vmd/pci10000:e0/10000:e0:02.0/10000:e1:00.0
nic=pci0000:00/0000:00:05.0/0000:03:00
function_at "$port" 060400 1b36 000c
function_at "$nvme" 010802 144d a80a
function_at "$vmd" 010400 8086 28c0
function_at "$vmd/pci10000:e0/10000:e0:02.0" 060400 8086 2030
function_at "$behind" 010802 8086 0a54
function_at "$nic.0" 020000 8086 1572
function_at "$nic.1" 020000 8086 1572

disk=devices/$nvme/nvme/nvme0/nvme0n1
other=devices/$behind/nvme/nvme1/nvme1n1
mkdir -p "$fake/sys/$disk/nvme0n1p2" "$fake/sys/$other" "$fake/sys/devices/virtual/block/dm-0"
echo 2 >"$fake/sys/$disk/nvme0n1p2/partition"
link dev/block/240:7 devices/virtual/block/dm-0
link devices/virtual/block/dm-0/slaves/nvme0n1p2 "$disk/nvme0n1p2"
link devices/virtual/block/dm-0/slaves/nvme1n1 "$other"
# The same disk as NVMe multipathing shows it.
mkdir -p "$fake/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1"
link dev/block/240:8 devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1
link devices/virtual/nvme-subsystem/nvme-subsys0/nvme0 "devices/$nvme/nvme/nvme0"
link "devices/$nvme/nvme/nvme0/device" "devices/$nvme"

link class/net/bond0/lower_eth0 class/net/eth0
link class/net/bond0/lower_eth1 class/net/eth1
link class/net/eth0/device "devices/$nic.0"
link class/net/eth1/device "devices/$nic.1"
mkdir -p "$fake/proc/net" "$fake/etc/sysconfig"
printf '%s\n' 'Iface Destination Gateway Flags RefCnt Use Metric Mask' \
	'bond0 00000000 0102A8C0 0003 0 0 0 00000000' \
	'eth9 0002A8C0 00000000 0001 0 0 0 00FFFFFF' >"$fake/proc/net/route"

mkdir "$RUN/dev"
mknod "$RUN/dev/mapped" b 240 7 || fail "cannot make a device node"
mknod "$RUN/dev/multipath" b 240 8
mknod "$RUN/dev/unknown" b 240 9

# Nobody named a target, or one of which nothing is known: no file.
IN_KDUMP=1 build none shell --add-device "$RUN/dev/unknown" || fail "no image"
[ -e "$RUN/none/files/usr/sbin/pci-quiesce" ] || fail "no program in the image"
[ ! -e "$RUN/none/files/usr/lib/pci-quiesce" ] || fail "a dump target out of nowhere"
rm -rf "$RUN/none"

target_is --add-device "$RUN/dev/mapped" <<EOF
# PCI functions that lead to the dump target
# block device $RUN/dev/mapped
0000:00:0e.0 8086:28c0 0000:00:0e.0
0000:02:00.0 144d:a80a 0000:00:04.0/00.0
10000:e1:00.0 8086:0a54 10000:e0:02.0/00.0
EOF
target_is --add-device "$RUN/dev/multipath" <<EOF
# PCI functions that lead to the dump target
# block device $RUN/dev/multipath
0000:02:00.0 144d:a80a 0000:00:04.0/00.0
EOF
echo 'ssh root@dump.example' >"$fake/etc/kdump.conf"
target_is <<EOF
# PCI functions that lead to the dump target
# network interface bond0
0000:03:00.0 8086:1572 0000:00:05.0/00.0
0000:03:00.1 8086:1572 0000:00:05.0/00.1
EOF
rm "$fake/etc/kdump.conf"
printf '%s\n' 'KDUMP_SAVEDIR="nfs://server/dumps"' 'KDUMP_NETCONFIG="eth1:dhcp4"' \
	>"$fake/etc/sysconfig/kdump"
target_is <<EOF
# PCI functions that lead to the dump target
# network interface eth1
0000:03:00.1 8086:1572 0000:00:05.0/00.1
EOF
rm -r "${RUN:?}/dev"
passed
