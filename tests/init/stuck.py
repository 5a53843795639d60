#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A write to the kernel does not return: a FIFO that nobody reads stands for it."""
import os
import signal

from machine import DEVICES, Machine, handed_over, main, said

NVME, NET, RNG = "0000:02:00.0", "0000:07:00.0", "0000:03:00.1"
AUTOPROBE = "sys/bus/pci/drivers_autoprobe"
PROBE = "sys/bus/pci/drivers_probe"
BLOCKED = "hung_task_panic stays off: a write to the kernel did not return"


def setting(machine, name):
    return machine.path("proc/sys/kernel/" + name).read_text().strip()


def only_child_of(run):
    """The pid of the worker, as it is outside."""
    pid = run.process.pid
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        return int(children.read())


def drain(fifo):
    try:
        os.read(fifo, 65536)
    except BlockingIOError:
        pass


def test_a_reset_that_does_not_return_is_abandoned_in_time():
    machine = Machine()
    machine.write("etc/pci-quiesce.conf", "[quiesce]\nreset_ms = 400\n")
    machine.fifo(f"{DEVICES}/{NVME}/reset")
    # As the lock that the reset holds: whoever frees the function later waits.
    held = machine.full_fifo(f"{DEVICES}/{NVME}/driver_override", len("pci-quiesce"))
    run = machine.run()
    handed_over(run, 2)
    assert run.taken_s > 0.4
    said(run, f"{NVME}: lost, flr: abandoned: the kernel is still at it", level=4)
    said(run, "7 completed, 2 fenced, 11 kept, 0 idle, 1 lost, 0 failed", level=4)
    # No driver may touch it, no other function suffers.
    said(run, f"{NVME}: probing", times=0)
    said(run, f"{NET}: probing", times=1)
    assert machine.override(NET) == ""
    assert machine.path(AUTOPROBE).read_text() == "1\n"
    assert setting(machine, "hung_task_panic") == "0"
    assert setting(machine, "printk_devkmsg") == "ratelimit"
    said(run, BLOCKED, level=4)
    os.close(held)


def test_resets_that_do_not_return_cost_one_deadline_together():
    machine = Machine()
    machine.write("etc/pci-quiesce.conf", "[quiesce]\nreset_ms = 600\n")
    for address in (NVME, NET, RNG):
        machine.fifo(f"{DEVICES}/{address}/reset")
    run = machine.run()
    handed_over(run, 2)
    verdicts = machine.verdicts()
    assert [verdicts[a] for a in (NVME, NET, RNG)] == ["lost"] * 3
    assert verdicts["0000:08:01.0"] == "completed"


def test_an_override_that_cannot_be_set_costs_that_function_alone():
    machine = Machine()
    machine.write("etc/pci-quiesce.conf", "[quiesce]\nreset_ms = 400\n")
    machine.fifo(f"{DEVICES}/{NVME}/driver_override")
    run = machine.run()
    handed_over(run, 2)
    assert machine.verdicts()[NVME] == "lost" and machine.verdicts()[NET] == "completed"
    assert machine.function(NVME, "reset").read_text() == ""
    assert setting(machine, "hung_task_panic") == "0"


def test_an_override_that_cannot_be_put_back_costs_that_function_alone():
    machine = Machine()
    # Room for one write, which is the worker's; the next one is of whoever puts back.
    held = machine.full_fifo(f"{DEVICES}/{NVME}/driver_override", len("pci-quiesce"))
    for address in (NVME, NET):
        machine.fifo(f"{DEVICES}/{address}/reset")
    run = machine.start()
    machine.wait_for(f"{NET}: flr begins")
    # By a thread for each; the method comes behind the override.
    methods = [machine.function(address, "reset_method") for address in (NVME, NET)]
    machine.wait_until(lambda: all(method.read_text() == "flr" for method in methods))
    os.kill(only_child_of(run), signal.SIGKILL)
    run.wait()
    handed_over(run, 4)
    said(run, "the worker died of signal 9", level=3)
    said(run, f"{NVME}: putting it back does not return", level=4)
    assert machine.override(NET) == ""
    assert machine.function(NET, "reset_method").read_text() == "flr bus"
    said(run, f"{NVME}: probing", times=0)
    said(run, f"{NET}: probing", times=1)
    assert setting(machine, "hung_task_panic") == "0"
    os.close(held)


def test_a_probe_that_does_not_return_costs_that_function_alone():
    machine = Machine()
    # Room for three of them.
    held = machine.full_fifo(PROBE, 3 * len(NVME))
    run = machine.start()
    machine.wait_for("a probe does not return")
    # The one that was given up comes back while its successor is at work.
    machine.wait_until(lambda: drain(held) or run.process.poll() is not None)
    run.wait()
    handed_over(run, 4)
    probed = [line for line in run.log if "probing" in line]
    assert len(probed) == 13 and len(set(probed)) == 13, probed
    os.close(held)


def test_probes_that_never_return_end_at_the_deadline():
    machine = Machine()
    machine.write("etc/pci-quiesce.conf", "[quiesce]\ndrivers_ms = 3000\n")
    machine.fifo(PROBE)
    run = machine.run()
    handed_over(run, 5)
    said(run, "no time left: the rest is put back beside what follows", level=3)
    said(run, BLOCKED, level=4)
    assert machine.report()["complete"]
    assert machine.path(AUTOPROBE).read_text() == "1\n"


def test_config_space_that_does_not_answer_ends_at_the_deadline():
    machine = Machine()
    machine.write("etc/pci-quiesce.conf", "[quiesce]\ndeadline_ms = 500\n")
    machine.fifo(f"{DEVICES}/{NVME}/config")
    run = machine.run()
    handed_over(run, 5)
    assert run.taken_s > 0.5
    said(run, "the worker missed its deadline", level=3)
    assert machine.path(AUTOPROBE).read_text() == "1\n"
    said(run, f"{NET}: probing", times=1)


main(globals())
