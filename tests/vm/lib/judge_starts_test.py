#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""judge_starts acquits a good crash cycle of each kind and convicts bad ones."""
import contextlib
import io
import os
import tempfile
import unittest

import judge_starts
from observe import parse_console, parse_trace

# A port with an endpoint below it, and two endpoints on the root bus.
MACHINE = {
    "0000:00:03.0": "1B36:000C 60400 0507 pcieport",
    "0000:00:08.0": "1AF4:1044 FF00 0507 virtio-pci",
    "0000:00:09.0": "8086:10D3 20000 0507 e1000e",
    "0000:01:00.0": "1B36:0010 10802 0507 nvme",
}

START = """\
100.0 Linux version 6.1
{functions}
110.0 pq-test: first: crash
112.0 Linux version 6.1
114.0 Run /init as init process
"""

WRITE = "7@{:.6f}:pci_cfg_write x {} @0x{:x} <- 0x{:x}"


def config_of(address):
    config = bytearray(256)
    if address == "0000:00:03.0":
        config[0x0e], config[0x19], config[0x1a] = 1, 1, 1
    return config.hex()


def listing(phase, time, drivers):
    return "\n".join(
        f"{time} pq-test: {phase}: function {a} "
        f"{words if a in drivers else words.rsplit(' ', 1)[0] + ' -'}"
        for a, words in MACHINE.items())


def first_part():
    configs = "\n".join(f"105.0 pq-test: first: config {a} {config_of(a)}" for a in MACHINE)
    return START.format(functions=listing("first", 104.0, MACHINE) + "\n" + configs)


def device(address, action="reset", rule="default:reset", verdict="completed"):
    return {"address": address, "action": action, "rule": rule, "verdict": verdict,
            "method": None, "via": None}


def fence(time, address):
    return WRITE.format(time, address.removeprefix("0000:"), 4, 0x503)


