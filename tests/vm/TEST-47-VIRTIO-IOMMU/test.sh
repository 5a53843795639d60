#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A virtio-iommu, whose driver is a module in 6.12: pci-quiesce loads it when all is
# silent. All other drivers wait for it, in both kernels, and work behind it.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

PQ_KERNEL=6.12
GUEST_DRIVERS+=' virtio_iommu'
# Before its driver comes nothing passes it: so it sees, and traces, all DMA.
IOMMU='virtio-iommu-pci,addr=01.0,boot-bypass=off'
ALLOWED+=(0000:00:01.0)
# QEMU 7.2 knows no requester behind a conventional bridge but the bridge itself, which
# Linux does not attach: these two would have no IOMMU domain.
# shellcheck disable=SC2054 # commas are part of the words
CONVENTIONAL=(
	-device rtl8139,addr=08.0,netdev=net1
	-device ES1370,addr=09.0,audiodev=silence
)
EXPECTED=("${EXPECTED[@]/#0000:09:01.0=reset,sbr/0000:00:08.0=fence,none}")
EXPECTED=("${EXPECTED[@]/#0000:09:02.0=reset,sbr/0000:00:09.0=fence,none}")
EXPECTED+=(--expect '0000:00:01.0=keep,none')

crash systemd with
judge with --iommu virtio_iommu "${EXPECTED[@]}"
check_dump
passed
