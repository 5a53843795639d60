#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Both kernels with identity domains: no IOMMU stands between devices and memory.
# Functions are silenced, drivers work, a dump is made.
PQ_FIRST_WORDS=iommu=pt
export PQ_FIRST_WORDS
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

crash systemd with iommu=pt
[ "$(grep -c 'iommu: Default domain type: Passthrough' "$RUN/console.log")" -eq 2 ] ||
	fail "the default domains are not identity domains"
judge with "${EXPECTED[@]}"
check_dump
passed
