#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mode = late: kdump's pre.d hook starts it while drivers work and the dump target
# is written. Two functions have no driver in this image: they are silenced, and
# nobody else is disturbed.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

PQ_CONFIG=$TOP/tests/vm/late.conf
PQ_KDUMP_PRE=$TOP/dracut-module/kdump-pre.sh
export PQ_KDUMP_PRE
CRASH_DRIVERS=${GUEST_DRIVERS/e1000e /}
CRASH_DRIVERS=${CRASH_DRIVERS/8139cp /}
# shellcheck disable=SC2034 # for crash
UNBOUND=(0000:01:00.0 0000:09:01.0)
crash systemd with pq.late=1
"$LIB/judge_starts.py" late "$RUN" "${ALLOWED[@]/#/--allow=}" ||
	fail "see $RUN/console.log and trace.log"
check_dump
passed
