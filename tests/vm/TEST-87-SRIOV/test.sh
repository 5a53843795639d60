#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# PFs with VFs: one that the crash kernel lists, and one that it does not, as without
# CONFIG_PCI_IOV, whose VF Enable is cleared. Its driver can have VFs again.
# shellcheck source=tests/vm/lib/sriov.sh
. "$(dirname "$0")/../lib/sriov.sh"

LISTED_PF=0000:0b:00.0
LISTED_VF=0000:0b:00.1
PQ_WRAP=$(dirname "$(realpath "$0")")
export PQ_WRAP
# shellcheck disable=SC2054 # commas are part of the words
EXTRA_DEVICES+=(
	-device nvme-subsys,id=sub2
	-device pcie-root-port,id=rp10,chassis=10,addr=0c.0
	-device nvme,bus=rp10,subsys=sub2,serial=listed,max_ioqpairs=6,msix_qsize=7,sriov_max_vfs=1,sriov_vq_flexible=2,sriov_vi_flexible=1
)

crash systemd with pq.sriov="$PF,$VF" pq.unlisted="$PF" pq.listed="$LISTED_PF,$LISTED_VF"
grep -q 'wrap: VF Enable 09 without a VF' "$RUN/console.log" || fail "no VF Enable to clear"
grep -q '1 functions had VFs that are not listed: VF Enable is cleared' "$RUN/console.log" ||
	fail "VF Enable was not cleared"
# The kernel's FLR of a PF restores its VFs. The emulator's VFs have gone by then, though
# VF Enable reads as set, and the kernel leaves that alone.
check_verdicts "$PF=verified,direct,observed" "$LISTED_PF=completed,kernel,reported" \
	"$LISTED_VF=lost,none,none"
check_works disk VFs
passed
