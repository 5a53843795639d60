#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# No /dev/kmsg, and /run is read-only: there is neither message nor report, and
# all else is done.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

PQ_WRAP=$(dirname "$(realpath "$0")")
export PQ_WRAP

crash systemd with
judge with --start 'wrap: broken' --no-report
! grep -q '] pci-quiesce: ' "$RUN/console.log" || fail "/dev/kmsg was there"
check_dump
passed