class JudgeStarts(unittest.TestCase):
    def call(self, start, console, trace, report):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "console.log")
            with open(path, "w", encoding="utf-8") as file:
                file.write(console)
            with contextlib.redirect_stdout(io.StringIO()):
                return judge_starts.JUDGES[start](
                    parse_trace(trace), parse_console(console.splitlines()), report, (), directory)

    def shell(self, trace, run="120.0 pci-quiesce:/# pci-quiesce run\n",
              said="123.0 pci-quiesce: a run was made by hand\n"):
        console = first_part() + ("115.0 pci-quiesce:/# pci-quiesce list\n" + run
                                  + "122.0 pci-quiesce:/# exit\n" + said
                                  + "125.0 systemd[1]: running\n")
        return self.call("shell", console, trace, {})

    def test_shell(self):
        good = [fence(121.0, a) for a in ("0000:00:08.0", "0000:00:09.0", "0000:01:00.0")]
        self.assertEqual(self.shell(good), [])
        self.assertIn("0000:01:00.0: not fenced then", self.shell(good[:2]))
        self.assertTrue(self.shell([WRITE.format(119.0, "00:03.0", 0xa0, 1)] + good))
        self.assertTrue(self.shell(good[:2] + [fence(123.5, "0000:01:00.0")]))
        self.assertTrue(self.shell(good, said=""))

    def test_shell_without_a_run(self):
        good = [fence(124.0, a) for a in ("0000:00:08.0", "0000:00:09.0", "0000:01:00.0")]
        self.assertEqual(self.shell(good, run="", said=""), [])
        self.assertTrue(self.shell(good, run=""))
        self.assertTrue(self.shell(good[:2], run="", said=""))
        self.assertTrue(self.shell([fence(121.0, "0000:01:00.0")] + good, run="", said=""))

    def unit(self, trace, said="virtio_pci", modules=("virtio_pci",)):
        console = first_part() + f"116.0 pci-quiesce: 1 modules were loaded before: {said}\n"
        devices = [device("0000:00:03.0", "keep", "default:bridge", "kept"),
                   device("0000:00:08.0", "keep", "default:bound", "kept"),
                   device("0000:00:09.0", "fence", verdict="fenced"),
                   {**device("0000:01:00.0"), "method": "sbr", "via": "0000:00:03.0"}]
        return self.call("unit", console, trace,
                         {"devices": devices, "modules_before": list(modules)})

    def test_unit(self):
        good = [fence(116.0, a) for a in ("0000:00:09.0", "0000:01:00.0")]
        good += [WRITE.format(116.5, "00:03.0", 0x3e, 0x40), WRITE.format(116.6, "00:03.0", 0x3e, 0)]
        self.assertEqual(self.unit(good), [])
        self.assertTrue(self.unit(good[1:]))
        self.assertTrue(self.unit(good[:2]))
        self.assertTrue(self.unit(good[:3]))
        self.assertTrue(self.unit([WRITE.format(115.0, "00:09.0", 4, 0x507)] + good))
        self.assertTrue(self.unit([WRITE.format(115.0, "01:00.0", 0x40, 1)] + good))
        self.assertTrue(self.unit(good, said="nothing"))
        self.assertTrue(self.unit(good, modules=()))
        dma = "7@117.000000:vtd_iotlb_page_hit IOTLB page hit sid 0x48 iova"
        self.assertTrue(self.unit(good + [dma]))
        # The port's own ID: no bound function is below.
        self.assertTrue(self.unit(good + [dma.replace("0x48", "0x18")]))
        idle = good[1:] + [WRITE.format(113.0, "00:09.0", 4, 0x503),
                           WRITE.format(118.0, "00:09.0", 4, 0x507)]
        self.assertEqual(self.unit(idle + [dma.replace("117.0", "118.5")]), [])
        self.assertTrue(self.unit(idle + [dma]))

    def test_who_shares_a_requester(self):
        functions = parse_console(first_part().splitlines()).first
        trace = parse_trace(f"7@117.000000:vtd_iotlb_page_hit IOTLB page hit sid {sid} iova"
                            for sid in ("0x18", "0x48", "0x100"))

        def left(bound):
            return [a.requester for a in judge_starts.not_shared(trace.dma, functions, bound)]
        self.assertEqual(left(()), [0x18, 0x48, 0x100])
        self.assertEqual(left(("0000:00:08.0",)), [0x18, 0x48, 0x100])
        self.assertEqual(left(("0000:01:00.0",)), [0x48, 0x100])

    def late(self, trace, status=0, writer="late: writer ok"):
        console = first_part() + listing("second", 118.0, ("0000:00:08.0", "0000:01:00.0")) + (
            "\n120.0 pq-test: late: run begins\n"
            f"122.0 pq-test: late: run ended {status}\n"
            f"123.0 pq-test: {writer}\n"
            "124.0 pq-test: second: dump ok\n")
        devices = [device("0000:00:03.0", "keep", "default:bridge", "kept"),
                   device("0000:00:08.0", "keep", "default:bound", "kept"),
                   device("0000:00:09.0", "fence", verdict="fenced"),
                   device("0000:01:00.0", "keep", "default:bound", "kept")]
        return self.call("late", console, trace, {"devices": devices})

    def test_late(self):
        good = [fence(121.0, "0000:00:09.0")]
        self.assertEqual(self.late(good), [])
        self.assertEqual(self.late(good + [WRITE.format(119.0, "01:00.0", 4, 0x507)]), [])
        self.assertTrue(self.late([]))
        self.assertTrue(self.late(good + [WRITE.format(121.5, "01:00.0", 0x40, 0)]))
        self.assertTrue(self.late(good + [WRITE.format(121.5, "00:03.0", 0x3e, 0x40)]))
        self.assertTrue(self.late(good, status=1))
        self.assertTrue(self.late(good, writer="late: writer failed"))
        dma = "7@121.500000:vtd_iotlb_page_hit IOTLB page hit sid 0x48 iova"
        self.assertTrue(self.late(good + [dma]))


if __name__ == "__main__":
    unittest.main()
