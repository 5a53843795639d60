#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# All promises, in an image whose real init is systemd.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

crash systemd with
judge with "${EXPECTED[@]}"
check_dump
passed
