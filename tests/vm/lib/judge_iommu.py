#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Judge what became of an inherited VT-d context entry, from the emulator's memory.

    judge_iommu.py MODE DIR FUNCTION

MODE is `inherited` (nothing quiesced: its DMA goes on), `kept` (silenced, the
entry stays) or `replaced` (silenced, then given a table of this kernel's own).
DIR/monitor.log has FUNCTION's context entry three times: in the crashed kernel
at its end, in the crash kernel when user space starts, and when the real init's
hook runs. Prints what is wrong, exits 1 if anything is.
"""
import json
import os
import re
import sys

from observe import parse_console, parse_trace, requester_of
from vtd import ADDRESS, PRESENT, parse_contexts

_RESERVED = (re.compile(r"Reserving (\d+)MB of memory at (\d+)MB for crashkernel"),
             re.compile(r"crashkernel reserved: 0x([0-9a-f]+) - 0x([0-9a-f]+)"))


def crash_memory(lines):
    """The physical addresses that the crash kernel lives in."""
    for line in lines:
        old, new = (regex.search(line) for regex in _RESERVED)
        if old:
            size, start = (int(part) << 20 for part in old.groups())
            return range(start, start + size)
        if new:
            return range(*(int(part, 16) for part in new.groups()))
    return None


def check_entries(mode, contexts, memory):
    if len(contexts) != 3:
        return [f"{len(contexts)} context entries were read, not 3"]
    (_, _, old_root, crashed, _), (_, _, root, started, _), (_, _, _, end, _) = contexts
    problems = []
    if not crashed & PRESENT:
        problems.append("the crashed kernel had no translation")
    if root == old_root or root not in memory:
        problems.append(f"the root table {root:#x} is not the crash kernel's own")
    if crashed & ADDRESS in memory:
        problems.append("the crashed kernel's tables are in the crash kernel's memory")
    if started != crashed:
        problems.append(f"not inherited: {crashed:#x} became {started:#x}")
    if mode == "replaced":
        if not end & PRESENT or end & ADDRESS not in memory:
            problems.append(f"not replaced: {end:#x}")
    elif end != crashed:
        problems.append(f"not kept: {crashed:#x} became {end:#x}")
    return problems


def check_dma(mode, trace, console, contexts, requester):
    """Traffic and faults in the crash kernel."""
    problems = []
    faults = [f for f in trace.faults if f.time >= console.kernel]
    if faults:
        problems.append(f"{len(faults)} IOMMU faults")
    if len(contexts) != 3:
        return problems
    late = [a for a in trace.dma if a.requester == requester and a.time >= contexts[1][0]]
    if mode == "inherited" and not late:
        problems.append("its DMA did not go on without us: nothing to compare with")
    if mode != "inherited" and late:
        problems.append(f"{len(late)} DMA after it was silenced")
    return problems


def check_report(mode, report, function):
    if mode == "inherited":
        return []
    if report is None:
        return ["there is no report"]
    device = {d["address"]: d for d in report["devices"]}["0000:" + function]
    problems = []
    if device["verdict"] not in ("completed", "verified"):
        problems.append(f"verdict {device['verdict']}")
    said = (device["iommu"]["inherited"], device["iommu"]["reinit"])
    wanted = ("yes", "done") if mode == "replaced" else ("unknown", None)
    if said != wanted:
        problems.append(f"the report says {said}, not {wanted}: {device['iommu']['reason']}")
    for other in report["devices"]:
        if other["iommu"]["reinit"] == "done" and other is not device:
            problems.append(f"{other['address']} was re-initialised, too")
    return problems


def judge(mode, console_lines, trace_lines, monitor_lines, report, function):
    console = parse_console(console_lines)
    if console.kernel is None or console.init is None:
        return ["no kdump kernel reached user space"]
    memory = crash_memory(console_lines)
    if memory is None:
        return ["nobody said where the crash kernel's memory is"]
    contexts = parse_contexts(monitor_lines)
    problems = check_entries(mode, contexts, memory)
    problems += check_dma(mode, parse_trace(trace_lines), console, contexts,
                          requester_of("0000:" + function))
    problems += check_report(mode, report, function)
    return problems


def read_lines(directory, name):
    with open(os.path.join(directory, name), encoding="utf-8", errors="replace") as file:
        return file.readlines()


def main(mode, directory, function):
    path = os.path.join(directory, "report.json")
    report = None
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
    problems = judge(mode, *(read_lines(directory, name)
                             for name in ("console.log", "trace.log", "monitor.log")),
                     report, function)
    for problem in problems:
        print("judge:", problem)
    for context in parse_contexts(read_lines(directory, "monitor.log")):
        print(f"judge: {context[0]:.3f} {context[1]} root {context[2]:#x} entry {context[3]:#x}")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main(*sys.argv[1:])
