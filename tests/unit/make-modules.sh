#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# make-modules.sh ROOT: modules below ROOT as the running kernel would have
# them, with the indexes that depmod makes. No kernel would take one of them.
set -eu -o pipefail

root=$1
release=$(uname -r)
dir=$root/lib/modules/$release
PATH=/usr/sbin:/usr/bin:/sbin:/bin

# module NAME [exports=SYMBOL] [uses=SYMBOL] [KEY=VALUE...]: keys of modinfo.
module() {
	local name=$1 pair n=0 vermagic="$release SMP"
	shift

	{
		for pair in "$@"; do
			n=$((n + 1))
			case $pair in
			exports=*)
				echo "char exports[] __attribute__((section(\"__ksymtab_strings\"))) = \"${pair#*=}\";"
				;;
			uses=*)
				echo "extern int ${pair#*=}; int *uses_$n = &${pair#*=};"
				;;
			vermagic=*) vermagic=${pair#*=} ;;
			*)
				echo "const char info_${n}[] __attribute__((section(\".modinfo\"))) = \"$pair\";"
				;;
			esac
		done
		echo "const char vermagic[] __attribute__((section(\".modinfo\"))) = \"vermagic=$vermagic\";"
	} | gcc -x c -c -o "$dir/kernel/$name.ko" -
}

# A function's modalias begins like this, and the rest of the pattern is stars.
pci() {
	echo "alias=pci:v0000${1}d0000${2}sv*sd*bc*sc*i*"
}

mkdir -p "$dir/kernel" "$root/etc/modprobe.d" "$root/usr/lib/modprobe.d"

module pq_core exports=core_symbol
module pq_bus uses=core_symbol exports=bus_symbol
module pq_nic uses=bus_symbol "$(pci 8086 10D3)" 'softdep=pre: pq_phy post: pq_led'
module pq_phy
module pq_led
module pq_disk "$(pci 144D A80A)"
xz "$dir/kernel/pq_disk.ko"
module pq_sound "$(pci 8086 1111)"
module pq_commanded "$(pci 8086 2222)"
module pq_never "$(pci 8086 3333)" exports=never_symbol
module pq_onnever uses=never_symbol
module pq_foreign "$(pci 8086 4444)" 'vermagic=5.4.0-foreign SMP'
module pq_chicken 'softdep=pre: pq_egg'
module pq_egg 'softdep=pre: pq_chicken'
module pq_gone "$(pci 8086 5555)"
module pq_vmd "$(pci 8086 201D)"
module pq_virtio_pci 'alias=pci:v00001AF4d*sv*sd*bc*sc*i*'
module pq_virtio_iommu 'alias=virtio:d00000017v*'
module pq_virtio_blk 'alias=virtio:d00000002v*'

echo kernel/pq_builtin.ko >"$dir/modules.builtin"
printf 'pq_builtin.alias=pci:v00008086d00006666sv*sd*bc*sc*i*\0' >"$dir/modules.builtin.modinfo"
touch "$dir/modules.order"

depmod -b "$root" "$release"
rm "$dir/kernel/pq_gone.ko"

cat >"$root/etc/modprobe.d/own.conf" <<-EOF
	blacklist pq_sound
	options pq_nic debug=1
	alias myname pq_disk
	install pq_commanded touch $root/ran
	install pq_never /bin/false
EOF
echo 'options pq_nic lanes=4' >"$root/usr/lib/modprobe.d/vendor.conf"
