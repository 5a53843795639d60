#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Man pages are good mdoc, and installed.
cd "$1"
# shellcheck source=tests/lint/common.sh
. tests/lint/common.sh

mapfile -t pages < <(source_files | grep -E '\.[1-9]$')
[ "${#pages[@]}" -gt 1 ] || complain "found only: ${pages[*]}"
for page in "${pages[@]}"; do
	sed -n '/^install_man(/,/)/p' meson.build | grep -qF "'$page'" ||
		complain "meson.build does not install $page"
done
if ! command -v mandoc >/dev/null; then
	[ "$bad" -ne 0 ] || { echo 'skipped: no mandoc'; exit 77; }
	finish
fi
for page in "${pages[@]}"; do
	mandoc -T lint -W warning -- "$page" || bad=1
done

finish
