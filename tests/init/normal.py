#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Nothing goes wrong, or somebody wants less."""
from machine import Machine, handed_over, main, said

MASTER = 0x4
SILENCED = {
    "0000:00:01.0": "fenced", "0000:00:1f.2": "fenced", "0000:01:00.0": "completed",
    "0000:02:00.0": "completed", "0000:03:00.0": "completed", "0000:03:00.1": "completed",
    "0000:06:00.0": "completed", "0000:07:00.0": "completed", "0000:08:01.0": "completed",
    "0000:08:02.0": "completed",
}
HOST_BRIDGE, ISA_BRIDGE = "0000:00:00.0", "0000:00:1f.0"
BRIDGES = (HOST_BRIDGE, ISA_BRIDGE, "0000:00:02.0", "0000:00:03.0", "0000:00:04.0", "0000:00:05.0",
           "0000:00:06.0", "0000:04:00.0", "0000:05:00.0", "0000:05:01.0")
SMBUS = "0000:00:1f.3"


def test_every_function_is_silenced_and_the_report_is_complete():
    machine = Machine()
    before = {a: machine.command(a) for a in (*SILENCED, *BRIDGES, SMBUS)}
    run = machine.run()
    handed_over(run, 3)
    for address in SILENCED:
        assert before[address] & MASTER and not machine.command(address) & MASTER, address
        assert machine.override(address) in ("", "(null)"), address
    for address in (*BRIDGES, SMBUS):
        assert machine.command(address) == before[address], address
    for address in ("0000:01:00.0", "0000:02:00.0", "0000:03:00.0", "0000:03:00.1",
                    "0000:06:00.0", "0000:07:00.0"):
        assert machine.function(address, "reset").read_text() == "1", address
    assert machine.function("0000:00:06.0", "reset_subordinate").read_text() == "1"
    report = machine.report()
    assert report["mode"] == "run" and report["complete"] and report["level"] == "iommu"
    assert machine.verdicts() == {**SILENCED, **dict.fromkeys((*BRIDGES, SMBUS), "kept")}
    said(run, "<5>pci-quiesce: 21 functions in ")
    said(run, "INTx", times=0)
    said(run, " ms: 0 verified, 8 completed, 2 fenced, 11 kept, 0 idle, 0 lost, 0 failed", level=5)


def test_settings_are_as_they_were():
    machine = Machine()
    handed_over(machine.run(), 3)
    assert machine.path("sys/bus/pci/drivers_autoprobe").read_text() == "1\n"
    assert machine.path("proc/sys/kernel/printk_devkmsg").read_text() == "ratelimit\n"
    assert machine.path("proc/sys/kernel/hung_task_panic").read_text() == "1\n"
    assert machine.function("0000:02:00.0", "reset_method").read_text() == "flr bus"


def test_functions_without_a_driver_are_probed_again():
    machine = Machine()
    driver = machine.function("0000:07:00.0", "driver")
    driver.symlink_to("../../drivers/virtio-pci")
    run = machine.run()
    handed_over(run, 3)
    assert [line for line in run.log if "probing" in line] == [
        f"<7>pci-quiesce: {address}: probing" for address in sorted((*SILENCED, SMBUS, HOST_BRIDGE, ISA_BRIDGE))
        if address != "0000:07:00.0"]
    assert machine.verdicts()["0000:07:00.0"] == "kept"


def test_the_next_init_gets_what_init_got():
    machine = Machine()
    run = machine.run("single", "with a blank", environment={"HOME": "/", "BOOT": "kdump"})
    handed_over(run, 3)
    assert run.recorded("argument") == ["/init", "single", "with a blank"]
    assert run.recorded("environment") == ["HOME=/", "BOOT=kdump"]
    assert run.recorded("open") == ["0", "1", "2"]
    assert run.recorded("blocked") == [] and run.recorded("ignored") == []


def test_without_a_console_nothing_is_written_where_it_would_have_been():
    machine = Machine()
    run = machine.run(stdio=False)
    handed_over(run, 3)
    assert run.recorded("open") == []
    assert machine.report()["complete"]
    assert machine.path("sys/bus/pci/drivers_autoprobe").read_text() == "1\n"


def test_a_kernel_that_did_not_crash_is_left_alone():
    machine = Machine()
    machine.remove("proc/vmcore")
    before = machine.contents()
    run = machine.run()
    handed_over(run, 3)
    assert machine.contents() == before
    assert run.log == ["<5>pci-quiesce: not a kdump kernel: nothing is done"]


def test_switched_off_it_writes_nothing():
    machine = Machine()
    machine.write("proc/cmdline", "quiet rd.pci_quiesce=0 irqpoll\n")
    before = machine.contents()
    run = machine.run()
    handed_over(run, 3)
    assert machine.contents() == before
    assert run.log == ["<5>pci-quiesce: rd.pci_quiesce=0: nothing is done"]
    assert not machine.path("run/pci-quiesce").exists()


def sysfs_of(machine):
    return {name: value for name, value in machine.contents().items() if name.startswith("sys/")}


def test_a_dry_run_leaves_a_plan_and_writes_nothing_else():
    machine = Machine()
    machine.write("proc/cmdline", "rd.pci_quiesce=dry-run\n")
    before = sysfs_of(machine)
    run = machine.run()
    handed_over(run, 3)
    assert sysfs_of(machine) == before
    assert machine.path("proc/sys/kernel/hung_task_panic").read_text() == "1\n"
    report = machine.report()
    assert report["mode"] == "plan" and report["complete"]
    assert {d["address"] for d in report["devices"]
            if d["action"] in ("fence", "reset")} == set(SILENCED)
    said(run, "dry-run: the plan is in /run/pci-quiesce/report.json", level=5)


def test_a_dry_run_without_room_for_its_plan_says_so():
    machine = Machine()
    machine.write("proc/cmdline", "rd.pci_quiesce=dry-run\n")
    machine.write("run/pci-quiesce", "in the way\n")
    run = machine.run()
    handed_over(run, 3)
    said(run, "the plan is in", times=0)
    said(run, "cannot write the report: Not a directory", level=4)


def test_observing_writes_nothing_and_reports_what_still_runs():
    machine = Machine()
    machine.write("proc/cmdline", "rd.pci_quiesce.level=observe\n")
    before = sysfs_of(machine)
    run = machine.run()
    handed_over(run, 3)
    assert sysfs_of(machine) == before
    report = machine.report()
    assert report["complete"] and report["level"] == "observe"
    devices = {d["address"]: d for d in report["devices"]}
    assert {d["verdict"] for d in devices.values()} == {"kept"}
    assert devices["0000:02:00.0"]["evidence"]["before"] == {
        "id": "00101b36", "command": "0507", "devsta": "0000", "link": None}
    said(run, "21 kept", level=5)


main(globals())
