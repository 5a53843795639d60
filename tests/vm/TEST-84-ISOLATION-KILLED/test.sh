#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The worker is killed while it isolates functions, and in a second crash while it holds
# IOMMU groups on empty domains. What it had isolated stays so: asleep, or held by who
# outlives it, and barred from drivers, while the next one, which it had only barred, gets
# its driver. The groups are given back. No other driver_override is left, all drivers bind
# and receive, the next init follows at once, a dump is made, and the log tells all of it.
# shellcheck source=tests/vm/lib/contain.sh
. "$(dirname "$0")/../lib/contain.sh"

# judge_death WORDS...: for the judge of this test.
judge_death() {
	"$(dirname "$0")/judge_killed.py" "$RUN" "$@" || fail "see $RUN/console.log and dmesg"
}

# receive N: so many e1000e do.
receive() {
	[ "$(grep -c 'pq-test: second: frames e1000e ok' "$RUN/console.log")" = "$1" ] ||
		fail "not $1 e1000e receive"
}

# It has barred the first, put it to sleep without looking, and barred the second.
UNBOUND=("$NIC")
killed_crash 3 attribute faulty.stage=verify rd.pci_quiesce.contain=d3hot,iommu
judge survive --deadline 20 --contained "$NIC=d3hot"
check_isolated "d3hot=$NIC" --untold
judge_death --asleep "$NIC" --stays "$NIC" --undone "$SLOT_NIC"
receive 2
check_dump

# Containment is over, and the groups of functions that were reset are held.
UNBOUND=("$NIC" "$SLOT_NIC" "$SOUND")
for moment in 'pq-test: first: crash' 'holding [0-9]+ IOMMU groups' 'second: frames e1000e'; do
	monitor_at "$moment" 'vtd-table 01:00.0'
done
killed_crash 3000 sleep rd.pci_quiesce.contain=d3hot,iommu rd.pci_quiesce.level=iommu \
	rd.pci_quiesce.window_ms=3000 rd.pci_quiesce.drivers_ms=60000
judge survive --deadline 30 --contained "$NIC=d3hot" --contained "$SLOT_NIC=d3hot" \
	--contained "$SOUND=iommu"
check_isolated "d3hot=$NIC" "d3hot=$SLOT_NIC" "iommu=$SOUND"
judge_death --asleep "$NIC" --asleep "$SLOT_NIC" --held --undone 0000:01:00.0 \
	--undone 0000:09:01.0
receive 1
check_dump
passed
