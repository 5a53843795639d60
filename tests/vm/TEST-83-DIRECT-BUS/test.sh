#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Buses that are reset by our own writes: two functions behind a port, a switch with two
# devices, a conventional bridge behind another one. What is below is restored from the
# top down and is as it was, drivers bind and work, a dump is made. The kernel would make
# these resets; engine = direct takes them from it.
# shellcheck source=tests/vm/lib/direct.sh
. "$(dirname "$0")/../lib/direct.sh"

# shellcheck disable=SC2034 # for the machine
EXTRA_NETS=(net4 net5 net6 net7)
# A conventional bridge's hot-plug controller would have a driver.
# shellcheck disable=SC2054 # commas are part of the words
EXTRA_DEVICES+=(
	-device pcie-root-port,id=rpa,chassis=10,addr=09.0,x-speed=5
	-device rtl8139,bus=rpa,addr=00.0,multifunction=on,netdev=net4
	-device qemu-xhci,bus=rpa,addr=00.1
	-device pcie-root-port,id=rpb,chassis=11,addr=0a.0
	-device x3130-upstream,id=up2,bus=rpb
	-device xio3130-downstream,id=down3,bus=up2,chassis=12,addr=00.0
	-device xio3130-downstream,id=down4,bus=up2,chassis=13,addr=01.0
	-device rtl8139,bus=down3,netdev=net5
	-device rtl8139,bus=down4,netdev=net6
	-device pcie-root-port,id=rpc,chassis=14,addr=0b.0
	-device pcie-pci-bridge,id=bridge2,bus=rpc
	-device pci-bridge,id=bridge3,bus=bridge2,chassis_nr=15,addr=01.0,shpc=off
	-device ES1370,bus=bridge2,addr=02.0,audiodev=silence
	-device rtl8139,bus=bridge3,addr=01.0,netdev=net7
)
# The kernel has turned Bus Master of a USB controller off: it falls with its bus.
# shellcheck disable=SC2054
EXPECTED+=(--expect 0000:0b:00.1=idle,none)
RESET=()
for function in 0000:01:00.0 0000:09:01.0 0000:09:02.0 0000:0b:00.0 0000:0e:00.0 0000:0f:00.0 \
	0000:11:02.0 0000:12:01.0; do
	EXPECTED+=(--expect "$function=reset,sbr")
	RESET+=("$function=verified,direct,observed")
done

direct_crash rd.pci_quiesce.engine=direct
judge with --start 'wrap: read' --reads "${EXPECTED[@]}"
# One for each port, the switch, and the two conventional buses with one bridge.
grep -q '"sbr": 5' "$RUN/judged.json" || fail "not five bus resets"
check_verdicts "${RESET[@]}"
judge_config
check_io
check_dump
passed
