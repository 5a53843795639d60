#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# As TEST-78-SUSPECTS, with a crash kernel that leaves AER alone: it tells which error.
# shellcheck source=tests/vm/lib/suspects.sh
. "$(dirname "$0")/../lib/suspects.sh"

suspects_crash pci=noaer
check_suspect 'a fatal error (malformed TLP)'
grep -q '"uncorrectable":"00040000"' "$RUN/guilty.json" || fail "AER status is wrong"
check_dump
passed
