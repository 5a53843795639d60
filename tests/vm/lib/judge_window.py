#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Judge the report of IOMMU windows.

    judge_window.py DIR ADDRESS=MS,FAULTS[/VERDICT]...

FAULTS is a number, "some", "-" where nothing was observable, or "none" for a
function whose group was not held; MS is then 0. Functions that are not named
must not have been held. Prints what is wrong, exits 1 if anything is.
"""
import json
import os
import sys


def describe(device):
    window = device["evidence"]["window"]
    if window is None:
        return "0,none"
    faults = "-" if window["faults"] is None else str(window["faults"])
    return f"{window['ms']},{faults}"


def matches(got, wanted):
    if wanted.endswith(",some"):
        ms, _, faults = got.partition(",")
        return ms == wanted.partition(",")[0] and faults.isdigit() and int(faults) > 0
    return got == wanted


def judge(report, wanted):
    problems = []
    for device in report["devices"]:
        address = device["address"]
        window, _, verdict = wanted.pop(address, "0,none").partition("/")
        got = describe(device)
        if not matches(got, window):
            problems.append(f"{address}: window {got}, not {window}")
        if verdict and device["verdict"] != verdict:
            problems.append(f"{address}: {device['verdict']}, not {verdict}")
        if got == "0,none" or device["iommu"]["reinit"] == "done":
            continue
        problems.append(f"{address}: held, but {device['iommu']}")
    return problems + [f"{address}: not in the report" for address in wanted]


def main(directory, *items):
    with open(os.path.join(directory, "report.json"), encoding="utf-8") as file:
        report = json.load(file)
    problems = judge(report, dict(item.split("=", 1) for item in items))
    for problem in problems:
        print("judge:", problem)
    sys.exit(bool(problems))


if __name__ == "__main__":
    main(*sys.argv[1:])
