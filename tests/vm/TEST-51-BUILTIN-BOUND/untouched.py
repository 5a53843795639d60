#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""untouched.py DIR ADDRESS: no config write between our start and the next init."""
import os
import sys

LIB = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../lib")
sys.path.insert(0, LIB)
# pylint: disable=wrong-import-position
from observe import parse_console, parse_trace, requester_of  # noqa: E402


def main(directory, address):
    with open(os.path.join(directory, "console.log"), encoding="utf-8", errors="replace") as file:
        console = parse_console(file)
    with open(os.path.join(directory, "trace.log"), encoding="utf-8", errors="replace") as file:
        trace = parse_trace(file)
    bound = next(time for time, text in console.marks if text == "wrap: bound")
    mine = [w for w in trace.writes if w.requester == requester_of(address)]
    # Its driver did write, so the trace would show it.
    assert any(console.init <= w.time < bound for w in mine), "no write of its driver's"
    ours = [w for w in mine if bound <= w.time < console.next_init]
    assert not ours, f"written: {ours}"


main(*sys.argv[1:])
