# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# Shared by both guests: busybox or dracut's shell, sourced.

mark() {
	echo "<5>pq-test: $*" >/dev/kmsg
}

cmdline_value() {
	tr ' ' '\n' </proc/cmdline | sed -n "s/^$1=//p" | tail -n 1
}

# wait_for TENTHS COMMAND...: sysfs counters announce nothing, so poll.
wait_for() {
	tenths=$1
	shift
	while ! "$@"; do
		[ "$tenths" -gt 0 ] || return 1
		tenths=$((tenths - 1))
		sleep 0.1
	done
}

frames_received() {
	[ "$(cat "$1/statistics/rx_packets")" -ge "$2" ]
}

# COMMAND is the 16-bit little-endian word at offset 4.
command_of() {
	dd if="$1/config" bs=1 skip=4 count=2 2>/dev/null | od -An -tx1 |
		{ read -r low high && echo "$high$low"; }
}

set_command_bits() {
	value=$((0x$(command_of "$1") | $2))
	# shellcheck disable=SC2059 # the format is the two bytes
	printf "\\$(printf %03o $((value & 255)))\\$(printf %03o $((value >> 8)))" |
		dd of="$1/config" bs=2 seek=2 conv=notrunc 2>/dev/null
}

# A function's uevent has all its names; reading it costs no process, and
# processes are what takes time in an emulator.
read_uevent() {
	DRIVER=- PCI_CLASS='' PCI_ID=''
	while IFS='=' read -r key value; do
		case $key in
		DRIVER) DRIVER=$value ;;
		PCI_CLASS) PCI_CLASS=$value ;;
		PCI_ID) PCI_ID=$value ;;
		esac
	done <"$1/uevent"
}

# A read of most files of a function that is stuck in a reset waits for that, from
# 6.12 on of the port above it, too. Both are named by pq.stuck=PORT,FUNCTION.
is_stuck() {
	: "${stuck_list:=$(cmdline_value pq.stuck),}"
	case ,$stuck_list in
	*",${1##*/},"*) return 0 ;;
	esac
	return 1
}

# Functions with a driver that came from a module; ports have a built-in one.
bound_functions() {
	bound=0
	for dev in /sys/bus/pci/devices/*; do
		[ -e "$dev" ] || continue
		! is_stuck "$dev" || continue
		read_uevent "$dev"
		case $DRIVER in
		- | pcieport) ;;
		*) bound=$((bound + 1)) ;;
		esac
	done
	echo "$bound"
}

driver_link() {
	driver=$(readlink "$1/driver") || driver=-
	echo "${driver##*/}"
}

# read_attr FILE: its first line, "-" without one.
read_attr() {
	attr=-
	[ ! -e "$1" ] || read -r attr <"$1" || attr=-
}

# "PHASE: function ADDRESS VENDOR:DEVICE CLASS COMMAND DRIVER", then
# "PHASE: sysfs ADDRESS DRIVER_OVERRIDE RESET_METHOD", once "PHASE: autoprobe 1".
list_functions() {
	for dev in /sys/bus/pci/devices/*; do
		[ -e "$dev" ] || continue
		if is_stuck "$dev"; then
			mark "$1: function ${dev##*/} 0:0 0 ffff $(driver_link "$dev")"
			continue
		fi
		read_uevent "$dev"
		mark "$1: function ${dev##*/} $PCI_ID $PCI_CLASS $(command_of "$dev") $DRIVER"
		read_attr "$dev/driver_override"
		override=$attr
		read_attr "$dev/reset_method"
		mark "$1: sysfs ${dev##*/} ${override:--} ${attr:--}"
	done
	read_attr /sys/bus/pci/drivers_autoprobe
	mark "$1: autoprobe $attr"
}

# "PHASE: config ADDRESS HEX": the 256 bytes that every function has.
list_configs() {
	for dev in /sys/bus/pci/devices/*; do
		[ -e "$dev" ] || continue
		! is_stuck "$dev" || continue
		mark "$1: config ${dev##*/} $(dd if="$dev/config" bs=256 count=1 2>/dev/null |
			od -An -v -tx1 | tr -d ' \n')"
	done
}

# are_usb_there N: so many devices that are no root hubs.
are_usb_there() {
	wanted=$1
	set -- /sys/bus/usb/devices/[0-9]*-*/idVendor
	[ -e "$1" ] && [ $# -ge "$wanted" ]
}

# The dump target among the NVMe disks, which may come in any order.
target_disk() {
	for disk in /sys/block/nvme*; do
		[ -b "/dev/${disk##*/}" ] || continue
		read -r serial <"$disk/device/serial" || continue
		case $serial in
		target*) echo "/dev/${disk##*/}" && return ;;
		esac
	done
	return 1
}

# "PHASE: sum DISK MD5" of the first MiB of each virtio disk, past all caches; where
# pq.usb says how many there are, "PHASE: usb VENDOR:PRODUCT" of each USB device.
list_io() {
	for disk in /sys/block/vd*; do
		[ -e "$disk" ] || continue
		mark "$1: sum ${disk##*/} $(dd if="/dev/${disk##*/}" bs=64k count=16 iflag=direct \
			2>/dev/null | md5sum | cut -c 1-32)"
	done
	usbs=$(cmdline_value pq.usb)
	[ "${usbs:-0}" -gt 0 ] || return 0
	wait_for 150 are_usb_there "$usbs"
	for usb in /sys/bus/usb/devices/[0-9]*-*; do
		[ ! -e "$usb/idVendor" ] || mark "$1: usb $(cat "$usb/idVendor"):$(cat "$usb/idProduct")"
	done
}
