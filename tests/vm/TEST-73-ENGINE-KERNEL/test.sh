#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# engine = kernel: the same functions are reset, by the kernel, which is not observed;
# configuration space and drivers end up as with direct resets.
# shellcheck source=tests/vm/lib/direct.sh
. "$(dirname "$0")/../lib/direct.sh"

direct_crash rd.pci_quiesce.engine=kernel
judge with --start 'wrap: read' --reads "${EXPECTED[@]}"
check_verdicts 0000:02:00.0=completed,kernel,reported 0000:03:00.1=completed,kernel,reported \
	0000:07:00.0=completed,kernel,reported 0000:0a:00.0=completed,kernel,reported
grep -q '"direct_resets": 0,' "$RUN/judged.json" || fail "there were direct resets"
judge_config
check_io 1 1
check_dump
passed
