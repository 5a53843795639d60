#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# level = observe: the DMA goes on as it does without us, no configuration space
# is written, and the report has what was still running.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

crash systemd with rd.pci_quiesce.level=observe
judge without
"$LIB/judge_untouched.py" "$RUN" --before || fail "see $RUN/trace.log"
check_dump
passed
