#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The judge acquits a good crash cycle and convicts each bad one."""
import copy
import unittest

from judge import judge
from observe import parse_console, parse_trace, requester_of

MACHINE = """\
0000:00:03.0 1B36:000C 60400 0507 pcieport
0000:01:00.0 8086:10D3 20000 0507 e1000e
0000:02:00.0 1AF4:1044 FF00 0507 virtio-pci
0000:02:00.1 1AF4:1044 FF00 0507 virtio-pci
0000:03:00.0 1B36:000E 60400 0107 -
0000:04:01.0 10EC:8139 20000 0107 8139cp"""
ALLOWED = ("0000:02:00.0",)

CONSOLE = """\
100.0 [    0.000000] Linux version 6.1
{first}
110.0 [   10.000000] pq-test: first: crash
112.0 [    0.000000] Linux version 6.1
114.0 [    2.000000] Run /init as init process
114.1 [    2.100000] pci-quiesce: fence
115.5 [    3.500000] systemd[1]: systemd 252 running in system mode
{second}
120.0 [    8.000000] pq-test: second: frames e1000e ok
120.0 [    8.000000] pq-test: second: frames 8139cp ok
120.0 [    8.000000] pq-test: second: frames virtio_net ok
121.0 [    9.000000] pq-test: second: disk ok
125.0 [   13.000000] pq-test: second: dump ok
126.0 [   14.000000] pq-test: second: end"""

TRACE = """\
7@105.000000:vtd_dmar_translate dev 01:00.00 iova 0xfff -> gpa 0x2bd28000 mask 0xfff
7@113.000000:vtd_iotlb_page_hit IOTLB page hit sid 0x100 iova 0xffffe040 slpte 0x2bd28003 domain 0xb
7@113.100000:vtd_dmar_translate dev 04:00.00 iova 0xfff -> gpa 0x2bd28000 mask 0xfff
7@113.200000:vtd_dmar_translate dev 02:00.00 iova 0xfff -> gpa 0x2bd28000 mask 0xfff
7@114.100000:pci_cfg_write e1000e 01:00.0 @0x4 <- 0x503
7@114.150000:pci_cfg_write virtio-rng-pci 02:00.1 @0x4 <- 0x503
7@114.200000:pci_cfg_write rtl8139 04:01.0 @0x4 <- 0x503
7@114.300000:vtd_dmar_translate dev 02:00.00 iova 0xfff -> gpa 0x2bd28000 mask 0xfff
7@115.600000:pci_cfg_write virtio-rng-pci 02:00.0 @0x4 <- 0x107
7@115.700000:pci_cfg_write virtio-rng-pci 02:00.1 @0x4 <- 0x507
7@116.000000:pci_cfg_write e1000e 01:00.0 @0x4 <- 0x507
7@116.500000:vtd_dmar_translate dev 01:00.00 iova 0xfff -> gpa 0x2bd28000 mask 0xfff
7@117.000000:pci_cfg_write rtl8139 04:01.0 @0x4 <- 0x117
7@127.000000:pci_cfg_write pcie-root-port 00:03.0 @0x4 <- 0x503"""


def listing(phase, time, skip=""):
    return "\n".join(f"{time} [    9.000000] pq-test: {phase}: function {line}"
                     for line in MACHINE.splitlines() if not skip or skip not in line)


def console(second=None, **replacements):
    text = CONSOLE.format(first=listing("first", 109.0),
                          second=listing("second", 119.0) if second is None else second)
    for old, new in replacements.get("replace", []):
        assert old in text
        text = text.replace(old, new)
    return parse_console(text.splitlines())


def trace(*replacements, add=()):
    text = TRACE
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return parse_trace(sorted(text.splitlines() + list(add)))


def report():
    devices = []
    for line in MACHINE.splitlines():
        address = line.split()[0]
        keep = address in ALLOWED or " 604" in line
        devices.append({"address": address, "action": "keep" if keep else "reset",
                        "method": None if keep else "flr",
                        "verdict": "kept" if keep else "completed"})
    return {"complete": True, "silence_us": 150000, "total_ms": 1200, "devices": devices}


class Good(unittest.TestCase):
    def test_parse(self):
        got = trace()
        self.assertEqual(len(got.dma), 6)
        self.assertEqual(got.dma[1].requester, requester_of("0000:01:00.0"))
        self.assertEqual(len(got.writes), 8)
        seen = console()
        self.assertEqual((seen.kernel, seen.init, seen.next_init), (112.0, 114.0, 115.5))
        self.assertEqual(seen.first["0000:03:00.0"].driver, "")
        self.assertTrue(seen.first["0000:03:00.0"].bridge)

    def test_with(self):
        problems, numbers = judge("with", trace(), console(), report(), ALLOWED)
        self.assertEqual(problems, [])
        self.assertEqual(numbers["stale_dma_after_fence"], 0)
        self.assertEqual(numbers["stale_dma_before_fence"], 2)
        self.assertEqual(numbers["window_ms"], 1500)

    def test_without(self):
        """Stale until the function's own driver, one requester for a bus."""
        late = "7@{}:vtd_dmar_translate dev {} iova 0xfff -> gpa 0x2bd28000 mask 0xfff"
        got = trace(*((line + "\n", "") for line in TRACE.splitlines() if "@114." in line),
                    add=(late.format("115.900000", "01:00.00"),
                         late.format("116.900000", "04:00.00"),
                         late.format("117.900000", "04:00.00")))
        problems, numbers = judge("without", got, console(), None, ALLOWED)
        self.assertEqual(problems, [])
        self.assertEqual((numbers["stale_dma"], numbers["stale_dma_user_space"]), (4, 2))


