#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# level = iommu silences it, and then has the kernel replace its translation.
# shellcheck source=tests/vm/lib/iommu.sh
. "$(dirname "$0")/../lib/iommu.sh"

crash_and_judge replaced with 'pci-quiesce: fenced ' rd.pci_quiesce.level=iommu
passed
