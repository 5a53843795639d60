# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The words that crash tests are written in.

# shellcheck source=tests/vm/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=tests/vm/lib/assets.sh
. "$LIB/assets.sh"
# shellcheck source=tests/vm/lib/images.sh
. "$LIB/images.sh"
# shellcheck source=tests/vm/lib/machine.sh
. "$LIB/machine.sh"

# Functions that must be left alone.
ALLOWED=(0000:03:00.0)
# Functions that are to have no driver in the crash kernel.
UNBOUND=()
# One that is stuck in a reset, and the port above: nobody can look at them.
STUCK=()
PQ_CONFIG=$TOP/tests/vm/allow.conf
export PQ_CONFIG

# crash KIND with|without [WORDS]: one cycle; WORDS go to the crash kernel.
crash() {
	local kind=$1 quiesce=$2
	shift 2

	if [ "$quiesce" = with ]; then
		require_binary
	fi
	prepare_assets
	expect_bound
	crash_image "$kind" "$quiesce"
	crash_cycle "pq.unbound=$((${#UNBOUND[@]} + ${#STUCK[@]}))" "${STUCK[@]/#/pq.stuck=${STUCK_PORT:-},}" "$@"
	if [ "$QEMU_STATUS" -ne 0 ]; then
		tail -n 20 "$RUN/console.log" "$RUN/qemu.err" >&2
		fail "QEMU ended with $QEMU_STATUS"
	fi
}

# killed_crash N WHAT [WORDS]: the worker is killed at its N-th write, which is a
# WHAT: config, attribute or job; or half-way through a sleep of N ms.
killed_crash() {
	local key=write

	[ "$2" != sleep ] || key=sleep_ms
	PQ_BREAK_INIT=$BUILD/static/tests/faulty-init
	export PQ_BREAK_INIT
	[ -x "$PQ_BREAK_INIT" ] || skip "needs $PQ_BREAK_INIT"
	crash systemd with faulty=kill "faulty.$key=$1" "${@:3}"
	grep -q "faulty: kill after $2" "$RUN/console.log" || fail "not killed after a $2"
}

# faulty_crash KIND STAGE [WORDS]: the /init of the image is a test's, which has a
# worker that fails in that way after that stage and is otherwise the real thing.
faulty_crash() {
	PQ_BREAK_INIT=$BUILD/static/tests/faulty-init
	export PQ_BREAK_INIT
	[ -x "$PQ_BREAK_INIT" ] || skip "needs $PQ_BREAK_INIT"
	crash systemd with "faulty=$1" "faulty.stage=$2" "${@:3}"
	grep -q "faulty: $1 after $2" "$RUN/console.log" || fail "the worker did not fail"
}

# One more NVMe, for a reset that gets stuck: its driver is a module on all kernels.
# When the dump is made the machine is stopped, as power-off waits for the reset.
# shellcheck disable=SC2034,SC2054 # for the test and the machine; commas are part
stuck_device() {
	STUCK=(0000:0a:00.0)
	STUCK_PORT=0000:00:0b.0
	ACTIONS+=(--stop 'pq-test: second: end')
	EXTRA_DEVICES+=(
		-device pcie-root-port,id=rp9,chassis=9,addr=0b.0
		-drive if=none,id=spare,driver=null-co,size=1M,read-zeroes=on
		-device nvme,bus=rp9,drive=spare,serial=spare
	)
}

# The kernel waited for the reset of $STUCK, it still did when the dump was made,
# and all other resets were made all the same.
check_stuck() {
	local console=$RUN/console.log
	local waiting="${STUCK[0]}: not ready [0-9]*ms after FLR; waiting"

	grep -q "$waiting" "$console" || fail "the reset was not stuck"
	if sed '/pq-test: second: end/,$d' "$console" |
		grep -q "${STUCK[0]}: \(ready \|.*giving up\)"; then
		fail "the kernel gave up on the reset before the end"
	fi
	[ -s "$RUN/report.json" ] || fail "no report"
	python3 - "$RUN/report.json" "${STUCK[0]}" <<-'END' || fail "see $RUN/report.json"
		import json, sys
		devices = json.load(open(sys.argv[1]))["devices"]
		bad = [d["address"] for d in devices if d["action"] == "reset"
		       and (d["verdict"] in ("completed", "verified")) == (d["address"] == sys.argv[2])]
		sys.exit(f"wrong verdicts: {bad}" if bad else 0)
	END
}

