#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# D3hot and back resets nothing here, and nothing says that it did: e1000e is fenced,
# and a USB controller that cannot even do that, too.
# shellcheck source=tests/vm/lib/direct.sh
. "$(dirname "$0")/../lib/direct.sh"

PQ_CONFIG=$TOP/tests/vm/power.conf
direct_crash rd.pci_quiesce.engine=auto
judge with --start 'wrap: read' --reads --expect 0000:01:00.0=reset,pm
check_verdicts 0000:01:00.0=fenced,kernel,none 0000:06:00.0=fenced,none,none
# It was marked, and the mark stayed; then it was taken away.
grep -q '0000:01:00.0: .*PM did nothing: register a2 is still 4004' "$RUN/console.log" ||
	fail "it is not said that the reset did nothing"
judge_config
check_io 1 1
check_dump
passed
