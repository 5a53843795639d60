#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# All groups of functions that were reset are held on an empty domain: none faults,
# the emulator saw none, and all drivers work afterwards.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

UNBOUND=(0000:01:00.0)
CRASH_DRIVERS=${GUEST_DRIVERS/ e1000e/}
SILENT=500,0

crash systemd with rd.pci_quiesce.level=iommu rd.pci_quiesce.window_ms=500
judge with
"$LIB/judge_window.py" "$RUN" 0000:0{1:00.0,2:00.0,7:00.0,9:01.0,9:02.0}=$SILENT ||
	fail "see $RUN/report.json"
grep -q 'vtd_dmar_fault' "$RUN/trace.log" && fail "there were faults: see $RUN/trace.log"
check_dump
passed
