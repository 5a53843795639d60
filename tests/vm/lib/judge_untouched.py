#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Judge that nothing was touched: no config write between /init and the next init.

    judge_untouched.py DIR [--before]

--before: report.json, which a run that only observed has left, must know the
COMMAND of every function, as it was when /init started. Prints what is wrong and
exits 1 if anything is.
"""
import argparse
import json
import os
import sys

from judge import bus_master_changes, read_lines
from observe import BUS_MASTER, parse_console, parse_trace


def judge(trace, console, devices):
    """Problems; devices are the report's, or None."""
    if None in (console.kernel, console.init, console.next_init):
        return ["no next init was reached"]
    problems = [f"written: {w.requester:04x} {w.offset:#x} = {w.value:#x}"
                for w in trace.writes if console.init <= w.time < console.next_init]
    if devices is None:
        return problems

    masters = {a: bool(f.command & BUS_MASTER) for a, f in console.first.items()}
    for time, address, on in bus_master_changes(trace, console.first, console.kernel):
        if time < console.init:
            masters[address] = on
    seen = {d["address"]: d for d in devices}
    for address, on in sorted(masters.items()):
        command = seen.get(address, {}).get("evidence", {}).get("before", {}).get("command")
        if command is None or bool(int(command, 16) & BUS_MASTER) != on:
            problems.append(f"{address}: the report has COMMAND {command}, Bus Master was {on}")
    problems += [f"{d['address']}: verdict {d['verdict']}" for d in devices
                 if d["verdict"] not in ("kept", "idle")]
    return problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dir")
    parser.add_argument("--before", action="store_true")
    options = parser.parse_args()
    path = os.path.join(options.dir, "report.json")
    devices = None
    if options.before:
        with open(path, encoding="utf-8") as file:
            devices = json.load(file)["devices"]
    problems = judge(parse_trace(read_lines(os.path.join(options.dir, "trace.log"))),
                     parse_console(read_lines(os.path.join(options.dir, "console.log"))), devices)
    for problem in problems:
        print("judge_untouched:", problem)
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
