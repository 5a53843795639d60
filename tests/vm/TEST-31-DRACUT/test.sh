#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the dracut module puts into an image, and when it stops the build.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

require_binary
prepare_assets

EXTRA=()

# build NAME KIND [OPTIONS]: an image in $RUN/NAME with its files in files/.
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

# For one kind of image: picked up in a kdump image and only there, first in
# line, and the init that would have been first comes next.
check_kind() {
	local kind=$1 grown

	IN_KDUMP=1 build "$kind-with" "$kind" || { cat "$RUN/$kind-with/log" >&2; fail "$kind: no image"; }
	build "$kind-without" "$kind" || fail "$kind: no image without us"
	cd "$RUN/$kind-with/files" || fail "$kind: empty image"
	[ "$(readlink init)" = usr/sbin/pci-quiesce ] || fail "$kind: /init is not us"
	[ -x usr/sbin/pci-quiesce ] || fail "$kind: no program"
	cmp -s etc/pci-quiesce.conf "$PQ_CONFIG" || fail "$kind: no config"
	cd "$RUN/$kind-without/files" || fail "$kind: empty image"
	[ ! -e usr/sbin/pci-quiesce ] || fail "$kind: picked up without being asked for"
	if [ -L init.pci-quiesce ] || [ -e init.pci-quiesce ]; then
		fail "$kind: init moved for nothing"
	fi
	[ "$(readlink init)" = "$(readlink ../../"$kind-with"/files/init.pci-quiesce)" ] ||
		fail "$kind: the next init is not the former one"
	if [ ! -L init ]; then
		cmp init "../../$kind-with/files/init.pci-quiesce" || fail "$kind: another next init"
	fi
	cd "$RUN" || fail "no $RUN"
	grown=$(($(stat -c %s "$kind-with/crash.img") - $(stat -c %s "$kind-without/crash.img")))
	say "$kind image: $(stat -c %s "$kind-without/crash.img") bytes without, $grown more with"
	# The budget: 160 KiB.
	[ "$grown" -le 163840 ] || fail "$kind: the image grew by $grown bytes"
	rm -rf "$RUN/$kind-with" "$RUN/$kind-without"
}

check_kind systemd
check_kind shell

# SUSE builds without IN_KDUMP; its module is called kdump, Fedora's kdumpbase.
for name in kdump kdumpbase; do
	mkdir -p "$RUN/99$name"
	printf '#!/bin/bash\ncheck() { return 255; }\ninstall() { :; }\n' \
		>"$RUN/99$name/module-setup.sh"
	EXTRA=("$RUN/99$name")
	build "$name" shell --add "$name" || fail "no image with $name"
	[ -e "$RUN/$name/files/init.pci-quiesce" ] || fail "not picked up beside $name"
	rm -rf "${RUN:?}/$name"
done
EXTRA=()

# A broken configuration ends the build, with file and line.
if PQ_CONFIG=$TOP/tests/vm/broken.conf IN_KDUMP=1 build broken systemd; then
	fail "an image was built with a broken configuration"
fi
[ ! -e "$RUN/broken/crash.img" ] || fail "a broken configuration left an image behind"
grep -q ' /etc/pci-quiesce.conf:4' "$RUN/broken/log" || {
	cat "$RUN/broken/log" >&2
	fail "the message does not name the bad line"
}
rm -rf "$RUN/broken"
say "passed"
