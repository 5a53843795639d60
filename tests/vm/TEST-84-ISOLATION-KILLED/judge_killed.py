#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""judge_killed.py DIR [--asleep ADDRESS]... [--stays ADDRESS]... [--undone ADDRESS]... [--held]

What became of a worker's work after its death: the next init follows at once, and the log
names those that were about to be isolated and stay so, those that were undone, and no
others. --asleep: to these D3hot was written before the kill, and to nobody after it. --held:
DIR/monitor.log has the table that the translations of a function begin with at three moments:
at the end of the crashed kernel, while its group is held, and when its driver has received.
"""
import argparse
import pathlib
import re
import sys

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent / "lib"))
from observe import POWER, find_capability, parse_console, parse_trace  # noqa: E402
from vtd import parse_tables  # noqa: E402

# The init has to start itself until it says something, on a host that may be busy.
AT_ONCE_S = 10
PMCSR, D3HOT = 4, 3
STAYS = re.compile(r"pci-quiesce: (\S+): stays isolated$", re.M)
UNDONE = re.compile(r"pci-quiesce: (\S+): put back$", re.M)


def time_of(console, wanted):
    return next((time for time, text in console.quiesce if wanted in text), None)


def check_next_init(console, killed):
    if console.next_init is None:
        return ["no next init ran"]
    if not 0 <= console.next_init - killed <= AT_ONCE_S:
        return [f"the next init comes {console.next_init - killed:.1f} s after the kill"]
    if time_of(console, "the worker died of signal 9") is None:
        return ["nobody says that the worker died"]
    return []


def check_said(log, pattern, wanted):
    said = sorted(pattern.findall(log))
    return [] if said == sorted(wanted) else [f"the log names {said}, not {wanted}"]


def check_asleep(trace, console, killed, wanted):
    registers = {(f.requester, find_capability(f.config, POWER) + PMCSR): f.address
                 for f in console.first.values() if find_capability(f.config, POWER)}
    writes = [(write.time, registers[write.requester, write.offset]) for write in trace.writes
              if (write.requester, write.offset) in registers
              and write.value & D3HOT == D3HOT and console.init <= write.time < console.end]
    before = sorted({address for time, address in writes if time <= killed})
    problems = [f"{address}: put to sleep after the kill" for time, address in writes
                if time > killed]
    if before != sorted(wanted):
        problems.append(f"put to sleep were {before}, not {wanted}")
    return problems


def check_held(tables, killed):
    """On a domain of its own without a mapping, and off it again."""
    if len(tables) != 3:
        return [f"{len(tables)} tables were read, not 3"]
    (_, _, crashed, was_mapped), (time, _, held, is_mapped), (_, _, now, maps_again) = tables
    problems = []
    if not was_mapped or not maps_again:
        problems.append(f"a driver has mapped nothing: before {was_mapped}, now {maps_again}")
    if not held or is_mapped or time > killed:
        problems.append(f"not held on an empty domain: {held:#x}, mapped {is_mapped}")
    if held in (crashed, now):
        problems.append(f"its tables were {crashed:#x}, {held:#x} and {now:#x}")
    return problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dir", type=pathlib.Path)
    for kind in ("--asleep", "--stays", "--undone"):
        parser.add_argument(kind, action="append", default=[])
    parser.add_argument("--held", action="store_true")
    options = parser.parse_args()
    text = {name: (options.dir / name).read_text(errors="replace")
            for name in ("trace.log", "console.log", "monitor.log", "dmesg")}
    trace, console = (parse(text[name].splitlines()) for parse, name in
                      ((parse_trace, "trace.log"), (parse_console, "console.log")))
    killed = time_of(console, "faulty: kill after")
    problems = ["the worker was not killed"]
    if killed:
        problems = [*check_next_init(console, killed),
                    *check_said(text["dmesg"], STAYS, options.stays),
                    *check_said(text["dmesg"], UNDONE, options.undone),
                    *check_asleep(trace, console, killed, options.asleep)]
    if killed and options.held:
        problems += check_held(parse_tables(text["monitor.log"].splitlines()), killed)
    for problem in problems:
        print("judge_killed:", problem)
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
