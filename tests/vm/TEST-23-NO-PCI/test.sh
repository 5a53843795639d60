#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A crash kernel that finds no PCI at all: nothing to do, and no harm done.
# There is no disk for a dump either.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

crash systemd with pci=off
judge next-init --deadline 5
grep -q 'pq-test: second: no PCI' "$RUN/console.log" ||
	fail "the real init did not get as far as the test hook"
passed
