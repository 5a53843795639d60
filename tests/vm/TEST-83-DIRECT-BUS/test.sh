#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Buses that are reset by our own writes: what is below is restored from the top down
# and is as it was, drivers bind and work, a dump is made. The kernel would make these
# resets; engine = direct takes them from it.
# shellcheck source=tests/vm/lib/buses.sh
. "$(dirname "$0")/../lib/buses.sh"

bus_devices
# The kernel has turned Bus Master of a USB controller off: it falls with its bus.
# shellcheck disable=SC2054 # commas are part of the words
EXPECTED+=(--expect 0000:0b:00.1=idle,none)
RESET=()
for function in 0000:01:00.0 0000:09:01.0 0000:09:02.0 0000:0b:00.0 0000:0e:00.0 0000:0f:00.0 \
	0000:11:02.0 0000:12:01.0; do
	EXPECTED+=(--expect "$function=reset,sbr")
	RESET+=("$function=verified,direct,observed")
done

direct_crash rd.pci_quiesce.engine=direct
judge with --start 'wrap: read' --reads "${EXPECTED[@]}"
# One for each of two ports, one for the switch, two of conventional bridges.
grep -q '"sbr": 5' "$RUN/judged.json" || fail "not five bus resets"
check_verdicts "${RESET[@]}"
judge_config
check_io 1 1
check_dump
passed
