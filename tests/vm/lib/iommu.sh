# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the IOMMU tests share: a NIC of the crashed kernel that gets no driver in
# the crash kernel, and its VT-d context entry at three moments.

# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "${BASH_SOURCE[0]}")/crash.sh"

DRIVERLESS=01:00.0
UNBOUND=("0000:$DRIVERLESS")
CRASH_DRIVERS=${GUEST_DRIVERS/ e1000e/}

# crash_and_judge MODE with|without FIRST-LINE [WORDS]: FIRST-LINE is what the
# console shows first of the crash kernel's user space.
crash_and_judge() {
	local mode=$1 quiesce=$2 started=$3
	shift 3

	monitor_at 'pq-test: first: crash' "vtd-context $DRIVERLESS"
	monitor_at "$started" "vtd-context $DRIVERLESS"
	monitor_at 'pq-test: second: hook' "vtd-context $DRIVERLESS"
	crash systemd "$quiesce" "$@"
	judge "$quiesce"
	"$LIB/judge_iommu.py" "$mode" "$RUN" "$DRIVERLESS" ||
		fail "see $RUN/console.log, monitor.log and trace.log"
	check_dump
}
