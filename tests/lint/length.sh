#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A file that a reader cannot hold in mind is two files.
cd "$1"
# shellcheck source=tests/lint/common.sh
. tests/lint/common.sh

lines_max=400

# The comments of a header are its manual: only what is declared counts there.
counted() {
	case $1 in
	*.h) awk '/^[ \t]*\/\*/ { open = 1 } !open; /\*\/[ \t]*$/ { open = 0 }' "$1" ;;
	*) cat "$1" ;;
	esac | wc -l
}

while read -r file; do
	lines=$(counted "$file")
	[ "$lines" -le "$lines_max" ] || complain "$file: $lines lines, more than $lines_max"
done < <(source_files | grep -E '\.(c|h|sh|py)$')

finish
