#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Linux 5.10 cannot be told which reset to make: our own writes reset what has FLR.
# Skipped where that kernel cannot be had.
PQ_KERNEL=5.10
# shellcheck source=tests/vm/lib/direct.sh
. "$(dirname "$0")/../lib/direct.sh"

direct_crash rd.pci_quiesce.engine=auto
judge with --start 'wrap: read' --reads "${EXPECTED[@]}"
check_verdicts 0000:02:00.0=verified,direct,observed 0000:03:00.1=verified,direct,observed \
	0000:07:00.0=verified,direct,observed 0000:0a:00.0=verified,direct,observed
judge_config
check_io
check_dump
passed
