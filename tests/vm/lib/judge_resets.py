# SPDX-License-Identifier: GPL-2.0-or-later
"""Resets as the emulator saw them, against those that the report admits.

The trace has offset and value of a config write, not its width. What is taken
for granted is only that a byte which is not zero was written; bytes above the
highest of these may or may not have been.
"""
from observe import (ADVANCED_FEATURES, COMMAND, EXPRESS, POWER, find_capability,
                     requester_of)

DEVICE_CONTROL = 8
BRIDGE_CONTROL = 0x3e
BUS_RESET = 0x40
# Bit 15 of Device Control, in its second byte.
FUNCTION_RESET = 0x80
AF_CONTROL = 4
AF_FUNCTION_RESET = 1
POWER_CONTROL = 4
POWER_STATE = 3
D3HOT = 3


def written_byte(write, register):
    """What a config write left in the byte at register; None if it may not have
    reached that far."""
    position = register - write.offset
    if position < 0 or position > 3:
        return None
    rest = write.value >> 8 * position
    return rest & 0xff if rest or not position else None


# Method: capability, byte in it, bit.
FUNCTION_RESETS = {"flr": (EXPRESS, DEVICE_CONTROL + 1, FUNCTION_RESET),
                   "af": (ADVANCED_FEATURES, AF_CONTROL, AF_FUNCTION_RESET)}


def function_resets(writes, functions):
    """{address: [(time, method)]} of what was told to do an FLR."""
    found = {}
    for write in writes:
        function = functions.get(write.requester)
        for method, (wanted, offset, bit) in FUNCTION_RESETS.items():
            capability = function and find_capability(function.config, wanted)
            byte = written_byte(write, capability + offset) if capability else None
            if byte is not None and byte & bit:
                found.setdefault(function.address, []).append((write.time, method))
    return found


def power_resets(writes, functions):
    """Addresses of what was sent to D3hot and came back; ports are left out, which the
    kernel may put to sleep."""
    asleep, found = set(), set()
    for write in writes:
        function = functions.get(write.requester)
        capability = (function and not function.leads_to_buses
                      and find_capability(function.config, POWER))
        # One byte is enough: a zero in it may be all that was written.
        if not capability or write.offset != capability + POWER_CONTROL:
            continue
        if write.value & POWER_STATE == D3HOT:
            asleep.add(function.address)
        elif function.address in asleep:
            found.add(function.address)
    return found


def bus_resets(writes, functions):
    """{bridge: [was the reset of its secondary bus ended again?]}, one for each reset."""
    found = {}
    for write in writes:
        function = functions.get(write.requester)
        byte = written_byte(write, BRIDGE_CONTROL)
        if byte is None or not function or not function.leads_to_buses:
            continue
        resets = found.setdefault(function.address, [])
        if byte & BUS_RESET:
            if not resets or resets[-1]:
                resets.append(False)
        elif resets:
            resets[-1] = True
    return {address: resets for address, resets in found.items() if resets}


def is_restoration(trace, functions, write, start):
    """Is it COMMAND of a bridge on a bus that was reset since, exactly as it was?"""
    by_requester = {f.requester: f for f in functions.values()}
    bridge = by_requester[write.requester]
    earlier = [w for w in trace.writes if w.time < write.time]
    resets = [w.time for w in earlier if w.time >= start and w.offset == BRIDGE_CONTROL
              and w.value & BUS_RESET and w.requester in by_requester
              and bridge.address in below(by_requester[w.requester], functions)]
    was = [w.value & 0xffff for w in earlier if w.requester == write.requester
           and w.offset == COMMAND and resets and w.time < resets[-1]]
    return bool(resets) and write.value & 0xffff == (was[-1] if was else bridge.command)


def below(bridge, functions):
    return {f.address for f in functions.values() if f.requester >> 8 in bridge.buses}


