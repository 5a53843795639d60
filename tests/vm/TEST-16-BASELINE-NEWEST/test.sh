#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What TEST-14 is compared with: the same kernel without pci-quiesce.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

PQ_KERNEL=newest
crash systemd without
judge without
check_dump
passed
