# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The test machine, and one crash cycle on it.

# A test may change these before crash().
GUEST_MIB=1024
CRASH_MIB=320
EXTRA_DEVICES=()
# Names of their network backends.
EXTRA_NETS=()
# Not empty: the trace has reads of configuration space, too.
TRACE_READS=
IOMMU=intel-iommu,intremap=on
# Conventional devices: one requester ID, one reset for both.
# shellcheck disable=SC2054 # commas are part of the words
CONVENTIONAL=(
	-device rtl8139,bus=bridge,addr=01.0,netdev=net1
	-device ES1370,bus=bridge,addr=02.0,audiodev=silence
)
SEED=0x5eed
SEED_MIB=64
TIMEOUT=${PQ_VM_TIMEOUT:-300}
# Not empty: /etc/pci-quiesce.conf in place of that of the image, which is not made anew.
CRASH_CONFIG=
# Sparse: the dump is about a quarter of it.
TARGET_SIZE=1536M

# machine_board: what every machine has.
machine_board() {
	# shellcheck disable=SC2054 # commas are part of the words
	MACHINE=(
		-machine q35,kernel-irqchip=split -accel tcg,thread=multi -cpu max -smp 2
		-m "$GUEST_MIB" -nodefaults -no-user-config -display none -no-reboot
		-serial stdio
		-device "$IOMMU"
		-object rng-random,id=random,filename=/dev/urandom
		-audiodev none,id=silence

		-drive "file=target.img,format=raw,if=none,id=target,cache=unsafe"
		# Boot display, kept scanning.
		-device VGA,addr=02.0
	)
}

# machine_nets NAME=RATE...: network backends, each with so many frames a second.
machine_nets() {
	local net

	FRAMES=("$@")
	for net in "${FRAMES[@]%=*}"; do
		MACHINE+=(-netdev "dgram,id=$net,local.type=unix,local.path=$net.qemu,remote.type=unix,remote.path=$net.peer")
	done
}

# machine_devices: one device of each kind that needs its own treatment.
machine_devices() {
	local virtio=disable-legacy=on,iommu_platform=on

	machine_board
	# shellcheck disable=SC2054 # commas are part of the words
	MACHINE+=(
		# No FLR, and a PM reset that resets nothing. The port is a slow one:
		# a faster one must report its link as active after a bus reset, and
		# QEMU's never does.
		-device pcie-root-port,id=rp1,chassis=1,addr=03.0,x-speed=5
		-device e1000e,bus=rp1,netdev=net0

		# The dump target; has FLR.
		-device pcie-root-port,id=rp2,chassis=2,addr=04.0
		-device nvme,bus=rp2,drive=target,serial=target

		# Two functions of one device: 0 is allowlisted, so no bus reset for 1.
		-device pcie-root-port,id=rp3,chassis=3,addr=05.0
		-device "virtio-rng-pci,bus=rp3,addr=00.0,multifunction=on,rng=random,$virtio"
		-device "virtio-rng-pci,bus=rp3,addr=00.1,rng=random,$virtio"

		# Below a switch, whose ports advertise an FLR that must not be used.
		-device pcie-root-port,id=rp4,chassis=4,addr=06.0
		-device x3130-upstream,id=up,bus=rp4
		-device xio3130-downstream,id=down1,bus=up,chassis=5,addr=00.0
		-device xio3130-downstream,id=down2,bus=up,chassis=6,addr=01.0
		-device qemu-xhci,bus=down1
		-device "virtio-net-pci,bus=down2,netdev=net2,$virtio"

		-device pcie-root-port,id=rp5,chassis=7,addr=07.0
		-device pcie-pci-bridge,id=bridge,bus=rp5
	)
	MACHINE+=("${CONVENTIONAL[@]}" "${EXTRA_DEVICES[@]}")
	machine_nets net0=10 net1=3 net2=3 "${EXTRA_NETS[@]/%/=3}"
}

# An ext4 of its own for each run.
make_target() {
	truncate -s "$TARGET_SIZE" "$RUN/target.img"
	mkfs.ext4 -q -F -O ^has_journal -E lazy_itable_init=1,nodiscard "$RUN/target.img"
}

# fetch FILE...: from the dump target into $RUN.
fetch() {
	local name

	for name in "$@"; do
		debugfs -R "dump $name $RUN/${name##*/}" "$RUN/target.img" 2>/dev/null
		[ -s "$RUN/${name##*/}" ] || rm -f "$RUN/${name##*/}"
	done
}

# What the host does at a line of the console: see run_vm.py. A test calls these
# before crash(); each line must come, or the test fails.
ACTIONS=()

monitor_at() {
	ACTIONS+=(--on "$1=$2")
}

