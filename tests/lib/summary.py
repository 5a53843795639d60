# SPDX-License-Identifier: GPL-2.0-or-later
"""summary.py [--broken N] LOG...: what meson's test logs say, in one line.

A test that speaks TAP counts as the tests that it reports. Prints the output of
each that failed; N is added to the failed ones. Exit status 1 if any failed.
"""

import json
import os
import re
import sys

PASSED = {"OK", "EXPECTEDFAIL"}
TAP_PLAN = re.compile(r"^1\.\.\d+$", re.MULTILINE)
TAP_LINE = re.compile(r"^(not ok|ok)\b[^#]*(#\s*(skip|todo)\b)?", re.IGNORECASE)


def tap_counts(text):
    """Passed, failed and skipped test points of a TAP stream."""
    counts = [0, 0, 0]
    for line in text.splitlines():
        match = TAP_LINE.match(line)
        if match is None:
            continue
        if match.group(3):
            counts[2] += 1
        else:
            counts[match.group(1).lower() == "not ok"] += 1
    return counts


def test_counts(test):
    """The same for one entry of a log."""
    passed = test["result"] in PASSED
    text = test.get("stdout", "")
    counts = tap_counts(text) if TAP_PLAN.search(text) else [0, 0, 0]
    # A program that dies between its test points has failed as well.
    if test["result"] == "SKIP":
        counts = [0, 0, max(1, counts[2])]
    elif passed and counts == [0, 0, 0]:
        counts[0] = 1
    elif not passed and counts[1] == 0:
        counts[1] = 1
    return counts


def show(test):
    print(f"--- {test['name']}: {test['result']}")
    for stream in ("stdout", "stderr"):
        if test.get(stream):
            print(test[stream].rstrip())


def main(arguments):
    totals = [0, 0, 0]
    if arguments[:1] == ["--broken"]:
        totals[1] += int(arguments[1])
        arguments = arguments[2:]
    for path in arguments:
        # meson writes none where a suite has no tests
        if not os.path.exists(path):
            continue
        with open(path, encoding="utf-8") as log:
            for line in log:
                test = json.loads(line)
                counts = test_counts(test)
                totals = [sum(pair) for pair in zip(totals, counts)]
                if counts[1]:
                    show(test)
    print("{} passed, {} failed, {} skipped".format(*totals), flush=True)
    return 1 if totals[1] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
