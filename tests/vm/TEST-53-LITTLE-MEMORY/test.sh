#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Where a crash kernel with little memory makes its dump without us, it does so
# with us: tests/vm/smallest-crashkernel finds 160 MiB for both.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

CRASH_MIB=176
crash systemd without
judge without
check_dump

crash systemd with
judge with "${EXPECTED[@]}"
check_dump
passed
