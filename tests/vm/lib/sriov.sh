# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Crashes with a VF at work: an NVMe controller whose disk is so slow that the VF's
# reads go on long after the crash.

# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "${BASH_SOURCE[0]}")/crash.sh"

PF=0000:0a:00.0
# shellcheck disable=SC2034 # for the tests
VF=0000:0a:00.1
# One head for both controllers would choose the PF.
PQ_FIRST_WORDS="pq.sriov=$PF,$VF nvme_core.multipath=N"
export PQ_FIRST_WORDS
UNBOUND=("$VF")
# shellcheck disable=SC2054 # commas are part of the words
EXTRA_DEVICES+=(
	-device nvme-subsys,id=sub
	-device pcie-root-port,id=rp9,chassis=9,addr=0b.0
	-device nvme,bus=rp9,subsys=sub,serial=slow,max_ioqpairs=6,msix_qsize=7,sriov_max_vfs=1,sriov_vq_flexible=2,sriov_vi_flexible=1
	-drive if=none,id=slow,driver=null-co,size=32M,read-zeroes=on,throttling.iops-total=64,throttling.iops-size=4096
	-device nvme-ns,drive=slow,nsid=1,shared=on
	-trace sriov_register_vfs -trace sriov_unregister_vfs
	# systemd's PID 1 loads virtio_rng: should it ever wait for a byte, who owes it.
	-trace 'virtio_rng_*'
)

# check_works WHAT...: the VF was at work, and NICs and WHAT work afterwards.
check_works() {
	grep -q 'pq-test: first: VF reads' "$RUN/console.log" || fail "no VF in the first kernel"
	for what in 'frames e1000e' 'frames 8139cp' 'frames virtio_net' "$@"; do
		grep -q "pq-test: second: $what ok" "$RUN/console.log" ||
			fail "crash kernel: not ok: $what"
	done
	check_dump
}
