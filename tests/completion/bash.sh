#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bash.sh FILE < LINES: for each line, with the cursor at its end, the words that
# may stand there after completion by FILE, sorted, on one line.

set -eu -o pipefail

# shellcheck source=quiesce/completion/pci-quiesce.bash
. "$1"
handler=$(complete -p pci-quiesce | sed -n 's/.* -F \([^ ]*\) .*/\1/p')

# As readline does: blanks part words, and runs of its characters are words, too.
split() {
	local rest=$1 part

	COMP_WORDS=()
	while [[ $rest =~ ^[[:blank:]]*([:=]+|(\\.|[^[:blank:]:=])+) ]]; do
		part=${BASH_REMATCH[1]}
		rest=${rest#"${BASH_REMATCH[0]}"}
		COMP_WORDS+=("$part")
	done
	# At a blank a new word begins; behind a colon it does, too.
	if [[ $1 =~ ([^\\][[:blank:]]|[:=])$ ]]; then
		COMP_WORDS+=('')
	fi
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
}

# What stays of the word that readline replaces the end of.
stays() {
	local word=${1##*[[:blank:]]}

	[[ $word == *[:=]* ]] && printf '%s' "${word%"${word##*[:=]}"}"
	return 0
}

# Outside a completion it fails, and what it would change is readline's.
compopt() {
	:
}

while IFS= read -r COMP_LINE; do
	COMP_POINT=${#COMP_LINE}
	COMP_TYPE=9
	COMP_KEY=9
	split "$COMP_LINE"
	COMPREPLY=()
	"$handler" pci-quiesce "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
	kept=$(stays "$COMP_LINE")
	[ "${#COMPREPLY[@]}" -eq 0 ] ||
		printf '%s\n' "${COMPREPLY[@]/#/"$kept"}" | LC_ALL=C sort -u | paste -s -d ' ' | tr -d '\n'
	echo
done
