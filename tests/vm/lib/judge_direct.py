# SPDX-License-Identifier: GPL-2.0-or-later
"""Function-level resets as the emulator saw them: who made each, and that nobody came
near the function until its time was over.

Who made it shows in COMMAND: the kernel writes back what it was, with memory or I/O
on; a direct reset leaves them off for the driver.
"""
from judge_resets import function_resets
from observe import BUS_MASTER, COMMAND

IO_AND_MEMORY = 3
INTX_DISABLE = 0x400
BASE_ADDRESSES = range(0x10, 0x28, 4)
RESET_SECONDS = 0.1
# The guest takes its clock's rate from a short look at the host's.
CLOCK_ERROR = 0.01
# The kernel sleeps for ticks, which come late and then at once where the host is busy.
TICK_ERROR = 0.1
# For the write itself: the emulator makes a new map of its memory.
WRITE_SECONDS = 0.005


def accesses_of(accesses, function, start, end):
    return [a for a in accesses if a.requester == function.requester and start <= a.time < end]


def command_before(writes, function, time):
    """The last COMMAND before that; it was never written: as the crashed kernel left it."""
    value = function.command
    for write in writes:
        if write.requester == function.requester and write.offset == COMMAND:
            if write.time >= time:
                break
            value = write.value & 0xffff
    return value


def maker(writes, function, reset, end, decoded):
    """direct, kernel, or None where nothing can tell them apart."""
    if not decoded & IO_AND_MEMORY:
        return None
    later = [w.value for w in accesses_of(writes, function, reset, end) if w.offset == COMMAND]
    return "kernel" if any(value & IO_AND_MEMORY for value in later) else "direct"


def check_doors(writes, function, reset):
    """Memory, I/O and Bus Master are off when a direct reset begins."""
    command = command_before(writes, function, reset)
    if command & (IO_AND_MEMORY | BUS_MASTER):
        return [f"{function.address}: COMMAND was {command:04x} when its reset began"]
    return []


def at_reset_value(register, value):
    if register == COMMAND:
        return not value & INTX_DISABLE
    return register in BASE_ADDRESSES and not value & ~0xf


def check_observed(trace, function, device, reset, end):
    """A register was read at its reset value before anything was written back, and it
    is the one that the report names."""
    first = min((w.time for w in accesses_of(trace.writes, function, reset, end)
                 if w.time > reset), default=end)
    observed = device["evidence"].get("observed") or {"register": "0", "after": "0"}
    register, after = (int(observed[key], 16) for key in ("register", "after"))
    width = 0xffff if register == COMMAND else 0xffffffff
    if at_reset_value(register, after) and any(
            read.offset == register and read.value & width == after
            for read in accesses_of(trace.reads, function, reset, first)):
        return []
    return [f"{function.address}: the report says observed, yet nobody looked before writing"]


def check_evidence(trace, function, device, engine, reset, end):
    address, said = function.address, device["evidence"].get("reset")
    problems = []
    if engine and device.get("engine") != engine:
        problems.append(f"{address}: reset by {engine}, the report says {device.get('engine')}")
    if (said == "observed") != (device["verdict"] == "verified"):
        problems.append(f"{address}: verdict {device['verdict']}, reset {said}")
    if said == "observed" and device.get("engine") != "direct":
        problems.append(f"{address}: nobody can have observed the reset")
    asked = min((r.time for r in accesses_of(trace.reads, function, reset, end)), default=0)
    claimed, waited = device["ms"]["reset"] or 0, (asked - reset - WRITE_SECONDS) * 1000
    if engine == "direct" and claimed < waited * (1 - CLOCK_ERROR):
        problems.append(
            f"{address}: reset in {claimed} ms, yet nobody asked before {waited:.1f} ms")
    if said == "observed" and trace.reads:
        problems += check_observed(trace, function, device, reset, end)
    return problems


def check_master(trace, functions, devices, init, end):
    """From its fence on, Bus Master of what is silenced stays off."""
    problems = []
    for address, device in sorted(devices.items()):
        if device["action"] not in ("fence", "reset") or address not in functions:
            continue
        off = False
        for write in accesses_of(trace.writes, functions[address], init, end):
            if write.offset != COMMAND:
                continue
            if off and write.value & BUS_MASTER:
                problems.append(f"{address}: Bus Master was turned on again: {write.value:#x}")
            off = not write.value & BUS_MASTER
    return problems


def each_reset(trace, functions, init, end):
    """(function, time, engine) of each function-level reset."""
    writes = [w for w in trace.writes if init <= w.time < end]
    by_requester = {f.requester: f for f in functions.values()}
    for address, resets in sorted(function_resets(writes, by_requester).items()):
        decoded = command_before(trace.writes, functions[address], init)
        for reset, _ in resets:
            yield functions[address], reset, maker(trace.writes, functions[address], reset, end,
                                                   decoded)


def check_quiet(trace, functions, init, end):
    """(problems, numbers): closed before a direct reset, untouched in each."""
    problems, quiet, starts = [], [], []
    for function, reset, engine in each_reset(trace, functions, init, end):
        after = [a.time - reset for a in accesses_of(
            trace.writes + trace.reads, function, reset, end) if a.time > reset]
        if after:
            quiet.append(min(after))
        error = TICK_ERROR if engine == "kernel" else CLOCK_ERROR
        if after and min(after) < RESET_SECONDS * (1 - error):
            problems.append(
                f"{function.address}: accessed {min(after) * 1000:.1f} ms after its reset")
        if engine == "direct":
            starts.append(reset)
            problems += check_doors(trace.writes, function, reset)
    numbers = {"direct_resets": len(starts)}
    if quiet:
        numbers["untouched_ms"] = round(min(quiet) * 1000, 1)
    if starts:
        numbers["direct_start_ms"] = round((max(starts) - min(starts)) * 1000, 1)
        if max(starts) - min(starts) >= RESET_SECONDS:
            problems.append("direct resets were not made all at once")
    return problems, numbers


def check_direct(trace, functions, report, init, end):
    """(problems, numbers) for [init, end), until when no driver is at work."""
    devices = {d["address"]: d for d in report["devices"]}
    problems, numbers = check_quiet(trace, functions, init, end)
    problems += check_master(trace, functions, devices, init, end)
    for function, reset, engine in each_reset(trace, functions, init, end):
        if function.address in devices:
            problems += check_evidence(trace, function, devices[function.address], engine, reset,
                                       end)
    return problems, numbers
