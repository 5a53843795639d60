#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The judge acquits a good crash cycle and convicts each bad one."""
import copy
import unittest

from judge import judge
from observe import find_capability, parse_console, parse_trace, requester_of

MACHINE = """\
0000:00:03.0 1B36:000C 60400 0507 pcieport
0000:01:00.0 8086:10D3 20000 0507 e1000e
0000:02:00.0 1AF4:1044 FF00 0507 virtio-pci
0000:02:00.1 1AF4:1044 FF00 0507 virtio-pci
0000:03:00.0 1B36:000E 60400 0107 -
0000:04:01.0 10EC:8139 20000 0107 8139cp"""
# Bus numbers of the bridges, offsets of the PCI Express capabilities.
BUSES = {"0000:00:03.0": (1, 2), "0000:03:00.0": (4, 4)}
EXPRESS = {"0000:00:03.0": 0x54, "0000:01:00.0": 0xe0, "0000:02:00.0": 0x40, "0000:02:00.1": 0x40}
ALLOWED = ("0000:02:00.0",)

CONSOLE = """\
100.0 [    0.000000] Linux version 6.1
{first}
{configs}
110.0 [   10.000000] pq-test: first: crash
112.0 [    0.000000] Linux version 6.1
114.0 [    2.000000] Run /init as init process
114.1 [    2.100000] pci-quiesce: fence
115.5 [    3.500000] systemd[1]: systemd 252 running in system mode
{second}
119.5 [    7.500000] pq-test: second: autoprobe 1
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
7@114.249000:pci_cfg_write e1000e 01:00.0 @0x4 <- 0x400
7@114.250000:pci_cfg_write e1000e 01:00.0 @0xe8 <- 0x8000
7@114.255000:pci_cfg_write virtio-rng-pci 02:00.1 @0x4 <- 0x500
7@114.260000:pci_cfg_write virtio-rng-pci 02:00.1 @0x48 <- 0x8000
7@114.270000:pci_cfg_write pcie-pci-bridge 03:00.0 @0x3e <- 0x42
7@114.280000:pci_cfg_write pcie-pci-bridge 03:00.0 @0x3e <- 0x2
7@114.300000:vtd_dmar_translate dev 02:00.00 iova 0xfff -> gpa 0x2bd28000 mask 0xfff
7@114.352000:pci_cfg_write e1000e 01:00.0 @0x4 <- 0x503
7@114.361000:pci_cfg_read virtio-rng-pci 02:00.1 @0x4 -> 0x100000
7@114.362000:pci_cfg_write virtio-rng-pci 02:00.1 @0x4 <- 0x500
7@115.600000:pci_cfg_write virtio-rng-pci 02:00.0 @0x4 <- 0x107
7@115.700000:pci_cfg_write virtio-rng-pci 02:00.1 @0x4 <- 0x507
7@116.000000:pci_cfg_write e1000e 01:00.0 @0x4 <- 0x507
7@116.500000:vtd_dmar_translate dev 01:00.00 iova 0xfff -> gpa 0x2bd28000 mask 0xfff
7@117.000000:pci_cfg_write rtl8139 04:01.0 @0x4 <- 0x117
7@127.000000:pci_cfg_write pcie-root-port 00:03.0 @0x4 <- 0x503"""


def listing(phase, time, skip=""):
    return "\n".join(f"{time} [    9.000000] pq-test: {phase}: function {line}\n"
                     f"{time} [    9.000000] pq-test: {phase}: sysfs {line.split()[0]} (null) flr pm"
                     for line in MACHINE.splitlines() if not skip or skip not in line)


def config(address):
    """256 bytes as a function has them: a list of two capabilities at most."""
    raw = bytearray(256)
    raw[0xe] = 0x81 if address in BUSES else 0
    raw[0x19], raw[0x1a] = BUSES.get(address, (0, 0))
    if address in EXPRESS:
        raw[0x6], raw[0x34] = 0x10, 0xc8
        raw[0xc8:0xca] = 0x01, EXPRESS[address]
        raw[EXPRESS[address]] = 0x10
    return raw


def configs(phase):
    return "\n".join(f"109.5 [    9.500000] pq-test: {phase}: config {address} {config(address).hex()}"
                     for address in (line.split()[0] for line in MACHINE.splitlines()))


