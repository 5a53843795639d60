#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# static-binary.sh PROGRAM BYTES: needs nothing of where it runs, and is small.
set -eu -o pipefail

program=$1
bytes_max=$2

stripped=$(mktemp)
trap 'rm -f "$stripped"' EXIT
strip -o "$stripped" "$program"
bytes=$(stat -c %s "$stripped")
echo "$bytes bytes stripped, $bytes_max allowed"

bad=0
headers=$(readelf --wide --program-headers --dynamic "$stripped")
grep -qE '^ +LOAD ' <<<"$headers" || { echo 'not a program'; bad=1; }
if grep -E 'INTERP|\(NEEDED\)' <<<"$headers"; then
	echo 'not static'
	bad=1
fi
[ "$bytes" -le "$bytes_max" ] || { echo 'too large'; bad=1; }
exit "$bad"
