#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# In the crash kernel, before anything is touched: a dump of the machine gives the plan that
# the machine itself gives, in all that a dump can hold.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

# What is below this the hook of the second init takes to the dump target.
prompt='pci-quiesce:/# '
dir=/run/pci-quiesce
type_at "$prompt" "mkdir -p $dir"
# As "lspci -xxxx" prints it: od's addresses are without a colon and have more digits.
type_at "$prompt" "b=/usr/lib/pq-test/busybox; for d in /sys/bus/pci/devices/*; do echo \"\${d##*/} x\"; \$b od -Ax -v -tx1 \$d/config | \$b sed -n 's/^0*\\([0-9a-f]\\{2,3\\}\\) /\\1: /p'; done >$dir/machine.lspci"
type_at "$prompt" "pci-quiesce plan --json >$dir/live.json"
type_at "$prompt" "exit"
crash systemd with rd.pci_quiesce=shell
fetch pci-quiesce/live.json pci-quiesce/machine.lspci
"$PQ_BINARY" plan --json --config "$PQ_CONFIG" --dump "$RUN/machine.lspci" |
	sed "s|$PQ_CONFIG|/etc/pci-quiesce.conf|" >"$RUN/dump.json"
"$LIB/judge_dump_plan.py" "$RUN" || fail "see live.json, dump.json and machine.lspci in $RUN"
judge with --deadline 120 "${EXPECTED[@]}"
check_dump
passed
