#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the dracut module puts into an image, and when it stops the build.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

require_binary
prepare_assets

# For one kind of image: picked up in a kdump image and only there, first in
# line, and the init that would have been first comes next.
check_kind() {
	local kind=$1 grown

	IN_KDUMP=1 build "$kind-with" "$kind" || { cat "$RUN/$kind-with/log" >&2; fail "$kind: no image"; }
	# The modules that we add are the kernel's, and not in our budget.
	build "$kind-without" "$kind" --add-drivers "vfio-pci vfio_iommu_type1" ||
		fail "$kind: no image without us"
	cd "$RUN/$kind-with/files" || fail "$kind: empty image"
	[ "$(readlink init)" = usr/sbin/pci-quiesce ] || fail "$kind: /init is not us"
	[ -x usr/sbin/pci-quiesce ] || fail "$kind: no program"
	[ ! -e usr/lib/pci-quiesce/manifest.json ] || fail "$kind: a manifest, but for any machine"
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

# An image for this machine alone knows it.
IN_KDUMP=1 build host shell --hostonly || { cat "$RUN/host/log" >&2; fail "hostonly: no image"; }
# In a chroot dracut does not find /run mounted, and makes images for any machine.
if ! grep -q 'Turning off host-only mode' "$RUN/host/log"; then
	# The first line has the dump target, which dracut knows better.
	"$PQ_BINARY" snapshot | sed 1d >"$RUN/manifest"
	sed 1d "$RUN/host/files/usr/lib/pci-quiesce/manifest.json" |
		cmp - "$RUN/manifest" || fail "hostonly: the manifest is not of this machine"
	grep -q '"address":' "$RUN/manifest" || fail "hostonly: the manifest is empty"
else
	say "not tried: an image for this machine alone, which dracut makes none of here"
fi
rm -rf "$RUN/host"

# A program that does not run here, as one for another architecture, and so no target.
printf '#!/bin/sh\nexit 126\n' >"$RUN/exits-126"
chmod +x "$RUN/exits-126"
cp "$RUN/exits-126" "$RUN/exits-126-image"
PQ_BINARY=$RUN/exits-126 IN_KDUMP=1 build foreign shell --hostonly ||
	{ cat "$RUN/foreign/log" >&2; fail "no image with a program that does not run here"; }
[ ! -s "$RUN/foreign/files/usr/lib/pci-quiesce/dump-target" ] || fail "a dump target out of nowhere"
rm -rf "$RUN/foreign"

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

# mode = unit: a unit and no other init; systemd itself finds nothing wrong with it.
PQ_CONFIG=$TOP/tests/vm/unit.conf
IN_KDUMP=1 build unit systemd || { cat "$RUN/unit/log" >&2; fail "mode = unit: no image"; }
cd "$RUN/unit/files" || fail "mode = unit: empty image"
[ -x usr/sbin/pci-quiesce ] || fail "mode = unit: no program"
[ -n "$(find usr etc -path '*/sysinit.target.wants/pci-quiesce.service')" ] ||
	fail "mode = unit: the unit is not wanted"
[ -z "$(find . -maxdepth 1 -name init.pci-quiesce)" ] || fail "mode = unit: init moved"
dropin=$(find usr etc -path '*/pci-quiesce.service.d/timeout.conf')
[ "$(cat "$dropin")" = "$(printf '[Service]\nTimeoutStartSec=35')" ] ||
	fail "mode = unit: not both deadlines and 10 s"
systemd-analyze verify --root="$PWD" --man=no pci-quiesce.service >"$RUN/verify" 2>&1 || true
if grep pci-quiesce "$RUN/verify"; then
	fail "mode = unit: systemd does not like the unit"
fi
cd "$RUN" || fail "no $RUN"
rm -rf "$RUN/unit"
if IN_KDUMP=1 build unit-shell shell; then
	fail "mode = unit: an image was built without systemd"
fi
grep -q 'mode = unit needs systemd' "$RUN/unit-shell/log" || fail "mode = unit: no clear message"
rm -rf "$RUN/unit-shell"

# mode = late: there when it is called, and nothing calls it.
PQ_CONFIG=$TOP/tests/vm/late.conf
IN_KDUMP=1 build late systemd || { cat "$RUN/late/log" >&2; fail "mode = late: no image"; }
cd "$RUN/late/files" || fail "mode = late: empty image"
[ -x usr/sbin/pci-quiesce ] || fail "mode = late: no program"
cmp -s etc/pci-quiesce.conf "$PQ_CONFIG" || fail "mode = late: no config"
[ "$(readlink init)" != usr/sbin/pci-quiesce ] || fail "mode = late: /init is us"
[ -z "$(find . -name 'pci-quiesce.service*')" ] || fail "mode = late: there is a unit"
cd "$RUN" || fail "no $RUN"
rm -rf "$RUN/late"
# The hook's script must not cost a dump where the program is missing.
sed "s|/usr/sbin/pci-quiesce|$RUN/none|g" "$TOP/dracut-module/kdump-pre.sh" >"$RUN/hook"
grep -q "exec $RUN/none run" "$RUN/hook" || fail "the hook runs something else"
sh "$RUN/hook" || fail "the hook fails without the program"

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
