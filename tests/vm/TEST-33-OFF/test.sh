#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# rd.pci_quiesce=0: nothing is written, nothing is reported, the next init runs.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

crash systemd with rd.pci_quiesce=0
judge without
"$LIB/judge_untouched.py" "$RUN" || fail "see $RUN/trace.log"
[ ! -e "$RUN/report.json" ] || fail "there is a report"
grep -q 'pci-quiesce: rd.pci_quiesce=0: nothing is done' "$RUN/console.log" ||
	fail "it is not said"
check_dump
passed
