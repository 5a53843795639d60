#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Judge a crash cycle from what the emulator saw, not from what we claim.

    judge.py MODE DIR [--allow ADDRESS]... [--deadline S] [--expect ADDRESS=ACTION,METHOD]...
             [--unbound ADDRESS]... [--stuck ADDRESS]... [--start MARK] [--no-report]
             [--iommu MODULE] [--reads] [--fenced-may-fault]
             [--contained ADDRESS=WAY]...

MODE is `without` (nothing quiesced), `with` (all promises kept) or `survive`
(pci-quiesce failed; the dump must not suffer), `next-init` (only that it runs).
An --unbound function must have no driver in the kdump kernel, any other the one
that it had. Nor must a --stuck one, which a reset still holds: nothing is known
of it but that, nor of a bridge that it holds. --start: the mark after which
pci-quiesce was started, where another program came first. --no-report: there
must be none. --iommu: the IOMMU's driver, which pci-quiesce loads.
--reads: the trace has reads of configuration space, too. --fenced-may-fault: what
was not reset goes on where it was when its driver turns Bus Master on. --contained:
isolated, whether or not the report knows of it.
DIR holds console.log, trace.log and, if made, report.json. Prints what is wrong,
writes DIR/judged.json, exits 1 if anything is.
"""
import argparse
import json
import os
import re
import sys
from collections import Counter

from judge_direct import check_direct, check_quiet, command_before
from judge_dma import names_of, unexcused
from judge_left import check_left
from judge_resets import below_resets, check_before, check_resets, is_restoration
from observe import BUS_MASTER, COMMAND, parse_console, parse_trace

VERDICTS = {"verified", "completed", "fenced", "contained", "kept", "idle", "lost", "failed"}
OVER = re.compile(r"pci-quiesce: \d+ functions in \d+ ms: ")
# Ids of network functions that get frames, and their drivers.
NETS = {"8086:10d3": "e1000e", "8086:100e": "e1000", "10ec:8139": "8139cp",
        "1af4:1041": "virtio_net"}
# Host clock, guest clock and a serial line disagree by less than this.
SLACK = 0.25


def kept_functions(functions, allowed):
    """Bridges, base system peripherals, SMBus, and what the config allows."""
    return {f.address for f in functions.values()
            if f.bridge or f.pci_class.startswith(("08", "0c05")) or f.address in allowed}


def fenceable(functions, kept, changes, init):
    """Functions that can do DMA when /init starts and are not to be spared. The
    kernel itself turns Bus Master of USB controllers off before that."""
    state = {f.address: bool(f.command & BUS_MASTER) for f in functions.values()}
    for time, address, on in changes:
        if time < init:
            state[address] = on
    return {address for address, on in state.items() if on and address not in kept}


def stray(accesses, functions, kept, start, end):
    """DMA in [start, end) from any requester that is not a kept function. A bridge does
    none: what has its ID is of a conventional function below."""
    spared = {functions[address].requester for address in kept if not functions[address].bridge}
    return [a for a in accesses if start <= a.time < end and a.requester not in spared]


def stale_dma(trace, console, kept):
    """DMA of the crashed kernel's making, in the kdump kernel: for each
    requester, until the first config write that user space causes there, which
    is its own driver. Conventional buses use one requester for all functions."""
    alive = {}
    for write in trace.writes:
        if write.time >= console.init:
            alive.setdefault(write.requester, write.time)
            alive.setdefault(write.requester & ~0xff, write.time)
    found = stray(trace.dma, console.first, kept, console.kernel, float("inf"))
    return [a for a in found if a.time < alive.get(a.requester, float("inf"))]


def bus_master_changes(trace, functions, start):
    """(time, address, on) for each change of Bus Master by a config write."""
    by_requester = {f.requester: f for f in functions.values()}
    state = {f.address: bool(f.command & BUS_MASTER) for f in functions.values()}
    changes = []
    for write in trace.writes:
        function = by_requester.get(write.requester)
        if write.offset != COMMAND or write.time < start or not function:
            continue
        now = bool(write.value & BUS_MASTER)
        if now != state[function.address]:
            changes.append((write.time, function.address, now))
            state[function.address] = now
    return changes


def fence_window(changes, outside, init):
    """(first fence, last fence, first driver, fenced addresses). A driver is
    the first to set Bus Master again."""
    driver = min((t for t, a, on in changes if on and a in outside and t >= init),
                 default=float("inf"))
    fences = [(t, a) for t, a, on in changes if not on and init <= t < driver]
    if not fences:
        return None, None, driver, set()
    return fences[0][0], fences[-1][0], driver, {a for _, a in fences}


def check_kept(trace, console, kept, end):
    """Not one COMMAND write to a kept function before the first driver, and no
    bridge without Bus Master while the guest works: its children would be dead. A
    bridge below a bus that was reset is written, and ends up as it was."""
    problems = []
    nested = below_resets(trace, console.first, console.init, end)
    for write in trace.writes:
        if write.offset not in (COMMAND, COMMAND + 1):
            continue
        if not console.init <= write.time < (console.end or float("inf")):
            continue
        for address in kept:
            if console.first[address].requester != write.requester:
                continue
            if (write.time < end and console.first[address].leads_to_buses
                    and is_restoration(trace, console.first, write, console.init)):
                continue
            if write.time < end:
                if address not in nested:
                    problems.append(f"{address} is kept, yet COMMAND was written: "
                                    f"{write.value:#x}")
            elif (console.first[address].bridge and write.offset == COMMAND
                  and not write.value & BUS_MASTER):
                problems.append(f"{address}: Bus Master of a bridge turned off")
    for address in sorted(nested & kept):
        before, after = (command_before(trace.writes, console.first[address], time)
                         for time in (console.init, end))
        if before != after:
            problems.append(f"{address}: COMMAND was {before:04x}, is {after:04x} after the "
                            "reset of a bus above")
    return problems


def check_iommu(trace, console, module, last, driver):
    """The IOMMU's driver comes behind the last fence, and before any other driver."""
    inserted = next((t for t, text in console.quiesce
                     if text == f"pci-quiesce: inserting {module}"), None)
    attached = min((a.time for a in trace.attached if a.time >= console.kernel), default=None)
    if inserted is None or attached is None:
        return [f"{module} was not inserted, or attached nothing"]
    problems = []
    if min(inserted, attached) <= last:
        problems.append(f"{module} was loaded before the last fence")
    if max(inserted, attached) >= driver:
        problems.append(f"a driver was at work before {module}")
    return problems


