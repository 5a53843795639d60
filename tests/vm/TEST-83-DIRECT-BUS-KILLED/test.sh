#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The worker is killed while it holds five buses in reset and three functions reset
# themselves: the put-back ends the resets and restores from the top down; configuration
# space is as it was, all drivers bind and work, a dump is made.
# shellcheck source=tests/vm/lib/buses.sh
. "$(dirname "$0")/../lib/buses.sh"

bus_devices
# 13 are fenced, 3 closed, 3 reset; of each bridge 2 writes silence errors, 1 begins.
killed_crash 34 config rd.pci_quiesce.engine=direct
fetch pci-quiesce/config.tar
judge survive --reads --deadline 12
[ "$(grep -c 'pci_cfg_write.* @0x3e <- 0x4[0-9a-f]$' "$RUN/trace.log")" = 5 ] ||
	fail "not killed with five buses in reset"
judge_config
check_dump
passed
