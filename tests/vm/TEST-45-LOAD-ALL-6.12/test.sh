#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The same on Linux 6.12, whose modules are compressed: the kernel unpacks them.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

PQ_KERNEL=6.12
crash systemd with rd.pci_quiesce.load=all
judge with "${EXPECTED[@]}"
check_dump
[[ -n $(find "$KERNEL_ROOT/lib/modules" -name 'nvme.ko.xz') ]] || fail "modules are not compressed"
comes_before 'nvme nvme0: pci function 0000:02:00.0' "$SYSTEMD_STARTS"
comes_before 'e1000e 0000:01:00.0: Interrupt Mode set to 1' "$SYSTEMD_STARTS"
comes_before '8139cp 0000:09:01.0 eth[0-9]+: ' "$SYSTEMD_STARTS"
passed
