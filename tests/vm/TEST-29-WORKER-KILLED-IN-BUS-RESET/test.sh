#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The worker is killed while the kernel resets a bus: what it left is put
# back, all drivers bind and work, a dump is made.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

killed_crash 13 job rd.pci_quiesce.engine=kernel
judge survive --deadline 8
check_dump
passed
