# SPDX-License-Identifier: GPL-2.0-or-later
"""VT-d's tables in guest memory, read through QEMU's monitor.

Each function is a walk: it yields monitor commands, is sent the lines of their
answers, and returns its result as a line of text.
Source: Intel VT-d specification, 9.1 Root Entry, 9.3 Context Entry, 11.4.5 RTADDR.
"""
import re

# Where QEMU's q35 has its registers.
REGISTERS = 0xfed90000
RTADDR = 0x20
PRESENT = 1
ADDRESS = 0xffffffffff000

_WORD = re.compile(r"0x([0-9a-f]{16})")
_CONTEXT = re.compile(r"context (\S+) root ([0-9a-f]+) low ([0-9a-f]+) high ([0-9a-f]+)")


def words(lines):
    return [int(word, 16) for line in lines for word in _WORD.findall(line)]


def context(function):
    """The legacy-mode context entry of "BB:DD.F"."""
    bus, device, number = (int(part, 16) for part in re.split("[:.]", function))
    (root,) = words((yield f"xp /1gx {REGISTERS + RTADDR:#x}"))
    root &= ADDRESS
    low, high = words((yield f"xp /2gx {root + bus * 16:#x}"))
    if low & PRESENT:
        entry = (low & ADDRESS) + (device << 3 | number) * 16
        low, high = words((yield f"xp /2gx {entry:#x}"))
    else:
        low = high = 0
    return f"context {function} root {root:x} low {low:x} high {high:x}"


def parse_contexts(lines):
    """[(time, function, root, low, high)] of a monitor's log."""
    found = []
    for line in lines:
        time, _, text = line.partition(" ")
        match = _CONTEXT.search(text) if text.startswith("= ") else None
        if match:
            found.append((float(time), match[1], *(int(part, 16) for part in match.groups()[1:])))
    return found
