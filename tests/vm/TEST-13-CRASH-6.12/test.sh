#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# All promises on Linux 6.12, which keeps inherited IOMMU entries longer than 6.1 does.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

PQ_KERNEL=6.12
crash systemd with
judge with "${EXPECTED[@]}"
check_dump
passed
