#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""idle: what a run as /init adds to a boot where there is nothing to silence.

On this processor, where the bench of VMs has an emulated one, and on a machine of files:
a register costs no microsecond here, a system call what it does cost. The next init is
started by itself and by the program in turn, so what starting it takes is not counted.
Needs root, for namespaces of its own.
"""
import json
import os
import pathlib
import statistics
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
STATIC = pathlib.Path(os.environ.get("BUILD", TOP / "build"), "static")
BINARY = pathlib.Path(os.environ.get("PQ_BINARY", STATIC / "pci-quiesce"))
# Machine reads what it starts from there: the program of images, and the init after it.
sys.argv[1:] = [str(BINARY.with_name("pci-quiesce-image")), str(STATIC / "tests/next-init")]
sys.dont_write_bytecode = True
sys.path.insert(0, str(TOP / "tests/init"))

from machine import REPORT, Machine, own_mounts  # noqa: E402 (found only now)

SIZES = (1, 8, 32, 64, 128)
ROUNDS = 21
BELOW_A_PORT = 8
SKIPPED = 77


def describe(n):
    """n network functions behind ports, 8 each, as the VMs' have them."""
    lines = []
    for first in range(0, n, BELOW_A_PORT):
        bus = 1 + first // BELOW_A_PORT
        lines.append(f"00:{bus:02x}.0 1b36:000c 060400 pcie=root bus={bus:02x}-{bus:02x}")
        lines += [f"{bus:02x}:00.{k} 1af4:1041 020000 pcie=ep flr pm"
                  for k in range(min(BELOW_A_PORT, n - first))]
    return "\n".join(lines) + "\n"


def taken_ms(machine, init):
    """Until the next init ran."""
    machine.path("record").unlink(missing_ok=True)
    machine.path("init").unlink()
    machine.path("init").hardlink_to(machine.path(init))
    taken_s = machine.run().taken_s
    if taken_s is None:
        sys.exit("idle: the next init did not run")
    return taken_s * 1000


def measure(n):
    """(functions, bridges counted; what is added in each round, ms)"""
    machine = Machine(describe(n))
    machine.path("program").hardlink_to(machine.path("init"))
    added = [taken_ms(machine, "program") - taken_ms(machine, "init.pci-quiesce")
             for _ in range(ROUNDS)]
    report = machine.report()
    if not report["complete"] or {d["verdict"] for d in report["devices"]} != {"idle", "kept"}:
        sys.exit(f"idle: {n} functions: something was done, or {REPORT} is not complete")
    machine.forget()
    return len(report["devices"]), added


def main():
    problem = own_mounts("bench-idle")
    if problem:
        print(f"idle: {problem}", file=sys.stderr)
        return SKIPPED

    rows, targets = [], []
    for n in SIZES:
        functions, added = measure(n)
        limit = 5 + 0.2 * functions
        ms = round(statistics.median(added), 1)
        rows.append({"n": n, "functions": functions, "ms": ms, "least_ms": round(min(added), 1),
                     "limit_ms": round(limit, 1)})
        targets.append({"what": f"{n} functions: nothing to do, ms", "value": ms,
                        "limit": round(limit, 1), "ok": ms <= limit})
    print(json.dumps({"name": "nothing to do, on this processor", "rows": rows,
                      "targets": targets}))
    return 0 if all(target["ok"] for target in targets) else 1


if __name__ == "__main__":
    sys.exit(main())
