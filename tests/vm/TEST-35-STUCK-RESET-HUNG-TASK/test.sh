#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# TEST-26 in a crash kernel that panics when a task hangs for 5 seconds, as the
# task in the stuck reset does.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

# 6.1 lets whoever reads the uevent of the device wait: udev, and the journal.
PQ_KERNEL=6.12
stuck_device
faulty_crash power-off plan "faulty.port=$STUCK_PORT" rd.pci_quiesce.engine=kernel \
	sysctl.kernel.hung_task_panic=1 sysctl.kernel.hung_task_timeout_secs=5
check_stuck
grep -q 'INFO: task .* blocked for more than 5 seconds' "$RUN/console.log" ||
	fail "no task hung"
judge survive --deadline 8
check_dump
passed
