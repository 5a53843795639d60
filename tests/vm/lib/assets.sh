# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the VMs are made of, unpacked or built once below $VM: a kernel with its
# modules, makedumpfile with its libraries, guest programs, first initramfs.
# After prepare_assets: KERNEL_VERSION, KERNEL_ROOT, ASSETS, FIRST_INITRD.

# shellcheck source=tests/vm/lib/kernels.sh
. "$LIB/kernels.sh"

# Drivers of the machine's devices; the crash image has the same unless a test
# sets CRASH_DRIVERS.
GUEST_DRIVERS="nvme e1000e virtio_pci virtio_rng virtio_net xhci_pci 8139cp snd_ens1370 ext4"
# 1.7.2 of bookworm writes short dumps of newer kernels and says nothing.
MAKEDUMPFILE_SUITE=trixie

make_makedumpfile() {
	local dir=$1 root=$1/root library package

	for package in liblzo2-2 libdw1 libelf1 libbz2-1.0 zlib1g libzstd1 liblzma5; do
		unpack_package "$package" bookworm "$root"
	done
	unpack_package makedumpfile "$MAKEDUMPFILE_SUITE" "$root"
	mkdir "$dir/lib"
	cp "$root/usr/bin/makedumpfile" "$dir/"
	# The image's libc is this host's; all other libraries come along.
	LD_LIBRARY_PATH=$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu \
		ldd "$dir/makedumpfile" | awk '$3 ~ /^\// && $1 !~ /^libc\./ { print $3 }' |
		while read -r library; do
			cp -L "$library" "$dir/lib/"
		done
	rm -rf "$root"
	cp "$(command -v busybox)" "$dir/busybox"
}

make_guest_programs() {
	local dir=$1 program

	for program in seed crash-load nvme-virt; do
		musl-gcc -idirafter /usr/include -idirafter "/usr/include/$(gcc -print-multiarch)" \
			-static -O2 -Wall -Wextra -Werror -s \
			-o "$dir/$program" "$TOP/tests/vm/$program.c"
	done
}

# module_files: the drivers and what they depend on.
module_files() {
	local driver

	for driver in $GUEST_DRIVERS; do
		modprobe -d "$KERNEL_ROOT" -S "$KERNEL_VERSION" --show-depends "$driver"
	done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u
}

make_first_initrd() {
	local out=$1 root=$1/root file modules

	modules=lib/modules/$KERNEL_VERSION
	mkdir -p "$root/bin" "$root/lib" "$root/dev"
	module_files | while read -r file; do
		install -D -m 644 "$file" "$root/${file#"$KERNEL_ROOT"/}"
	done
	# busybox has no xz for modules.
	find "$root" -name '*.ko.xz' -exec xz -d {} +
	cp "$KERNEL_ROOT/$modules"/modules.{order,builtin,builtin.modinfo} "$root/$modules/"
	depmod -b "$root" "$KERNEL_VERSION"
	cp "$ASSETS/busybox" "$GUEST_PROGRAMS"/{seed,crash-load,nvme-virt} "$root/bin/"
	cp "$TOP/tests/vm/guest/guest.sh" "$root/lib/"
	cp "$TOP/tests/vm/guest/first-init" "$root/init"
	(cd "$root" && find . | cpio -o -H newc --quiet) >"$out/first.cpio"
	rm -rf "$root"
}

prepare_assets() {
	require_tools qemu-system-x86_64 dracut depmod cpio musl-gcc busybox \
		mkfs.ext4 debugfs dpkg apt-get flock

	prepare_kernel
	once makedumpfile make_makedumpfile
	ASSETS=$VM/makedumpfile
	GUEST_PROGRAMS=$VM/programs-$(fingerprint "$TOP"/tests/vm/{seed,crash-load,nvme-virt}.c)
	once "${GUEST_PROGRAMS##*/}" make_guest_programs
	FIRST_INITRD=$VM/first-$(fingerprint "$TOP/tests/vm/guest" "$GUEST_PROGRAMS" "$KERNEL_VERSION" \
		"$GUEST_DRIVERS" "$LIB/assets.sh")
	once "${FIRST_INITRD##*/}" make_first_initrd
	FIRST_INITRD=$FIRST_INITRD/first.cpio
}
