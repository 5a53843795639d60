#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The library's headers compile alone, and each of their functions says what it does.
cd "$1"
# shellcheck source=tests/lint/common.sh
. tests/lint/common.sh

headers=(libpcireset/pcireset.h libpcireset/pcireset_{contain,io,journal,reach}.h)

# As itself and twice, so that nothing has to come before it.
compiles_alone() {
	printf '#include "%s"\n#include "%s"\n' "$1" "$1" |
		gcc -std=c11 -pedantic -Wall -Wextra -Werror -I. -fsyntax-only -x c -
}

# Prints each function whose declaration does not follow a comment that names it.
undocumented() {
	awk '
		/^\/\*/ { comment = ""; open = 1 }
		open { comment = comment "\n" $0; if (/\*\//) open = 0; next }
		/^[ \t]*$/ { comment = ""; next }
		/^[a-z].*[ *]pcireset_[a-z0-9_]+\(/ && !/^#/ {
			name = $0
			sub(/\(.*/, "", name); sub(/.*[ *]/, "", name)
			count++
			if (comment !~ "^\n/[*][*](\n [*])? " name "[(][)] - .")
				print name
			comment = ""
		}
		END { if (!count) print "no functions found" }
	' "$1"
}

for header in "${headers[@]}"; do
	compiles_alone "$header" || complain "$header does not compile alone"
	missing=$(undocumented "$header")
	[ -z "$missing" ] ||
		complain "$header: no comment \"NAME() - what it does\" directly before:" "$missing"
done

finish
