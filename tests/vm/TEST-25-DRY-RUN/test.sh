#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# rd.pci_quiesce=dry-run plans and touches nothing: the DMA goes on as it does
# without us, and the report says what would have been done.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

crash systemd with rd.pci_quiesce=dry-run
judge without
"$LIB/judge_untouched.py" "$RUN" || fail "see $RUN/trace.log"
grep -q '"mode":"plan","complete":true' "$RUN/report.json" || fail "no plan in the report"
grep -q '"action":"reset"' "$RUN/report.json" || fail "the plan resets nothing"
check_dump
passed
