#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Processes, memory and descriptors run out."""
import resource

from machine import DEVICES, Machine, handed_over, main, said

AUTOPROBE = "sys/bus/pci/drivers_autoprobe"


def nothing_left_changed(machine):
    assert machine.path(AUTOPROBE).read_text()[:1] == "1"
    for function in machine.path(DEVICES).iterdir():
        override = function / "driver_override"
        assert override.read_text().strip() in ("", "(null)"), function.name
    method = machine.function("0000:02:00.0", "reset_method").read_text().strip()
    assert method == "flr bus", method
    for name, value in (("printk_devkmsg", "ratelimit"), ("hung_task_panic", "1")):
        assert machine.path("proc/sys/kernel/" + name).read_text().strip() == value, name


def test_without_a_second_process_the_next_init_runs():
    machine = Machine()
    before = machine.contents()
    run = machine.run(limits=[(resource.RLIMIT_NPROC, 1)])
    handed_over(run, 3)
    said(run, "cannot start the worker: Resource temporarily unavailable: nothing is done",
         level=3)
    said(run, "cannot put drivers back", times=0)
    assert {name: text for name, (text, _) in machine.contents().items()} == {
        name: text for name, (text, _) in before.items()}


def test_without_threads_functions_are_fenced_only():
    machine = Machine()
    run = machine.run(limits=[(resource.RLIMIT_NPROC, 2)])
    handed_over(run, 3)
    said(run, "02:00.0: fenced, flr: not begun: Resource temporarily unavailable", level=4)
    said(run, "0 verified, 0 completed, 10 fenced, 11 kept, 0 idle, 0 lost, 0 failed")
    assert machine.report()["complete"]
    nothing_left_changed(machine)


def test_with_few_descriptors_the_next_init_runs_and_nothing_stays_changed():
    done = []
    for limit in range(7, 16):
        machine = Machine()
        run = machine.run(limits=[(resource.RLIMIT_NOFILE, limit)])
        handed_over(run, 5)
        nothing_left_changed(machine)
        written = machine.path("run/pci-quiesce/report.json")
        done.append(written.exists() and machine.report()["complete"])
        machine.forget()
    assert not done[0] and done[-1], done


def test_with_little_memory_the_next_init_runs_and_nothing_stays_changed():
    # How many threads get a stack near the limit is a matter of timing; with 8 MiB all do.
    outcomes = ("no memory: nothing is done", "cannot read PCI functions", "stopped: Out of memory",
                "0 completed, 10 fenced", "8 completed, 2 fenced")
    seen = set()
    for kib in (*range(448, 3776, 416), *range(3776, 4288, 8), 8192):
        machine = Machine()
        run = machine.run(limits=[(resource.RLIMIT_AS, kib * 1024)])
        handed_over(run, 5)
        nothing_left_changed(machine)
        seen.update(words for words in outcomes if any(words in line for line in run.log))
        machine.forget()
    assert len(seen) >= 3 and outcomes[0] in seen and outcomes[-1] in seen, seen



main(globals())
