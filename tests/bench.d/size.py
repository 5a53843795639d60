#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""size: how large the program is, on disk, in an image and in memory.

Memory is that of the worker in a run as PID 1, on a machine of files below a root of
its own, so needs root. There no reset has an effect, so that the direct engine's are
all tried again by the kernel's. How much an image grows is what TEST-31-DRACUT last
measured here, if it did.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
STATIC = pathlib.Path(os.environ.get("BUILD", TOP / "build"), "static")
BINARY = pathlib.Path(os.environ.get("PQ_BINARY", STATIC / "pci-quiesce"))
# The program of images is what runs as PID 1.
IMAGE_BINARY = BINARY.with_name("pci-quiesce-image")
# Machine reads what it starts from there.
sys.argv[1:] = [str(IMAGE_BINARY), str(STATIC / "tests/next-init")]
sys.dont_write_bytecode = True
sys.path.insert(0, str(TOP / "tests/init"))

from machine import Machine, own_mounts  # noqa: E402 (found only now)

# The host's program is in no crash image.
BINARY_BYTES_MAX = {"pci-quiesce-image": 256 * 1024, "pci-quiesce": 288 * 1024}
PEAK_KIB_MAX = 4 * 1024
GROWTH_BYTES_MAX = 160 * 1024
SIZES = (64, 1024)
SKIPPED = 77
GROWTH = re.compile(r"(\w+) image: \d+ bytes without, (\d+) more with")


def describe(n):
    """A machine of n functions, ports counted: what make-root.py reads."""
    lines, port = [], 0
    while len(lines) < n:
        domain, slot = divmod(port, 28)
        bus = 1 + slot * 8
        functions = min((2, 8, 1, 4)[port % 4], n - len(lines) - 1)
        lines.append(f"{domain:04x}:00:{slot:02x}.0 8086:2030 060400 pcie=root "
                     f"bus={bus:02x}-{bus + 7:02x} aer")
        lines += [f"{domain:04x}:{bus:02x}:00.{k} 8086:1572 020000 pcie=ep flr pm bm aer serial ari"
                  for k in range(functions)]
        port += 1
    return "\n".join(lines) + "\n"


def run(n, engine):
    """One row: what the worker needed."""
    machine = Machine(describe(n))
    machine.write("etc/pci-quiesce.conf", f"[quiesce]\nengine = {engine}\n")
    done = machine.run()
    report = machine.report()
    machine.forget()
    resets = sum(device["verdict"] in ("verified", "completed") for device in report["devices"])
    if not report["complete"] or len(report["devices"]) != n or resets < n // 2:
        sys.exit(f"size: {n} functions, {engine}: {resets} resets, or no complete report")
    cpu_us = int(done.recorded("children_cpu_us")[0])
    return {"what": f"worker, engine {engine}", "functions": n,
            "kib": int(done.recorded("children_peak_kib")[0]),
            "silence_us_each": round(report["silence_us"] / n, 2),
            "cpu_us_each": round(cpu_us / n, 1)}


def stripped_bytes(binary):
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run(["strip", "-o", file.name, binary], check=True)
        return os.stat(file.name).st_size


def growth():
    """(kind, bytes) of each image that the last run of TEST-31 here compared."""
    log = STATIC / "meson-logs/suite-vm-static-all.json"
    tests = map(json.loads, log.read_text().splitlines()) if log.exists() else ()
    for test in tests:
        if "TEST-31-DRACUT" in test["name"]:
            yield from ((kind, int(more)) for kind, more in GROWTH.findall(test.get("stdout", "")))


def main():
    problem = own_mounts("bench-size")
    if problem:
        print(f"size: {problem}", file=sys.stderr)
        return SKIPPED

    rows, targets = [], []

    def judge(what, value, limit):
        targets.append({"what": what, "value": value, "limit": limit, "ok": value <= limit})

    for binary in (BINARY, IMAGE_BINARY):
        size = stripped_bytes(binary)
        rows.append({"what": f"{binary.name}, stripped", "kib": round(size / 1024, 1)})
        judge(f"bytes of {binary.name}", size, BINARY_BYTES_MAX[binary.name])
    grown = list(growth())
    if not grown:
        print("size: TEST-31-DRACUT has not run here: nothing is known of images",
              file=sys.stderr)
    for kind, size in grown:
        rows.append({"what": f"{kind} image grows by", "kib": round(size / 1024, 1)})
        judge(f"bytes that a {kind} image grows by", size, GROWTH_BYTES_MAX)
    for n in SIZES:
        rows += [run(n, engine) for engine in ("auto", "direct", "kernel")]
    judge(f"KiB of the worker at its peak, {SIZES[-1]} functions",
          max(row["kib"] for row in rows[-3:]), PEAK_KIB_MAX)
    print(json.dumps({"name": "size", "rows": rows, "targets": targets}))
    return 0 if all(target["ok"] for target in targets) else 1


if __name__ == "__main__":
    sys.exit(main())
