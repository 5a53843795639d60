#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# There is no root file system and none is looked for.
# shellcheck disable=SC2034 # read by the script that sources this
root=pq-test
# shellcheck disable=SC2034
rootok=1
