#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # variables are dracut's
#
# Makes pci-quiesce the first program of a kdump image: /init is pci-quiesce,
# /init.pci-quiesce is the init that was there before and runs afterwards.

# Images for kdump only: in a normal boot nothing needs quiescing.
check() {
    [[ $mount_needs ]] && return 1
    require_binaries pci-quiesce || return 1

    [[ $IN_KDUMP ]] && return 0
    [[ " $dracutmodules $add_dracutmodules $force_add_dracutmodules " == *\ kdump\ * ]] && return 0
    [[ " $dracutmodules $add_dracutmodules $force_add_dracutmodules " == *\ kdumpbase\ * ]] && return 0

    return 255
}

depends() {
    return 0
}

# dracut ignores what install() returns, and a kdump image that cannot do its
# work is found out at the worst time: end the build instead.
pci_quiesce_fail() {
    dfatal "pci-quiesce: $*"
    exit 1
}

# pci_quiesce_check FILE: FILE is a path in the image.
pci_quiesce_check() {
    local _binary=$1 _file=$2 _message _ret

    _message=$("$dracutsysrootdir$_binary" check --config "$initdir$_file" 2>&1)
    _ret=$?
    case $_ret in
        0) ;;
        126 | 127)
            # An image for another architecture: nothing here can run it.
            dwarn "pci-quiesce: $_file not checked, $_binary does not run here"
            ;;
        *)
            # Name the file as the reader knows it, not by the build directory.
            pci_quiesce_fail "bad configuration: ${_message//"$initdir"/}"
            ;;
    esac
}

# The first file that exists counts. Another module may have put one into the
# image already; inst_simple leaves that one alone.
pci_quiesce_config() {
    local _binary=$1 _file

    for _file in /etc/pci-quiesce.conf /usr/lib/pci-quiesce.conf; do
        [[ -e $dracutsysrootdir$_file || -e $initdir$_file ]] || continue
        inst_simple "$_file" || [[ -e $initdir$_file ]] \
            || pci_quiesce_fail "cannot install $_file"
        pci_quiesce_check "$_binary" "$_file"
        return
    done
    dwarn "pci-quiesce: no configuration file, the built-in defaults apply"
}

# In images without systemd nobody has made an /init yet: module base does so,
# later, and only where there is none. Its init is installed here under the
# name that pci-quiesce hands over to.
pci_quiesce_next_init() {
    local _dir _base

    if [[ -e $initdir/init || -L $initdir/init ]]; then
        mv "$initdir/init" "$initdir/init.pci-quiesce"
        return
    fi
    for _dir in "$moddir/.." "$dracutbasedir/modules.d"; do
        for _base in "$_dir"/[0-9][0-9]base; do
            [[ -e $_base/init.sh ]] || continue
            inst_script "$_base/init.sh" /init.pci-quiesce && return
        done
    done
    return 1
}

install() {
    local _binary

    _binary=$(find_binary pci-quiesce) || pci_quiesce_fail "no pci-quiesce program"
    inst_binary "$_binary" /usr/sbin/pci-quiesce \
        || pci_quiesce_fail "cannot install $_binary"
    pci_quiesce_config "$_binary"
    pci_quiesce_next_init || pci_quiesce_fail "found no init to run afterwards"
    ln -sfn usr/sbin/pci-quiesce "$initdir/init"
}
