#!/usr/bin/zsh -f
# SPDX-License-Identifier: GPL-2.0-or-later
#
# zsh.zsh FILE < LINES: for each line, with the cursor at its end, the words that
# may stand there after completion by FILE, sorted, on one line. A zsh with a
# terminal of its own does it, since no other one completes.

emulate -R zsh
zmodload zsh/zpty || exit 1

work=$(mktemp -d) || exit 1
trap 'zpty -d shell 2>/dev/null; rm -rf $work' EXIT
mkfifo $work/found || exit 1

cat >$work/setup <<-'END'
	fpath=($completions $fpath)
	autoload -Uz compinit
	compinit -u -D
	zstyle ':completion:*' menu no
	exec {found}<>$work/found

	# Each word that is added is told, in full; what only asks for words is not.
	compadd() {
		local -a hits
		if [[ ${@[1,(i)(-|--)]} == *-[OAD]\ * ]]; then
			builtin compadd "$@"
			return
		fi
		builtin compadd -A hits "$@"
		(($#hits)) && print -rl -u $found -- $IPREFIX$^hits
		builtin compadd "$@"
	}
	capture() {
		_main_complete
		compstate[insert]= compstate[list]=
		print -r -u $found -- .
	}
	zle -C capture complete-word capture
	bindkey '^Y' capture
	bindkey '^U' kill-whole-line
	PROMPT= RPROMPT=
	print -r -u $found -- .
END

export work completions=${1:A:h} TERM=dumb COLUMNS=500
exec {found}<>$work/found

# All up to a line with a dot, or nothing within 20 s.
answer() {
	local line

	reply=()
	while true; do
		if ! read -r -t 20 -u $found line; then
			print -r -u 2 'zsh does not answer:'
			zpty -r -t shell line && print -r -u 2 -- $line
			exit 1
		fi
		[[ $line == . ]] && return
		reply+=(${line%=})
	done
}

zpty shell zsh -f -i
zpty -w shell ". $work/setup"
answer
while IFS= read -r line; do
	zpty -w -n shell $'\C-U'$line$'\C-Y'
	answer
	LC_ALL=C
	print -r -- ${(ou)${(Q)reply}}
	# What it printed on its terminal must not fill that up.
	while zpty -r -t shell line; do :; done
done
