#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# With load = all every driver of the image is loaded and bound before systemd,
# and all promises are kept as without it.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

crash systemd with rd.pci_quiesce.load=all
judge with "${EXPECTED[@]}"
check_dump
# The drivers' own lines; one of them about its option on the kernel's command line.
comes_before 'nvme nvme0: pci function 0000:02:00.0' "$SYSTEMD_STARTS"
comes_before 'e1000e 0000:01:00.0 eth[0-9]+: ' "$SYSTEMD_STARTS"
comes_before '8139cp 0000:09:01.0 eth[0-9]+: ' "$SYSTEMD_STARTS"
comes_before 'e1000e 0000:01:00.0: Interrupt Mode set to 1' "$SYSTEMD_STARTS"
passed
