#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An image without the modules of vfio, and with one of another kernel: a line for
# each, all promises kept, and the dump is made.
# shellcheck source=tests/vm/lib/iommu.sh
. "$(dirname "$0")/../lib/iommu.sh"

# Both kernels' modules; the image is for the first.
(
	PQ_KERNEL=6.12
	prepare_kernel
	xz -dc "$KERNEL_ROOT/lib/modules/$KERNEL_VERSION"/kernel/drivers/block/loop.ko.xz \
		>"$VM/alien.ko.$$"
	mv "$VM/alien.ko.$$" "$VM/alien.ko"
)
PQ_ALIEN=$VM/alien.ko
PQ_CONFIG=$TOP/tests/vm/sbr.conf
export PQ_ALIEN PQ_CONFIG
EXTRA_MODULES=("$TOP/tests/vm/TEST-56-WRONG-MODULES/94pq-alien")

crash systemd with rd.pci_quiesce.level=iommu rd.pci_quiesce.load=module:alien
judge with
check_dump
grep -q 'module alien was built for another kernel: 6\.12' "$RUN/dmesg" ||
	fail "nothing is said of the module"
grep -q 'inherited translations stay: .*vfio' "$RUN/dmesg" || fail "nothing is said of vfio"
passed
