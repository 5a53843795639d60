#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# As TEST-70-DIRECT, on Linux 5.10, which cannot be told which reset to make: our own
# writes reset what has FLR. Skipped where that kernel cannot be had.
PQ_KERNEL=5.10
# shellcheck source=tests/vm/TEST-70-DIRECT/test.sh
. "$(dirname "$0")/../TEST-70-DIRECT/test.sh"
