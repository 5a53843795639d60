# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Crashes in which functions are isolated: $SOUND has no Power Management, $NIC and
# $SLOT_NIC have it, and receive until the crash.

# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "${BASH_SOURCE[0]}")/crash.sh"

# shellcheck disable=SC2034 # for assets
PQ_KERNEL=6.12
PQ_CONFIG=$TOP/tests/vm/contain/contain.conf
EXTRA_MODULES=("$TOP/tests/vm/contain/94pq-contain")
# shellcheck disable=SC2034 # for the tests
SOUND=0000:00:08.0 NIC=0000:00:09.0 SLOT=0000:00:0b.0 SLOT_NIC=0000:0a:00.0
EXTRA_NETS=(net3 net4)
# shellcheck disable=SC2034,SC2054 # for the machine; commas are part of the words
EXTRA_DEVICES=(
	-device ES1370,addr=08.0,audiodev=silence
	-device e1000e,addr=09.0,netdev=net3
	-device pcie-root-port,id=rp9,chassis=9,addr=0b.0,hotplug=off
	-device e1000e,bus=rp9,netdev=net4
)

# check_isolated WAY=ADDRESS... [OPTIONS]: these are, and nothing else.
check_isolated() {
	"$LIB/judge_contain.py" "$RUN" "$@" || fail "see $RUN/console.log and trace.log"
}
