# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables are dracut's
#
# Which PCI functions lead to the dump target, as far as the machine that builds
# the image can tell: /usr/lib/pci-quiesce/dump-target in the image has a line
# "ADDRESS VENDOR:DEVICE" for each. Without a line to tell there is no such file.
#
# pci_quiesce_root is the directory that holds sys, proc and etc: for tests.

# Prints the functions on a path below /sys/devices that are not bridges. A
# controller such as VMD has others behind it, so there may be two.
pci_quiesce_functions_of_path() {
    local _path=$1 _at _name _class

    for ((_at = 1; _at <= ${#_path}; _at++)); do
        [[ $_at -eq ${#_path} || ${_path:_at:1} == / ]] || continue
        _name=${_path:0:_at}
        [[ ${_name##*/} =~ ^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$ ]] || continue
        read -r _class < "$_name/class" || continue
        [[ $_class == 0x0604* || $_class == 0x0607* ]] && continue
        printf '%s %s:%s\n' "${_name##*/}" \
            "$(sed 's/^0x//' "$_name/vendor")" "$(sed 's/^0x//' "$_name/device")"
    done
}

# A directory of a block device: itself, or what it is made of (dm, md, NVMe
# with more than one path). Partitions have all that in their disk's directory.
pci_quiesce_functions_of_block() {
    local _dir _below _found=

    _dir=$(realpath "$1") || return 0
    if [[ -e $_dir/partition ]]; then
        _dir=${_dir%/*}
    fi
    for _below in "$_dir"/slaves/*; do
        [[ -e $_below ]] || continue
        _found=1
        pci_quiesce_functions_of_block "$_below"
    done
    [[ $_found ]] && return 0
    if [[ $_dir == */virtual/nvme-subsystem/* ]]; then
        for _below in "${_dir%/*}"/nvme*/device; do
            [[ -e $_below ]] && pci_quiesce_functions_of_path "$(realpath "$_below")"
        done
        return 0
    fi
    pci_quiesce_functions_of_path "$_dir"
}

# A network interface: itself, or what it is made of (bond, team, VLAN, bridge).
pci_quiesce_functions_of_interface() {
    local _dir=$pci_quiesce_root/sys/class/net/$1 _below _found=

    for _below in "$_dir"/lower_*; do
        [[ -e $_below ]] || continue
        _found=1
        pci_quiesce_functions_of_interface "${_below##*/lower_}"
    done
    if [[ ! $_found && -e $_dir/device ]]; then
        pci_quiesce_functions_of_path "$(realpath "$_dir/device")"
    fi
}

# The words of kdump.conf (Fedora, RHEL) and sysconfig/kdump (SUSE).
pci_quiesce_target_is_remote() {
    local _etc=$1 _fs

    grep -qsE '^[[:space:]]*(nfs[34]?|ssh)[[:space:]]' "$_etc/kdump.conf" && return 0
    grep -qsE '^[[:space:]]*KDUMP_SAVEDIR=.*(nfs|ssh|sftp|ftp|cifs)://' "$_etc/sysconfig/kdump" \
        && return 0
    for _fs in "${host_fs_types[@]}"; do
        [[ $_fs == nfs* || $_fs == cifs ]] && return 0
    done
    return 1
}

# SUSE may name the interface; otherwise those that have a default route.
pci_quiesce_interfaces() {
    local _etc=$1 _name

    _name=$(sed -n 's/^[[:space:]]*KDUMP_NETCONFIG="\{0,1\}\([^":]*\):.*/\1/p' \
        "$_etc/sysconfig/kdump" 2> /dev/null)
    if [[ $_name && $_name != auto && $_name != default ]]; then
        echo "$_name"
        return
    fi
    awk '$2 == "00000000" && $8 == "00000000" { print $1 }' \
        "$pci_quiesce_root/proc/net/route" 2> /dev/null
    awk '$1 ~ /^0+$/ && $2 == "00" && $10 != "lo" { print $10 }' \
        "$pci_quiesce_root/proc/net/ipv6_route" 2> /dev/null
}

# Each source of lines is named in a comment before them.
pci_quiesce_dump_target_lines() {
    local _etc=${pci_quiesce_root:-$dracutsysrootdir}/etc _name _lines

    for _name in "${host_devs[@]}"; do
        _lines=$(pci_quiesce_functions_of_block \
            "$pci_quiesce_root/sys/dev/block/$(get_maj_min "$_name")" | sort -u)
        [[ $_lines ]] && printf '# block device %s\n%s\n' "$_name" "$_lines"
    done
    pci_quiesce_target_is_remote "$_etc" || return 0
    while read -r _name; do
        _lines=$(pci_quiesce_functions_of_interface "$_name" | sort -u)
        [[ $_lines ]] && printf '# network interface %s\n%s\n' "$_name" "$_lines"
    done < <(pci_quiesce_interfaces "$_etc" | sort -u)
}

pci_quiesce_dump_target() {
    local _lines

    _lines=$(pci_quiesce_dump_target_lines 2> /dev/null)
    [[ $_lines ]] || return 0
    mkdir -p "$initdir/usr/lib/pci-quiesce"
    printf '%s\n' "# PCI functions that lead to the dump target" "$_lines" \
        > "$initdir/usr/lib/pci-quiesce/dump-target"
}
