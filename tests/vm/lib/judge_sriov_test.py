#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""judge_sriov acquits a VF that ends with its PF and convicts one that does not."""
import contextlib
import io
import unittest

from judge_sriov import judge

CONSOLE = """\
100.0 Linux version 6.1
110.0 pq-test: first: crash
112.0 Linux version 6.1
114.0 Run /init as init process
115.0 pci-quiesce: 2 functions in 300 ms: 2 verified
""".splitlines()


def dma(*times):
    return [f"7@{time:.6f}:vtd_dmar_translate dev 0a:00.01 iova 0x1 -> gpa 0x2" for time in times]


def judged(trace, console=None):
    with contextlib.redirect_stdout(io.StringIO()):
        return judge(CONSOLE if console is None else console, trace, "0000:0a:00.1")


class Test(unittest.TestCase):
    def test_good(self):
        self.assertEqual(judged(dma(109.0, 113.0, 114.5)), [])

    def test_bad(self):
        self.assertEqual(len(judged(dma(113.0, 116.0))), 1)
        self.assertEqual(len(judged(dma(109.0))), 1)
        self.assertEqual(len(judged([], CONSOLE[:4])), 1)


if __name__ == "__main__":
    unittest.main()
