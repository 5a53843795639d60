#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An image with a manifest of another machine: the report and the log say what is
# missing, new and moved, and nothing else is different.
# shellcheck source=tests/vm/lib/crash.sh
. "$(dirname "$0")/../lib/crash.sh"

# The host bridge as it is, the NVMe at another address, and one that is not there.
EXTRA_MODULES=("$RUN/97pq-manifest")
mkdir -p "${EXTRA_MODULES[0]}"
cat >"${EXTRA_MODULES[0]}/manifest.json" <<'END'
{"schema":1,"functions":[
{"address":"0000:00:00.0","vendor":"8086","device":"29c0","path":"0000:00:00.0"},
{"address":"0000:22:00.0","vendor":"1b36","device":"0010","path":"0000:00:04.0/00.0"},
{"address":"0000:0f:00.0","vendor":"8086","device":"10d3","path":"0000:00:0c.0/00.0"}
]}
END
# shellcheck disable=SC2016 # for dracut
printf '%s\n' '#!/bin/bash' 'check() { return 0; }' \
	'install() { inst_simple "$moddir/manifest.json" /usr/lib/pci-quiesce/manifest.json; }' \
	>"${EXTRA_MODULES[0]}/module-setup.sh"

crash systemd with
judge with "${EXPECTED[@]}"
/usr/bin/python3 - "$RUN/report.json" <<'END' || fail "see $RUN/report.json"
import json, sys
report = json.load(open(sys.argv[1]))
told = report["manifest"]
assert told["missing"] == [{"address": None, "was": "0000:0f:00.0", "vendor": "8086",
                            "device": "10d3"}], told
assert told["moved"] == [{"address": "0000:02:00.0", "was": "0000:22:00.0", "vendor": "1b36",
                          "device": "0010"}], told
new = {d["address"] for d in told["new"]}
assert new == {d["address"] for d in report["devices"]} - {"0000:00:00.0", "0000:02:00.0"}, told
END
for words in '0000:22:00.0 is now 0000:02:00.0' '0000:0f:00.0 8086:10d3 is missing' \
	'and [0-9]* differences more: see the report'; do
	grep -q "pci-quiesce: manifest: $words" "$RUN/console.log" || fail "not logged: $words"
done
[ "$(grep -c 'pci-quiesce: manifest: ' "$RUN/console.log")" -eq 11 ] || fail "the log has all of them"
check_dump
passed
