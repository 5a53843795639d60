#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""vm.py [--short]: the engines against a shell loop over the kernel's reset attributes.

Crashes machines with N functions that have an FLR; in each crash kernel all ways are
measured in turn, several times. What an emulator needs depends on what else its host
does: so ways are compared within a round, and the median of these ratios is judged.

  series    for f in .../reset; do echo 1 > $f; done
  parallel  the same with & and wait
  kernel, direct, auto
            pci-quiesce as /init with that engine and level = flr, until the next init ends
  default   as it is without a configuration
  idle      the same as auto, with no Bus Master on
  exec      pci-quiesce --version: what a process costs that does nothing
  floor     a C program with a worker and a child, that reads of each function its
            header and its driver once and writes once to drivers_probe
  bare      a C loop of the fence's accesses; its writes and read backs against
            fence_us of auto

--short takes N = 8 and 64 on 6.12, and judges ratios alone, at half of their targets:
other tests run beside it. Some minutes otherwise. PQ_BENCH_N and PQ_BENCH_KERNELS,
lists with blanks, choose others. See tests/bench for what is printed.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
CYCLE = TOP / "tests/vm/bench/cycle.sh"
SIZES = [1, 8, 32, 64, 128]
KERNELS = ["6.1", "6.12", "newest"]
ENGINES = ["kernel", "direct", "auto"]
LOOPS = ["series", "parallel"]
# Not of the kernel engine: it may run out of time. Its rows say how many it has reset.
EXPECTED = {"direct": "verified", "auto": "verified", "default": "verified"}
# What is slow is measured less often.
ROUNDS = {1: 7, 8: 7, 32: 5}
ROUNDS_MORE = 3
SKIPPED = 77

FIELDS = ["wall_us", "silence_us", "fence_us", "total_us", "verified", "completed", "kib", "cpu_us", "status"]


class Crash:
    """What was measured in one crash kernel, by way, in order."""

    def __init__(self, kernel, n, text):
        self.kernel = kernel
        self.n = n
        self.functions = 0
        self.n_rounds = 0
        self.rounds = {}
        for line in text.splitlines():
            words = line.split()
            if words[:1] != ["pq-bench:"] or words[1] == "end":
                continue
            if words[1] == "functions":
                self.functions = int(words[2])
                continue
            self.rounds.setdefault(words[1], []).append(dict(zip(FIELDS, map(int, words[2:]))))

    def median(self, way, field="wall_us"):
        return statistics.median(r[field] for r in self.rounds[way])

    def ratio(self, over, under):
        """Median of the rounds' quotients of over(round) and under(round)."""
        rounds = [dict(zip(self.rounds, r)) for r in zip(*self.rounds.values())]
        return statistics.median(over(r) / under(r) for r in rounds)

    def ms(self, way, field="wall_us"):
        return round(self.median(way, field) / 1000, 1)

    def most(self, way, field):
        return max(r[field] for r in self.rounds[way])

    def n_reset(self, way):
        """Of the worst round."""
        return min(r["verified"] + r["completed"] for r in self.rounds[way])

    def drop_incomplete(self):
        """A fast run that has not reset everything is none; nor is its whole round."""
        def is_whole(i):
            return (all(self.rounds[way][i]["status"] == 0 for way in self.rounds) and
                    all(self.rounds[way][i][word] == self.n for way, word in EXPECTED.items()))
        whole = [i for i in range(len(self.rounds["auto"])) if is_whole(i)]
        if len(whole) < len(self.rounds["auto"]):
            print(f"vm: {self.kernel}, {self.n} functions: only {len(whole)} of "
                  f"{len(self.rounds['auto'])} rounds reset all of them", file=sys.stderr)
        if not whole:
            sys.exit("vm: nothing to judge")
        self.n_rounds = len(self.rounds["auto"])
        self.rounds = {way: [r[i] for i in whole] for way, r in self.rounds.items()}


