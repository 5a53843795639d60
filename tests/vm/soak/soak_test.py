#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/soak gives each cycle a seed of its own that does not change, and counts right."""
import importlib.machinery
import importlib.util
import os
import sys
import unittest

TOP = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../..")


def load():
    """A program without a suffix, as a module."""
    loader = importlib.machinery.SourceFileLoader("soak", os.path.join(TOP, "tests/soak"))
    spec = importlib.util.spec_from_loader("soak", loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules["soak"] = module
    loader.exec_module(module)
    return module


soak = load()


def result(number, status, seconds, **left):
    cycle = soak.topology.Cycle(soak.seed_of(6, number))
    return soak.Result(number, cycle, "6.1", status, seconds, "", left.get("judged", {}),
                       left.get("report", {}))


class Soak(unittest.TestCase):
    def test_seeds(self):
        """An old run can be repeated."""
        self.assertEqual(soak.seed_of(6, 1), 0xbc17fcd44aed975d)
        self.assertEqual(len({soak.seed_of(seed, i) for seed in range(9) for i in range(99)}), 891)
        self.assertEqual(soak.replay_command(31, 7, None),
                         "tests/soak --seed 0x1f --only 7 --keep")
        self.assertEqual(soak.replay_command(31, 7, "6.12"),
                         "tests/soak --seed 0x1f --only 7 --kernel 6.12 --keep")

    def test_summary(self):
        report = {"silence_us": 40000, "total_ms": 250,
                  "devices": [{"verdict": "kept"}, {"verdict": "verified"}]}
        late = {"silence_us": 90000, "total_ms": 1250, "devices": [{"verdict": "verified"}]}
        got = soak.summarise(6, [
            result(3, 1, 61.2), result(4, soak.SKIPPED, 1.0),
            result(1, 0, 20.4, report=report, judged={
                "stale_dma_before_fence": 9, "stale_dma_after_fence": 0,
                "resets_traced": {"flr": 2, "sbr": 1}}),
            result(2, 0, 30.0, report=late, judged={
                "stale_dma_before_fence": 5, "stale_dma_after_fence": 2,
                "resets_traced": {"flr": 1, "sbr": 0}})])
        self.assertEqual((got["cycles"], got["passed"], got["failed"], got["skipped"]),
                         (4, 2, 1, 1))
        self.assertEqual([f["only"] for f in got["failures"]], [3])
        self.assertEqual(got["functions"], 3)
        self.assertEqual(got["verdicts"], {"kept": 1, "verified": 2})
        self.assertEqual(got["resets_traced"], {"flr": 3, "sbr": 1})
        self.assertEqual((got["stale_dma_before_fence"], got["stale_dma_after_fence"]), (14, 2))
        self.assertEqual(got["cycle_s"], {"min": 20, "median": 30, "max": 61})
        self.assertEqual(got["silence_ms"], {"min": 40.0, "median": 65.0, "max": 90.0})
        self.assertEqual(got["drawn"]["kernel"], {"6.1": 3})
        table = soak.table(got)
        self.assertIn("4 cycles: 2 passed, 1 failed, 1 skipped", table)
        self.assertIn("3 functions: 1 kept, 2 verified", table)
        self.assertIn("14 before the fence, 2 after", table)

    def test_nothing_made(self):
        """All skipped: no figures, and no crash of ours."""
        got = soak.summarise(6, [result(1, soak.SKIPPED, 1.0)])
        self.assertIsNone(got["cycle_s"])
        self.assertIn("0 passed, 0 failed, 1 skipped", soak.table(got))


if __name__ == "__main__":
    unittest.main()
