#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""judge_config.py DIR: configuration space after pci-quiesce, against that before.

DIR has config.tar, with before/ADDRESS and after/ADDRESS, and report.json. Every
difference is printed; one that nothing explains is marked, and the exit status is 1.
"""
import json
import os
import sys
import tarfile

from observe import COMMAND, EXPRESS, HEADER_TYPE, STATUS, find_capability

CONVENTIONAL_BYTES = 256
EXPRESS_BYTES = 4096
MESSAGE = 0x05
MESSAGE_X = 0x11
# Bits that a silenced function may have changed in: Bus Master, memory, I/O, INTx Disable.
SILENCED = 0x407
# Offset of a status register in the PCI Express capability, and its bits that drivers
# and hardware change: that of the device, link, slot and root port. No slot may be
# empty, or tell of a change of presence or of its link.
EXPRESS_STATUS = {0x0a: 0xffff, 0x12: 0xffff, 0x1a: 0xfeb7, 0x20: 0xffff, 0x22: 0xffff}
SECONDARY_STATUS = 0x1e


def allowed_bits(config, device):
    """{offset of a byte: bits that may have changed}."""
    bits = {STATUS: 0xff, STATUS + 1: 0xff}
    if config[HEADER_TYPE] & 0x7f == 1:
        bits.update({SECONDARY_STATUS: 0xff, SECONDARY_STATUS + 1: 0xff})
    express = find_capability(config, EXPRESS)
    for offset, mask in EXPRESS_STATUS.items() if express else ():
        bits.update({express + offset: mask & 0xff, express + offset + 1: mask >> 8})
    if device["action"] in ("fence", "reset"):
        bits.update({COMMAND: SILENCED & 0xff, COMMAND + 1: SILENCED >> 8})
    return bits


def name(config, offset):
    """A register's, for whoever reads the list."""
    names = {EXPRESS: "Express", MESSAGE: "MSI", MESSAGE_X: "MSI-X", 1: "PM"}
    starts = {find_capability(config, capability): word for capability, word in names.items()}
    start = max((s for s in starts if s and s <= offset), default=None)
    if offset < 0x40 or start is None or offset >= CONVENTIONAL_BYTES:
        return f"{offset:#x}"
    return f"{offset:#x} ({starts[start]}+{offset - start:#x})"


def differences(before, after, device):
    """(line, is explained) for each byte that differs."""
    bits = allowed_bits(before, device)
    return [(f"{name(before, offset)}: {old:02x} -> {new:02x}",
             not (old ^ new) & ~bits.get(offset, 0))
            for offset, (old, new) in enumerate(zip(before, after)) if old != new]


def judge(before, after, devices):
    """(lines, problems); before and after are {address: bytes}."""
    lines, problems = [], []
    if set(before) != set(after) or set(before) != {d["address"] for d in devices}:
        problems.append("before, after and report differ in functions")
    for device in devices:
        address = device["address"]
        old, new = before.get(address, b""), after.get(address, b"")
        if len(old) != len(new) or len(old) not in (CONVENTIONAL_BYTES, EXPRESS_BYTES):
            problems.append(f"{address}: {len(old)} bytes before, {len(new)} after")
            continue
        for line, explained in differences(old, new, device):
            lines.append(f"{address} {device['verdict']}: {line}")
            if not explained:
                problems.append(lines[-1])
    return lines, problems


def read_tar(path):
    found = {"before": {}, "after": {}}
    with tarfile.open(path) as tar:
        for member in tar.getmembers():
            phase, _, address = member.name.partition("/")
            if member.isfile():
                found[phase][address] = tar.extractfile(member).read()
    return found["before"], found["after"]


def main(directory):
    with open(os.path.join(directory, "report.json"), encoding="utf-8") as file:
        devices = json.load(file)["devices"]
    before, after = read_tar(os.path.join(directory, "config.tar"))
    lines, problems = judge(before, after, devices)
    for line in lines:
        print("config:", line)
    if EXPRESS_BYTES not in {len(config) for config in before.values()}:
        problems.append("no function has extended configuration space")
    for problem in problems:
        print("judge_config:", problem)
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
