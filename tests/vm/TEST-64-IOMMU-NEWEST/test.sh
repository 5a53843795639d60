#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The same on the newest kernel that Debian packages; skipped where there is none.
# shellcheck source=tests/vm/lib/iommu.sh
. "$(dirname "$0")/../lib/iommu.sh"

PQ_KERNEL=newest
crash_and_judge replaced with 'pci-quiesce: fenced ' rd.pci_quiesce.level=iommu
passed
