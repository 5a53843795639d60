#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A report that does not admit each reset, or claims one too many, is convicted."""
import unittest

import judge_test
from judge_resets import is_restoration
from judge_test import report, trace
from observe import Function, parse_trace


class Resets(unittest.TestCase):
    convicted = judge_test.Bad.convicted
    changed = judge_test.Bad.changed

    def test_reset_missing(self):
        flr = "7@114.250000:pci_cfg_write e1000e 01:00.0 @0xe8 <- 0x8000\n"
        says = "0000:01:00.0: the report says flr"
        for new in ("", flr.replace("0x8000", "0x7fff"), flr.replace("@0xe8", "@0xe9"),
                    flr.replace("@0xe8", "@0xea"), flr.replace("@0xe8", "@0x48"),
                    flr.replace("01:00.0", "01:00.1"), flr.replace("@114.25", "@115.55"),
                    flr.replace("@114.25", "@113.95")):
            self.convicted(says, trace=trace((flr, new)))
        self.convicted("0000:02:00.1: the report says flr", trace=trace(
            ("02:00.1 @0x48 <- 0x8000", "02:00.1 @0x88 <- 0x8000")))
        bus = "7@114.270000:pci_cfg_write pcie-pci-bridge 03:00.0 @0x3e <- 0x42\n"
        says = "0000:04:01.0: the report says sbr via 0000:03:00.0"
        for new in ("", bus.replace("0x42", "0x2"), bus.replace("@0x3e", "@0x3d"),
                    bus.replace("@0x3e", "@0x3f"), bus.replace("03:00.0", "01:00.0"),
                    bus.replace("@114.27", "@115.55"), bus.replace("@114.27", "@113.95")):
            self.convicted(says, trace=trace((bus, new)))

    def test_bus_left_in_reset(self):
        end = "7@114.280000:pci_cfg_write pcie-pci-bridge 03:00.0 @0x3e <- 0x2\n"
        for new in ("", end.replace("0x2", "0x40"), end.replace("@114.28", "@114.265"),
                    end.replace("@114.28", "@115.6"), end.replace("@0x3e <- 0x2", "@0x3c <- 0x10b")):
            self.convicted("left in reset", trace=trace((end, new)))
        self.convicted("left in reset", trace=trace(add=(
            "7@114.290000:pci_cfg_write pcie-pci-bridge 03:00.0 @0x3e <- 0x42",)))

    def test_reset_not_admitted(self):
        silent = {"action": "fence", "method": None, "via": None}
        flr, sbr = {"method": "flr", "via": None}, {"method": "sbr", "via": "0000:00:03.0"}
        self.changed("0000:01:00.0: FLR in the trace", **{"0000:01:00.0": silent})
        self.changed("0000:01:00.0: FLR in the trace", **{"0000:01:00.0": sbr})
        self.changed("0000:04:01.0: reset through 0000:03:00.0", **{"0000:04:01.0": silent})
        self.changed("0000:03:00.0: its secondary bus was reset, the report does not",
                     **{"0000:04:01.0": flr})
        self.changed("0000:04:01.0: reset through 0000:03:00.0", **{"0000:04:01.0": sbr})
        idle = {"action": "idle", "verdict": "idle", "method": None, "via": None}
        unsaid = {"before": {"command": "0107"}, "reset": "none", "observed": None}
        self.changed("0000:04:01.0: reset through 0000:03:00.0",
                     **{"0000:04:01.0": {**idle, "evidence": unsaid}})
        for write in ("@0x3e <- 0x42", "@0x3c <- 0x42010b"):
            self.convicted("0000:00:03.0: its secondary bus was reset", trace=trace(add=(
                f"7@114.285000:pci_cfg_write pcie-root-port 00:03.0 {write}",
                "7@114.290000:pci_cfg_write pcie-root-port 00:03.0 @0x3e <- 0x2")))

    def test_bus_reset_twice(self):
        again = ("7@114.290000:pci_cfg_write pcie-pci-bridge 03:00.0 @0x3e <- 0x42",
                 "7@114.300000:pci_cfg_write pcie-pci-bridge 03:00.0 @0x3e <- 0x2")
        self.convicted("0000:03:00.0: its secondary bus was reset 2 times", trace=trace(add=again))

    def test_reset_method(self):
        for method in ("acpi", None):
            self.changed(f"no trace can prove a reset by {method}",
                         **{"0000:01:00.0": {"method": method}})
        for method in ("af", "pm"):
            self.changed(f"0000:01:00.0: the report says {method}, the trace has none",
                         **{"0000:01:00.0": {"method": method}})
        self.changed("sbr via None", **{"0000:04:01.0": {"via": None}})

    def test_reset_of_bridge(self):
        flr = ("7@114.285000:pci_cfg_write pcie-root-port 00:03.0 @0x5c <- 0x8000",)
        self.convicted("0000:00:03.0: FLR of a bridge", trace=trace(add=flr))
        lying = report()
        lying["devices"][0].update(action="reset", method="flr")
        self.convicted("0000:00:03.0: FLR of a bridge", trace=trace(add=flr), report=lying)

    def test_reset_of_kept(self):
        self.convicted("0000:02:00.0 is kept, yet got an FLR", trace=trace(add=(
            "7@114.285000:pci_cfg_write virtio-rng-pci 02:00.0 @0x48 <- 0x8000",)))
        self.convicted("0000:02:00.0 is kept, yet reset through 0000:00:03.0", trace=trace(add=(
            "7@114.285000:pci_cfg_write pcie-root-port 00:03.0 @0x3e <- 0x42",)))
        self.changed("0000:01:00.0 is kept, yet got", **{"0000:01:00.0": {"action": "keep"}})


class Restorations(unittest.TestCase):
    """COMMAND of a bridge may only be written to restore it."""
    PORT, BRIDGE, ENDPOINT = "0000:00:03.0", "0000:01:00.0", "0000:02:00.0"
    RESET = "7@114.270000:pci_cfg_write pcie-root-port 00:03.0 @0x3e <- 0x42"
    BEFORE = "7@113.000000:pci_cfg_write x3130-upstream 01:00.0 @0x4 <- 0x507"

    def functions(self):
        found = {}
        for address, buses in ((self.PORT, (1, 2)), (self.BRIDGE, (2, 2)), (self.ENDPOINT, (0, 0))):
            config = bytearray(256)
            config[0xe], config[0x19], config[0x1a] = bool(buses[0]), *buses
            found[address] = Function(address, "1B36", "000C", "60400" if buses[0] else "20000",
                                      0x103, "-", bytes(config))
        return found

    def restores(self, *lines, value="0x507", device="x3130-upstream 01:00.0", start=114.0):
        last = f"7@114.500000:pci_cfg_write {device} @0x4 <- {value}"
        got = parse_trace([*lines, last])
        return is_restoration(got, self.functions(), got.writes[-1], start)

    def test_restoration(self):
        self.assertTrue(self.restores(self.BEFORE, self.RESET))
        self.assertTrue(self.restores(self.RESET, value="0x103"))

    def test_no_restoration(self):
        self.assertFalse(self.restores(self.BEFORE))
        self.assertFalse(self.restores(self.BEFORE, self.RESET, value="0x503"))
        self.assertFalse(self.restores(self.RESET, value="0x507"))
        self.assertFalse(self.restores(self.BEFORE, self.RESET.replace("0x42", "0x2")))
        self.assertFalse(self.restores(self.BEFORE, self.RESET, start=114.3))
        self.assertFalse(self.restores(self.RESET, value="0x103", device="pcie-root-port 00:03.0"))


if __name__ == "__main__":
    unittest.main()
