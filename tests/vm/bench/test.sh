#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The engines against shell loops, as far as that can be told beside other tests.
TOP=$(realpath "$(dirname "$0")/../../..")
PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 "$TOP/tests/bench.d/vm.py" --short
