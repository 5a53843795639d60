#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What has no reset is isolated, and gets no driver although the image has it: two by D3hot,
# and one that has no Power Management by its IOMMU group. The emulator's ports ignore Link
# Disable, which is noticed, undone, and followed by the next way.
# shellcheck source=tests/vm/lib/contain.sh
. "$(dirname "$0")/../lib/contain.sh"

UNBOUND=("$SOUND" "$NIC" "$SLOT_NIC")
for function in "${UNBOUND[@]}"; do
	EXPECTED+=(--expect "$function=fence,none")
done
crash systemd with
judge with "${EXPECTED[@]}"
check_isolated "iommu=$SOUND" "d3hot=$NIC" "d3hot=$SLOT_NIC" --ignores-link "$SLOT"
# The judge asks no driver for that of which one function has none.
grep -q 'pq-test: second: frames e1000e ok' "$RUN/console.log" || fail "the other e1000e is deaf"
check_dump
passed
