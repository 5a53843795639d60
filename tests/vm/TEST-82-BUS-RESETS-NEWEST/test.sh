#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# As TEST-80-BUS-RESETS, on the newest kernel that Debian packages; skipped where there is none.
PQ_KERNEL=newest
# shellcheck source=tests/vm/TEST-80-BUS-RESETS/test.sh
. "$(dirname "$0")/../TEST-80-BUS-RESETS/test.sh"
