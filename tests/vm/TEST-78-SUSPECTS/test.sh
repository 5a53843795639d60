#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A function that reports a fatal error right before the crash is the first suspect.
# The crash kernel has cleared what AER knew of it when it enumerated; Device Status
# still tells.
# shellcheck source=tests/vm/lib/suspects.sh
. "$(dirname "$0")/../lib/suspects.sh"

# shellcheck disable=SC2119 # no words
suspects_crash
check_suspect 'a fatal error was detected'
grep -q '"uncorrectable":"00000000"' "$RUN/guilty.json" || fail "AER status was not cleared"
check_dump
passed
