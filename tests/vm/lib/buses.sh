# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Crashes in which our own writes reset whole buses.

# shellcheck source=tests/vm/lib/direct.sh
. "$(dirname "${BASH_SOURCE[0]}")/direct.sh"

# shellcheck disable=SC2034 # for the machine
EXTRA_NETS=(net4 net5 net6 net7)

# bus_devices: two functions behind a port, a switch with two devices, a conventional
# bridge behind another one, whose hot-plug controller would have a driver.
bus_devices() {
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
}
