# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Kernels, unpacked once each below $VM: the newest of a series, or of all that
# Debian packages. A test chooses by PQ_KERNEL: 6.1 (default), 5.10, 6.12 or newest.
# After prepare_kernel: KERNEL_VERSION, KERNEL_ROOT (lib/modules, vmlinuz).

# shellcheck source=tests/lib/packages.sh
. "$TOP/tests/lib/packages.sh"

PQ_KERNEL=${PQ_KERNEL:-6.1}
# A mirror may have lost files that its index still lists.
KERNEL_TRIES=4

# The package names apt knows that begin with $1.
package_names() {
	apt_private apt-cache pkgnames "$1"
}

# kernel_versions 5.10|6.1|6.12|newest: newest first, without -rt and -cloud.
kernel_versions() {
	local series

	case $1 in
	newest) series='[0-9]' ;;
	*) series=${1/./\\.}'\.' ;;
	esac
	{
		package_names linux-image-
		package_names linux-modules-
	} | sed -nE "s/^linux-(image|modules)-(${series}[0-9.]+(\+deb[0-9.]+|-[0-9]+)-amd64)$/\2/p" |
		sort -Vr -u | head -n "$KERNEL_TRIES"
}

# kernel_packages VERSION: one, or three since 7.2, where the vmlinuz may not have
# been signed yet.
kernel_packages() {
	local version=$1 binary=linux-binary-$1

	if [ -z "$(package_names "linux-modules-$version")" ]; then
		echo "linux-image-$version"
		return
	fi
	if ! package_names linux-binary- | grep -xF "$binary" >/dev/null; then
		binary=linux-binary-unsigned-$version
	fi
	echo "$binary linux-base-$version linux-modules-$version"
}

# unpack_kernel VERSION DIR: where its files are has changed twice.
unpack_kernel() {
	local version=$1 dir=$2 package found

	rm -rf "${dir:?}"/*
	for package in $(kernel_packages "$version"); do
		unpack_package "$package" '' "$dir" || return 1
	done
	if [ -d "$dir/usr/lib/modules" ]; then
		mkdir -p "$dir/lib"
		mv "$dir/usr/lib/modules" "$dir/lib/modules"
	fi
	for found in "$dir/boot/vmlinuz-$version" \
		"$dir/lib/modules/$version"/vmlinuz{,.unsigned}; do
		[ ! -e "$found" ] || mv "$found" "$dir/vmlinuz"
	done
	rm -rf "${dir:?}"/{usr,boot}
	[ -e "$dir/vmlinuz" ] && [ -e "$dir/lib/modules/$version/modules.builtin" ] &&
		depmod -b "$dir" "$version" || return 1
	echo "$version" >"$dir/version"
}

make_kernel() {
	local series=$1 dir=$2 version

	apt_private_ready || return 1
	for version in $(kernel_versions "$series"); do
		unpack_kernel "$version" "$dir" && return 0
		echo "kernel $version cannot be had: trying the next older"
	done
	echo "no kernel of the series $series can be had"
	return 1
}

prepare_kernel() {
	local name=kernel-$PQ_KERNEL

	KERNEL_ROOT=$VM/$name
	if [ "$PQ_KERNEL" = 6.1 ]; then
		once "$name" make_kernel "$PQ_KERNEL"
	else
		try_once "$name" make_kernel "$PQ_KERNEL" || skip "needs a kernel: $PQ_KERNEL"
	fi
	KERNEL_VERSION=$(cat "$KERNEL_ROOT/version")
	grep 'cannot be had' "$KERNEL_ROOT.log" || true
	say "kernel $KERNEL_VERSION"
}

# built_in MODULE: its devices have a driver before /init runs.
built_in() {
	grep -q "/$1\.ko$" "$KERNEL_ROOT/lib/modules/$KERNEL_VERSION/modules.builtin"
}
