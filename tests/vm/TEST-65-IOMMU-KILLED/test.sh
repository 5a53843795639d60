#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The worker dies while a function is bound to vfio-pci: it is unbound again, and
# nothing keeps a driver away.
# shellcheck source=tests/vm/lib/iommu.sh
. "$(dirname "$0")/../lib/iommu.sh"

killed_crash 18 attribute rd.pci_quiesce.engine=kernel
grep -q "binding to vfio-pci" "$RUN/dmesg" || fail "it did not die in the IOMMU stage"
judge survive --deadline 5
check_dump
passed
