#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The judge of function-level resets acquits a good one and convicts each bad one."""
import copy
import unittest

from judge import judge
from judge_direct import check_direct
from judge_resets import check_resets
from judge_test import ALLOWED, config, console, report, trace
from observe import Access, Function, Trace, requester_of

ADDRESS = "0000:02:00.1"
RESET = "7@114.260000:pci_cfg_write virtio-rng-pci 02:00.1 @0x48 <- 0x8000"
LOOK = "7@114.361000:pci_cfg_read virtio-rng-pci 02:00.1 @0x4 -> 0x100000"
DOORS = "7@114.255000:pci_cfg_write virtio-rng-pci 02:00.1 @0x4 <- 0x500"
LEFT = "7@114.362000:pci_cfg_write virtio-rng-pci 02:00.1 @0x4 <- 0x500"


class Direct(unittest.TestCase):
    def judged(self, got, **changes):
        altered = report()
        for device in altered["devices"]:
            if device["address"] == ADDRESS:
                device.update(copy.deepcopy(changes))
        return judge("with", got, console(), altered, ALLOWED, reads=True)

    def convicted(self, words, *replacements, add=(), **changes):
        problems, _ = self.judged(trace(*replacements, add=add), **changes)
        self.assertTrue(any(words in problem for problem in problems), problems)

    def test_good(self):
        problems, numbers = self.judged(trace())
        self.assertEqual(problems, [])
        self.assertEqual((numbers["direct_resets"], numbers["untouched_ms"]), (1, 101.0))

    def test_touched(self):
        for at, sign in (("114.260500", "pci_cfg_read virtio-rng-pci 02:00.1 @0x0 -> 0x1af4"),
                         ("114.350000", "pci_cfg_write virtio-rng-pci 02:00.1 @0x4 <- 0x500")):
            self.convicted("ms after its reset", add=(f"7@{at}:{sign}",))
        self.convicted("accessed 90.0 ms after its reset", (LOOK, LOOK.replace("114.361", "114.350")))
        # Others may be touched meanwhile.
        problems, _ = self.judged(trace(add=(
            "7@114.300000:pci_cfg_read e1000e 04:01.0 @0x0 -> 0x1af4",)))
        self.assertEqual(problems, [])

    def test_touched_in_a_reset_by_the_kernel(self):
        self.convicted("0000:01:00.0: accessed 50.0 ms after its reset", add=(
            "7@114.300000:pci_cfg_read e1000e 01:00.0 @0x0 -> 0x1af4",))

    def test_maker(self):
        self.convicted("reset by direct, the report says kernel", engine="kernel")
        self.convicted("reset by kernel, the report says direct", (LEFT, LEFT.replace("500", "503")))

    def test_doors(self):
        for value in ("501", "502", "503"):
            self.convicted(f"COMMAND was 0{value} when its reset began",
                           (DOORS, DOORS.replace("500", value)))
        self.convicted("COMMAND was 0503 when its reset began", (DOORS + "\n", ""))

    def test_master(self):
        self.convicted("Bus Master was turned on again", (DOORS, DOORS.replace("500", "504")))
        self.convicted("Bus Master was turned on again", (LEFT, LEFT.replace("500", "504")))

    def test_nobody_looked(self):
        self.convicted("yet nobody looked", (LOOK, LOOK.replace("-> 0x100000", "-> 0x100400")))
        self.convicted("yet nobody looked", (LOOK, LOOK.replace("@0x4", "@0x8")))
        self.convicted("yet nobody looked", (LOOK, LOOK.replace("114.361", "114.363")))
        self.convicted("no reads of configuration space", (LOOK + "\n", ""))

    def observed(self, register, after):
        evidence = {"reset": "observed", "before": {"command": "0507"},
                    "observed": {"register": register, "before": "0", "after": after}}
        bar = LOOK.replace("@0x4 -> 0x100000", "@0x14 -> 0x4")
        return self.judged(trace((LOOK, bar)), evidence=evidence)[0]

    def test_another_register(self):
        self.assertEqual(self.observed("14", "00000004"), [])
        wrong = [f"{ADDRESS}: the report says observed, yet nobody looked before writing"]
        self.assertEqual(self.observed("14", "00000000"), wrong)
        self.assertEqual(self.observed("04", "00000000"), wrong)
        self.assertEqual(self.observed("14", "fe000004"), wrong)

    def test_one_after_the_other(self):
        self.convicted("not made all at once", add=(RESET.replace("114.26", "114.37"),))

    def test_too_quick(self):
        self.convicted("reset in 94.5 ms, yet nobody asked before 96.0 ms", ms={"reset": 94.5})

    def test_words(self):
        self.convicted("verdict verified, reset reported", evidence={
            "reset": "reported", "before": {"command": "0507"}})
        self.convicted("verdict completed, reset observed", verdict="completed")
        self.convicted("nobody can have observed", (LEFT, LEFT.replace("500", "503")),
                       engine="kernel")

    def test_not_admitted(self):
        self.convicted("FLR in the trace, the report does not say so", action="fence", method=None)
        self.convicted("the report says flr, the trace has none", (RESET + "\n", ""))
        self.convicted("FLR in the trace, the report does not say so", method="af")


