#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The test's configuration, in place before pci-quiesce's own module looks.

check() {
    [[ $PQ_CONFIG ]] || return 1
    return 0
}

depends() {
    return 0
}

install() {
    inst_simple "$PQ_CONFIG" /etc/pci-quiesce.conf
}
