# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Crashes in which function-level resets are looked at closely.

# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "${BASH_SOURCE[0]}")/crash.sh"

PQ_CONFIG=$TOP/tests/vm/direct.conf
PQ_WRAP=$TOP/tests/vm/around
PQ_FIRST_WORDS=pq.usb=1
export PQ_CONFIG PQ_WRAP PQ_FIRST_WORDS
TRACE_READS=yes
GUEST_DRIVERS+=" virtio_blk e1000"

# A driver that is built in loses what is to be reset, instead.
UNBIND=(0000:03:00.1 0000:07:00.0 0000:0a:00.0)
expect_bound() {
	:
}

# direct_crash WORDS: with a disk whose content is known, and a USB device.
direct_crash() {
	local unbind=

	prepare_assets
	if built_in virtio_pci; then
		unbind=$(IFS=, && echo "pq.unbind=${UNBIND[*]}")
	fi
	# shellcheck disable=SC2054 # commas are part of the words
	EXTRA_DEVICES+=(
		-device usb-tablet
		-device pcie-root-port,id=rp9,chassis=9,addr=08.0
		-drive "if=none,id=known,file=$KERNEL_ROOT/vmlinuz,format=raw,readonly=on"
		-device virtio-blk-pci,bus=rp9,drive=known,disable-legacy=on,iommu_platform=on
	)
	# shellcheck disable=SC2054
	EXPECTED+=(--expect 0000:0a:00.0=reset,flr)
	crash systemd with pq.usb=1 "$unbind" "$@"
	fetch pci-quiesce/config.tar
}

# Configuration space is as it was.
judge_config() {
	"$LIB/judge_config.py" "$RUN" || fail "see $RUN/config.tar and report.json"
}

# Drivers work, and not only are bound: a disk reads as it should, by the host's own
# sum, and a USB device has come. Frames and the dump target are looked at everywhere.
# check_io DISKS USB: so many of them.
check_io() {
	local disks=$1 usb=$2 phase sum

	sum=$(head -c 1M "$KERNEL_ROOT/vmlinuz" | md5sum | cut -c 1-32)
	for phase in first second; do
		[ "$(shown "pq-test: $phase: sum vd[a-z] $sum")" -eq "$disks" ] ||
			fail "$phase kernel: a virtio disk does not read as it should"
		[ "$(shown "pq-test: $phase: usb 0627:0001")" -eq "$usb" ] ||
			fail "$phase kernel: no USB device"
	done
}

# shown PATTERN: how many lines of the console have it.
shown() {
	grep -c "$1" "$RUN/console.log" || true
}
