#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A module that is named is loaded and bound before systemd, and no other is.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

crash systemd with rd.pci_quiesce.load=module:nvme
judge with "${EXPECTED[@]}"
check_dump
comes_before 'nvme nvme0: pci function 0000:02:00.0' "$SYSTEMD_STARTS"
comes_before "$SYSTEMD_STARTS" 'e1000e 0000:01:00.0 eth[0-9]+: '
comes_before "$SYSTEMD_STARTS" '8139cp 0000:09:01.0 eth[0-9]+: '
passed
