# SPDX-License-Identifier: GPL-2.0-or-later
"""What is left behind for the drivers of the kdump kernel: registers and sysfs."""

from observe import BUS_MASTER

# Offset and width of what a driver, or the way to a function, needs as it was.
ENDPOINT = [(offset, 4) for offset in range(0x10, 0x28, 4)] + [(0x30, 4)]
BRIDGE = [(0x18, 3), (0x1c, 2), (0x20, 4), (0x24, 4), (0x28, 4), (0x2c, 4), (0x30, 4), (0x3e, 2)]
FREE = ("(null)", "-")


def has_methods_back(console, address):
    """The kernel gives "bus" to the first function of a device, before it knows others,
    and never again."""
    before, now = console.first[address], console.second[address]
    alone = sum(f.requester >> 8 == before.requester >> 8 for f in console.first.values()) == 1
    return now.methods == before.methods or (
        not alone and now.methods == before.methods.removesuffix(" bus"))


def check_left(console, stuck=(), contained=()):
    """Problems with what the second kernel's functions look like in the end; of a
    stuck one nothing can be read, and contained ones are barred from drivers."""
    problems = []
    if "second: autoprobe 1" not in [text for _, text in console.marks]:
        problems.append("drivers_autoprobe is not 1")
    for address, before in sorted(console.first.items()):
        now = console.second.get(address)
        if now is None or address in stuck:
            continue  # check_drivers has its say
        if (now.override in FREE) == (address in contained):
            problems.append(f"{address}: driver_override is {now.override!r}")
        if not has_methods_back(console, address):
            problems.append(f"{address}: reset_method is {now.methods!r}, was {before.methods!r}")
        if len(now.config) != len(before.config):
            problems.append(f"{address}: configuration space was not read")
            continue
        if before.bridge and before.command & ~now.command & BUS_MASTER:
            problems.append(f"{address}: Bus Master of a bridge is off")
        for offset, width in BRIDGE if before.leads_to_buses else ENDPOINT:
            old, new = (f.config[offset:offset + width].hex() for f in (before, now))
            if old != new:
                problems.append(f"{address}: register {offset:#x} is {new}, was {old}")
    return problems
