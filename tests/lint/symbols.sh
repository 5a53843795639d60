#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# symbols.sh LIBPCIRESET.a LIBQUIESCE.a BUILDDIR: names that the objects export
# carry their room's prefix, and the library keeps no state of its own.
set -eu -o pipefail

libpcireset=$1
libquiesce=$2
main_objects=("$3"/pci-quiesce.p/*.o)
bad=0

globals() {
	nm --defined-only --extern-only --format=posix "$@" | awk 'NF >= 3 { print $1 }' |
		grep -vE '^__(asan|odr_asan)' | sort -u
}

# prefixed PATTERN FILES...: all names match, and there are names.
prefixed() {
	local pattern=$1 names other
	shift

	names=$(globals "$@")
	if [ -z "$names" ]; then
		echo "no global symbols in $*"
		bad=1
	fi
	if other=$(grep -vE "^$pattern" <<<"$names"); then
		printf 'global symbols without the prefix %s in %s:\n%s\n' "$pattern" "$*" "$other"
		bad=1
	fi
}

# Writable data by section, as constant tables of pointers (.data.rel.ro) are
# 'd' to nm. libpci's error hook has no user data: io_pci may have a way out.
writable() {
	objdump --syms "$1" | awk '
		/:[ \t]+file format/ { object = $1; sub(/:$/, "", object) }
		/^[0-9a-f]+ / {
			# address, a blank, seven flags, a blank, section, size, name
			split(substr($0, length($1) + 10), field)
			flags = substr($0, length($1) + 2, 7)
			if (flags ~ /d/ || object ~ /io_pci\.c\.o$/)
				next
			if (field[1] ~ /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)/ &&
			    field[1] !~ /^\.data\.rel\.ro/)
				print object ": " field[3] " in " field[1]
		}'
}

prefixed pcireset_ "$libpcireset"
prefixed quiesce_ "$libquiesce"
prefixed 'main$' "${main_objects[@]}"

state=$(writable "$libpcireset")
if [ -n "$state" ]; then
	printf 'writable variables in the library:\n%s\n' "$state"
	bad=1
fi
exit "$bad"