class Bad(unittest.TestCase):
    def convicted(self, word, mode="with", **case):
        problems, _ = judge(mode, case.get("trace", trace()), case.get("console", console()),
                            case.get("report", report()), ALLOWED,
                            case.get("deadline", 30.0), case.get("expected", ()))
        self.assertTrue(any(word in problem for problem in problems), problems)

    def test_dma_after_fence(self):
        for requester in ("01:00.00", "04:00.00", "02:00.01"):
            self.convicted("DMA after the fence", trace=trace(add=(
                f"7@114.900000:vtd_dmar_translate dev {requester} iova 0xf -> gpa 0x2 mask 0xfff",)))
        self.convicted("DMA after the fence", trace=trace(add=(
            "7@114.900000:vtd_iotlb_page_hit IOTLB page hit sid 0x100 iova 0xf slpte 0x3 domain 0xb",)))

    def test_fault(self):
        self.convicted("IOMMU faults", trace=trace(add=(
            "7@124.000000:vtd_dmar_fault sid 0x100 fault 6 addr 0xffff write 1",)))

    def test_never_fenced(self):
        self.convicted("0000:01:00.0 was never fenced", trace=trace(
            ("7@114.100000:pci_cfg_write e1000e 01:00.0 @0x4 <- 0x503\n", "")))
        self.convicted("nothing was fenced", trace=trace(("<- 0x503", "<- 0x507")))

    def test_spared_but_fenced(self):
        self.convicted("0000:02:00.0 was fenced", trace=trace(add=(
            "7@114.120000:pci_cfg_write virtio-rng-pci 02:00.0 @0x4 <- 0x503",)))

    def test_bridge_written(self):
        for value in ("0x507", "0x503"):
            self.convicted("0000:00:03.0 is kept", trace=trace(add=(
                f"7@114.160000:pci_cfg_write pcie-root-port 00:03.0 @0x4 <- {value}",)))
        self.convicted("Bus Master of a bridge", trace=trace(add=(
            "7@118.000000:pci_cfg_write pcie-root-port 00:03.0 @0x4 <- 0x503",)))

    def test_report(self):
        self.convicted("no report", report=None)
        cases = {
            "not complete": lambda r: r.update(complete=False),
            "differ in functions": lambda r: r["devices"].pop(),
            "is none": lambda r: r["devices"][1].update(verdict="fine"),
            "0000:01:00.0: failed": lambda r: r["devices"][1].update(verdict="failed"),
            "does not say so": lambda r: r["devices"][1].update(action="idle"),
            "the trace does not": lambda r: r["devices"][0].update(action="fence"),
            "at most": lambda r: r.update(silence_us=3000000),
        }
        for word, change in cases.items():
            bad = copy.deepcopy(report())
            change(bad)
            self.convicted(word, report=bad)
        doubled = report()
        doubled["devices"].append(doubled["devices"][0])
        self.convicted("differ in functions", report=doubled)
        quick = report()
        quick["silence_us"] = 1
        self.convicted("at least", report=quick, trace=trace(
            ("7@114.100000:pci_cfg_write e1000e", "7@114.050000:pci_cfg_write e1000e"),
            ("7@114.200000:pci_cfg_write rtl", "7@115.200000:pci_cfg_write rtl")))

    def test_expected(self):
        self.convicted("expected reset sbr", expected=[("0000:01:00.0", "reset", "sbr")])

    def test_drivers(self):
        self.convicted("is gone", console=console(listing("second", 119.0, skip="0000:01:00.0")))
        self.convicted("driver none", console=console(
            listing("second", 119.0).replace(" e1000e", " -")))
        for what in ("disk", "dump", "frames e1000e"):
            self.convicted(f"no \"{what} ok\"", console=console(
                replace=[(f"{what} ok", f"{what} failed")]))

    def test_next_init(self):
        self.convicted("the next init ran after", deadline=1.0)
        self.convicted("no kdump kernel", console=parse_console([]))
        self.convicted("no kdump kernel", mode="next-init", console=parse_console(
            CONSOLE.split("114.0")[0].format(first=listing("first", 109.0)).splitlines()))

    def test_no_stale_dma(self):
        self.convicted("no stale DMA", mode="without", trace=parse_trace([]))


if __name__ == "__main__":
    unittest.main()
