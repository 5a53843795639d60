#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# As TEST-80-BUS-RESETS, on 6.12.
PQ_KERNEL=6.12
# shellcheck source=tests/vm/TEST-80-BUS-RESETS/test.sh
. "$(dirname "$0")/../TEST-80-BUS-RESETS/test.sh"
