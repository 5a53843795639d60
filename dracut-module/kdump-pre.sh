#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For images with mode = late: silence what has no driver just before the dump is
# made. Functions that have one, the dump target's among them, are left alone.
#
#   Fedora, RHEL   copy it to /etc/kdump/pre.d/50-pci-quiesce
#   SUSE           KDUMP_PRESCRIPT="/usr/sbin/pci-quiesce run"
#                  KDUMP_REQUIRED_PROGRAMS="/usr/sbin/pci-quiesce"
#                  in /etc/sysconfig/kdump instead
#
# A script in pre.d that fails is only logged; a program named by kdump_pre that
# fails costs the dump. So an image without the program is no failure, and "run"
# tells of trouble by its status only with strict = yes.

[ -x /usr/sbin/pci-quiesce ] || exit 0
exec /usr/sbin/pci-quiesce run
