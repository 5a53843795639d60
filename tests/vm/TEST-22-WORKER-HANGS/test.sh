#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The worker hangs and is killed at its deadline: the real init runs
# in time, drivers bind, a dump is made.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

faulty_crash hang fence
judge survive --deadline 15
check_dump
passed
