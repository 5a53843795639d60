#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Who has groups open, when all drivers are bound: "held by N: GROUP... KB". Sourced by dracut.

held_by() {
    groups=
    for fd in "$1"/fd/*; do
        file=$(readlink "$fd") || continue
        case $file in
            /dev/vfio/[0-9]*) groups="$groups ${file##*/}" ;;
        esac
    done
    [ -z "$groups" ] || echo "<5>pq-test: contain: held by ${1##*/}:$groups," \
        "$(sed -n 's/^VmRSS:[ \t]*//p' "$1/status")" > /dev/kmsg
}

for process in /proc/[0-9]*; do
    held_by "$process"
done
