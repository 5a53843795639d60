#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# As TEST-83-DIRECT-BUS, on 6.12.
PQ_KERNEL=6.12
# shellcheck source=tests/vm/TEST-83-DIRECT-BUS/test.sh
. "$(dirname "$0")/../TEST-83-DIRECT-BUS/test.sh"
