#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""judge_dump_plan.py DIR: does DIR/dump.json, a dump's plan, agree with DIR/live.json.

A dump knows no driver, no boot display and no System RAM: what is kept or fenced for these is not
compared, but must not be most of the machine.
"""
import json
import pathlib
import sys

FIELDS = ("vendor", "device", "class", "action", "method", "engine", "via", "rule", "expected")
ONLY_LIVE = ("default:bound", "default:boot-vga", "default:system-ram", "default:dump-target")


def differences(live, dump):
    """Lines about what differs, and how many functions were compared."""
    mine = {device["address"]: device for device in live["devices"]}
    theirs = {device["address"]: device for device in dump["devices"]}
    lines = [f"only one of the plans has {address}" for address in sorted(set(mine) ^ set(theirs))]
    compared = 0
    for address in sorted(set(mine) & set(theirs)):
        if mine[address]["rule"] in ONLY_LIVE:
            continue
        compared += 1
        lines += [f"{address}: {field}: live {mine[address].get(field)}, dump "
                  f"{theirs[address].get(field)}" for field in FIELDS
                  if mine[address].get(field) != theirs[address].get(field)]
    return lines, compared


def main(directory):
    live, dump = (json.loads(pathlib.Path(directory, name).read_text())
                  for name in ("live.json", "dump.json"))
    lines, compared = differences(live, dump)
    print("\n".join([*lines, f"{compared} of {len(live['devices'])} functions compared"]))
    return 1 if lines or 2 * compared < len(live["devices"]) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
