# SPDX-License-Identifier: GPL-2.0-or-later
"""Resets as the emulator saw them, against those that the report admits.

The trace has offset and value of a config write, not its width. What is taken
for granted is only that a byte which is not zero was written; bytes above the
highest of these may or may not have been.
"""
from observe import COMMAND, requester_of

DEVICE_CONTROL = 8
BRIDGE_CONTROL = 0x3e
BUS_RESET = 0x40
# Bit 15 of Device Control, in its second byte.
FUNCTION_RESET = 0x80


def written_byte(write, register):
    """What a config write left in the byte at register; None if it may not have
    reached that far."""
    position = register - write.offset
    if position < 0 or position > 3:
        return None
    rest = write.value >> 8 * position
    return rest & 0xff if rest or not position else None


def function_resets(writes, functions):
    """Addresses that were told to do an FLR."""
    found = set()
    for write in writes:
        function = functions.get(write.requester)
        capability = function and function.express_capability
        if not capability:
            continue
        byte = written_byte(write, capability + DEVICE_CONTROL + 1)
        if byte is not None and byte & FUNCTION_RESET:
            found.add(function.address)
    return found


def bus_resets(writes, functions):
    """{bridge: was the reset of its secondary bus ended again?}"""
    found = {}
    for write in writes:
        function = functions.get(write.requester)
        byte = written_byte(write, BRIDGE_CONTROL)
        if byte is None or not function or not function.leads_to_buses:
            continue
        if byte & BUS_RESET:
            found[function.address] = False
        elif function.address in found:
            found[function.address] = True
    return found


def below(bridge, functions):
    return {f.address for f in functions.values() if f.requester >> 8 in bridge.buses}


def check_admitted(devices, flr, sbr):
    """What the report says was reset must have been, and as it says."""
    problems = []
    for address, device in sorted(devices.items()):
        if device["action"] != "reset":
            continue
        method, via = device.get("method"), device.get("via")
        if method == "flr":
            if address not in flr:
                problems.append(f"{address}: the report says flr, the trace has none")
        elif method == "sbr":
            if via not in sbr:
                problems.append(f"{address}: the report says sbr via {via}, the trace has none")
        else:
            problems.append(f"{address}: no trace can prove a reset by {method}")
    return problems


def check_traced(devices, functions, kept, flr, sbr):
    """What was reset, the report must say, and it must not be what is spared."""
    problems = []
    for address in sorted(flr):
        device = devices.get(address, {})
        if functions[address].bridge or functions[address].leads_to_buses:
            problems.append(f"{address}: FLR of a bridge")
        if address in kept:
            problems.append(f"{address} is kept, yet got an FLR")
        if (device.get("action"), device.get("method")) != ("reset", "flr"):
            problems.append(f"{address}: FLR in the trace, the report does not say so")
    for bridge, ended in sorted(sbr.items()):
        if not ended:
            problems.append(f"{bridge}: its secondary bus was left in reset")
        reached = below(functions[bridge], functions)
        if not reached:
            problems.append(f"{bridge}: bus reset with nothing below")
        for address in sorted(reached):
            device = devices.get(address, {})
            if address in kept:
                problems.append(f"{address} is kept, yet reset through {bridge}")
            if (device.get("action"), device.get("method"), device.get("via")) != (
                    "reset", "sbr", bridge):
                problems.append(f"{address}: reset through {bridge}, the report does not say so")
    return problems


def check_resets(trace, functions, report, kept, start, end):
    """(problems, numbers) for the resets in [start, end)."""
    missing = sorted(a for a, f in functions.items() if not f.config)
    if missing:
        return ["no config space known of " + " ".join(missing)], {}
    by_requester = {f.requester: f for f in functions.values()}
    writes = [w for w in trace.writes if start <= w.time < end]
    flr = function_resets(writes, by_requester)
    sbr = bus_resets(writes, by_requester)
    devices = {d["address"]: d for d in report["devices"]}
    spared = kept | {a for a, d in devices.items() if d["action"] == "keep"}
    problems = check_admitted(devices, flr, sbr)
    problems += check_traced(devices, functions, spared, flr, sbr)
    return problems, {"resets_traced": {"flr": len(flr), "sbr": len(sbr)}}


def check_before(trace, functions, report, kernel, init):
    """COMMAND as the report found it: the last value that the kdump kernel wrote
    before /init, or else what it was in the kernel that crashed."""
    known = {f.requester: f.command for f in functions.values()}
    for write in trace.writes:
        if write.offset == COMMAND and kernel <= write.time < init:
            known[write.requester] = write.value & 0xffff
    problems = []
    for device in report["devices"]:
        address = device["address"]
        if address not in functions:
            continue
        wanted = f"{known[requester_of(address)]:04x}"
        got = device["evidence"]["before"]["command"]
        if got != wanted:
            problems.append(f"{address}: COMMAND was {wanted}, the report says {got}")
    return problems
