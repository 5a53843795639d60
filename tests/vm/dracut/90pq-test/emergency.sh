#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A driver did not come: say which, and still try to make the dump.
/usr/lib/pq-test/second.sh run
