#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The judge of what was not touched must convict."""
import unittest

from judge_test import console, report, trace
from judge_untouched import judge


def observed():
    devices = report()["devices"]
    for device in devices:
        device["verdict"] = "kept"
    return devices


class Untouched(unittest.TestCase):
    quiet = staticmethod(lambda *add: trace(
        *((f"7@{t}:pci_cfg_write", f"7@{t}:other_event") for t in (
            "114.100000", "114.150000", "114.200000", "114.249000", "114.250000", "114.255000",
            "114.260000", "114.270000", "114.280000", "114.352000", "114.362000")), add=add))

    def test_good(self):
        self.assertEqual(judge(self.quiet(), console(), None), [])
        self.assertEqual(judge(self.quiet(), console(), observed()), [])

    def test_written(self):
        line = "7@114.500000:pci_cfg_write e1000e 01:00.0 @0x10 <- 0x0"
        self.assertIn("written: 0100 0x10 = 0x0", judge(self.quiet(line), console(), None))
        self.assertEqual(len(judge(trace(), console(), None)), 11)

    def test_report(self):
        devices = observed()
        devices[1]["evidence"]["before"]["command"] = "0000"
        address = devices[1]["address"]
        self.assertTrue(judge(self.quiet(), console(), devices)[0].startswith(address))
        devices = observed()
        devices[0]["verdict"] = "fenced"
        self.assertIn("verdict fenced", judge(self.quiet(), console(), devices)[0])
        self.assertTrue(judge(self.quiet(), console(), observed()[1:]))


if __name__ == "__main__":
    unittest.main()
