#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pcireset.h compiles alone, and each of its functions says what it does.
cd "$1"
# shellcheck source=tests/lint/common.sh
. tests/lint/common.sh

header=libpcireset/pcireset.h

# As itself and twice, so that nothing has to come before it.
printf '#include "%s"\n#include "%s"\n' "$header" "$header" |
	gcc -std=c11 -pedantic -Wall -Wextra -Werror -I. -fsyntax-only -x c - ||
	complain "$header does not compile alone"

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

missing=$(undocumented "$header")
[ -z "$missing" ] || complain "$header: no comment \"NAME() - what it does\" directly before:" "$missing"

finish
