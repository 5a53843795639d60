#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# True when every function that had a driver before the crash has one again.
exec /usr/lib/pq-test/second.sh bound
