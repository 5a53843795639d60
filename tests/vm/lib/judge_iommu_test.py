#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The IOMMU judge acquits each kind of good crash cycle and convicts bad ones."""
import copy
import unittest

import vtd
from judge_iommu import crash_memory, judge

FUNCTION = "01:00.0"
CONSOLE = """\
100.0 [    0.000000] Linux version 6.1
100.1 [    0.010000] Reserving 320MB of memory at 352MB for crashkernel (System RAM: 1023MB)
110.0 [   10.000000] pq-test: first: crash
112.0 [    0.000000] Linux version 6.1
114.0 [    2.000000] Run /init as init process
114.1 [    2.100000] pci-quiesce: fenced 1 of 3 functions in 100 us, 0 refused
115.5 [    3.500000] systemd[1]: systemd 252 running in system mode""".splitlines()
MONITOR = """\
110.1 > xp /2gx 0x2729000
110.1 = context 01:00.0 root 2687000 low 2728001 high a01
114.2 = context 01:00.0 root 1692c000 low 2728001 high a01
120.0 = context 01:00.0 root 1692c000 low 16a00001 high 1601""".splitlines()
KEPT = MONITOR[:-1] + ["120.0 = context 01:00.0 root 1692c000 low 2728001 high a01"]
TRACE = ["7@113.000000:vtd_iotlb_page_hit IOTLB page hit sid 0x100 iova 0xffffe040 slpte 0x2bd28003"
         " domain 0xb"]
DMA = TRACE + [line.replace("113", "116") for line in TRACE]
FAULT = TRACE + ["7@116.000000:vtd_dmar_fault sid 0x100 fault 5 addr 0x1000 write 1"]


def report(inherited, reinit):
    done = {"address": "0000:01:00.0", "verdict": "completed",
            "iommu": {"inherited": inherited, "reinit": reinit, "reason": None}}
    other = {"address": "0000:02:00.0", "verdict": "completed",
             "iommu": {"inherited": "yes", "reinit": "not-needed", "reason": "driver"}}
    return {"devices": [done, other]}


class JudgeTest(unittest.TestCase):
    def convicted(self, words, mode="replaced", trace=None, monitor=None, given="as wanted"):
        if given == "as wanted":
            given = report("yes", "done")
        problems = judge(mode, CONSOLE, trace or TRACE, monitor or MONITOR, given, FUNCTION)
        self.assertIn(words, " | ".join(problems))

    def test_good_ones(self):
        self.assertEqual(judge("inherited", CONSOLE, DMA, KEPT, None, FUNCTION), [])
        self.assertEqual(judge("kept", CONSOLE, TRACE, KEPT, report("unknown", None), FUNCTION), [])
        self.assertEqual(judge("replaced", CONSOLE, TRACE, MONITOR, report("yes", "done"),
                               FUNCTION), [])

    def test_bad_entries(self):
        self.convicted("not replaced: 0x2728001", monitor=KEPT)
        self.convicted("not kept: 0x2728001 became 0x16a00001", mode="kept")
        self.convicted("2 context entries were read", monitor=MONITOR[:-1])
        self.convicted("not replaced: 0x0", monitor=MONITOR[:-1] + [
            "120.0 = context 01:00.0 root 1692c000 low 0 high 0"])
        self.convicted("not inherited: 0x2728001 became 0x16a00001", monitor=[
            line.replace("low 2728001", "low 16a00001") if line.startswith("114") else line
            for line in MONITOR])
        self.convicted("is not the crash kernel's own", monitor=[
            line.replace("root 1692c000", "root 2687000") for line in MONITOR])

    def test_bad_traffic(self):
        self.convicted("1 DMA after it was silenced", trace=DMA)
        self.convicted("its DMA did not go on", mode="inherited", monitor=KEPT)
        self.convicted("1 IOMMU faults", trace=FAULT)

    def test_bad_reports(self):
        self.convicted("the report says ('yes', 'refused')", given=report("yes", "refused"))
        self.convicted("there is no report", given=None)
        wrong = copy.deepcopy(report("yes", "done"))
        wrong["devices"][1]["iommu"]["reinit"] = "done"
        self.convicted("0000:02:00.0 was re-initialised, too", given=wrong)
        wrong["devices"][0]["verdict"] = "fenced"
        self.convicted("verdict fenced", given=wrong)

    def test_memory_of_the_crash_kernel(self):
        self.assertEqual(crash_memory(CONSOLE), range(352 << 20, 672 << 20))
        self.assertEqual(crash_memory(["crashkernel reserved: 0x0000000016000000 - "
                                       "0x000000002a000000 (320 MB)"]),
                         range(0x16000000, 0x2a000000))
        self.assertIsNone(crash_memory(CONSOLE[2:]))

    def test_walk(self):
        walk = vtd.context("01:02.3")
        self.assertEqual(next(walk), "xp /1gx 0xfed90020")
        self.assertEqual(walk.send(["00000000fed90020: 0x0000000002687000"]), "xp /2gx 0x2687010")
        self.assertEqual(walk.send(["x: 0x0000000002729001 0x0000000000000000"]),
                         "xp /2gx 0x2729130")
        with self.assertRaises(StopIteration) as end:
            walk.send(["x: 0x0000000002728001 0x0000000000000a01"])
        self.assertEqual(end.exception.value,
                         "context 01:02.3 root 2687000 low 2728001 high a01")

    def test_walk_without_an_entry(self):
        walk = vtd.context("01:00.0")
        next(walk)
        walk.send(["x: 0x0000000002687000"])
        with self.assertRaises(StopIteration) as end:
            walk.send(["x: 0x0000000000000000 0x0000000000000000"])
        self.assertEqual(end.exception.value, "context 01:00.0 root 2687000 low 0 high 0")

    def table(self, low, high, *tables):
        """tables: address and words of each that is asked for."""
        walk = vtd.table("01:00.0")
        next(walk)
        walk.send(["x: 0x0000000002687000"])
        walk.send(["x: 0x0000000002729001 0x0000000000000000"])
        answer = f"x: {low:#018x} {high:#018x}"
        try:
            for address, *entries in tables:
                self.assertEqual(walk.send([answer]), f"xp /512gx {address:#x}")
                answer = "x: " + " ".join(f"{entry:#018x}" for entry in entries)
            walk.send([answer])
        except StopIteration as end:
            return end.value
        return None

    def test_walk_to_a_table(self):
        mapped, empty = (f"table 01:00.0 at 2728000 {word}" for word in ("mapped", "empty"))
        top, below = (0x2728000, 0, 0x2900003), (0x2900000, 0x2901003, 0x2902003)
        for seen, *tables in [(mapped, top, below, (0x2901000, 0, 0x2bd28002)),
                              (mapped, top, below, (0x2901000, 0), (0x2902000, 0x2bd28001)),
                              (mapped, top, (0x2900000, 0x2c000083)),
                              (empty, top, below, (0x2901000, 0), (0x2902000, 0x800)),
                              (empty, (0x2728000, 0, 0))]:
            self.assertEqual(self.table(0x2728001, 0xa01, *tables), seen)
        self.assertEqual(self.table(0x2728000, 0xa01), empty)
        self.assertEqual(vtd.parse_tables(["1.500000 > xp", f"2.5 = {mapped}", f"3.5 = {empty}"]),
                         [(2.5, "01:00.0", 0x2728000, True), (3.5, "01:00.0", 0x2728000, False)])


if __name__ == "__main__":
    unittest.main()
