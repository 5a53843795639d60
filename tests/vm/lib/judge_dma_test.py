#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""DMA and writes are laid to those who did them, where bridges stand between."""
import unittest

import judge_test
from judge import judge
from judge_test import ALLOWED, config, console, report, trace
from observe import SUBORDINATE


class Whose(unittest.TestCase):
    convicted = judge_test.Bad.convicted

    def test_fault_of_fenced(self):
        """When its driver has it, and none that was reset shares its requester ID."""
        fenced = report()
        for device in fenced["devices"]:
            if device["address"] == "0000:04:01.0":
                device.update(action="fence", method=None, via=None, verdict="fenced")
        for requester, time, told in ((0x400, 117.1, 0), (0x300, 117.1, 0), (0x400, 114.9, 1),
                                      (0x100, 117.1, 1), (0x201, 117.1, 1), (0x500, 117.1, 1)):
            for may in (True, False):
                problems, _ = judge("with", trace(add=(
                    f"7@{time:.6f}:vtd_dmar_fault sid {requester:#x} fault 5 addr 0xffff write 1",)),
                    console(), fenced, ALLOWED, fenced_may_fault=may)
                self.assertEqual(sum("IOMMU faults" in p for p in problems), told if may else 1)

    def test_nested_bridge_written(self):
        """Below a bus that is reset a bridge is restored, and exactly."""
        port = config("0000:00:03.0")
        wide = bytearray(port)
        wide[SUBORDINATE] = 4
        seen = console(replace=[(port.hex(), wide.hex())])
        reset = ("7@114.285000:pci_cfg_write pcie-root-port 00:03.0 @0x3e <- 0x42",
                 "7@114.290000:pci_cfg_write pcie-root-port 00:03.0 @0x3e <- 0x2",
                 "7@114.282000:pci_cfg_write pcie-pci-bridge 03:00.0 @0x4 <- 0x400")
        for value, told in (("0x107", []), ("0x103", [
                "0000:03:00.0: COMMAND was 0107, is 0103 after the reset of a bus above"])):
            problems, _ = judge("with", trace(add=(
                *reset, f"7@114.300000:pci_cfg_write pcie-pci-bridge 03:00.0 @0x4 <- {value}")),
                seen, report(), ALLOWED)
            self.assertEqual([p for p in problems if "0000:03:00.0" in p], told)
        self.convicted("0000:00:03.0 is kept, yet COMMAND", console=seen, trace=trace(add=(
            *reset, "7@114.300000:pci_cfg_write pcie-root-port 00:03.0 @0x4 <- 0x507")))

    def test_dma_of_bridge(self):
        """With its ID, as it is that of a conventional function below."""
        self.convicted("DMA after the fence", trace=trace(add=(
            "7@114.900000:vtd_dmar_translate dev 03:00.00 iova 0xf -> gpa 0x2 mask 0xfff",)))


if __name__ == "__main__":
    unittest.main()
