#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# help.sh PROGRAM: its help fits a terminal and names every command that it has.
set -eu -o pipefail

program=$1
bad=0

help=$("$program" --help)
if wide=$(grep -E '^.{81,}' <<<"$help"); then
	printf 'wider than 80 columns:\n%s\n' "$wide"
	bad=1
fi
commands=$(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' <<<"$help")
[ "$(wc -w <<<"$commands")" -ge 6 ] || { echo "found only: $commands"; bad=1; }
for command in $commands; do
	"$program" "$command" --help | cmp -s - <(echo "$help") || {
		echo "$command --help is something else"
		bad=1
	}
done
exit "$bad"