judge() {
	local mode=$1
	shift

	"$LIB/judge.py" "$mode" "$RUN" "${ALLOWED[@]/#/--allow=}" \
		"${UNBOUND[@]/#/--unbound=}" "${STUCK[@]/#/--stuck=}" \
		${STUCK_PORT:+--stuck="$STUCK_PORT"} "$@" ||
		fail "see $RUN/console.log and trace.log"
}

# check_verdicts ADDRESS=VERDICT,ENGINE,RESET...: the report's words.
check_verdicts() {
	python3 - "$RUN/report.json" "$@" <<-'END' || fail "see $RUN/report.json"
		import json, sys
		devices = {d["address"]: d for d in json.load(open(sys.argv[1]))["devices"]}
		bad = []
		for item in sys.argv[2:]:
		    address, _, wanted = item.partition("=")
		    d = devices[address]
		    got = ",".join((d["verdict"], d["engine"] or "none", d["evidence"]["reset"]))
		    if got != wanted:
		        bad.append(f"{address}: {got}, not {wanted}")
		sys.exit("\n".join(bad) or 0)
	END
}

# Neither pciehp nor shpchp has seen a device come or go since the crash.
check_slots() {
	local seen='(pciehp|shpchp).*(Link (Down|Up)|Card (not )?present|[Bb]utton pressed|[Rr]emov)'

	! sed '1,/sysrq: Trigger a crash/d' "$RUN/console.log" | grep -E "$seen" ||
		fail "a hot-plug driver has seen an event"
}

# The dump is there, complete, and of the kernel that crashed.
check_dump() {
	[ -s "$RUN/vmcore" ] || fail "no dump"
	LD_LIBRARY_PATH=$ASSETS/lib "$ASSETS/makedumpfile" --dump-dmesg -f \
		"$RUN/vmcore" "$RUN/crashed.dmesg" >/dev/null ||
		fail "makedumpfile cannot read the dump"
	grep -q 'sysrq: Trigger a crash' "$RUN/crashed.dmesg" ||
		fail "the dump does not show the crash"
	"$GUEST_PROGRAMS/seed" check "$SEED" "$SEED_MIB" "$RUN/vmcore" ||
		fail "pages of the dump are missing or damaged"
	touch "$RUN/dump.ok"
}

# shellcheck disable=SC2034 # for the tests
SYSTEMD_STARTS='systemd 2[0-9][0-9].* running in system mode'

# line_of PATTERN: number of its first line on the crash kernel's console, or nothing.
line_of() {
	awk -v pattern="$1" '
		crashed && $0 ~ pattern { print NR; exit }
		/sysrq: Trigger a crash/ { crashed = 1 }' "$RUN/console.log"
}

# comes_before ONE OTHER: patterns, both on the crash kernel's console.
comes_before() {
	local one other

	one=$(line_of "$1")
	other=$(line_of "$2")
	[ -n "$one" ] || fail "not on the console: $1"
	[ -n "$other" ] || fail "not on the console: $2"
	[ "$one" -lt "$other" ] || fail "comes after $2: $1"
}

# What the next init is started with when everything works as it should: each
# reset that the machine has to offer, none that it must not get.
# shellcheck disable=SC2034,SC2054 # for the tests; commas are part of the words
EXPECTED=(
	--expect 0000:00:02.0=fence,none
	--expect 0000:00:1f.2=fence,none
	--expect 0000:01:00.0=reset,sbr
	--expect 0000:02:00.0=reset,flr
	--expect 0000:03:00.0=keep,none
	--expect 0000:03:00.1=reset,flr
	--expect 0000:04:00.0=keep,none
	--expect 0000:05:00.0=keep,none
	--expect 0000:07:00.0=reset,flr
	--expect 0000:09:01.0=reset,sbr
	--expect 0000:09:02.0=reset,sbr
)

# A driver that is built in has its functions before we run: they are left to it,
# unless they wait for the IOMMU's driver.
expect_bound() {
	local function

	built_in virtio_pci || return 0
	[[ $IOMMU != virtio-iommu-* ]] || built_in virtio-iommu || return 0
	for function in 0000:03:00.1 0000:07:00.0; do
		ALLOWED+=("$function")
		EXPECTED=("${EXPECTED[@]/#$function=reset,flr/$function=keep,none}")
	done
}

# Large files are of use only after a failure.
tidy() {
	[ -n "${PQ_KEEP:-}" ] || rm -f "$RUN/target.img" "$RUN/vmcore"
}

passed() {
	tidy
	say "passed"
}
