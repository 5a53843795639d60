#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# load, typed before udev starts: the function that it names gets its driver, and
# no other does; what cannot be loaded is an exit status.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

EXTRA_MODULES=("$TOP/tests/vm/TEST-46-LOAD-BY-HAND/93pq-hand")
crash systemd with
judge with "${EXPECTED[@]}"
check_dump
for line in 'before: nvme -' 'load 0000:02:00.0: 0' 'after: nvme nvme' 'after: e1000e -' \
	'load module no_such: 1' 'load nonsense: 2' 'autoprobe: 1'; do
	[[ -n $(line_of "pq-test: hand: $line\$") ]] || fail "not on the console: $line"
done
passed
