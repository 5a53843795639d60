#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""make-quirk-table.py QUIRKS.CONF TABLE.H: rows of libpcireset/quirk.c's table."""
import re
import sys

KINDS = {
    "no-flr": "PCIRESET_QUIRK_NO_FLR",
    "no-bus-reset": "PCIRESET_QUIRK_NO_BUS_RESET",
    "no-pm-reset": "PCIRESET_QUIRK_NO_PM_RESET",
    "device-specific": "PCIRESET_QUIRK_DEVICE_SPECIFIC",
    "slow-flr": "PCIRESET_QUIRK_SLOW_FLR",
    "fence-late": "PCIRESET_QUIRK_FENCE_LATE",
    "not-ready-early": "PCIRESET_QUIRK_NOT_READY_EARLY",
    "vmd": "PCIRESET_QUIRK_VMD",
}
LINE = re.compile(r"""
    (?P<kind>\S+) \s* = \s*
    (?P<vendor>[0-9a-f]{4}) : (?P<first>[0-9a-f]{4}|\*) (?:-(?P<last>[0-9a-f]{4}))?
    (?:\s+class\s+(?P<class>[0-9a-f]{4}))? (?:\s+revision\s+(?P<revision>[0-9a-f]{2}))?
    \s* """, re.VERBOSE)


def parse(line):
    """(key, kind) of a line; ValueError says what is wrong with it."""
    text, mark, source = line.partition("#")
    match = LINE.fullmatch(text)
    if not match:
        raise ValueError("not KIND = VENDOR:DEVICE [class CCCC] [revision RR]")
    if match["kind"] not in KINDS:
        raise ValueError(f"no such kind: {match['kind']}")
    if not mark or not source.strip():
        raise ValueError("no source")
    first = 0 if match["first"] == "*" else int(match["first"], 16)
    last = 0xFFFF if match["first"] == "*" else int(match["last"] or match["first"], 16)
    if match["first"] == "*" and match["last"]:
        raise ValueError("a range begins with an id")
    if last < first:
        raise ValueError("the range ends before it begins")
    revision = int(match["revision"], 16) if match["revision"] else 0x100
    return (int(match["vendor"], 16), first, last, int(match["class"] or "0", 16),
            revision), match["kind"]


def read(path):
    rows = {}
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            try:
                key, kind = parse(line)
                if kind in rows.setdefault(key, []):
                    raise ValueError("said twice")
            except ValueError as error:
                sys.exit(f"{path}:{number}: {error}")
            rows[key].append(kind)
    return rows


def main(path, table):
    with open(table, "w", encoding="utf-8") as out:
        out.write("/* Made from conf/quirks.conf. */\n")
        for key, kinds in sorted(read(path).items()):
            words = ", ".join(f"0x{value:04x}" for value in key)
            out.write(f"\t{{ {words}, {' | '.join(KINDS[k] for k in kinds)} }},\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
