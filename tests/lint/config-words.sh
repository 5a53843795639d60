#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# config-words.sh PROGRAM FILE...: all that may be written in the configuration is
# in each file: keys, defaults, values, actions and matches. In a configuration
# keys stand with their defaults, and there are no others.
set -eu

program=$1
shift
bad=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: >"$work/empty.conf"
words=$("$program" check --config "$work/empty.conf" --print words)

complain() {
	echo "$*"
	bad=1
}

# has FILE WORD: not as a part of another word.
has() {
	grep -qE -- "(^|[^[:alnum:]_-])$2($|[^[:alnum:]_-])" "$1" || complain "$1: no $2"
}

# "200 to 60000", "a, b or c" as words, one a line.
alternatives() {
	sed 's/, /\n/g; s/ or /\n/g' <<<"$1"
}

check_line() {
	local file=$1 kind=$2 rest=$3 value

	case $kind in
	key)
		has "$file" "${rest%%:*}"
		case ${rest#*: } in
		[0-9]*) grep -qF "${rest#*: }" "$file" || complain "$file: no ${rest#*: }" ;;
		*) while read -r value; do has "$file" "$value"; done < <(alternatives "${rest#*: }") ;;
		esac
		;;
	default)
		[[ $file == *.conf ]] || return 0
		grep -qxF "#$rest" "$file" || complain "$file: no \"#$rest\""
		;;
	action | match) has "$file" "$rest" ;;
	*) complain "unknown line: $kind $rest" ;;
	esac
}

for file in "$@"; do
	while read -r kind rest; do
		check_line "$file" "$kind" "$rest"
	done <<<"$words"
	[[ $file == *.conf ]] || continue
	while read -r key; do
		grep -q "^key $key:" <<<"$words" || complain "$file: $key is no key"
	done < <(sed -n '/^\[quiesce\]/,/^\[rules\]/s/^#\([a-z_]*\) = .*/\1/p' "$file")
done
[ "$(wc -l <<<"$words")" -ge 30 ] || complain "few words: $words"
exit "$bad"
