#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What somebody might type in a debug shell. Sourced by dracut.

hand_say() {
    echo "<5>pq-test: hand: $*" > /dev/kmsg
}

# hand_driver WHEN NAME ADDRESS
hand_driver() {
    driver=$(readlink "/sys/bus/pci/devices/$3/driver") || driver=-
    hand_say "$1: $2 ${driver##*/}"
}

# hand_load WORDS...
hand_load() {
    pci-quiesce load "$@" > /dev/null 2>&1
    hand_say "load $*: $?"
}

hand_driver before nvme 0000:02:00.0
hand_load 0000:02:00.0
hand_driver after nvme 0000:02:00.0
hand_driver after e1000e 0000:01:00.0
hand_load module no_such
hand_load nonsense
hand_say "autoprobe: $(cat /sys/bus/pci/drivers_autoprobe)"
