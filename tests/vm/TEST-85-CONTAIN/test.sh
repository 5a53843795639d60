#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What has no reset is isolated, and gets no driver although the image has it: two by D3hot,
# and one that has no Power Management by its IOMMU group. The emulator's ports ignore Link
# Disable, which is noticed, undone, and followed by the next way.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

PQ_KERNEL=6.12
PQ_CONFIG=$TOP/tests/vm/TEST-85-CONTAIN/contain.conf
EXTRA_MODULES=("$TOP/tests/vm/TEST-85-CONTAIN/94pq-contain")
UNBOUND=(0000:00:08.0 0000:00:09.0 0000:0a:00.0)
# shellcheck disable=SC2054 # commas are part of the words
EXTRA_DEVICES=(
	-device ES1370,addr=08.0,audiodev=silence
	-device e1000e,addr=09.0,netdev=net3
	-device pcie-root-port,id=rp9,chassis=9,addr=0b.0,hotplug=off
	-device e1000e,bus=rp9,netdev=net4
)
# What is isolated receives until the crash.
eval "$(declare -f machine_devices | sed '1s/machine_devices/all_other_devices/')"
machine_devices() {
	local net

	all_other_devices
	FRAMES+=(net3=3 net4=3)
	for net in net3 net4; do
		MACHINE+=(-netdev "dgram,id=$net,local.type=unix,local.path=$net.qemu,remote.type=unix,remote.path=$net.peer")
	done
}
# shellcheck disable=SC2054 # commas are part of the words
EXPECTED+=(
	--expect 0000:00:08.0=fence,none
	--expect 0000:00:09.0=fence,none
	--expect 0000:0a:00.0=fence,none
)
crash systemd with
judge with "${EXPECTED[@]}"
"$(dirname "$0")/judge_contain.py" "$RUN" iommu=0000:00:08.0 d3hot=0000:00:09.0 \
	d3hot=0000:0a:00.0 --ignores-link 0000:00:0b.0 ||
	fail "see $RUN/console.log and trace.log"
# The judge asks no driver for that of which one function has none.
grep -q 'pq-test: second: frames e1000e ok' "$RUN/console.log" || fail "the other e1000e is deaf"
check_dump
passed
