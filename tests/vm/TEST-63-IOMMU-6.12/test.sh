#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The inherited translation is replaced on Linux 6.12.
# shellcheck source=tests/vm/lib/iommu.sh
. "$(dirname "$0")/../lib/iommu.sh"

PQ_KERNEL=6.12
crash_and_judge replaced with 'pci-quiesce: fenced ' rd.pci_quiesce.level=iommu
passed
