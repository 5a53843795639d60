# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Sourced first by every VM test. Exit status: 0 passed, 1 failed, 77 skipped.
# All that is written is below $BUILD/vm.

set -eu -o pipefail

PATH=/usr/sbin:/usr/bin:/sbin:/bin
# realpath, not cd: a build may see the tree through links.
TOP=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../../..")
BUILD=$(realpath -m "${BUILD:-$TOP/build}")
VM=$BUILD/vm
LIB=$TOP/tests/vm/lib
test_name=$(basename "$(dirname "$(realpath "$0")")")
RUN=$VM/run/${PQ_RUN_PREFIX:-}$test_name
PQ_BINARY=${PQ_BINARY:-$BUILD/static/pci-quiesce}
# The source tree is not a place for byte code.
PYTHONDONTWRITEBYTECODE=1
export PATH PYTHONDONTWRITEBYTECODE TOP BUILD VM LIB RUN PQ_BINARY

say() {
	printf '%s: %s\n' "$test_name" "$*"
}

fail() {
	say "FAILED: $*" >&2
	exit 1
}

skip() {
	say "skipped: $*"
	exit 77
}

require_tools() {
	local tool

	for tool in "$@"; do
		command -v "$tool" >/dev/null || skip "needs $tool"
	done
}

require_binary() {
	[ -x "$PQ_BINARY" ] || skip "needs $PQ_BINARY"
}

# try_once NAME COMMAND...: run COMMAND with the new directory $VM/NAME as its last
# argument, unless an earlier run, here or in parallel, has completed it.
try_once() {
	local dir=$VM/$1
	shift

	mkdir -p "$(dirname "$dir")"
	(
		exec 8>"$dir.lock"
		flock 8
		[ ! -d "$dir" ] || exit 0
		rm -rf "$dir.new"
		mkdir "$dir.new"
		"$@" "$dir.new" >"$dir.log" 2>&1 8>&- || {
			cat "$dir.log" >&2
			exit 1
		}
		mv "$dir.new" "$dir"
	)
}

once() {
	try_once "$@" || fail "cannot prepare $VM/$1"
}

# A name for what was made from these files and words.
fingerprint() {
	local part

	for part in "$@"; do
		if [ -d "$part" ]; then
			find -L "$part" -type f -print0 | sort -z | xargs -0 sha256sum
		elif [ -e "$part" ]; then
			sha256sum "$part"
		else
			echo "$part"
		fi
	done | sha256sum | cut -c 1-16
}

# Two runs of one test take turns. QEMU must not inherit the lock's life.
mkdir -p "$VM/run"
exec 7>"$RUN.lock"
flock 7
rm -rf "$RUN"
mkdir -p "$RUN"
