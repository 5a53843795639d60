#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # variables are dracut's

check() {
    return 0
}

depends() {
    return 0
}

# PQ_ALIEN: a module that was built for another kernel than the image's.
installkernel() {
    inst_simple "$PQ_ALIEN" "/lib/modules/$kernel/kernel/alien.ko"
}
