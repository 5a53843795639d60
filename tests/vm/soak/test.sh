#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Five crashes of machines that tests/soak draws, always the same: all kernels, engines and
# starts, bus resets of each kind, pciehp, functions kept and fenced only.
TOP=$(realpath "$(dirname "$0")/../../..")
exec "$TOP/tests/soak" 5 --seed 174 --no-setup
