#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# rd.pci_quiesce=shell: a person at the serial console looks around and goes on.
# With systemd, where /bin/sh is bash, the run is made by hand; without, where it
# is dash, PID 1 makes it afterwards.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

# session KIND COMMAND...: in the shell of one crash.
session() {
	local kind=$1 prompt='pci-quiesce:/# ' line
	shift

	ACTIONS=()
	for line in "$@"; do
		type_at "$prompt" "$line"
	done
	crash "$kind" with rd.pci_quiesce=shell
	"$LIB/judge_starts.py" shell "$RUN" "${ALLOWED[@]/#/--allow=}" ||
		fail "$kind: see $RUN/console.log and trace.log"
	judge with --deadline 120 "${EXPECTED[@]}"
	check_dump
	said 'rd.pci_quiesce=shell: waiting without a deadline'
	said 'nothing is touched yet'
}

# said WORDS: the console shows them.
said() {
	grep -qF "$1" "$RUN/console.log" || fail "the console does not show: $1"
}

session systemd 'pci-quiesce list' 'pci-quiesce plan' 'pci-quiesce show 0000:02:00.0' \
	'pci-quiesce iommu' 'pci-quiesce run' 'NO_COLOR=1 pci-quiesce report' \
	'pci-quiesce load module nvme; echo loaded: $?' 'exit'
said '\- 0000:02:00.0 '
said ' 1b36:0010 010802 nvme '
said '0000:02:00.0 1b36:0010 reset  flr    direct -'
said 'functions in all'
said '  rule            default:reset'
said '0000:02:00.0 1b36:0010 reset  flr    direct -    verified  '
said 'GROUP IOMMU    TYPE     INHERITED NEEDED BY'
said 'loaded: 0'

PQ_DRACUT_ADD=dash
export PQ_DRACUT_ADD
session shell 'pci-quiesce show 7f:00.0' 'pci-quiesce show 02:00.0' 'exit'
said 'no function 7f:00.0'
said 'report            none yet'
passed
