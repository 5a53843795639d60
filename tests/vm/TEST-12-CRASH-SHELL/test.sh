#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# All promises, in an image without systemd: the real init is dracut's script.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

crash shell with
judge with "${EXPECTED[@]}"
check_dump
passed
