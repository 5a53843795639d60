#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The worker exits with 1 with the fence up: the real init runs in time,
# drivers bind, a dump is made.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

faulty_crash exit plan
judge survive --deadline 5
check_dump
passed
