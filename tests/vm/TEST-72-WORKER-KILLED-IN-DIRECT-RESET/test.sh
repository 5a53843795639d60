#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The worker is killed between two function-level resets: nobody comes near those that
# are under way until their time is over, then what they erased is put back, all
# drivers bind and work, a dump is made.
# shellcheck source=tests/vm/lib/direct.sh
. "$(dirname "$0")/../lib/direct.sh"

# Eight are fenced, three are closed, and two of the three are reset.
killed_crash 13 config
fetch pci-quiesce/config.tar
judge survive --reads --deadline 8
grep -q '"direct_resets": 2,' "$RUN/judged.json" || fail "not killed between two resets"
judge_config
check_dump
passed
