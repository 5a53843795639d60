# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Crash images by dracut, from a private tree of dracut's own modules, ours and
# the tests'; nothing on the host is changed or read as configuration.

DRACUT_COMMON="base udev-rules kernel-modules shutdown fs-lib"
IMAGES_MAX=20
EXTRA_MODULES=()
DRACUT_SYSTEMD="systemd systemd-initrd dracut-systemd"

# module_tree DIR KIND(systemd|shell) MODULE-DIR...
module_tree() {
	local dir=$1 kind=$2 module names="$DRACUT_COMMON ${PQ_DRACUT_ADD:-}"
	shift 2

	mkdir -p "$dir/modules.d"
	for module in /usr/lib/dracut/*; do
		[ "${module##*/}" = modules.d ] || ln -s "$module" "$dir/"
	done
	if [ "$kind" = systemd ]; then
		names="$names $DRACUT_SYSTEMD"
	fi
	for module in $names; do
		ln -s /usr/lib/dracut/modules.d/[0-9][0-9]"$module" "$dir/modules.d/"
	done
	for module in "$@"; do
		ln -s "$module" "$dir/modules.d/"
	done
}

# run_dracut TREE IMAGE [OPTIONS]: as mkdumprd calls it, for any hardware. All
# modules of the tree may say in check() whether they belong here.
run_dracut() {
	local tree=$1 image=$2 work
	shift 2

	work=$(dirname "$image")
	mkdir -p "$work/empty" "$work/tmp" "$work/bin"
	if [ -x "$PQ_BINARY" ]; then
		cp "$PQ_BINARY" "$work/bin/pci-quiesce"
	fi
	if [ -x "$PQ_BINARY-image" ]; then
		cp "$PQ_BINARY-image" "$work/bin/pci-quiesce-image"
	fi
	dracutbasedir=$tree \
		DRACUT_PATH="$work/bin /usr/sbin /usr/bin /sbin /bin" \
		PQ_ASSETS=$ASSETS PQ_GUEST=$TOP/tests/vm/guest \
		dracut --force --no-hostonly --no-hostonly-cmdline --no-early-microcode --quiet \
		--conf /dev/null --confdir "$work/empty" --tmpdir "$work/tmp" --gzip \
		--drivers "${CRASH_DRIVERS-$GUEST_DRIVERS}" \
		${PQ_DRACUT_ADD:+--add "$PQ_DRACUT_ADD"} \
		--kmoddir "$KERNEL_ROOT/lib/modules/$KERNEL_VERSION" --kver "$KERNEL_VERSION" \
		"$@" "$image"
}

EXTRA=()

# build NAME KIND [OPTIONS]: an image in $RUN/NAME with its files in files/; EXTRA
# are directories of further modules.
build() {
	local name=$1 kind=$2 modules
	shift 2

	modules=("$TOP"/tests/vm/dracut/{40pq-config,90pq-test} "$TOP/dracut-module/50pci-quiesce"
		"${EXTRA[@]}")
	mkdir -p "$RUN/$name/files"
	module_tree "$RUN/$name/tree" "$kind" "${modules[@]}"
	run_dracut "$RUN/$name/tree" "$RUN/$name/crash.img" "$@" >"$RUN/$name/log" 2>&1 ||
		return 1
	gzip -dc "$RUN/$name/crash.img" >"$RUN/$name/crash.cpio"
	(cd "$RUN/$name/files" && cpio -id --quiet <"$RUN/$name/crash.cpio")
}

make_image() {
	local kind=$1 quiesce=$2 out=$3 modules

	modules=("$TOP"/tests/vm/dracut/[0-9][0-9]pq-* "${EXTRA_MODULES[@]}")
	if [ "$quiesce" = with ]; then
		modules+=("$TOP/dracut-module/50pci-quiesce")
	fi
	module_tree "$out/tree" "$kind" "${modules[@]}"
	IN_KDUMP=1 run_dracut "$out/tree" "$out/crash.img"
	rm -rf "$out/tree" "$out/tmp"
}

# Each change of the program makes new images; those used last are kept.
prune_images() {
	find "$VM" -maxdepth 1 -name 'image-*' -type d ! -name '*.new' -printf '%T@ %p\n' |
		sort -rn | sed -e "1,${IMAGES_MAX}d" -e 's/^[^ ]* //' |
		while read -r name; do
			rm -rf "$name" "$name.lock" "$name.log"
		done
}

# crash_image KIND with|without: sets CRASH_IMAGE. PQ_CONFIG, PQ_KDUMP_PRE, PQ_WRAP,
# PQ_BREAK_CONFIG and PQ_BREAK_INIT, if the caller exports them, are read by the
# test modules; PQ_DRACUT_ADD names modules of dracut's to add. EXTRA_MODULES are
# directories of dracut modules for one test's image.
crash_image() {
	local kind=$1 quiesce=$2 name program=

	if [ "$quiesce" = with ]; then
		program=$PQ_BINARY-image
	fi
	name=image-$kind-$quiesce-$(fingerprint "$TOP/dracut-module" "$TOP/tests/vm/dracut" \
		"$TOP/tests/vm/guest" "$LIB/images.sh" "$KERNEL_VERSION" "$ASSETS" "$program" \
		"${PQ_CONFIG:-}" "broken:" "${PQ_BREAK_CONFIG:-}" "${PQ_BREAK_INIT:-}" \
		"pre:" "${PQ_KDUMP_PRE:-}" "add:" "${PQ_DRACUT_ADD:-}" "wrapped:" "${PQ_WRAP:-}" \
		"drivers:" "${CRASH_DRIVERS-$GUEST_DRIVERS}" "${EXTRA_MODULES[@]}")
	once "$name" make_image "$kind" "$quiesce"
	touch "$VM/$name"
	prune_images
	# shellcheck disable=SC2034 # for crash_cycle
	CRASH_IMAGE=$VM/$name/crash.img
}
