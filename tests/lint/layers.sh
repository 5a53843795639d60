#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every room keeps to its tools.
cd "$1"
# shellcheck source=tests/lint/common.sh
. tests/lint/common.sh

# only PATTERN FILE IN...: of the files IN, FILE alone has it, and it does have it.
only() {
	local pattern=$1 file=$2 found
	shift 2

	found=$(grep -lE -- "$pattern" "$@") || true
	[ "$found" = "$file" ] || complain "$pattern belongs in $file alone, found in:" "$found"
}

refuse 'the library does not print, exit or read the environment' \
	'(^|[^a-zA-Z0-9_])(v?d?f?printf|puts|fputs|putchar|perror|v?syslog|exit|_exit|_Exit|abort|assert|getenv|secure_getenv|setenv)[[:space:]]*\(' \
	libpcireset/*.[ch]
refuse 'the library includes nothing of the program' \
	'#[[:space:]]*include.*(quiesce/|"quiesce|"commands)' libpcireset/*.[ch]
refuse 'the program knows the library by its own headers alone' \
	'#[[:space:]]*include.*(internal\.h|libpcireset/|pci/|\.\./)' quiesce/*.[ch]

only '#[[:space:]]*include[[:space:]]*[<"]pci/' libpcireset/io_pci.c \
	libpcireset/*.[ch] quiesce/*.[ch]
only '#[[:space:]]*include[[:space:]]*[<"]libkmod' quiesce/modules.c \
	libpcireset/*.[ch] quiesce/*.[ch]
only '(^|[^a-zA-Z0-9_])(f?execv[a-z]*|execl[a-z]*)[[:space:]]*\(' quiesce/handoff.c \
	libpcireset/*.[ch] quiesce/*.[ch]

finish
