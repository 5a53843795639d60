#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A device loses its power between plan and reset, as in TEST-26-STUCK-RESET, and
# resets are direct: it is lost before a reset of it begins, and all others are verified.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

stuck_device
faulty_crash power-off plan "faulty.port=$STUCK_PORT"
check_verdicts 0000:0a:00.0=lost,direct,none 0000:02:00.0=verified,direct,observed \
	0000:03:00.1=verified,direct,observed 0000:07:00.0=verified,direct,observed
! grep -q 'not ready [0-9]*ms after FLR' "$RUN/console.log" || fail "the kernel made a reset"
judge survive --deadline 8
check_dump
passed
