#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The worker dies of a segmentation fault among the resets: the real init runs in
# time, drivers bind, a dump is made.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

faulty_crash segv reset
judge survive --deadline 5
check_dump
passed
