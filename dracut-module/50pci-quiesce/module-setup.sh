#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # variables are dracut's
#
# Puts pci-quiesce into a kdump image. How it is started there, the key mode of
# its configuration says:
#   init  /init is pci-quiesce, /init.pci-quiesce is the init that was there
#         before and runs afterwards
#   unit  pci-quiesce.service, before udev
#   late  not by this module: from a hook of kdump's, or by hand

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

# pci_quiesce_ask BINARY [OPTIONS]: have the configuration in the image checked,
# and print what the options ask for.
pci_quiesce_ask() {
    local _binary=$1
    shift

    "$dracutsysrootdir$_binary" check --root "$initdir" "$@"
}

pci_quiesce_check() {
    local _binary=$1 _message _ret

    _message=$(pci_quiesce_ask "$_binary" 2>&1)
    _ret=$?
    case $_ret in
        0) ;;
        126 | 127)
            # An image for another architecture: nothing here can run it.
            dwarn "pci-quiesce: configuration not checked, $_binary does not run here: mode = init"
            ;;
        *)
            pci_quiesce_fail "bad configuration: $_message"
            ;;
    esac
}

# The image's own /run is empty when it starts: what is in /run goes to /etc
# there, unless /etc has a file of that name, which is stronger.
# pci_quiesce_copy FILE: true where the image has a file of that name afterwards.
pci_quiesce_copy() {
    local _file=$1 _from=$dracutsysrootdir$1 _to=${1/#\/run\//\/etc\/}

    [[ -e $initdir$_to || -L $initdir$_to ]] && return 0
    [[ -e $_from || -L $_from ]] || return 1
    # A link to /dev/null hides other files of its name.
    if [[ $(readlink "$_from") == /dev/null ]]; then
        mkdir -p "$initdir${_to%/*}" && ln -s /dev/null "$initdir$_to"
    else
        inst_simple "$_file" "$_to"
    fi || pci_quiesce_fail "cannot install $_file"
}

# The first file that exists counts. Another module may have put one into the
# image already; that one is left alone. Drop-ins are merged in the image as
# they are here.
pci_quiesce_config() {
    local _place _file _found=

    for _place in /etc /run /usr/lib; do
        pci_quiesce_copy "$_place/pci-quiesce.conf" && _found=1 && break
    done
    for _place in /etc /run /usr/lib; do
        for _file in "$dracutsysrootdir$_place"/pci-quiesce.conf.d/*.conf; do
            [[ -e $_file || -L $_file ]] || continue
            pci_quiesce_copy "${_file#"$dracutsysrootdir"}" && _found=1
        done
    done
    [[ $_found ]] || dwarn "pci-quiesce: no configuration file, the built-in defaults apply"
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

pci_quiesce_mode_init() {
    pci_quiesce_next_init || pci_quiesce_fail "found no init to run afterwards"
    ln -sfn usr/sbin/pci-quiesce "$initdir/init"
}

# The program keeps its own deadlines and puts back what it changed. systemd must
# not end it before that, only where it hangs itself.
pci_quiesce_mode_unit() {
    local _binary=$1 _unit=pci-quiesce.service _deadline _drivers

    dracut_module_included systemd \
        || pci_quiesce_fail "mode = unit needs systemd in the image; mode = init does not"
    _deadline=$(pci_quiesce_ask "$_binary" --print deadline_ms) \
        || pci_quiesce_fail "cannot read the deadline"
    _drivers=$(pci_quiesce_ask "$_binary" --print drivers_ms) \
        || pci_quiesce_fail "cannot read the deadline"
    inst_simple "$moddir/$_unit" "$systemdsystemunitdir/$_unit" \
        || pci_quiesce_fail "cannot install $_unit"
    mkdir -p "$initdir$systemdsystemunitdir/$_unit.d"
    printf '[Service]\nTimeoutStartSec=%s\n' "$(((_deadline + _drivers) / 1000 + 10))" \
        > "$initdir$systemdsystemunitdir/$_unit.d/timeout.conf"
    $SYSTEMCTL -q --root "$initdir" add-wants sysinit.target "$_unit" \
        || pci_quiesce_fail "cannot enable $_unit"
}

# pci_quiesce_ask_host BINARY COMMAND [OPTIONS]: the same of the machine that the
# image is for. pci_quiesce_root is for tests.
pci_quiesce_ask_host() {
    local _binary=$1 _command=$2
    shift 2

    "$dracutsysrootdir$_binary" "$_command" --root "${pci_quiesce_root-$dracutsysrootdir}" "$@"
}

# What only the healthy machine can tell. An image without it works, too.
pci_quiesce_host() {
    local _binary=$1 _dir=$initdir/usr/lib/pci-quiesce _fs _line _lines='' _ret _said
    local _targets=("${host_devs[@]}")

    for _fs in "${host_fs_types[@]}"; do
        [[ $_fs == nfs* || $_fs == cifs ]] && _targets+=(network)
    done
    _said=$(pci_quiesce_ask_host "$_binary" snapshot --print dump-target -- "${_targets[@]}" 2>&1)
    _ret=$?
    if [[ $_ret -ne 0 ]]; then
        # Perhaps an image for another architecture: nothing here can run it.
        dwarn "pci-quiesce: the image does not know its dump target: $_binary returned $_ret: $_said"
        return
    fi
    # Warnings begin with its name.
    while read -r _line; do
        case $_line in
            '') ;;
            pci-quiesce:*) dwarn "$_line" ;;
            *) _lines+=$_line$'\n' ;;
        esac
    done <<< "$_said"
    if [[ $_lines ]]; then
        mkdir -p "$_dir"
        printf '%s' "$_lines" > "$_dir/dump-target"
    fi
    [[ $hostonly ]] || return 0
    mkdir -p "$_dir"
    _lines=$(pci_quiesce_ask_host "$_binary" snapshot --output "$_dir/manifest.json" \
        -- "${_targets[@]}" 2>&1) || dwarn "pci-quiesce: the image has no manifest: $_lines"
    while read -r _lines; do
        [[ $_lines == *error:\ * || $_lines == *warning:\ * ]] && dwarn "pci-quiesce: $_lines"
    done < <(pci_quiesce_ask_host "$_binary" check 2>&1)
    return 0
}

# For groups that get no driver. Hosts seldom have these loaded, and a kdump
# image is for its host only unless it is told otherwise. Comes after install().
installkernel() {
    local _level _contain

    _level=$(pci_quiesce_ask "$(find_binary pci-quiesce)" --print level 2> /dev/null) \
        || _level=iommu
    _contain=$(pci_quiesce_ask "$(find_binary pci-quiesce)" --print contain 2> /dev/null) \
        || _contain=
    [[ $_level == iommu || $_contain == *iommu* ]] || return 0
    hostonly='' instmods vfio_iommu_type1 vfio-pci
}

# The one for images is an /init, and lacks what only the healthy machine can tell.
pci_quiesce_binary() {
    local _binary=$1 _name

    for _name in "$_binary-image" /usr/lib/pci-quiesce/pci-quiesce-image; do
        [[ -x $dracutsysrootdir$_name ]] || continue
        inst_binary "$_name" /usr/sbin/pci-quiesce \
            || pci_quiesce_fail "cannot install $_name"
        return
    done
    pci_quiesce_fail "no program /usr/lib/pci-quiesce/pci-quiesce-image"
}

install() {
    local _binary _mode

    _binary=$(find_binary pci-quiesce) || pci_quiesce_fail "no pci-quiesce program"
    pci_quiesce_binary "$_binary"
    pci_quiesce_config
    pci_quiesce_check "$_binary"

    _mode=$(pci_quiesce_ask "$_binary" --print mode 2> /dev/null) || _mode=init
    case $_mode in
        init) pci_quiesce_mode_init ;;
        unit) pci_quiesce_mode_unit "$_binary" ;;
        late) ;;
        *) pci_quiesce_fail "mode \"$_mode\" is newer than this module" ;;
    esac
    pci_quiesce_host "$_binary"
}
