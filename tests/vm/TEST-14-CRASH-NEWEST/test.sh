#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# All promises on the newest kernel that Debian packages; skipped where there is none.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

PQ_KERNEL=newest
crash systemd with
judge with "${EXPECTED[@]}"
check_dump
passed
