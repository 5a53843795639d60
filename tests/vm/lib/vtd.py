# SPDX-License-Identifier: GPL-2.0-or-later
"""VT-d's tables in guest memory, read through QEMU's monitor.

Each function is a walk: it yields monitor commands, is sent the lines of their
answers, and returns its result as a line of text.
Source: Intel VT-d specification, 9.1 Root Entry, 9.3 Context Entry, 9.8 Second-Stage
Paging Entries, 11.4.5 RTADDR.
"""
import re

# Where QEMU's q35 has its registers.
REGISTERS = 0xfed90000
RTADDR = 0x20
PRESENT = 1
READ_WRITE = 3
LARGE = 0x80
WIDTH = 7
ADDRESS = 0xffffffffff000

_WORD = re.compile(r"0x([0-9a-f]{16})")
_TABLE = re.compile(r"table (\S+) at ([0-9a-f]+) (mapped|empty)")
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


def maps_a_page(table, level):
    """Tables may be left of what was mapped."""
    for entry in words((yield f"xp /512gx {table:#x}")):
        if entry & READ_WRITE and (level == 1 or entry & LARGE
                                   or (yield from maps_a_page(entry & ADDRESS, level - 1))):
            return True
    return False


def table(function):
    """The table that its translations begin with, and whether a page is mapped by it."""
    low, high = (int(part, 16) for part in
                 _CONTEXT.search((yield from context(function))).groups()[2:])
    mapped = low & PRESENT and (yield from maps_a_page(low & ADDRESS, (high & WIDTH) + 2))
    return f"table {function} at {low & ADDRESS:x} {'mapped' if mapped else 'empty'}"


def results(lines, wanted):
    """(time, match) for what walks came to."""
    for line in lines:
        time, _, text = line.partition(" ")
        match = wanted.search(text) if text.startswith("= ") else None
        if match:
            yield float(time), match


def parse_contexts(lines):
    """[(time, function, root, low, high)] of a monitor's log."""
    return [(time, match[1], *(int(part, 16) for part in match.groups()[1:]))
            for time, match in results(lines, _CONTEXT)]


def parse_tables(lines):
    """[(time, function, address, is a page mapped)] of a monitor's log."""
    return [(time, match[1], int(match[2], 16), match[3] == "mapped")
            for time, match in results(lines, _TABLE)]
