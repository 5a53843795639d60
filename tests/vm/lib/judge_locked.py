#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Judge a crash kernel that is locked down, from the emulator's trace and the report.

    judge_locked.py DIR

Nobody but the kernel wrote a register: the fence came through it, so INTx Disable was
not set with it, and the report says of which functions; every reset is the kernel's and
was planned so, those of buses among them, and none was observed. judge.py looks at the
rest. DIR is as for that. Prints what is wrong and exits 1 if anything is.
"""
import json
import os
import sys

from judge import read_lines
from judge_direct import INTX_DISABLE, command_before
from observe import BUS_MASTER, COMMAND, parse_console, parse_trace

REASONS = {"flr": "the kernel is locked down", "sbr": "only the kernel can"}


def check_fences(trace, functions, devices, init):
    problems = []
    for address, device in sorted(devices.items()):
        if device["action"] not in ("fence", "reset"):
            continue
        function = functions[address]
        fences = [w for w in trace.writes if w.requester == function.requester
                  and w.offset == COMMAND and w.time >= init and not w.value & BUS_MASTER]
        before = command_before(trace.writes, function, init)
        # What the kernel enables before it disables it has INTx on, wherever there is a pin.
        if before & BUS_MASTER and (not fences or fences[0].value & ~before & INTX_DISABLE):
            problems.append(f"{address}: not fenced through the kernel")
    return problems


def check_reports(devices):
    problems, methods = [], set()
    for address, device in sorted(devices.items()):
        evidence, method = device["evidence"], device["method"]
        command = int(evidence["after"]["command"] or "0", 16)
        if device["escalated_from"]:
            problems.append(f"{address}: a direct reset was tried")
        if evidence["reset"] == "observed" or device["verdict"] == "verified":
            problems.append(f"{address}: nobody can have observed a reset")
        if evidence["not_set"] and (evidence["not_set"] != ["intx_disable"]
                                    or command & INTX_DISABLE):
            problems.append(f"{address}: COMMAND {command:04x}, not set {evidence['not_set']}")
        if not method:
            continue
        methods.add(method)
        said = (device["engine"], device["engine_reason"], device["verdict"])
        if said != ("kernel", REASONS.get(method), "completed"):
            problems.append(f"{address}: {method} by {', '.join(map(str, said))}")
    if methods != {"flr", "sbr"}:
        problems.append(f"not all kinds of reset were made: {sorted(methods)}")
    return problems


def check_log(console, devices):
    n = sum(bool(device["evidence"]["not_set"]) for device in devices.values())
    wanted = f"pci-quiesce: INTx stays enabled on {n} silenced functions"
    return [] if n and wanted in [text for _, text in console.quiesce] else [f"not said: {wanted}"]


def main():
    directory = sys.argv[1]
    with open(os.path.join(directory, "report.json"), encoding="utf-8") as file:
        devices = {d["address"]: d for d in json.load(file)["devices"]}
    console = parse_console(read_lines(os.path.join(directory, "console.log")))
    trace = parse_trace(read_lines(os.path.join(directory, "trace.log")))
    problems = (check_fences(trace, console.first, devices, console.init)
                + check_reports(devices) + check_log(console, devices))
    for problem in problems:
        print("judge_locked:", problem)
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
