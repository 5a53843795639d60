#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# As TEST-70-DIRECT, on 6.12.
PQ_KERNEL=6.12
# shellcheck source=tests/vm/TEST-70-DIRECT/test.sh
. "$(dirname "$0")/../TEST-70-DIRECT/test.sh"