type_at() {
	ACTIONS+=(--type "$1=$2")
}

# Two CPUs of an emulator without KVM may see each other's kernel code half patched.
fell_over() {
	grep -q 'Oops: int3' "$RUN/console.log" && ! grep -q 'pq-test: first' "$RUN/console.log"
}

# Three of some 430 crashes never ended: one waited for virtio_rng's first interrupt, one
# for each of the serial port's, which is no PCI function, and one for power-off after all
# devices were shut down. Why is not known. So a machine that hangs is started once more,
# and tests/run tells of it; tests/soak takes it for a failure. What the first left is kept.
has_hung() {
	[ "$QEMU_STATUS" -eq 124 ] && [ -z "${PQ_HANG_FAILS:-}" ] || return 1
	rm -rf "$RUN.hung"
	mkdir "$RUN.hung"
	mv "$RUN/console.log" "$RUN/trace.log" "$RUN/qemu.err" "$RUN.hung"
}

# run_machine WORDS: boots first.img with these.
run_machine() {
	rm -f "$RUN"/net*.{qemu,peer} "$RUN/qmp"
	make_target
	QEMU_STATUS=0
	# shellcheck disable=SC2034 # for the caller
	"$LIB/run_vm.py" --dir "$RUN" --timeout "$TIMEOUT" "${FRAMES[@]/#/--frames=}" "${ACTIONS[@]}" \
		${PQ_ECHO:+--echo="$PQ_ECHO"} -- \
		qemu-system-x86_64 "${MACHINE[@]}" \
		-msg timestamp=on -D trace.log \
		-trace vtd_dmar_translate -trace vtd_iotlb_page_hit -trace vtd_dmar_fault \
		-trace virtio_iommu_translate -trace virtio_iommu_report_fault \
		-trace virtio_iommu_attach \
		-trace pci_cfg_write ${TRACE_READS:+-trace pci_cfg_read} \
		-kernel "$KERNEL_ROOT/vmlinuz" -initrd first.img \
		-append "$1" || QEMU_STATUS=$?
}

# put_crash_image DIR: image, kernel and command line of the crash kernel.
put_crash_image() {
	local extra=$RUN/extra

	mkdir -p "$1"
	cp "$KERNEL_ROOT/vmlinuz" "$1/vmlinuz"
	cp "$CRASH_IMAGE" "$1/initrd"
	[ -n "$CRASH_CONFIG" ] || return 0
	mkdir -p "$extra/etc"
	echo "$CRASH_CONFIG" >"$extra/etc/pci-quiesce.conf"
	(cd "$extra" && find . | cpio -o -H newc --quiet | gzip) >>"$1/initrd"
	rm -r "$extra"
}

# crash_cycle [WORDS...]: boot, crash, boot CRASH_IMAGE with WORDS added to its
# command line, dump, power off. Sets QEMU_STATUS; results are in $RUN. The
# caller may set PQ_FIRST_WORDS, for the kernel that crashes.
crash_cycle() {
	local crash="console=ttyS0 nr_cpus=1 reset_devices panic=1 intel_iommu=on printk.devkmsg=on"

	# On a busy host the timer may seem not to work, and the kernel panics.
	crash+=" no_timer_check"
	local common=$crash
	# QEMU 7.2 aborts if its e1000e's interrupt timer, armed in the crashed
	# kernel, expires once MSI-X is on; with MSI it has no such opinion.
	common+=" e1000e.IntMode=1,1,1,1,1,1,1,1"
	crash+=" e1000e.IntMode=1,1,1,1,1,1,1,1 irqpoll rd.retry=40 rd.shell=0 rd.emergency=poweroff $*"
	common+=" crashkernel=${CRASH_MIB}M pq.seed=$SEED pq.seed_mib=$SEED_MIB ${PQ_FIRST_WORDS:-}"
	rm -rf "$RUN"
	put_crash_image "$RUN/initrd/crash"
	echo "$crash" >"$RUN/initrd/crash/cmdline"
	{
		cat "$FIRST_INITRD"
		(cd "$RUN/initrd" && find crash | cpio -o -H newc --quiet)
	} >"$RUN/first.img"
	rm -r "$RUN/initrd"
	machine_devices
	run_machine "${common/nr_cpus=1 reset_devices/}"
	if fell_over; then
		say "the emulator fell over before the crash: once more"
		run_machine "${common/nr_cpus=1 reset_devices/}"
	elif has_hung; then
		say "no end after $TIMEOUT s: once more, and what is left of it is in $RUN.hung"
		run_machine "${common/nr_cpus=1 reset_devices/}"
	fi
	rm "$RUN/first.img"
	fetch vmcore makedumpfile.log dmesg pci-quiesce/report.json
}
