# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Completion of pci-quiesce(8). Needs bash alone; bash-completion loads it when
# it is wanted. _pci_quiesce_words and so on are read by tests, too.

# _pci_quiesce_words WHAT: the words that stand in this place.
_pci_quiesce_words() {
	case $1 in
	commands) echo list plan show check snapshot iommu run load report ;;
	list) echo --color --dump --json --root -d -s ;;
	plan | show) echo --color --config --crash --dump --json --root -d -s ;;
	check) echo --config --fleet --json --print --root ;;
	snapshot) echo --output --print --root ;;
	iommu) echo --json --root ;;
	run) echo --color --config --force --json --root ;;
	load) echo --config --force --root ;;
	report) echo --color --json --root ;;
	'') echo --color --config --crash --dump --fleet --force --json --output --print --root -d -s ;;
	always) echo --help --version ;;
	--color) echo always auto never ;;
	--print-of-snapshot) echo dump-target ;;
	--print) echo contain deadline_ms drain_ms drivers_ms engine level load mode module_ms reset_ms strict window_ms words ;;
	load-what) echo all console dump-target module none ;;
	esac
}

# _pci_quiesce_names PATH...: the last part of each that exists.
_pci_quiesce_names() {
	local path

	for path in "$@"; do
		[[ -e $path ]] && echo "${path##*/}"
	done
}

# _pci_quiesce_addresses DUMP ROOT: of the functions in a dump, or else in sysfs.
_pci_quiesce_addresses() {
	if [[ $1 ]]; then
		sed -nE 's/^(([0-9a-f]{4,8}:)?[0-9a-f]{2}:[01][0-9a-f]\.[0-7]) .*/\1/p' "$1" 2>/dev/null
		return
	fi
	_pci_quiesce_names "$2"/sys/bus/pci/devices/*
}

# _pci_quiesce_ids ROOT: VENDOR:DEVICE of each function in sysfs.
_pci_quiesce_ids() {
	local at vendor device

	for at in "$1"/sys/bus/pci/devices/*; do
		{ read -r vendor <"$at/vendor" && read -r device <"$at/device"; } 2>/dev/null &&
			echo "${vendor#0x}:${device#0x}"
	done | sort -u
}

# The words up to the cursor into "words", as they were typed: readline also
# splits them at the colons of an address and at "=".
_pci_quiesce_split() {
	local rest=${COMP_LINE:0:COMP_POINT} word blanks i

	words=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		blanks=${rest%%[![:blank:]]*}
		rest=${rest#"$blanks"}
		((i == COMP_CWORD)) && word=$rest
		if [[ ! $blanks && i -gt 0 && ($word == [:=]* || ${words[-1]} == *[:=]) ]]; then
			words[-1]+=$word
		else
			words+=("$word")
		fi
		rest=${rest#"$word"}
	done
}

# _pci_quiesce_reply TYPED PREFIX < CANDIDATES: what readline shall put in place
# of the end of the word, behind the last character at which it splits.
_pci_quiesce_reply() {
	local typed=$1 prefix=$2 cut='' i candidate

	for ((i = 0; i < ${#typed}; i++)); do
		[[ ${typed:i:1} == [:=] && $COMP_WORDBREAKS == *"${typed:i:1}"* ]] &&
			cut=${typed:0:i+1}
	done
	while read -r candidate; do
		[[ $prefix$candidate == "$typed"* ]] || continue
		candidate=$prefix$candidate
		COMPREPLY+=("${candidate#"$cut"}")
	done
}

# _pci_quiesce_value OPTION TYPED PREFIX: the value of an option; false where it has none.
_pci_quiesce_value() {
	local option=$1 typed=$2 prefix=$3 kind=-f

	case $option in
	--config | --dump | --output | --root)
		# Names are quoted, and directories get their slash, by readline.
		compopt -o filenames 2>/dev/null
		[[ $option == --root ]] && kind=-d
		typed=${typed//\\/}
		_pci_quiesce_reply "$typed" "$prefix" < <(compgen "$kind" -- "${typed#"$prefix"}")
		;;
	--color | --print)
		[[ $option$command == --printsnapshot ]] && option=--print-of-snapshot
		_pci_quiesce_reply "$typed" "$prefix" < <(_pci_quiesce_words "$option" | tr ' ' '\n')
		;;
	-s) _pci_quiesce_reply "$typed" "$prefix" < <(_pci_quiesce_addresses "$dump" "$root") ;;
	-d) _pci_quiesce_reply "$typed" "$prefix" < <(_pci_quiesce_ids "$root") ;;
	*) return 1 ;;
	esac
}

# What stands before the cursor: into command, operands, dump and root.
_pci_quiesce_scan() {
	local i word

	for ((i = 1; i < ${#words[@]} - 1; i++)); do
		word=${words[i]}
		case $word in
		--root=*) root=${word#*=} ;;
		--dump=*) dump=${word#*=} ;;
		--root) root=${words[++i]} ;;
		--dump) dump=${words[++i]} ;;
		--color | --config | --output | --print | -s | -d) ((i++)) ;;
		-*) ;;
		*)
			if [[ $command ]]; then
				operands+=("$word")
			else
				command=$word
			fi
			;;
		esac
	done
}

_pci_quiesce_operand() {
	case $command in
	'') _pci_quiesce_words commands | tr ' ' '\n' ;;
	show) ((${#operands[@]})) || _pci_quiesce_addresses "$dump" "$root" ;;
	snapshot)
		echo network
		_pci_quiesce_names "$root"/sys/class/{block,net}/*
		;;
	load)
		((${#operands[@]})) && [[ ${operands[-1]} == module ]] && return
		_pci_quiesce_words load-what | tr ' ' '\n'
		_pci_quiesce_addresses '' "$root"
		;;
	esac
}

_pci_quiesce() {
	local words operands=() command='' dump='' root='' typed previous

	COMPREPLY=()
	_pci_quiesce_split
	typed=${words[-1]}
	previous=${words[-2]-}
	_pci_quiesce_scan

	if [[ $typed == --*=* ]]; then
		_pci_quiesce_value "${typed%%=*}" "$typed" "${typed%%=*}="
	elif _pci_quiesce_value "$previous" "$typed" ''; then
		:
	elif [[ $typed == -* ]]; then
		_pci_quiesce_reply "$typed" '' < <({
			_pci_quiesce_words "$command"
			_pci_quiesce_words always
		} | tr ' ' '\n')
	else
		_pci_quiesce_reply "$typed" '' < <(_pci_quiesce_operand)
	fi
}

complete -F _pci_quiesce pci-quiesce
