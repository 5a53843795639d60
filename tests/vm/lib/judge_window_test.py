#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""judge_window acquits what was wanted and convicts everything else."""
import unittest

from judge_window import judge


def device(address, window, verdict="verified", reinit="done"):
    return {"address": address, "verdict": verdict, "evidence": {"window": window},
            "iommu": {"reinit": reinit}}


def window(faults, observable=True):
    return {"ms": 500, "faults": faults, "observable": observable}


REPORT = {"devices": [device("a", window(0)), device("b", window(3), "failed"),
                      device("c", window(None, False)), device("d", None, "kept", None)]}
WANTED = {"a": "500,0/verified", "b": "500,some/failed", "c": "500,-"}


class Test(unittest.TestCase):
    def test_good(self):
        self.assertEqual(judge(REPORT, dict(WANTED)), [])

    def test_bad(self):
        for change in ({"a": "500,some"}, {"a": "400,0"}, {"a": "500,0/failed"}, {"b": "500,0"},
                       {"c": "500,0"}, {"d": "500,0"}, {"e": "0,none"}, {"c": "0,none"}):
            self.assertEqual(len(judge(REPORT, WANTED | change)), 1, change)

    def test_held_and_not_released(self):
        report = {"devices": [device("a", window(0), reinit="refused")]}
        self.assertEqual(len(judge(report, {"a": "500,0"})), 1)


if __name__ == "__main__":
    unittest.main()
