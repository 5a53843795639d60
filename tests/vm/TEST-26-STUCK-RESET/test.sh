#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A device loses its power between plan and reset, so the kernel waits a minute
# for it: that reset is abandoned, the others are made, and the dump is there
# before the kernel has given up.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

# 6.1 lets whoever reads the uevent of the device wait: udev, and the journal.
PQ_KERNEL=6.12
stuck_device
faulty_crash power-off plan "faulty.port=$STUCK_PORT" rd.pci_quiesce.engine=kernel
check_stuck
judge survive --deadline 8
check_dump
passed
