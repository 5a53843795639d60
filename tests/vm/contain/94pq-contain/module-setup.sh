#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # variables are dracut's

check() {
    return 0
}

depends() {
    echo base
}

install() {
    # In place of that of the machine that builds the image.
    mkdir -p "$initdir/usr/lib/pci-quiesce"
    cp "$moddir/dump-target" "$initdir/usr/lib/pci-quiesce/dump-target"
    inst_multiple readlink sed
    inst_hook pre-mount 40 "$moddir/held.sh"
}