def check_report(report, functions, fenced, silent, expected):
    """silent: what could do no DMA to begin with, where a fence writes nothing."""
    problems = []
    if report is None:
        return ["there is no report"]
    if not report.get("complete"):
        problems.append("the report is not complete")
    devices = {d["address"]: d for d in report["devices"]}
    if set(devices) != set(functions) or len(devices) != len(report["devices"]):
        problems.append("report and machine differ in functions: "
                        + " ".join(sorted(set(devices) ^ set(functions))))
    for address, device in sorted(devices.items()):
        if device["verdict"] not in VERDICTS:
            problems.append(f"{address}: verdict {device['verdict']!r} is none")
        if device["verdict"] in ("lost", "failed"):
            problems.append(f"{address}: {device['verdict']}")
    claimed = {a for a, d in devices.items() if d["action"] in ("fence", "reset")}
    for address in sorted((claimed - silent) ^ fenced):
        word = "says so, the trace does not" if address in claimed else "does not say so"
        problems.append(f"{address}: fenced? the report {word}")
    for address, action, method in expected:
        got = devices.get(address, {})
        if (got.get("action"), got.get("method") or "none") != (action, method):
            problems.append(f"{address}: expected {action} {method}, "
                            f"got {got.get('action')} {got.get('method')}")
    return problems


