#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Judge the other ways of being started, from the emulator's trace.

    judge_starts.py shell|unit|late DIR [--allow ADDRESS]...

shell  nothing is written before "run" is typed, and the fence comes with it; or
       before "exit", and comes then, where no "run" is
unit   each function that no driver had yet is fenced before anything else
       writes to it, and the log says which modules were there
late   what a driver has, and all bridges above it, is not written while "run"
       runs; the others are fenced

DIR is as for judge.py. Prints what is wrong and exits 1 if anything is.
"""
import argparse
import json
import os
import sys

from judge import bus_master_changes, fenceable, kept_functions, read_lines, stray
from judge_resets import check_resets
from observe import BUS_MASTER, COMMAND, parse_console, parse_trace

FOREVER = float("inf")


def line_time(path, wanted):
    """When the first line with that text began."""
    for line in read_lines(path):
        time, _, text = line.partition(" ")
        if wanted in text:
            return float(time)
    return None


def mark_time(console, wanted):
    return next((time for time, text in console.marks if text.startswith(wanted)), None)


def in_use(console):
    """Functions with a driver, and the bridges above them. A port's own driver
    is not what is meant."""
    functions = console.second
    bound = {a for a, f in functions.items() if f.driver and not f.bridge}
    above = {b.address for b in console.first.values() if b.leads_to_buses
             and any(functions[a].requester >> 8 in b.buses for a in bound)}
    return bound, above


def judge_shell(trace, console, report, allowed, directory):
    path = os.path.join(directory, "console.log")
    typed, ended = (line_time(path, "# pci-quiesce run"), line_time(path, "# exit"))
    if ended is None:
        return ["the shell was not used"]
    begin, end = (ended, console.next_init or FOREVER) if typed is None else (typed, ended)
    problems = [f"written too early: {w.requester:04x} {w.offset:#x} = {w.value:#x}"
                for w in trace.writes if console.init <= w.time < begin]
    changes = bus_master_changes(trace, console.first, console.kernel)
    outside = fenceable(console.first, kept_functions(console.first, allowed), changes,
                        console.init)
    fenced = {a for time, a, on in changes if not on and begin <= time < end}
    problems += [f"{a}: not fenced then" for a in sorted(outside - fenced)]
    by_hand = any("a run was made by hand" in text for _, text in console.quiesce)
    if by_hand != (typed is not None):
        problems.append("PID 1 does not tell who made the run")
    return problems


def not_shared(accesses, functions, bound):
    """Below a conventional bridge all have one requester, that of the bridge or of its
    bus: it may be a bound one's DMA."""
    buses = {functions[a].requester >> 8 for a in bound}
    shared = {bus << 8 for bus in buses}
    shared |= {b.requester for b in functions.values() if b.leads_to_buses and buses & set(b.buses)}
    shared -= {f.requester for f in functions.values() if not f.bridge}
    return [a for a in accesses if a.requester not in shared]


def first_writes(trace, functions, start):
    """{address: first config write from start on}."""
    names = {f.requester: f.address for f in functions.values()}
    found = {}
    for write in trace.writes:
        if write.time >= start and write.requester in names:
            found.setdefault(names[write.requester], write)
    return found


