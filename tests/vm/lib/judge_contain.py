#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""judge_contain.py DIR WAY=ADDRESS... [--ignores-link PORT] [--untold]: who was isolated, how.

By the emulator's trace, by what the crash kernel shows when all drivers are bound, and by
the report, which has to name these functions and no others. PORT is one whose Link Disable
bit holds nothing: it is tried, and left as it was. --untold: whoever isolated them did not
live to report it.
"""
import argparse
import json
import pathlib
import re
import sys

from observe import (BUS_MASTER, EXPRESS, POWER, find_capability, parse_console, parse_trace,
                     requester_of)

PMCSR, STATE, D3HOT = 4, 3, 3
LINK_CONTROL, LINK_DISABLE = 0x10, 0x10
HELD = re.compile(r"contain: held by (\d+):((?: \d+)+), (\d+) kB")


def word(config, offset):
    return int.from_bytes(config[offset:offset + 2], "little")


def written(trace, address, start, end):
    return [w for w in trace.writes if w.requester == requester_of(address)
            and start <= w.time < end]


def check_d3hot(address, trace, console):
    """PMCSR is the last that is written, by anybody, and it holds."""
    function = console.second[address]
    reg = find_capability(function.config, POWER) + PMCSR
    writes = written(trace, address, console.init, console.end)
    if not writes or writes[-1].offset != reg or writes[-1].value & STATE != D3HOT:
        yield f"{address}: the last write is not of D3hot: {writes[-1:]}"
    if word(function.config, reg) & STATE != D3HOT or function.command & BUS_MASTER:
        yield f"{address}: PMCSR {word(function.config, reg):04x}, COMMAND {function.command:04x}"
    if (function.override, function.driver) != ("pci-quiesce", ""):
        yield f"{address}: {function.override}, driver {function.driver}"


def check_held(wanted, holders, report):
    """By one process, and none else."""
    held = {int(group) for found in holders for group in found[2].split()}
    groups = {report[address]["iommu"]["group"] for address, way in wanted.items()
              if way == "iommu"}
    if held != groups or len(holders) != bool(groups):
        yield f"{len(holders)} processes hold groups {held}, not {groups}"


def check_told(wanted, report, untold):
    told = {address: device["contain"] for address, device in report.items()
            if device["contain"]}
    if told != ({} if untold else wanted):
        yield f"the report says {told}, wanted are {wanted}"
    for address in told:
        if report[address]["verdict"] != "contained":
            yield f"{address}: verdict {report[address]['verdict']}"


def check_bound(address, console):
    function = console.second[address]
    if (function.override, function.driver) != ("vfio-pci", "vfio-pci"):
        yield f"{address}: {function.override}, driver {function.driver}"
    if function.command & BUS_MASTER:
        yield f"{address}: COMMAND {function.command:04x}"


def check_link(port, trace, console):
    """Set and cleared, once."""
    config = console.second[port].config
    express = find_capability(config, EXPRESS)
    values = [w.value for w in written(trace, port, console.init, console.next_init)
              if w.offset == express + LINK_CONTROL]
    control = word(config, express + LINK_CONTROL)
    if values != [control | LINK_DISABLE, control]:
        yield f"{port}: Link Control was written: {[hex(value) for value in values]}"
    if control & LINK_DISABLE:
        yield f"{port}: its link is disabled"
    if any(w.offset in (4, 5) for w in written(trace, port, console.init, console.next_init)):
        yield f"{port}: COMMAND was written"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dir", type=pathlib.Path)
    parser.add_argument("wanted", nargs="+")
    parser.add_argument("--ignores-link")
    parser.add_argument("--untold", action="store_true")
    options = parser.parse_args()
    wanted = {address: way for way, _, address in
              (item.partition("=") for item in options.wanted)}
    lines = {name: (options.dir / name).read_text(errors="replace").splitlines(True)
             for name in ("trace.log", "console.log")}
    trace, console = parse_trace(lines["trace.log"]), parse_console(lines["console.log"])
    report = {device["address"]: device for device in
              json.loads((options.dir / "report.json").read_text())["devices"]}
    holders = [found for _, text in console.marks if (found := HELD.match(text))]
    problems = [*check_told(wanted, report, options.untold),
                *check_held(wanted, holders, report)]
    for address, way in wanted.items():
        if way == "d3hot":
            problems += check_d3hot(address, trace, console)
        else:
            problems += check_bound(address, console)
    if options.ignores_link:
        problems += check_link(options.ignores_link, trace, console)
    for problem in problems:
        print("judge_contain:", problem)
    for found in holders:
        print(f"judge_contain: groups{found[2]} are held with {found[3]} kB")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