def check_silence(report, console, first, last):
    """The report's own clock against the trace: the worker starts after the
    kernel starts /init, and fences nothing before it starts."""
    claimed = report["silence_us"] / 1e6
    if claimed > last - console.init + SLACK:
        return [f"silence_us is {claimed:.3f} s, the trace has {last - console.init:.3f} s at most"]
    if claimed < last - first - SLACK:
        return [f"silence_us is {claimed:.3f} s, the trace has {last - first:.3f} s at least"]
    return []


def check_drivers(console, unbound, contained):
    """contained: {address: way}; vfio-pci has those whose group is held."""
    problems = []
    for address, function in sorted(console.first.items()):
        now = console.second.get(address)
        if now is None:
            problems.append(f"{address} is gone in the kdump kernel")
        elif contained.get(address) == "iommu":
            if now.driver != "vfio-pci":
                problems.append(f"{address}: driver {now.driver or 'none'}, not vfio-pci")
        elif now.driver != ("" if address in unbound else function.driver):
            problems.append(f"{address}: driver {now.driver or 'none'}, was {function.driver}")
    marks = [text for _, text in console.marks]
    nets = {NETS[f"{f.vendor}:{f.device}"] for a, f in console.first.items()
            if a not in unbound and f"{f.vendor}:{f.device}" in NETS}
    for wanted in ["disk ok", "dump ok"] + [f"frames {net} ok" for net in sorted(nets)]:
        if f"second: {wanted}" not in marks:
            problems.append(f"no \"{wanted}\" from the kdump kernel")
    return problems


def check_next_init(console, deadline):
    if console.next_init is None:
        return ["the next init never ran"]
    took = console.next_init - console.init
    if took > deadline:
        return [f"the next init ran after {took:.1f} s, allowed are {deadline:.1f} s"]
    return []


