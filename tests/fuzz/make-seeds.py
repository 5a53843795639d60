#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""make-seeds.py DIRECTORY MACHINE.LSPCI...: machines as inputs of fuzz-walk.c."""
import pathlib
import runpy
import sys

HERE = pathlib.Path(__file__).resolve().parent
BRIDGE_WITH_RESET = 0x20
FLR_AND_BUS = 6


def records(functions):
    for address, config in functions.items():
        domain, bus, slot = address.split(":")
        device, function = slot.split(".")
        what = 0x80 | (BRIDGE_WITH_RESET if config[0x0e] & 0x7f else 0)
        yield bytes([what, int(domain, 16) & 0xff, int(bus, 16),
                     int(device, 16) << 3 | int(function), FLR_AND_BUS])
        for at in range(0, len(config), 16):
            row = bytes(config[at:at + 16])
            if any(row):
                yield bytes([at >> 8, at & 0xff, len(row) - 1]) + row


def main(directory, *machines):
    read_config = runpy.run_path(HERE.parent / "fixtures/make-root.py")["read_config"]
    for path in map(pathlib.Path, machines):
        seed = b"".join(records(read_config(path.read_text())))
        (pathlib.Path(directory) / path.parent.name).write_bytes(seed)


if __name__ == "__main__":
    main(*sys.argv[1:])