def console(second=None, **replacements):
    second = listing("second", 119.0) if second is None else second
    text = CONSOLE.format(first=listing("first", 109.0), configs=configs("first"),
                          second=second + "\n" + configs("second"))
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
        address, _, _, command, _ = line.split()
        keep = address in ALLOWED or " 604" in line
        conventional = address.startswith("0000:04")
        direct = address == "0000:02:00.1"
        devices.append({"address": address, "action": "keep" if keep else "reset",
                        "method": None if keep else "sbr" if conventional else "flr",
                        "via": "0000:03:00.0" if conventional else None,
                        "engine": None if keep else "direct" if direct else "kernel",
                        "evidence": {"before": {"command": command},
                                     "reset": "none" if keep else
                                              "observed" if direct else "reported",
                                     "observed": {"register": "04", "before": "00000500",
                                                  "after": "00000000"} if direct else None},
                        "ms": {"reset": None if keep else 101.5},
                        "verdict": "kept" if keep else "verified" if direct else "completed"})
    return {"complete": True, "silence_us": 150000, "total_ms": 1200, "devices": devices}


class Good(unittest.TestCase):
    def test_parse(self):
        got = trace()
        self.assertEqual(len(got.dma), 6)
        self.assertEqual(got.dma[1].requester, requester_of("0000:01:00.0"))
        self.assertEqual(len(got.writes), 16)
        self.assertEqual([(r.offset, r.value) for r in got.reads], [(4, 0x100000)])
        seen = console()
        self.assertEqual((seen.kernel, seen.init, seen.next_init), (112.0, 114.0, 115.5))
        self.assertEqual(seen.first["0000:03:00.0"].driver, "")
        self.assertTrue(seen.first["0000:03:00.0"].bridge)
        self.assertEqual(seen.first["0000:00:03.0"].buses, range(1, 3))
        for address, function in seen.first.items():
            self.assertEqual(function.express_capability, EXPRESS.get(address))
            self.assertEqual(function.leads_to_buses, address in BUSES)

    def test_capability_list(self):
        raw = config("0000:01:00.0")
        self.assertEqual(find_capability(raw, 0x10), 0xe0)
        self.assertIsNone(find_capability(raw, 0x11))
        raw[0xe1] = 0xc8
        self.assertIsNone(find_capability(raw, 0x11))
        raw[0x6] = 0
        self.assertIsNone(find_capability(raw, 0x10))

    def test_with(self):
        problems, numbers = judge("with", trace(), console(), report(), ALLOWED)
        self.assertEqual(problems, [])
        self.assertEqual(numbers["stale_dma_after_fence"], 0)
        self.assertEqual(numbers["stale_dma_before_fence"], 2)
        self.assertEqual(numbers["window_ms"], 1500)
        self.assertEqual(numbers["resets_traced"], {"flr": 2, "sbr": 1})

    def test_no_report(self):
        """Where none can be written, the trace alone decides."""
        problems, _ = judge("with", trace(), console(), None, ALLOWED, reports=False)
        self.assertEqual(problems, [])
        problems, _ = judge("with", trace(), console(), report(), ALLOWED, reports=False)
        self.assertEqual(problems, ["there is a report, yet it could not be written"])

    def test_widths(self):
        """The same resets, written in other widths."""
        for case in ((("01:00.0 @0xe8 <- 0x8000", "01:00.0 @0xe9 <- 0x80"),),
                     (("01:00.0 @0xe8 <- 0x8000", "01:00.0 @0xe8 <- 0x10a810"),),
                     (("03:00.0 @0x3e <- 0x42", "03:00.0 @0x3c <- 0x42010b"),
                      ("03:00.0 @0x3e <- 0x2", "03:00.0 @0x3c <- 0x2010b"))):
            problems, _ = judge("with", trace(*case), console(), report(), ALLOWED)
            self.assertEqual(problems, [])

    def test_resets_of_others(self):
        """Before /init it is the kernel that resets, later the drivers do."""
        for time in ("113.900000", "115.650000"):
            problems, _ = judge("with", trace(add=(
                f"7@{time}:pci_cfg_write virtio-rng-pci 02:00.0 @0x48 <- 0x8000",
                f"7@{time}:pci_cfg_write pcie-root-port 00:03.0 @0x3e <- 0x40")),
                console(), report(), ALLOWED)
            self.assertEqual(problems, [])

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

    def test_loading(self):
        """From the first module on, drivers write to functions that were kept."""
        written = ("7@114.960000:pci_cfg_write virtio-rng-pci 02:00.0 @0x4 <- 0x507",)
        seen = console(replace=[("115.5 [", "114.95 [    2.950000] pci-quiesce: inserting "
                                 "virtio_rng\n115.5 [")])
        for case, expected in ((seen, []), (console(), [
                "0000:02:00.0 is kept, yet COMMAND was written: 0x507"])):
            problems, _ = judge("with", trace(add=written), case, report(), ALLOWED)
            self.assertEqual(problems, expected)

    def test_fault_at_power_off(self):
        problems, _ = judge("with", trace(add=(
            "7@126.500000:vtd_dmar_fault sid 0x100 fault 5 addr 0xffff write 1",)),
            console(), report(), ALLOWED)
        self.assertEqual(problems, [])

    def test_unbound(self):
        """A function that is to have no driver, whose frames nobody receives."""
        seen = console(replace=[("frames e1000e ok", "frames e1000e none")])
        seen.second["0000:01:00.0"].driver = ""
        problems, _ = judge("with", trace(), seen, report(), ALLOWED, unbound=("0000:01:00.0",))
        self.assertEqual(problems, [])

    def test_contained(self):
        """By one who did not live to report it."""
        seen = console()
        seen.second["0000:01:00.0"].driver = ""
        seen.second["0000:01:00.0"].override = "pci-quiesce"
        problems, _ = judge("survive", trace(), seen, report(), ALLOWED,
                            unbound=("0000:01:00.0",), contained=[("0000:01:00.0", "d3hot")])
        self.assertEqual(problems, [])
        problems, _ = judge("survive", trace(), console(), report(), ALLOWED,
                            contained=[("0000:01:00.0", "d3hot")])
        self.assertIn("0000:01:00.0: driver_override is '(null)'", problems)


