#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The judge of configuration space explains what it should and nothing else."""
import unittest

from judge_config import judge
from judge_test import config

ENDPOINT, BRIDGE = "0000:01:00.0", "0000:00:03.0"


class Config(unittest.TestCase):
    def judged(self, changes, address=ENDPOINT, action="reset", size=4096):
        """changes: {offset: byte}, of one function that was 0 there."""
        before = bytes(config(address)) + bytes(size - 256)
        after = bytearray(before)
        for offset, value in changes.items():
            after[offset] = value
        return judge({address: before}, {address: bytes(after)},
                     [{"address": address, "action": action, "verdict": "verified"}])

    def test_explained(self):
        for changes in ({}, {0x04: 0x07, 0x05: 0x04}, {0x06: 0xff, 0x07: 0xff},
                        {0xe0 + 0x0a: 0x0f, 0xe0 + 0x12: 0x11}, {0xe0 + 0x1a: 0x10}):
            lines, problems = self.judged(changes)
            self.assertEqual((len(lines), problems), (len(changes), []))

    def test_unexplained(self):
        for offset, value, line in (
                (0x04, 0x40, "0x4: 00 -> 40"), (0x05, 0x01, "0x5: 00 -> 01"),
                (0x10, 0x04, "0x10: 00 -> 04"), (0x1e, 0x01, "0x1e: 00 -> 01"),
                (0x3c, 0x0b, "0x3c: 00 -> 0b"), (0xe8, 0x10, "0xe8 (Express+0x8): 00 -> 10"),
                (0xfa, 0x08, "0xfa (Express+0x1a): 00 -> 08"),
                (0xfa, 0x40, "0xfa (Express+0x1a): 00 -> 40"),
                (0xfb, 0x01, "0xfb (Express+0x1b): 00 -> 01"),
                (0xfff, 0x01, "0xfff: 00 -> 01")):
            self.assertEqual(self.judged({offset: value})[1], [f"{ENDPOINT} verified: {line}"])

    def test_kept(self):
        self.assertEqual(self.judged({0x04: 0x04}, action="keep")[1],
                         [f"{ENDPOINT} verified: 0x4: 00 -> 04"])
        self.assertEqual(self.judged({0x1e: 0x20}, address=BRIDGE, action="keep")[1], [])
        self.assertEqual(len(self.judged({0x3e: 0x40}, address=BRIDGE, action="keep")[1]), 1)

    def test_incomplete(self):
        self.assertEqual(self.judged({}, size=300)[1],
                         [f"{ENDPOINT}: 300 bytes before, 300 after"])
        device = [{"address": ENDPOINT, "action": "reset", "verdict": "verified"}]
        self.assertEqual(judge({}, {}, device)[1], [
            "before, after and report differ in functions",
            f"{ENDPOINT}: 0 bytes before, 0 after"])


if __name__ == "__main__":
    unittest.main()
