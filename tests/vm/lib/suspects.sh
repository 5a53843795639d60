# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Crashes with a function that reports an error right before.

# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "${BASH_SOURCE[0]}")/crash.sh"

GUILTY=0000:0a:00.0

# suspects_crash [WORDS]: WORDS go to the crash kernel.
suspects_crash() {
	# shellcheck disable=SC2034,SC2054 # for the machine; commas are part of the words
	EXTRA_DEVICES+=(
		-device pcie-root-port,id=rp9,chassis=9,addr=0b.0
		-device e1000e,id=guilty,bus=rp9
	)
	monitor_at 'pq-test: first: crash' 'pcie_aer_inject_error guilty MALF_TLP'
	crash systemd with "$@"
	grep -q 'OK id: guilty' "$RUN/monitor.log" || fail "no error was injected"
}

# check_suspect WORDS: the first one, in the log and in the report; what the report
# has of it is left in $RUN/guilty.json.
check_suspect() {
	grep -q "pci-quiesce: suspect 1, rank [0-9]*: $GUILTY: $1\$" "$RUN/dmesg" ||
		fail "the log has another suspect: $(grep 'suspect 1' "$RUN/dmesg")"
	python3 - "$RUN" "$GUILTY" "$1" <<-'END' || fail "see $RUN/report.json"
		import json, sys
		run, guilty, words = sys.argv[1:]
		report = json.load(open(f"{run}/report.json"))
		first = report["suspects"][0]
		device = next(d for d in report["devices"] if d["address"] == guilty)
		with open(f"{run}/guilty.json", "w") as out:
		    json.dump(device, out, separators=(",", ":"))
		sys.exit((first["address"], first["words"]) != (guilty, words))
	END
}