def crash(kernel, n):
    """Crash, or None where this kernel cannot be had."""
    done = subprocess.run([CYCLE, str(n), str(ROUNDS.get(n, ROUNDS_MORE))], check=False,
                          stdout=subprocess.PIPE, text=True, errors="replace",
                          env={**os.environ, "PQ_KERNEL": kernel})
    if done.returncode == SKIPPED:
        return None
    if done.returncode != 0:
        sys.exit(f"vm: {kernel}, {n} functions: {CYCLE.name}: exit {done.returncode}")
    result = Crash(kernel, n, done.stdout)
    result.drop_incomplete()
    return result


def rows_of(c):
    common = {"bench": "vm", "kernel": c.kernel, "n": c.n}
    for way in LOOPS + ENGINES + ["default", "idle", "exec", "floor"]:
        quiesces = way not in [*LOOPS, "exec", "floor"]
        yield {**common, "engine": way, "ms": c.ms(way),
               "reset": c.n_reset(way) if way in ENGINES + ["default"] else None,
               "silence_ms": c.ms(way, "silence_us") if quiesces else None,
               "fence_ms": c.ms(way, "fence_us") if quiesces else None,
               "verified_ms": c.ms(way, "total_us") if quiesces else None,
               "cpu_ms": c.ms(way, "cpu_us"), "kib": c.most(way, "kib") if quiesces else None}
    yield {**common, "engine": "bare", "ms": None, "reset": None,
           "silence_ms": c.ms("bare"), "fence_ms": c.ms("bare", "fence_us"),
           "verified_ms": None, "cpu_ms": None, "kib": None}


def auto(r):
    return r["auto"]["wall_us"]


def target(what, value, limit, least=False):
    ok = value >= limit if least else value <= limit
    return {"what": what, "value": round(value, 2), "limit": round(limit, 2), "ok": ok,
            **({"least": True} if least else {})}


def ratios_of(c, slack):
    where = f"{c.kernel}, {c.n} functions"
    if c.n == 64:
        yield target(f"{where}: auto, times as fast as the series",
                     c.ratio(lambda r: r["series"]["wall_us"], auto), 10 / slack, True)
        if c.kernel == "6.12":
            yield target(f"{where}: auto, times as fast as the parallel loop",
                         c.ratio(lambda r: r["parallel"]["wall_us"], auto), 1.5 / slack, True)
    yield target(f"{where}: auto against the faster loop",
                 c.ratio(auto, lambda r: min(r[loop]["wall_us"] for loop in LOOPS)), slack)
    yield target(f"{where}: fence of auto against the bare loop",
                 c.ratio(lambda r: r["auto"]["fence_us"], lambda r: r["bare"]["fence_us"]),
                 1.15 * slack)


def sizes_of(c):
    where = f"{c.kernel}, {c.n} functions"
    yield target(f"{where}: rounds in which all were reset", len(c.rounds["auto"]), c.n_rounds,
                 True)
    yield target(f"{where}: nothing to do, ms", c.ms("idle"), 5 + 0.2 * c.functions)
    yield target(f"{where}: peak memory, KiB",
                 max(c.most(way, "kib") for way in ENGINES + ["default", "idle"]), 4096)


def main():
    short = sys.argv[1:] == ["--short"]
    if sys.argv[1:] and not short:
        sys.exit(__doc__)
    sizes = [8, 64] if short else SIZES
    kernels = ["6.12"] if short else KERNELS
    sizes = [int(n) for n in os.environ.get("PQ_BENCH_N", "").split()] or sizes
    kernels = os.environ.get("PQ_BENCH_KERNELS", "").split() or kernels
    rows, targets = [], []
    for kernel in kernels:
        for n in sizes:
            c = crash(kernel, n)
            if not c:
                print(f"vm: no kernel {kernel}", file=sys.stderr)
                break
            rows += rows_of(c)
            targets += ratios_of(c, 2 if short else 1)
            targets += [] if short else sizes_of(c)
    if not rows:
        sys.exit(SKIPPED)
    print(json.dumps({"name": "silence and reset in a crash kernel", "rows": rows,
                      "targets": targets}))
    sys.exit(0 if all(t["ok"] for t in targets) else 1)


if __name__ == "__main__":
    main()