def judge_unit(trace, console, report, allowed, directory):
    functions = console.first
    devices = {d["address"]: d for d in report["devices"]}
    early = {a for a, d in devices.items() if d["rule"] == "default:bound"}
    kept = kept_functions(functions, allowed) | early
    changes = bus_master_changes(trace, functions, console.kernel)
    outside = fenceable(functions, kept, changes, console.init)
    problems = [] if outside else ["there was nothing to fence"]
    firsts = first_writes(trace, functions, console.init)
    for address in sorted(outside):
        first = firsts.get(address)
        if not first or first.offset != COMMAND or first.value & BUS_MASTER:
            problems.append(f"{address}: the first write of user space is no fence: {first}")
    fences = [time for time, a, on in changes if not on and a in outside and time >= console.init]
    # That of an idle function may come first.
    driver = min((time for time, a, on in changes
                  if on and a not in kept and time > console.init), default=FOREVER)
    if fences:
        last = max(time for time in fences if time < driver)
        late = not_shared(stray(trace.dma, functions, kept, last, driver), functions, early)
        if late:
            problems.append(f"{len(late)} DMA after the fence")
    wrong, seen = check_resets(trace, functions, report, kept, console.init, driver)
    problems += wrong
    said = [text for _, text in console.quiesce if "loaded before" in text]
    for name in report["modules_before"]:
        if not said or name not in said[0]:
            problems.append(f"{name} was loaded before, the log does not say so")
    if not said:
        problems.append("the log does not say what was loaded before")
    if early and not report["modules_before"]:
        problems.append(f"bound before, yet no module was there: {sorted(early)}")
    print("judge: loaded before:", " ".join(report["modules_before"]) or "nothing")
    print("judge: bound before:", " ".join(sorted(early)) or "nothing")
    print("judge: fenced:", " ".join(sorted(outside)), seen)
    return problems


def judge_late(trace, console, report, allowed, directory):
    functions = console.first
    start, end = mark_time(console, "late: run begins"), mark_time(console, "late: run ended")
    if start is None or end is None:
        return ["run did not begin and end"]
    bound, above = in_use(console)
    spared = bound | above
    names = {f.requester: f.address for f in functions.values()}
    problems = [f"{names[w.requester]} is in use, yet written: {w.offset:#x} = {w.value:#x}"
                for w in trace.writes if start <= w.time < end and names.get(w.requester) in spared]
    kept = kept_functions(functions, allowed) | spared
    changes = bus_master_changes(trace, functions, console.kernel)
    outside = fenceable(functions, kept, changes, start)
    fences = {a: time for time, a, on in changes if not on and start <= time < end}
    problems += [f"{a}: not fenced" for a in sorted(outside - set(fences))]
    problems += [f"{a}: fenced, yet in use" for a in sorted(set(fences) & kept)]
    if outside:
        after = max(fences.get(a, start) for a in outside)
        late = not_shared(stray(trace.dma, functions, kept, after, end), functions, bound)
        if late:
            problems.append(f"{len(late)} DMA after the fence")
    else:
        problems.append("there was nothing to fence")
    wrong, seen = check_resets(trace, functions, report, kept, start, end)
    problems += wrong
    for address, device in sorted((d["address"], d) for d in report["devices"]):
        if address in bound and device["verdict"] != "kept":
            problems.append(f"{address}: has a driver, yet is {device['verdict']}")
    marks = [text for _, text in console.marks]
    for wanted in ("late: run ended 0", "late: writer ok", "second: dump ok"):
        if wanted not in marks:
            problems.append(f"no \"{wanted}\" from the kdump kernel")
    print("judge: in use:", " ".join(sorted(bound)))
    print("judge: fenced:", " ".join(sorted(fences)))
    print("judge:", " ".join(text for text in marks if text.startswith("late: passes")), seen)
    return problems


JUDGES = {"shell": judge_shell, "unit": judge_unit, "late": judge_late}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("start", choices=sorted(JUDGES))
    parser.add_argument("dir")
    parser.add_argument("--allow", action="append", default=[])
    options = parser.parse_args()

    trace = parse_trace(read_lines(os.path.join(options.dir, "trace.log")))
    console = parse_console(read_lines(os.path.join(options.dir, "console.log")))
    if not console.first or console.init is None:
        problems = ["no kdump kernel reached user space"]
    else:
        with open(os.path.join(options.dir, "report.json"), encoding="utf-8") as file:
            report = json.load(file)
        problems = JUDGES[options.start](trace, console, report, options.allow, options.dir)
    for problem in problems:
        print("judge:", problem)
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
