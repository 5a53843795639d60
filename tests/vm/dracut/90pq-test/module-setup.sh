#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # variables are dracut's
#
# The crash image's share of a VM test. PQ_ASSETS has makedumpfile, with its
# libraries, and busybox; PQ_GUEST the guest-side scripts.

check() {
    return 0
}

depends() {
    echo base
}

install() {
    local _lib

    inst_simple "$PQ_ASSETS/makedumpfile" /usr/lib/pq-test/makedumpfile
    for _lib in "$PQ_ASSETS"/lib/*; do
        inst_simple "$_lib" "/usr/lib/pq-test/lib/${_lib##*/}"
    done
    # Its applets differ less from host to host than dracut's choice of tools.
    inst_simple "$PQ_ASSETS/busybox" /usr/lib/pq-test/busybox
    inst_simple "$PQ_GUEST/guest.sh" /usr/lib/pq-test/guest.sh
    inst_simple "$PQ_GUEST/second.sh" /usr/lib/pq-test/second.sh
    chmod 755 "$initdir/usr/lib/pq-test/second.sh"

    # Where kdump-utils' module puts such hooks.
    if [[ $PQ_KDUMP_PRE ]]; then
        inst_script "$PQ_KDUMP_PRE" /etc/kdump/pre.d/50-pci-quiesce
    fi

    # Late: without systemd, base's own hook 10 clears root= first.
    inst_hook cmdline 95 "$moddir/root.sh"
    inst_hook initqueue/finished 50 "$moddir/bound.sh"
    inst_hook pre-mount 50 "$moddir/run.sh"
    inst_hook emergency 01 "$moddir/emergency.sh"
    # An initqueue without a job of its own would not be entered at all.
    dracut_need_initqueue
}
