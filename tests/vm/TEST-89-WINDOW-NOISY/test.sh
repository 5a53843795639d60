#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A function with a good verdict and silent registers that does DMA all the same: the
# window shows it, and drivers and the dump do not suffer.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

PQ_CONFIG=$TOP/tests/vm/window.conf
export PQ_CONFIG
UNBOUND=(0000:01:00.0)
CRASH_DRIVERS=${GUEST_DRIVERS/ e1000e/}

faulty_crash liar verify faulty.port="${UNBOUND[0]}"
"$LIB/judge_window.py" "$RUN" "${UNBOUND[0]}=500,some/failed" 0000:0{2,7}:00.0=500,-/verified \
	0000:09:0{1,2}.0=500,-/completed || fail "see $RUN/report.json"
grep -q "${UNBOUND[0]}: not silent: [0-9]* IOMMU faults" "$RUN/dmesg" || fail "nobody was told"
grep -q 'vtd_dmar_fault' "$RUN/trace.log" || fail "the emulator saw no fault"
judge survive
check_dump
passed
