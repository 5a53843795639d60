#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What has no reset of its own falls with its bus, one reset for all that share it: two
# functions of a device, two devices of a switch, conventional ones behind a nested
# bridge, one alone in a slot that pciehp drives. A function beside one that is kept, or
# with others in such a slot, is only fenced. Nobody is unplugged by that, configuration
# space is as before, bridges are at work and all drivers, too.
# shellcheck source=tests/vm/lib/direct.sh
. "$(dirname "$0")/../lib/direct.sh"

# pciehp drives slots that ACPI does not; of a port faster than 5 GT/s the kernel wants
# to see the link come back, which QEMU does not show.
# shellcheck disable=SC2054,SC2317 # commas are part of the words; crash_cycle calls it
machine_devices() {
	local virtio=disable-legacy=on,iommu_platform=on cold=hotplug=off,x-speed=5

	machine_board
	MACHINE+=(
		-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off

		-device "pcie-root-port,id=rp1,chassis=1,addr=03.0,$cold"
		-device nvme,bus=rp1,drive=target,serial=target

		-device "pcie-root-port,id=rp2,chassis=2,addr=04.0,$cold"
		-device e1000e,bus=rp2,addr=00.0,multifunction=on,netdev=net0
		-device qemu-xhci,id=usb1,bus=rp2,addr=00.1
		-device usb-tablet,bus=usb1.0

		-device "pcie-root-port,id=rp3,chassis=3,addr=05.0,$cold"
		-device "virtio-rng-pci,bus=rp3,addr=00.0,multifunction=on,rng=random,$virtio"
		-device e1000e,bus=rp3,addr=00.1,netdev=net1

		-device "pcie-root-port,id=rp4,chassis=4,addr=06.0,$cold"
		-device x3130-upstream,id=up,bus=rp4
		-device xio3130-downstream,id=down1,bus=up,chassis=5,addr=00.0,hotplug=off
		-device xio3130-downstream,id=down2,bus=up,chassis=6,addr=01.0,hotplug=off
		-device qemu-xhci,id=usb2,bus=down1
		-device usb-tablet,bus=usb2.0
		-device e1000e,bus=down2,netdev=net2

		-device "pcie-root-port,id=rp5,chassis=7,addr=07.0,$cold"
		-device pcie-pci-bridge,id=bridge,bus=rp5
		-device rtl8139,bus=bridge,addr=01.0,netdev=net3
		-device pci-bridge,id=nested,bus=bridge,addr=02.0,chassis_nr=8
		-device ES1370,bus=nested,addr=01.0,audiodev=silence

		-device pcie-root-port,id=rp6,chassis=9,addr=08.0,x-speed=5
		-device e1000e,bus=rp6,netdev=net4

		-device pcie-root-port,id=rp7,chassis=10,addr=09.0,x-speed=5
		-device e1000e,bus=rp7,addr=00.0,multifunction=on,netdev=net5
		-device "virtio-rng-pci,bus=rp7,addr=00.1,rng=random,$virtio"
	)
	machine_nets net0=10 net1=5 net2=5 net3=3 net4=5 net5=5
}

# shellcheck disable=SC2034 # for put_crash_image
CRASH_CONFIG=$(printf '[rules]\nkeep = address 0000:03:00.0')
# shellcheck disable=SC2054 # as above
EXPECTED=(
	--expect 0000:01:00.0=reset,flr
	--expect 0000:02:00.0=reset,sbr
	--expect 0000:02:00.1=reset,sbr
	--expect 0000:03:00.0=keep,none
	--expect 0000:03:00.1=fence,none
	--expect 0000:06:00.0=reset,sbr
	--expect 0000:07:00.0=reset,sbr
	--expect 0000:09:01.0=reset,sbr
	--expect 0000:0a:01.0=reset,sbr
	--expect 0000:0b:00.0=reset,sbr
	--expect 0000:0c:00.0=fence,none
	--expect 0000:0c:00.1=reset,flr
)
# The kernel turns Bus Master of USB controllers off: those look as a crash leaves others.
UNBIND=(0000:02:00.1 0000:06:00.0 0000:0c:00.1)
TRACE_READS=
PQ_FIRST_WORDS=pq.usb=2
crash systemd with pq.usb=2 "pq.unbind=$(IFS=, && echo "${UNBIND[*]}")"
fetch pci-quiesce/config.tar
# What is fenced only goes on for a moment when its driver turns Bus Master on.
judge with --start 'wrap: read' --fenced-may-fault "${EXPECTED[@]}"
check_verdicts 0000:02:00.0=completed,kernel,reported 0000:02:00.1=completed,kernel,reported \
	0000:06:00.0=completed,kernel,reported 0000:07:00.0=completed,kernel,reported \
	0000:09:01.0=completed,kernel,reported 0000:0a:01.0=completed,kernel,reported \
	0000:0b:00.0=completed,kernel,reported 0000:03:00.1=fenced,none,none \
	0000:0c:00.0=fenced,none,none
# Two functions, a switch, a conventional bus, a slot: the trace has one for each.
grep -q '"sbr": 4$' "$RUN/judged.json" || fail "the trace has another number of bus resets"
grep -q 'pcieport 0000:00:08.0: pciehp: Slot' "$RUN/console.log" || fail "pciehp drives no slot"
judge_config
check_io 0 2
check_slots
check_dump
passed
