#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# On a machine that is not in a kdump kernel, `run` refuses and writes nothing.
# shellcheck source=tests/vm/lib/common.sh
. "$(dirname "$0")/../lib/common.sh"

require_tools strace
require_binary
[ ! -e /proc/vmcore ] || skip "this is a kdump kernel"

status=0
strace -f -o "$RUN/strace" -e trace=file,desc "$PQ_BINARY" run >"$RUN/out" 2>&1 || status=$?
cat "$RUN/out"
[ "$status" -eq 3 ] || fail "exit status is $status, not 3"
# strace itself must have seen the program, or the check below proves nothing.
grep -qF "execve(\"$PQ_BINARY\"" "$RUN/strace" || fail "strace saw nothing"
if grep -E '/sys/.*(O_WRONLY|O_RDWR|O_CREAT)|^[0-9]+ +p?writev?(64)?\([^12]' "$RUN/strace"; then
	fail "it writes"
fi
say "passed"
