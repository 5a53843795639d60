#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# one.sh NAME PROGRAM BUILDDIR: one fuzz target for PQ_FUZZ_SECONDS. Fails where it
# crashes, leaks, hangs, grows, or did not do what it was started for.

set -eu -o pipefail

name=$1
program=$(readlink -f "$2")
seconds=${PQ_FUZZ_SECONDS:-60}
top=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
corpus=$3/corpus/$name
findings=$3/findings
log=$3/fuzz-$name.log
# The slowest makes four hundred a second, on a machine that does other things as well fewer.
least=$((seconds * 5))

cd "$top"
mkdir -p "$corpus" "$findings" "$3/seeds-walk"
options=()
seeds=()
case $name in
config)
	seeds=(conf/*.conf tests/fixtures/*/rules.conf tests/vm/*.conf)
	options=(-max_len=4096 "-dict=tests/fuzz/config.dict")
	;;
dump)
	seeds=(tests/fixtures/*/machine.lspci)
	options=(-max_len=16384 "-dict=tests/fuzz/dump.dict")
	;;
manifest)
	options=(-max_len=8192 "-dict=tests/fuzz/manifest.dict")
	;;
walk)
	tests/fuzz/make-seeds.py "$3/seeds-walk" tests/fixtures/*/machine.lspci
	seeds=("$3"/seeds-walk/*)
	options=(-max_len=8192 "-dict=tests/fuzz/walk.dict")
	;;
esac
if [ "${#seeds[@]}" -gt 0 ]; then
	options+=("-seed_inputs=$(IFS=,; echo "${seeds[*]}")")
fi

# A hang is ended by libFuzzer after 10 s; what is past the end of all, from outside.
result=0
timeout --kill-after=10 $((seconds + 60)) "$program" -max_total_time="$seconds" -timeout=10 \
	-rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$findings/$name-" \
	"${options[@]}" "$corpus" "tests/fuzz/found/$name" >"$log" 2>&1 || result=$?

runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)
if [ "$result" -ne 0 ]; then
	cat "$log"
	echo "fuzz-$name: exit $result; an input that it died of is in $findings/, and once it" \
		"is understood belongs into tests/fuzz/found/$name/"
	exit 1
fi
if [ "${runs:-0}" -lt "$least" ]; then
	tail -n 20 "$log"
	echo "fuzz-$name: ${runs:-no} runs in $seconds s, fewer than $least: it did not really run"
	exit 1
fi
echo "fuzz-$name: $runs runs in $seconds s"
grep -E ' cov: ' "$log" | tail -n 1
