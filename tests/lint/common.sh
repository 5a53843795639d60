# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced first by each lint test, after its first argument, the root of the sources.

set -eu -o pipefail

bad=0

complain() {
	printf '%s\n' "$@"
	bad=1
}

# refuse WORDS PATTERN FILE...: no line of the files may match.
refuse() {
	local words=$1 pattern=$2 found
	shift 2

	found=$(grep -nE -- "$pattern" "$@" /dev/null) || return 0
	complain "$words:" "$found"
}

# All files that are or will be committed, below the root. Where there is no
# git repository (a release tarball), all outside build/.
source_files() {
	local file

	# Root may test somebody else's clone, which git would rather not look at.
	if [ -e .git ]; then
		git -c safe.directory='*' ls-files -co --exclude-standard
	else
		find . -path ./build -prune -o -type f -printf '%P\n'
	fi | while read -r file; do
		# Git knows files that are deleted, and links.
		if [ -f "$file" ] && [ ! -L "$file" ]; then
			echo "$file"
		fi
	done
}

finish() {
	exit "$bad"
}
