#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# level = sbr silences it, and leaves its translation as it was.
# shellcheck source=tests/vm/lib/iommu.sh
. "$(dirname "$0")/../lib/iommu.sh"

crash_and_judge kept with 'pci-quiesce: fenced ' rd.pci_quiesce.level=sbr
passed
