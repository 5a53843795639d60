#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Direct resets, all at once: seen by the emulator, observed by us, nobody comes near
# a function meanwhile, configuration space is as before, and all drivers work.
# shellcheck source=tests/vm/lib/direct.sh
. "$(dirname "$0")/../lib/direct.sh"

direct_crash rd.pci_quiesce.engine=auto
judge with --start 'wrap: read' --reads "${EXPECTED[@]}"
check_verdicts 0000:02:00.0=verified,direct,observed 0000:03:00.1=verified,direct,observed \
	0000:07:00.0=verified,direct,observed 0000:0a:00.0=verified,direct,observed
judge_config
check_io 1 1
check_dump
passed
