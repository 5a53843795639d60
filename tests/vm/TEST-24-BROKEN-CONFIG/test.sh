#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A configuration that broke after the image was built: reported with file and
# line, and the dump is made.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

PQ_BREAK_CONFIG=$TOP/tests/vm/broken.conf
export PQ_BREAK_CONFIG
crash systemd with
# The bad rule names a function clearly, so that is kept: all promises hold.
judge with --deadline 12
grep -q 'pci-quiesce: .*/etc/pci-quiesce.conf:4' "$RUN/console.log" ||
	fail "the kernel log does not name the bad line"
check_dump
passed
