#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the crash kernel, when udev has settled: do the devices work, and can a
# dump be made? What is found goes to the kernel log, files to the dump target.

base=/usr/lib/pq-test
tools=/run/pq-test
target=$tools/target

if [ ! -d "$tools/bin" ]; then
	$base/busybox mkdir -p "$tools/bin" "$target"
	$base/busybox --install -s "$tools/bin"
fi
PATH=$tools/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
# shellcheck source=tests/vm/guest/guest.sh
. $base/guest.sh

# pq.unbound functions have no driver in this image.
all_bound() {
	# pci=off: nothing to wait for.
	[ -e /sys/bus/pci/devices/0000:00:00.0 ] || return 0
	target_disk >/dev/null &&
		[ "$(bound_functions)" -ge \
			$(($(cmdline_value pq.bound) - $(cmdline_value pq.unbound))) ]
}

# A driver that is bound may still be deaf: frames must arrive.
check_frames() {
	for net in /sys/class/net/*; do
		[ -e "$net/device" ] || continue
		driver=$(basename "$(readlink "$net/device/driver")")
		ip link set "${net##*/}" promisc on up
		if wait_for 150 frames_received "$net" 3; then
			mark "second: frames $driver ok"
		else
			mark "second: frames $driver none"
		fi
	done
}

# Its driver can have VFs again, where it finds the capability.
check_vfs() {
	echo 1 >"/sys/bus/pci/devices/$1/sriov_numvfs"
	[ -e "/sys/bus/pci/devices/$2" ]
}

mount_target() {
	modprobe ext4
	mount -t ext4 "$(target_disk)" "$target"
}

# Reads must come from the medium, so the page cache is dropped in between.
check_disk() {
	dd if=/dev/urandom of="$target/pattern" bs=64k count=16 2>/dev/null || return 1
	sum=$(md5sum <"$target/pattern")
	sync
	echo 3 >/proc/sys/vm/drop_caches
	[ "$(md5sum <"$target/pattern")" = "$sum" ]
}

# A pattern of its own each time, to the medium and back; a line for each pass.
write_all_along() {
	while [ ! -e $tools/stop ]; do
		check_disk || return 1
		echo pass >>$tools/passes
	done
}

passes() {
	wc -l <$tools/passes
}

passed_again() {
	[ "$(passes)" -gt "$1" ]
}

# As kdump does it: the target is mounted and at work, then the hooks of pre.d.
use_late() {
	: >$tools/passes
	write_all_along &
	writer=$!
	wait_for 300 passed_again 0
	before=$(passes)
	mark "late: run begins"
	/etc/kdump/pre.d/50-pci-quiesce >"$target/late.log" 2>&1
	mark "late: run ended $?"
	after=$(passes)
	wait_for 300 passed_again $((after + 1))
	: >$tools/stop
	mark "late: passes $before before, $((after - before)) during, $(($(passes) - after)) after"
	if wait $writer && [ "$(passes)" -gt $((after + 1)) ]; then
		mark "late: writer ok"
	fi
}

# Zero and free pages are left out, user pages (the seeded ones) are not.
make_dump() {
	LD_LIBRARY_PATH=$base/lib $base/makedumpfile -E -d 17 --message-level 6 \
		/proc/vmcore "$target/vmcore" >"$target/makedumpfile.log" 2>&1
}

save_state() {
	if [ -d /run/pci-quiesce ]; then
		cp -r /run/pci-quiesce "$target/"
	fi
}

verdict() {
	what=$1
	shift
	if "$@"; then
		mark "second: $what ok"
	else
		mark "second: $what failed"
	fi
}

run() {
	mark "second: hook"
	list_functions second
	list_configs second
	list_io second
	if [ ! -e /sys/bus/pci/devices/0000:00:00.0 ]; then
		mark "second: no PCI"
		poweroff -f
	fi
	check_frames
	sriov=$(cmdline_value pq.sriov)
	if [ -n "$sriov" ]; then
		verdict VFs check_vfs "${sriov%,*}" "${sriov#*,}"
	fi
	if mount_target; then
		verdict disk check_disk
		if [ -n "$(cmdline_value pq.late)" ]; then
			use_late
		fi
		verdict dump make_dump
		save_state
		dmesg >"$target/dmesg"
		umount "$target"
		sync
	else
		mark "second: disk failed"
		[ ! -e /run/pci-quiesce/report.json ] || mark "second: report exists"
	fi
	mark "second: end"
	poweroff -f
}

case $1 in
bound) all_bound ;;
run) run ;;
esac