class Bad(unittest.TestCase):
    def convicted(self, word, mode="with", **case):
        problems, _ = judge(mode, case.get("trace", trace()), case.get("console", console()),
                            case.get("report", report()), ALLOWED,
                            case.get("deadline", 30.0), case.get("expected", ()),
                            case.get("unbound", ()))
        self.assertTrue(any(word in problem for problem in problems), problems)

    def test_dma_after_fence(self):
        for requester in ("01:00.00", "04:00.00", "02:00.01"):
            self.convicted("DMA after the fence", trace=trace(add=(
                f"7@114.900000:vtd_dmar_translate dev {requester} iova 0xf -> gpa 0x2 mask 0xfff",)))
        self.convicted("DMA after the fence", trace=trace(add=(
            "7@114.900000:vtd_iotlb_page_hit IOTLB page hit sid 0x100 iova 0xf slpte 0x3 domain 0xb",)))
        self.convicted("DMA after the fence", trace=trace(add=(
            "7@114.900000:virtio_iommu_translate mr=x-1-0 rid=256 addr=0xfee00000 flag=2",)))

    def test_fault(self):
        self.convicted("IOMMU faults", trace=trace(add=(
            "7@124.000000:vtd_dmar_fault sid 0x100 fault 6 addr 0xffff write 1",)))

    def test_never_fenced(self):
        self.convicted("0000:01:00.0 was never fenced", trace=trace(
            ("7@114.100000:pci_cfg_write e1000e 01:00.0 @0x4 <- 0x503\n", ""),
            ("7@114.249000:pci_cfg_write e1000e 01:00.0 @0x4 <- 0x400\n", ""),
            ("7@114.352000:pci_cfg_write e1000e 01:00.0 @0x4 <- 0x503\n", "")))
        self.convicted("nothing was fenced", trace=trace(
            ("<- 0x503", "<- 0x507"), ("<- 0x400", "<- 0x407"), ("<- 0x500", "<- 0x507")))

    def test_driver_of_unbound(self):
        self.convicted("0000:01:00.0: driver e1000e", unbound=("0000:01:00.0",))

    def test_spared_but_fenced(self):
        self.convicted("0000:02:00.0 was fenced", trace=trace(add=(
            "7@114.120000:pci_cfg_write virtio-rng-pci 02:00.0 @0x4 <- 0x503",)))

    def test_bridge_written(self):
        for value in ("0x507", "0x503"):
            self.convicted("0000:00:03.0 is kept", trace=trace(add=(
                f"7@114.160000:pci_cfg_write pcie-root-port 00:03.0 @0x4 <- {value}",)))
        self.convicted("Bus Master of a bridge", trace=trace(add=(
            "7@118.000000:pci_cfg_write pcie-root-port 00:03.0 @0x4 <- 0x503",)))

    def test_frames(self):
        """Of each kind of network function that the machine has."""
        self.convicted('no "frames e1000 ok"', console=console(
            replace=[("0000:04:01.0 10EC:8139 20000 0107 8139cp",
                      "0000:04:01.0 8086:100E 20000 0107 e1000")]))

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

    def changed(self, word, **changes):
        """The report, altered by hand for one function: keys are addresses."""
        bad = report()
        for device in bad["devices"]:
            device.update(changes.get(device["address"], {}))
        self.convicted(word, report=bad)

    def test_config_missing(self):
        line = next(line for line in configs("first").splitlines() if "0000:02:00.1" in line)
        for new in ("", line[:-2]):
            self.convicted("no config space known of 0000:02:00.1",
                           console=console(replace=[(line, new)]))

    def test_before(self):
        for command in ("0503", None):
            self.changed("0000:01:00.0: COMMAND was 0507, the report says", **{
                "0000:01:00.0": {"evidence": {"before": {"command": command}}}})
        self.convicted("0000:01:00.0: COMMAND was 0107", trace=trace(add=(
            "7@113.500000:pci_cfg_write e1000e 01:00.0 @0x4 <- 0x107",)))

    def test_expected(self):
        self.convicted("expected reset sbr", expected=[("0000:01:00.0", "reset", "sbr")])

    def test_drivers(self):
        self.convicted("is gone", console=console(listing("second", 119.0, skip="0000:01:00.0")))
        self.convicted("driver none", console=console(
            listing("second", 119.0).replace(" e1000e", " -")))
        for what in ("disk", "dump", "frames e1000e"):
            self.convicted(f"no \"{what} ok\"", console=console(
                replace=[(f"{what} ok", f"{what} failed")]))

    def test_left(self):
        self.convicted("drivers_autoprobe is not 1", console=console(
            replace=[("second: autoprobe 1", "second: autoprobe 0")]))
        self.convicted("driver_override is 'pci-quiesce'", console=console(
            replace=[("second: sysfs 0000:01:00.0 (null)", "second: sysfs 0000:01:00.0 pci-quiesce")]))
        self.convicted("reset_method is 'flr', was 'flr pm'", console=console(
            replace=[("second: sysfs 0000:01:00.0 (null) flr pm", "second: sysfs 0000:01:00.0 (null) flr")]))
        # The first of two functions loses "bus", one that is alone does not.
        for address, wrong in (("0000:02:00.0", []), ("0000:01:00.0", [
                "0000:01:00.0: reset_method is 'flr', was 'flr bus'"])):
            line = f"sysfs {address} (null) flr"
            seen = console(replace=[(f"first: {line} pm", f"first: {line} bus"),
                                    (f"second: {line} pm", f"second: {line}")])
            problems, _ = judge("with", trace(), seen, report(), ALLOWED)
            self.assertEqual(problems, wrong)
        good = f"second: config 0000:01:00.0 {config('0000:01:00.0').hex()}"
        bad = good[:28 + 0x10 * 2] + "01" + good[28 + 0x10 * 2 + 2:]
        self.convicted("register 0x10 is 01000000, was 00000000", console=console(
            replace=[(good, bad)]))
        self.convicted("configuration space was not read", console=console(
            replace=[(good, good[:-2])]))

        self.convicted("0000:00:03.0: Bus Master of a bridge is off", console=console(
            listing("second", 119.0).replace("60400 0507 pcieport", "60400 0503 pcieport")))

    def test_next_init(self):
        self.convicted("the next init ran after", deadline=1.0)
        self.convicted("no kdump kernel", console=parse_console([]))
        self.convicted("no kdump kernel", mode="next-init", console=parse_console(
            CONSOLE.split("114.0")[0].format(first=listing("first", 109.0),
                                             configs=configs("first")).splitlines()))

    def test_iommu(self):
        for inserted, attached, wrong in (
                (114.6, 114.7, []), (114.6, 111.9, ["v was not inserted, or attached nothing"]),
                (114.15, 114.7, ["v was loaded before the last fence"]),
                (114.6, 115.8, ["a driver was at work before v"])):
            problems, _ = judge(
                "with", trace(add=(f"7@{attached}:virtio_iommu_attach domain=0 endpoint=24",)),
                console(replace=[("115.5 ", f"{inserted} pci-quiesce: inserting v\n115.5 ")]),
                report(), ALLOWED, iommu="v")
            self.assertEqual(problems, wrong)

    def test_no_stale_dma(self):
        self.convicted("no stale DMA", mode="without", trace=parse_trace([]))


if __name__ == "__main__":
    unittest.main()