def function(capability):
    raw = bytearray(config(ADDRESS))
    raw[0x34], raw[0x50:0x52] = 0x50, (capability, 0)
    return Function(ADDRESS, "1af4", "1044", "00ff00", 0x507, "", bytes(raw))


class Capabilities(unittest.TestCase):
    """AF and PM, which no device of the other machine has."""
    MINE = requester_of(ADDRESS)

    def resets(self, capability, writes, verdict="completed", **device):
        functions = {ADDRESS: function(capability)}
        seen = Trace(writes=[Access(1.0 + n / 1000, self.MINE, *write)
                             for n, write in enumerate(writes)])
        told = {"devices": [{"address": ADDRESS, "action": "reset", "verdict": verdict,
                             "engine": "direct", "evidence": {"reset": "none"},
                             "ms": {"reset": 100.0}, **device}]}
        return (check_resets(seen, functions, told, set(), 0, 9)[0],
                check_direct(seen, functions, told, 0, 9)[0])

    def test_advanced_features(self):
        good = [(4, 0x500), (0x54, 1)]
        self.assertEqual(self.resets(0x13, good, method="af"), ([], []))
        self.assertEqual(self.resets(0x13, good, method="flr")[0], [
            f"{ADDRESS}: the report says flr, the trace has none",
            f"{ADDRESS}: AF in the trace, the report does not say so"])
        self.assertEqual(self.resets(0x13, [(4, 0x500), (0x54, 2)], method="af")[0],
                         [f"{ADDRESS}: the report says af, the trace has none"])

    def test_power(self):
        cycle = [(0x54, 3), (0x54, 0)]
        self.assertEqual(self.resets(1, cycle, "fenced", method="pm"), ([], []))
        for writes in ([], cycle[:1], cycle[::-1], [(0x55, 3), (0x55, 0)]):
            self.assertEqual(self.resets(1, writes, "fenced", method="pm")[0],
                             [f"{ADDRESS}: the report says pm, the trace has none"])
        for verdict in ("completed", "verified"):
            self.assertEqual(self.resets(1, cycle, verdict, method="pm")[0],
                             [f"{ADDRESS}: pm made it {verdict}, reset none"])
        self.assertEqual(
            self.resets(1, cycle, "fenced", method="pm", evidence={"reset": "reported"})[0],
            [f"{ADDRESS}: pm made it fenced, reset reported"])
        self.assertEqual(self.resets(1, cycle, action="keep")[0],
                         [f"{ADDRESS}: D3hot in the trace, the report does not say so"])


if __name__ == "__main__":
    unittest.main()
