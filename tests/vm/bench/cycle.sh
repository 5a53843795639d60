#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cycle.sh N ROUNDS: one crash of a machine with N functions that have an FLR, by
# PQ_KERNEL; in the crash kernel measure.c measures. Its lines come on standard
# output, all else goes to $RUN.

PQ_RUN_PREFIX=${PQ_KERNEL:-6.1}-${1:-}-
# shellcheck source=tests/vm/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/vm/lib/kernels.sh
. "$LIB/kernels.sh"

GUEST_MIB=1024
CRASH_MIB=320
PER_PORT=8
PER_SWITCH=4
# A driver that is built in would have its functions before /init runs.
NO_DRIVER=initcall_blacklist=virtio_pci_driver_init
BENCH=$TOP/tests/vm/bench

make_programs() {
	local dir=$1 source

	for source in "$BENCH/measure.c" "$TOP/tests/vm/crash-load.c"; do
		musl-gcc -idirafter /usr/include -idirafter "/usr/include/$(gcc -print-multiarch)" \
			-static -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -s \
			-o "$dir/$(basename "$source" .c)" "$source"
	done
}

# pack ROOT: a small root with busybox as an initramfs, on standard output.
pack() {
	mkdir -p "$1/bin"
	cp "$(command -v busybox)" "$1/bin/"
	(cd "$1" && find . | cpio -o -H newc --quiet)
}

make_crash_image() {
	local root=$RUN/crash-root way

	mkdir -p "$root/bin" "$root/bench" "$root/etc/bench"
	cp "$BENCH/crash-init" "$root/init"
	cp "$PROGRAMS/measure" "$root/bin/"
	ln "$root/bin/measure" "$root/init.pci-quiesce"
	strip -o "$root/bin/pci-quiesce" "$PQ_BINARY-image"
	ln "$root/bin/pci-quiesce" "$root/bench/init"
	# The loops do nothing to an IOMMU.
	for way in direct kernel auto; do
		printf '[quiesce]\nlevel = flr\nengine = %s\n' "$way" >"$root/etc/bench/$way.conf"
	done
	cp "$root/etc/bench/auto.conf" "$root/etc/bench/idle.conf"
	: >"$root/etc/bench/default.conf"
	pack "$root" >"$RUN/crash.cpio"
}

make_first_image() {
	local root=$RUN/first-root file modules=lib/modules/$KERNEL_VERSION

	mkdir -p "$root/crash" "$root/bin" "$root/$modules"
	modprobe -d "$KERNEL_ROOT" -S "$KERNEL_VERSION" --show-depends -a virtio_pci virtio_rng |
		sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u | while read -r file; do
		install -D -m 644 "$file" "$root/${file#"$KERNEL_ROOT"/}"
	done
	# busybox has no xz for modules.
	find "$root" -name '*.ko.xz' -exec xz -d {} +
	cp "$KERNEL_ROOT/$modules"/modules.{order,builtin,builtin.modinfo} "$root/$modules/"
	depmod -b "$root" "$KERNEL_VERSION"
	cp "$BENCH/first-init" "$root/init"
	cp "$PROGRAMS/crash-load" "$root/bin/"
	cp "$KERNEL_ROOT/vmlinuz" "$root/crash/"
	cp "$RUN/crash.cpio" "$root/crash/initrd"
	echo "$WORDS nr_cpus=1 reset_devices irqpoll $NO_DRIVER pq.rounds=$1" >"$root/crash/cmdline"
	pack "$root" >"$RUN/first.cpio"
}

# port_of SLOT SLOTS: half of the slots are below root ports, half below switches.
add_slot() {
	local slot=$1 slots=$2 below=$1

	if [ "$slot" -lt $(((slots + 1) / 2)) ]; then
		DEVICES+=(-device "pcie-root-port,id=slot$slot,chassis=$((slot + 1))")
		return
	fi
	below=$((slot - (slots + 1) / 2))
	if [ $((below % PER_SWITCH)) -eq 0 ]; then
		DEVICES+=(
			-device "pcie-root-port,id=above$slot,chassis=$((slot + 101))"
			-device "x3130-upstream,id=switch$((below / PER_SWITCH)),bus=above$slot"
		)
	fi
	DEVICES+=(-device "xio3130-downstream,id=slot$slot,bus=switch$((below / PER_SWITCH)),chassis=$((slot + 1)),addr=$(printf %02x $((below % PER_SWITCH))).0")
}

add_functions() {
	local n=$1 slots=$((($1 + PER_PORT - 1) / PER_PORT)) i

	DEVICES=()
	for ((i = 0; i < slots; i++)); do
		add_slot "$i" "$slots"
	done
	for ((i = 0; i < n; i++)); do
		DEVICES+=(-device "virtio-rng-pci,bus=slot$((i / PER_PORT)),addr=00.$((i % PER_PORT)),multifunction=on,rng=random,disable-legacy=on,iommu_platform=on")
	done
}

# One CPU: with two, QEMU 7.2 fell now and then over the many BARs of the first boot.
# shellcheck disable=SC2054 # commas are part of the words
cycle() {
	add_functions "$1"
	"$LIB/run_vm.py" --dir "$RUN" --timeout "${PQ_VM_TIMEOUT:-900}" -- \
		qemu-system-x86_64 -machine q35,kernel-irqchip=split -accel tcg,thread=multi \
		-cpu max -m "$GUEST_MIB" -nodefaults -no-user-config -display none \
		-no-reboot -serial stdio -serial file:measured \
		-device intel-iommu,intremap=on -object rng-random,id=random,filename=/dev/urandom \
		"${DEVICES[@]}" -kernel "$KERNEL_ROOT/vmlinuz" -initrd first.cpio \
		-append "$WORDS crashkernel=${CRASH_MIB}M" ||
		fail "QEMU ended with $?: see $RUN/console.log"
}

[ $# -eq 2 ] || fail "usage: cycle.sh N ROUNDS"
require_tools qemu-system-x86_64 musl-gcc busybox cpio depmod xz
require_binary
WORDS="console=ttyS0 panic=1 intel_iommu=on printk.devkmsg=on no_timer_check"
prepare_kernel >&2
PROGRAMS=$VM/bench-$(fingerprint "$BENCH/measure.c" "$TOP/tests/vm/crash-load.c")
once "${PROGRAMS##*/}" make_programs
make_crash_image
make_first_image "$2"
cycle "$1" >&2
rm -r "$RUN"/{first,crash}{-root,.cpio}
grep -q '^pq-bench: end' "$RUN/measured" || fail "measured nothing: see $RUN/console.log, measured"
tr -d '\r' <"$RUN/measured"
