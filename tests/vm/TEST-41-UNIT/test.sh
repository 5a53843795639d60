#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mode = unit: systemd starts it, before udev loads the first driver. What systemd
# has loaded by then is kept and said.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

PQ_CONFIG=$TOP/tests/vm/unit.conf
crash systemd with
"$LIB/judge_starts.py" unit "$RUN" "${ALLOWED[@]/#/--allow=}" ||
	fail "see $RUN/console.log and trace.log"
judge survive
check_dump
passed
