#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cycle.sh SEED [KERNEL]: one crash of the machine, kernel and configuration that SEED
# stands for (topology.py). All promises hold, configuration space is as it was, every
# driver works, no slot has lost its device, and the dump is made.
# shellcheck source=tests/vm/lib/direct.sh
. "$(dirname "$0")/../lib/direct.sh"

SOAK=$TOP/tests/vm/soak
# As little as shows all that a larger one would.
GUEST_MIB=768
SEED_MIB=16
TRACE_READS=

# shellcheck disable=SC2317 # crash_cycle calls it
machine_devices() {
	machine_board
	MACHINE+=("${DEVICES[@]}")
	machine_nets "${NETS[@]}"
	ln -s "$KERNEL_ROOT/vmlinuz" "$RUN/known.img"
}

# What no driver works with in the first kernel says nothing about the second.
check_machine() {
	local bad='pq-test: first: (no |a virtio function|seed failed)|pq-test: second: frames .* none'

	! grep -E "$bad" "$RUN/console.log" || fail "a device does not work"
}

# What systemd has loaded before is in use, and kept.
judge_unit() {
	"$LIB/judge_starts.py" unit "$RUN" "${ALLOWED[@]/#/--allow=}" ||
		fail "see $RUN/console.log and trace.log"
	judge survive
}

judge_init() {
	fetch pci-quiesce/config.tar
	judge with --start 'wrap: read' --fenced-may-fault "${EXPECTED[@]}"
	judge_config
}

[ $# -ge 1 ] || fail "usage: cycle.sh SEED [KERNEL]"
TOPOLOGY=$("$SOAK/topology.py" "$@") || fail "no machine for $1"
# shellcheck source=/dev/null
. /dev/stdin <<<"$TOPOLOGY"
# shellcheck disable=SC2153 # these come from there
mode=$MODE disks=$DISKS usb=$USB
say "$PQ_KERNEL, $DESCRIPTION"
if [ "$mode" = unit ]; then
	PQ_CONFIG=$TOP/tests/vm/unit.conf
	unset PQ_WRAP
fi
PQ_FIRST_WORDS="pq.usb=$usb pq.readers=$READERS"
# shellcheck disable=SC2034 # for put_crash_image
CRASH_CONFIG=$CONFIG
crash systemd with "pq.usb=$usb" "pq.unbind=$(IFS=, && echo "${UNBIND[*]}")"
check_machine
"judge_$mode"
check_io "$disks" "$usb"
check_slots
check_dump
[ -n "${PQ_KEEP:-}" ] || rm -f "$RUN/trace.log"
passed
