#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A kernel that is locked down lets nobody write config space: the fence is made
# through the kernel, which leaves INTx on, all resets are the kernel's, and all
# promises hold.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

crash systemd with lockdown=integrity
grep -q 'Kernel is locked down from command line' "$RUN/console.log" ||
	fail "the crash kernel is not locked down"
judge with "${EXPECTED[@]}"
check_verdicts 0000:01:00.0=completed,kernel,reported 0000:02:00.0=completed,kernel,reported \
	0000:03:00.1=completed,kernel,reported 0000:07:00.0=completed,kernel,reported
"$LIB/judge_locked.py" "$RUN" || fail "see $RUN/trace.log and report.json"
# All that are fenced but the boot display.
grep -q 'pci-quiesce: INTx stays enabled on 7 silenced functions' "$RUN/console.log" ||
	fail "it is not said that INTx stays on"
check_dump
passed
