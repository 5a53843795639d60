#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A function whose driver was there first, as built-in ones are, is not touched;
# all others are silenced.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

BOUND=0000:02:00.0
PQ_WRAP=$(dirname "$(realpath "$0")")
export PQ_WRAP

crash systemd with
"$LIB/judge.py" with "$RUN" --start 'wrap: bound' "${ALLOWED[@]/#/--allow=}" --allow "$BOUND" \
	"${EXPECTED[@]/#$BOUND=reset,flr/$BOUND=keep,none}" ||
	fail "see $RUN/console.log and trace.log"
"$(dirname "$0")/untouched.py" "$RUN" "$BOUND" ||
	fail "the function that was bound was written to"
grep -q '"address":"'$BOUND'".*"reason":"bound to a driver"' "$RUN/report.json" ||
	fail "the report does not say why it was kept"
check_dump
passed
