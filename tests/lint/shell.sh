#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# All shell scripts, by their #! or shellcheck's own mark, pass shellcheck.
cd "$1"
# shellcheck source=tests/lint/common.sh
. tests/lint/common.sh

is_shell() {
	head -n 5 "$1" | tr -d '\0' |
		grep -qE '^#!.*[/ ](ba|da)?sh( |$)|^# shellcheck shell='
}

scripts=()
while read -r file; do
	if is_shell "$file"; then
		scripts+=("$file")
	fi
done < <(source_files)

[ "${#scripts[@]}" -gt 0 ] || complain 'found no shell scripts'
printf '%s\0' "${scripts[@]}" | xargs -0 -n 4 -P "$(nproc)" shellcheck -x -- ||
	complain 'shellcheck complains'

finish
