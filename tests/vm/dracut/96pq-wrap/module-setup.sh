#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # variables are dracut's
#
# Scripts around pci-quiesce in a finished image: PQ_WRAP holds "before", which
# is /init and starts the one that was there as /pq/init, and perhaps "after",
# which is what that hands over to and starts the real one as /init.real.

check() {
    [[ $PQ_WRAP ]] || return 1
    return 0
}

depends() {
    echo pq-test
}

install() {
    mkdir -p "$initdir/pq"
    mv "$initdir/init" "$initdir/init.wrapped"
    # By its name it knows what it is: a link of the same name elsewhere.
    ln -s ../init.wrapped "$initdir/pq/init"
    cp "$PQ_WRAP/before" "$initdir/init"
    if [[ -e $PQ_WRAP/after ]]; then
        mv "$initdir/init.pci-quiesce" "$initdir/init.real"
        cp "$PQ_WRAP/after" "$initdir/init.pci-quiesce"
    fi
}
