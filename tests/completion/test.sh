#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# test.sh bash|zsh SOURCES: what completion offers, line by line, against cases.txt.

set -eu -o pipefail

shell=$1
here=$(readlink -f "$2")/tests/completion
completions=$here/../../quiesce/completion
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

case $shell in
bash) driver=(bash "$here/bash.sh" "$completions/pci-quiesce.bash") ;;
zsh)
	command -v zsh >/dev/null || {
		echo 'skipped: no zsh'
		exit 77
	}
	driver=(zsh -f "$here/zsh.zsh" "$completions/_pci-quiesce")
	;;
esac

# add_function ADDRESS VENDOR DEVICE
add_function() {
	mkdir -p "machine/sys/bus/pci/devices/$1"
	echo "0x$2" >"machine/sys/bus/pci/devices/$1/vendor"
	echo "0x$3" >"machine/sys/bus/pci/devices/$1/device"
}

cd "$work"
add_function 0000:01:00.0 8086 10d3
add_function 10000:e1:00.0 144d a808
mkdir -p machine/sys/class/block/sda machine/sys/class/net/eth0
touch site.conf 'site conf.d'
cat >dump.txt <<-'END'
	00:1f.2 SATA controller: Intel Corporation
	00: 86 80 22 29
	0001:02:03.4 Ethernet controller: unknown
	00: 86 80 d3 10
END

grep '^pci-quiesce.*| =>' "$here/cases.txt" >expected
sed 's/| =>.*//' expected >lines
"${driver[@]}" <lines >words
paste -d '\t' lines words | sed 's/\t/| => /; s/ $//' >offered
diff -u expected offered
