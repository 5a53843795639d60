#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # variables are dracut's
#
# Breaks an image after pci-quiesce's module has checked it: PQ_BREAK_CONFIG is
# put in place of the configuration, PQ_BREAK_INIT in place of the program.

check() {
    [[ $PQ_BREAK_CONFIG || $PQ_BREAK_INIT ]] || return 1
    return 0
}

depends() {
    return 0
}

install() {
    if [[ $PQ_BREAK_CONFIG ]]; then
        cp "$PQ_BREAK_CONFIG" "$initdir/etc/pci-quiesce.conf"
    fi
    if [[ $PQ_BREAK_INIT ]]; then
        cp "$PQ_BREAK_INIT" "$initdir/usr/sbin/pci-quiesce"
    fi
}
