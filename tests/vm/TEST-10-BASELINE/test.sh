#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Without pci-quiesce: devices write into memory long after the crash, and the
# dump is made. What is measured here is what the others are compared with.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

crash systemd without
judge without
check_dump
passed
