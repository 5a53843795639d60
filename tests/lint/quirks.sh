#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What conf/make-quirk-table.py does not understand it names by file and line.
cd "$1"
# shellcheck source=tests/lint/common.sh
. tests/lint/common.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# says WORDS LINE: of a table with that line behind a good one.
says() {
	local said

	printf '%s\n' 'no-flr = 1234:5678  # a device; a source' "$2" >"$work/conf"
	if said=$(/usr/bin/python3 conf/make-quirk-table.py "$work/conf" "$work/h" 2>&1); then
		complain "taken: $2"
	elif [ "$said" != "$work/conf:2: $1" ]; then
		complain "of \"$2\" it said: $said"
	fi
}

form='not KIND = VENDOR:DEVICE [class CCCC] [revision RR]'
says "$form" 'nonsense'
says "$form" 'no-flr = 123:5678  # s'
says "$form" 'no-flr = 1234:567G  # s'
says "$form" 'no-flr = *:5678  # s'
says "$form" 'no-flr = 1234:5678 class 02  # s'
says "$form" 'no-flr = 1234:5678 revision 01 more  # s'
says 'no such kind: no-such' 'no-such = 1234:5678  # s'
says 'no source' 'no-flr = 1234:5679'
says 'no source' 'no-flr = 1234:5679  #  '
says 'the range ends before it begins' 'no-flr = 1234:5679-5678  # s'
says 'a range begins with an id' 'no-flr = 1234:*-5678  # s'
says 'said twice' 'no-flr = 1234:5678  # another source'

finish