def below_resets(trace, functions, start, end):
    """Addresses of all that resets of buses in [start, end) reach."""
    by_requester = {f.requester: f for f in functions.values() if f.config}
    writes = [w for w in trace.writes if start <= w.time < end]
    return {address for bridge in bus_resets(writes, by_requester)
            for address in below(functions[bridge], functions)}


def check_power(address, device, power):
    """A power cycle proves nothing, and the report must not say that it does."""
    problems = []
    if address not in power:
        problems.append(f"{address}: the report says pm, the trace has none")
    if device["verdict"] != "fenced" or device["evidence"].get("reset") != "none":
        problems.append(f"{address}: pm made it {device['verdict']}, "
                        f"reset {device['evidence'].get('reset')}")
    return problems


def check_admitted(devices, flr, sbr, power):
    """What the report says was reset must have been, and as it says."""
    problems = []
    for address, device in sorted(devices.items()):
        if device["action"] != "reset":
            continue
        method, via = device.get("method"), device.get("via")
        if method in FUNCTION_RESETS:
            if method not in [made for _, made in flr.get(address, ())]:
                problems.append(f"{address}: the report says {method}, the trace has none")
        elif method == "sbr":
            if via not in sbr:
                problems.append(f"{address}: the report says sbr via {via}, the trace has none")
        elif method == "pm":
            problems += check_power(address, device, power)
        else:
            problems.append(f"{address}: no trace can prove a reset by {method}")
    return problems


def check_functions(devices, functions, kept, flr, power):
    problems = []
    for address, resets in sorted(flr.items()):
        device = devices.get(address, {})
        if functions[address].bridge or functions[address].leads_to_buses:
            problems.append(f"{address}: FLR of a bridge")
        if address in kept:
            problems.append(f"{address} is kept, yet got an FLR")
        for method in {made for _, made in resets}:
            if (device.get("action"), device.get("method")) != ("reset", method):
                problems.append(
                    f"{address}: {method.upper()} in the trace, the report does not say so")
    for address in sorted(power):
        device = devices.get(address, {})
        if (device.get("action"), device.get("method")) != ("reset", "pm"):
            problems.append(f"{address}: D3hot in the trace, the report does not say so")
    return problems


def check_buses(devices, functions, kept, sbr):
    problems = []
    for bridge, ended in sorted(sbr.items()):
        if not all(ended):
            problems.append(f"{bridge}: its secondary bus was left in reset")
        if len(ended) > 1:
            problems.append(f"{bridge}: its secondary bus was reset {len(ended)} times")
        # Bridges on the way there are restored, and the report keeps them.
        reached = {a for a in below(functions[bridge], functions)
                   if not functions[a].leads_to_buses}
        if not reached:
            problems.append(f"{bridge}: bus reset with nothing below")
        said = False
        for address in sorted(reached):
            device = devices.get(address, {})
            if address in kept:
                problems.append(f"{address} is kept, yet reset through {bridge}")
            # What was idle falls with its bus, which its evidence has, and so does who has
            # a reset of its own.
            by_bus = device.get("method") == "sbr"
            says = (device.get("evidence", {}).get("reset") == "reported"
                    if device.get("action") == "idle" else
                    device.get("action") == "reset" and
                    (not by_bus or device.get("via") == bridge))
            if not says:
                problems.append(f"{address}: reset through {bridge}, the report does not say so")
            said = said or by_bus and device.get("via") == bridge
        if reached and not said:
            problems.append(f"{bridge}: its secondary bus was reset, the report does not say so")
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
    power = power_resets(writes, by_requester)
    # What was reset, the report must say, and it must not be what is spared.
    problems = check_admitted(devices, flr, sbr, power)
    problems += check_functions(devices, functions, spared, flr, power)
    problems += check_buses(devices, functions, spared, sbr)
    return problems, {"resets_traced": {"flr": len(flr),
                                          "sbr": sum(len(ended) for ended in sbr.values())}}


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
