# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What must be installed on the machine, and nothing else that is not below build/.

# dracut-core only: the package dracut takes over the machine's own initramfs.
machine_packages=(
	binutils
	busybox-static
	clang
	cpio
	dracut-core
	e2fsprogs
	gcc
	git
	kmod
	libc6-dev
	libcjson-dev
	libclang-rt-14-dev
	libcmocka-dev
	libinih-dev
	libkmod-dev
	libpci-dev
	make
	mandoc
	meson
	musl-tools
	ninja-build
	pciutils
	pkg-config
	python3
	python3-jsonschema
	qemu-system-x86
	shellcheck
	strace
	systemd-sysv
	udev
	xz-utils
	zsh
	zstd
)

install_need_machine() {
	local id

	id=$(sed -n 's/^ID=//p' /etc/os-release 2>/dev/null)
	if [ "$id" != debian ] || ! command -v apt-get >/dev/null; then
		echo "setup: this set-up installs Debian packages and knows no other system." >&2
		echo "setup: with these installed, \"meson setup b -Dstatic=false && meson test -C b\" works anywhere:" >&2
		echo "setup: meson ninja gcc pkg-config libpci libkmod inih cJSON cmocka shellcheck" >&2
		return 1
	fi
	if [ "$(id -u)" -ne 0 ]; then
		echo "setup: must be root, to install packages and for the crash machines" >&2
		return 1
	fi
}

install_missing() {
	local package state

	for package in "${machine_packages[@]}"; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || true
		[ "$state" = installed ] || echo "$package"
	done
}

install_packages() {
	local log=$BUILD/install.log missing

	mapfile -t missing < <(install_missing)
	[ "${#missing[@]}" -gt 0 ] || return 0
	echo "setup: installing ${missing[*]}"
	# Some source of the machine's may be unreachable: whether it matters, install tells.
	apt-get -q update >"$log" 2>&1 </dev/null 9>&- || true
	if ! DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
		install "${missing[@]}" >>"$log" 2>&1 </dev/null 9>&-; then
		cat "$log" >&2
		return 1
	fi
}
