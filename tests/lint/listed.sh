#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What meson has no list of is neither built nor tested, and nobody notices.
cd "$1"
# shellcheck source=tests/lint/common.sh
. tests/lint/common.sh

# listed NAME MESON-FILE
listed() {
	grep -qF "'$1'" "$2" || complain "$2 does not list $1"
}

for file in libpcireset/*.c quiesce/*.c; do
	listed "$file" meson.build
done
for file in tests/unit/test-*.c; do
	name=${file##*/test-}
	listed "${name%.c}" tests/meson.build
done
for file in tests/fuzz/fuzz-*.c; do
	name=${file##*/fuzz-}
	listed "${name%.c}" tests/meson.build
done
for file in tests/bench.d/*.c; do
	name=${file##*/}
	listed "${name%.c}" tests/meson.build
done
for dir in tests/fixtures/*/; do
	case $dir in
	*/machines/ | */platforms/) ;;
	*) listed "$(basename "$dir")" tests/meson.build ;;
	esac
done
for dir in tests/fixtures/platforms/*/; do
	listed "$(basename "$dir")" tests/meson.build
done
for file in tests/fixtures/machines/*.txt; do
	listed "$(basename "$file" .txt)" tests/meson.build
done
for file in tests/init/*.py; do
	name=${file##*/}
	[ "$name" = machine.py ] || listed "${name%.py}" tests/meson.build
done
for file in tests/vm/TEST-*/test.sh; do
	name=${file%/test.sh}
	listed "${name##*/}" tests/meson.build
done

finish
