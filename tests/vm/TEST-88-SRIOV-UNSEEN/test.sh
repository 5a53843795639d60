#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A VF is at work when the kernel crashes. With pci=nommconf the crash kernel sees no
# SR-IOV capability, as one that has no CONFIG_PCI_IOV: it lists no VF and ends none.
# The reset of the PF does.
# shellcheck source=tests/vm/lib/sriov.sh
. "$(dirname "$0")/../lib/sriov.sh"

crash systemd with pci=nommconf
"$LIB/judge_sriov.py" "$RUN" "$VF" || fail "see $RUN/trace.log and console.log"
check_verdicts "$PF=verified,direct,observed"
check_works disk
passed