def judge(mode, trace, console, report, allowed=(), deadline=30.0, expected=(), unbound=(),
          stuck=(), reports=True, iommu=None, reads=False, fenced_may_fault=False, contained=()):
    """(problems, numbers)."""
    if not console.first or console.kernel is None or console.init is None:
        return ["no kdump kernel reached user space"], {}
    functions = console.first
    kept = kept_functions(functions, allowed)
    changes = bus_master_changes(trace, functions, console.kernel)
    outside = fenceable(functions, kept, changes, console.init)
    # Behind its end the guest powers off, and e1000e unmaps what still receives.
    faults = [f for f in trace.faults
              if console.kernel <= f.time < (console.end or float("inf"))]
    numbers = {"mode": mode, "functions": len(functions), "fenceable": len(outside),
               "iommu_faults": len(faults)}
    problems = check_next_init(console, deadline)
    if console.next_init:
        numbers["next_init_ms"] = round((console.next_init - console.init) * 1000)
    if mode == "next-init":
        return problems, numbers
    if reads and not any(console.init <= r.time < (console.next_init or 0) for r in trace.reads):
        problems.append("the trace has no reads of configuration space")
    driverless = [*unbound, *(a for a in stuck if not functions[a].bridge)]
    contained = dict(contained) | {d["address"]: d["contain"]
                                   for d in (report or {}).get("devices", []) if d.get("contain")}
    problems += check_drivers(console, driverless, contained)
    problems += check_left(console, stuck, contained)
    if mode in ("without", "survive"):
        stale = stale_dma(trace, console, kept)
        numbers["stale_dma"] = len(stale)
        numbers["stale_dma_user_space"] = sum(a.time >= console.init for a in stale)
        if mode == "without" and not stale:
            problems.append("no stale DMA without us: nothing to compare with")
        wrong, seen = check_quiet(trace, functions, console.init,
                                  console.next_init or float("inf"))
        numbers.update(seen)
        return problems + wrong, numbers

    # The kernel turns all off below a bus that it resets, bridges too: see check_kept.
    nested = below_resets(trace, functions, console.init, console.next_init or float("inf"))
    changes = [c for c in changes if c[1] not in nested or not functions[c[1]].bridge]
    first, last, driver, fenced = fence_window(changes, outside, console.init)
    problems += [f"{a} was never fenced" for a in sorted(outside - fenced)]
    problems += [f"{a} was fenced, yet is to be spared" for a in sorted(fenced - outside)]
    if last is None:
        return problems + ["nothing was fenced"], numbers
    # A driver that we load may find its device bound already: virtio's.
    loading = min((t for t, text in console.quiesce if "pci-quiesce: inserting " in text),
                  default=float("inf"))
    end = min(driver, loading, console.next_init or float("inf"))
    if report and fenced_may_fault:
        faults = unexcused(faults, functions, report, end)
    if faults:
        problems.append(f"{len(faults)} IOMMU faults: {names_of(faults)}")
    problems += check_kept(trace, console, kept, end)
    if iommu:
        problems += check_iommu(trace, console, iommu, last, driver)
    late = stray(trace.dma, functions, kept, last, driver)
    if late:
        problems.append(f"{len(late)} DMA after the fence: {names_of(late)}")
    if reports:
        problems += check_report(report, functions, fenced, set(functions) - outside - kept,
                                 expected)
    elif report:
        problems.append("there is a report, yet it could not be written")
    before = stray(trace.dma, functions, kept, console.kernel, last)
    numbers.update(stale_dma_before_fence=len(before), stale_dma_after_fence=len(late),
                   window_ms=round((driver - last) * 1000) if driver < float("inf") else None)
    if report:
        problems += check_silence(report, console, first, last)
        problems += check_before(trace, functions, report, console.kernel, console.init)
        wrong, seen = check_resets(trace, functions, report, kept, console.init,
                                   console.next_init or float("inf"))
        problems += wrong
        numbers.update(seen)
        # Then built-in drivers get their functions back.
        over = min((t for t, text in console.quiesce if OVER.match(text)), default=float("inf"))
        wrong, seen = check_direct(trace, functions, report, console.init,
                                   min(loading, over, console.next_init or float("inf")))
        problems += wrong
        numbers.update(seen)
        numbers.update(silence_ms=report["silence_us"] / 1000, quiesce_ms=report["total_ms"],
                       verdicts=dict(Counter(d["verdict"] for d in report["devices"])))
    return problems, numbers


def read_lines(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        yield from file


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=("without", "with", "survive", "next-init"))
    parser.add_argument("dir")
    parser.add_argument("--allow", action="append", default=[])
    parser.add_argument("--deadline", type=float, default=30.0)
    parser.add_argument("--expect", action="append", default=[])
    parser.add_argument("--unbound", action="append", default=[])
    parser.add_argument("--stuck", action="append", default=[])
    parser.add_argument("--start")
    parser.add_argument("--no-report", action="store_true")
    parser.add_argument("--iommu")
    parser.add_argument("--reads", action="store_true")
    parser.add_argument("--fenced-may-fault", action="store_true")
    parser.add_argument("--contained", action="append", default=[])
    options = parser.parse_args()

    expected = [(a, *rest.split(",")) for a, rest in
                (item.split("=") for item in options.expect)]
    report = None
    path = os.path.join(options.dir, "report.json")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
    console = parse_console(read_lines(os.path.join(options.dir, "console.log")))
    if options.start:
        console.init = next((t for t, text in console.marks if text == options.start), None)
    problems, numbers = judge(
        options.mode, parse_trace(read_lines(os.path.join(options.dir, "trace.log"))), console,
        report, options.allow, options.deadline, expected, options.unbound, options.stuck,
        not options.no_report, options.iommu, options.reads, options.fenced_may_fault,
        [item.split("=") for item in options.contained])
    for problem in problems:
        print("judge:", problem)
    for name, value in numbers.items():
        print(f"judge: {name} = {value}")
    with open(os.path.join(options.dir, "judged.json"), "w", encoding="utf-8") as file:
        json.dump({"problems": problems, **numbers}, file, indent=1)
        file.write("\n")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
