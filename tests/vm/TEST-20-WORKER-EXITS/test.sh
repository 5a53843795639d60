#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The worker exits with 1: the real init runs in time, drivers bind, a dump is made.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

faulty_crash exit
judge survive --deadline 1.5
check_dump
passed
