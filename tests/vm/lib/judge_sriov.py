#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Judge what became of a VF's DMA.

    judge_sriov.py DIR VF

The VF has to do DMA in the crash kernel until pci-quiesce is there, and none from
its last verdict on. Prints what is wrong, exits 1 if anything is.
"""
import os
import re
import sys

from observe import parse_console, parse_trace, requester_of

OVER = re.compile(r"pci-quiesce: \d+ functions in \d+ ms: ")
# Host clock, guest clock and a serial line disagree by less than this.
SLACK = 0.25


def judge(console_lines, trace_lines, vf):
    console = parse_console(console_lines)
    over = [float(line.split()[0]) for line in console_lines if OVER.search(line)]
    if console.kernel is None or console.init is None or not over:
        return ["pci-quiesce was not run in a crash kernel"]
    times = [a.time for a in parse_trace(trace_lines).dma if a.requester == requester_of(vf)]
    before = [time for time in times if console.kernel <= time < console.init]
    after = [time for time in times if time > over[0] + SLACK]
    print(f"judge: {len(before)} DMA of the VF before /init, {len(after)} after pci-quiesce")
    problems = []
    if not before:
        problems.append("no DMA of the VF in the crash kernel: nothing to compare with")
    if after:
        problems.append(f"{len(after)} DMA of the VF after pci-quiesce")
    return problems


def read_lines(directory, name):
    with open(os.path.join(directory, name), encoding="utf-8", errors="replace") as file:
        return file.readlines()


def main(directory, vf):
    problems = judge(read_lines(directory, "console.log"), read_lines(directory, "trace.log"), vf)
    for problem in problems:
        print("judge:", problem)
    sys.exit(bool(problems))


if __name__ == "__main__":
    main(*sys.argv[1:])
