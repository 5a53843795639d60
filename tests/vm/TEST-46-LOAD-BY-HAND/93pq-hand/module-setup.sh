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
    inst_multiple readlink cat
    inst_hook pre-udev 01 "$moddir/hand.sh"
}
