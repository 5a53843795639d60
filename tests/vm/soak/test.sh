#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Five crashes of machines that tests/soak draws; always the same five.
TOP=$(realpath "$(dirname "$0")/../../..")
exec "$TOP/tests/soak" 5 --seed 6 --no-setup
